"""The ledger is lost; the tracker's own notes say what we last wrote there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import polars as pl
import pytest

from pmo_sync.connectors.base import Needs, Report
from pmo_sync.connectors.export import ExportConnector
from pmo_sync.model import frames
from pmo_sync.model.change import HeldReason, Plan, PutLink, RemoveLabel, SetField, WebLink
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import encode_link
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline import write
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.past import LEDGER, read_past, remembered
from pmo_sync.pipeline.pull import needs_of, pull
from pmo_sync.plan.build import make_plan
from pmo_sync.plan.options import WriteOptions
from pmo_sync.state.ledger import open_ledger
from tests.unit.pipeline.conftest import Open
from tests.unit.plan.world import FIELD_NAME, World, item

Note = tuple[str, str, str, str | None]
NOTHING = Marks(frames.empty(frames.MARKS))


def marks(*notes: Note) -> Marks:
    """Of each note the id of its item, the channel, the name and the value."""
    rows = [("plant", "item", *note) for note in notes]
    return Marks(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row"))


def plan(world: World, *notes: Note, written: Marks = NOTHING) -> Plan:
    """The plan for a world whose tracker says so, and whose ledger has `written`."""
    snapshot = replace(world.snapshot(), remembered=marks(*notes))
    world.past["written"] = remembered(written, [snapshot])
    return make_plan(world.inputs()).plan


def test_a_label_of_a_standard_that_is_loaded_no_more_is_still_ours() -> None:
    world = World(options=WriteOptions(labels=True), labels=[("1", "pmo-retired"), ("2", "pmo-retired")])
    assert plan(world).changes == ()
    assert plan(world, ("1", "label", "pmo-retired", "true")).changes == (RemoveLabel(item("1"), "pmo-retired", ()),)


def test_a_label_that_a_person_took_off_does_not_come_back() -> None:
    world = World(options=WriteOptions(labels=True), failing=[("1", "HYG-01", "major")])
    found = plan(world, ("1", "label", "pmo-no-owner", "true"), ("1", "label", "pmo-action", "true"))
    assert found.changes == ()
    assert {one.reason for one in found.held} == {HeldReason.EDITED}


def test_a_field_that_we_wrote_can_still_be_moved() -> None:
    world = World(options=WriteOptions(flags=FIELD_NAME), failing=[("1", "HYG-01", "major")])
    world.flags_field({"1": ("retired",), "2": ("retired",)})
    found = plan(world, ("1", "field", FIELD_NAME, '["retired"]'))
    assert found.changes == (SetField(item("1"), FIELD_NAME, ("retired",), ("no-owner",), ("HYG-01",)),)
    assert [(one.target.id, one.reason) for one in found.held] == [("2", HeldReason.NOT_OURS)]


def test_a_link_is_not_written_again_and_is_not_forgotten() -> None:
    world = World(options=WriteOptions(link=True), failing=[("1", "HYG-01", "major")])
    change = plan(world).changes[0]
    assert isinstance(change, PutLink)
    note = ("1", "link", change.name, encode_link(change.link))
    assert plan(world, note).changes == ()
    world.failing, world.passing = [], [("1", "HYG-01")]
    resolved = plan(world, note).changes[0]
    assert isinstance(resolved, PutLink)
    assert resolved.link.resolved


def test_the_ledger_goes_before_the_notes() -> None:
    ledger = marks(("1", "label", "a", None), ("1", "field", "f", '"Red"'))
    snapshot = World().snapshot()
    notes = marks(("1", "label", "a", "true"), ("1", "field", "f", '"Green"'), ("1", "label", "b", "true"))
    found = remembered(ledger, [replace(snapshot, remembered=notes)])
    assert found.rows() == [
        ("plant", "item", "1", "field", "f", '"Red"'),
        ("plant", "item", "1", "label", "a", None),
        ("plant", "item", "1", "label", "b", "true"),
    ]


@pytest.mark.parametrize("with_ledger", [False, True], ids=["no ledger", "an empty ledger"])
def test_the_past_of_a_run_holds_what_the_trackers_remember(opened: Open, with_ledger: bool) -> None:
    context = opened()
    link = WebLink("PMO standards: 1 of 1 met", "", "https://example.net", resolved=True)
    said = marks(("7", "link", "pmo-sync:pmo:plant:7", encode_link(link)))
    snapshots = [
        replace(one, remembered=said) if one.manifest.tracker == "plant" else one for one in pull(context).snapshots
    ]
    if with_ledger:
        open_ledger(context.state / "ledger.db").close()
    past = read_past(context, snapshots)
    assert past.written.rows() == said.rows()
    assert past.known_targets == {"plant"}


def noting(monkeypatch: pytest.MonkeyPatch, *notes: Note) -> None:
    """From now on each pull of the plant brings these notes."""
    plain = ExportConnector.pull

    def with_notes(connector: ExportConnector, needs: Needs, report: Report) -> Snapshot:
        snapshot = plain(connector, needs, report)
        return replace(snapshot, remembered=marks(*notes)) if snapshot.manifest.tracker == "plant" else snapshot

    monkeypatch.setattr(ExportConnector, "pull", with_notes)


@pytest.mark.parametrize("saved", [False, True], ids=["sync", "apply"])
def test_whoever_writes_takes_the_notes_over_and_asks_no_more(
    opened: Open, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    """Else the next pull, which need not ask for them, would know of the items of this run alone."""
    noting(monkeypatch, ("7", "label", "pmo-retired", "true"))
    context = opened()
    assert needs_of(context, "plant").remember
    if saved:
        plan_ = write.plan(context, evaluate(context, pull(context).snapshots))
        write.apply(context, plan_, allow=plan_.digest)
    else:
        write.sync(context)
    with closing(open_ledger(context.state / LEDGER)) as ledger:
        assert ("7", "pmo-retired") in ledger.written().select("target_id", "name").rows()
    assert not needs_of(context, "plant").remember


def test_a_tracker_of_which_the_ledger_has_no_mark_is_asked_again(opened: Open) -> None:
    context = opened("standards: {packs: [], files: [own.yaml], first_run: apply, override: {HYG-01: off}}\n")
    write.sync(context)
    assert needs_of(context, "plant").remember
