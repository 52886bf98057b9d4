"""What is read of a tracker when a whole snapshot of it is kept: the changes, and all of it when there is a reason."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.model.duration import Duration, Unit
from pmo_sync.pipeline.incremental import span
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.sandbox import Flavour
from pmo_sync.sandbox.knobs import Fault
from pmo_sync.sandbox.records import Issue, Project
from pmo_sync.state import snapshots as store
from pmo_sync.state.ledger import open_ledger
from tests.unit.pipeline.sites import Site, assert_same, opened

BOTH = pytest.mark.parametrize("flavour", list(Flavour))
SCOPES = (None, "status != Done", 'project = BANK AND (labels = "own" OR assignee is not EMPTY)')


def is_partial(site: Site, **options: Any) -> bool:
    return site.pull(**options).manifest.changes_since is not None


def edit(site: Site, chance: random.Random) -> None:
    """Something that people do, and that moves `updated`."""
    keys = sorted(one.key for one in site.tracker.store.issues.values())
    key, hand = chance.choice(keys), site.person(chance.choice(["ann", "ben"]))
    epics = [one for one in keys if site.tracker.store.catalogue.types[_issue(site, one).type].name == "Epic"]
    match chance.randrange(8):
        case 0:
            hand.set(key, "status", chance.choice(["To Do", "In Progress", "Done"]))
        case 1:
            hand.set(key, "assignee", chance.choice(["ann", "ben", None]))
        case 2:
            hand.label(key, add="own", remove="pmo-overdue")
        case 3:
            hand.move(key, chance.choice(["BANK", "CORE"]))
        case 4:
            hand.create(project="CORE", type="Task", status="To Do", summary=f"New {chance.random()}")
        case 5 if key not in epics:
            hand.set(key, "Epic Link", chance.choice(epics))
        case 6:
            hand.set(key, "due", date(2026, 12, chance.randrange(1, 28)))
        case _:
            hand.set(key, "summary", f"Said {chance.random()}")


def _issue(site: Site, key: str) -> Issue:
    found = site.tracker.store.issue(key)
    assert found is not None
    return found


@BOTH
@pytest.mark.parametrize("scope", SCOPES)
def test_what_people_edit_between_runs_is_as_if_all_was_read(
    flavour: Flavour, scope: str | None, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same edits each time
    with opened(flavour, tmp_path) as site:
        site.scope = scope
        site.write("pull: {overlap: 0 hours}")
        assert_same(site.pull(), site.whole())
        for _ in range(8):
            for _ in range(chance.randrange(5)):
                site.later(seconds=chance.randrange(90))
                edit(site, chance)
            site.later(minutes=chance.randrange(40))
            found = site.pull()
            assert found.manifest.changes_since is not None
            if scope is None:
                assert_same(found, site.whole())
            else:  # what has left the scope is found by the next whole pull, and nothing else differs
                whole = site.whole()
                assert set(found.items["id"]) >= set(whole.items["id"])
                kept = found.items.drop("scope", "parent_id", "parent_ref").join(whole.items, on="id", how="semi")
                assert kept.equals(whole.items.drop("scope", "parent_id", "parent_ref"))
        assert_same(site.pull(full=True), site.whole())
        assert site.tracker.writes == []


@BOTH
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("skew", [-1, 1])
def test_no_edit_is_lost_in_any_zone_whatever_our_clock_says(
    flavour: Flavour, zone: str, skew: int, tmp_path: Path
) -> None:
    with opened(flavour, tmp_path, zone=zone) as site:
        site.skew = timedelta(days=skew)
        site.write("pull: {overlap: 0 hours}")
        site.pull()
        for minutes in (0, 1, 59, 23 * 60 - 70):
            site.later(minutes=minutes)
            site.person().set("BANK-2", "summary", f"After {minutes}")
            site.later(seconds=20)
            found = site.pull()
            assert found.manifest.changes_since is not None
            assert_same(found, site.whole())


@pytest.mark.parametrize(
    "first",
    [
        datetime(2026, 11, 1, 5, 10, tzinfo=UTC),  # 01:10 in New York, for the first time
        datetime(2026, 11, 1, 5, 59, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 10, tzinfo=UTC),  # and again
        datetime(2026, 11, 1, 6, 59, tzinfo=UTC),
        datetime(2026, 3, 8, 6, 58, tzinfo=UTC),  # before two o'clock is left out
        datetime(2026, 3, 8, 7, 2, tzinfo=UTC),
    ],
)
@BOTH
def test_no_edit_is_lost_when_clocks_are_changed(flavour: Flavour, first: datetime, tmp_path: Path) -> None:
    with opened(flavour, tmp_path, start=first, zone="America/New_York") as site:
        site.write("pull: {overlap: 0 hours}")
        site.pull()
        for minutes in (1, 4, 30, 61, 5):
            site.person().set("BANK-2", "summary", f"{first} {minutes}")
            site.later(minutes=minutes)
            assert_same(site.pull(), site.whole())


@BOTH
@pytest.mark.parametrize("lag", [0, 120, 3 * 3600])
def test_what_the_index_shows_late_is_seen_later_and_never_gone(flavour: Flavour, lag: int, tmp_path: Path) -> None:
    with opened(flavour, tmp_path) as site:
        site.pull()
        site.tracker.knobs.index_lag = lag
        new = site.person().create(project="CORE", type="Task", status="To Do", summary="New")
        site.person().set("BANK-2", "summary", "Another")
        before = {str(one) for one in site.tracker.store.issues} - {site.tracker.issue(new).id}
        site.later(seconds=60)
        for _ in range(5):
            found = site.pull()
            assert found.manifest.changes_since is not None
            assert set(found.items["id"]) >= before
            site.later(hours=1)
        found = site.pull()
        site.tracker.store.settle()
        site.tracker.knobs.index_lag = 0
        assert_same(found, site.whole())


@BOTH
def test_a_run_without_changes_searches_once_and_writes_nothing(flavour: Flavour, tmp_path: Path) -> None:
    with opened(flavour, tmp_path, 1_200) as site:
        first = site.pull()
        site.later(hours=2)
        mark = len(site.tracker.log)
        again = site.pull()
        assert again.items.equals(first.items)
        assert site.searches(mark) <= 2
        assert len(site.tracker.log) - mark <= 20
        assert again.manifest.requests < first.manifest.requests + 5
        assert site.tracker.writes == []


@BOTH
def test_a_deletion_is_found_by_the_next_whole_pull(flavour: Flavour, tmp_path: Path) -> None:
    with opened(flavour, tmp_path) as site:
        number = site.tracker.issue("BANK-2").id
        site.pull()
        site.person().delete("BANK-2")
        for hours in (1, 20):
            site.later(hours=hours)
            assert number in set(site.pull().items["id"])
        site.later(hours=4)
        found = site.pull()
        assert found.manifest.changes_since is None
        assert_same(found, site.whole())


@BOTH
def test_full_every_counts_from_the_last_whole_pull(flavour: Flavour, tmp_path: Path) -> None:
    with opened(flavour, tmp_path) as site:
        site.write("pull: {full_every: 3 hours}")
        partial = []
        for _ in range(6):
            site.later(hours=1)
            partial.append(is_partial(site))
        assert partial == [False, True, True, False, True, True]
        assert not is_partial(site, full=True)
        site.write("pull: {full_every: 0 hours}")
        assert not is_partial(site)


def _other_columns(site: Site) -> None:
    site.write("standards: {packs: [core, risk]}")


def _other_words(site: Site) -> None:
    path = site.folder / "pmo.yaml"
    path.write_text(path.read_text("utf-8").replace("milestone", "risk"), encoding="utf-8")


def _bank(site: Site) -> Project:
    return next(one for one in site.tracker.store.catalogue.projects.values() if one.key == "BANK")


def _project_renamed(site: Site) -> None:
    bank = _bank(site)
    site.tracker.store.catalogue.projects[bank.id] = replace(bank, key="MONEY")


def _project_archived(site: Site) -> None:
    bank = _bank(site)
    site.tracker.store.catalogue.projects[bank.id] = replace(bank, archived=True)


def _project_moved(site: Site) -> None:
    catalogue, bank = site.tracker.store.catalogue, _bank(site)
    number, known = next(iter(catalogue.categories.items()))
    catalogue.categories[number] = replace(known, name="Elsewhere")
    catalogue.projects[bank.id] = replace(bank, category="Elsewhere")


def _clock_put_back(site: Site) -> None:
    site.later(hours=-2)


def _damaged(site: Site) -> None:
    last = store.ids(site.context().state, "jira")[-1]
    folder = next(site.context().state.glob(f"snapshots/*/{last}"))
    (folder / "items.parquet").write_bytes(b"no")


def _manifest_damaged(site: Site) -> None:
    last = store.ids(site.context().state, "jira")[-1]
    folder = next(site.context().state.glob(f"snapshots/*/{last}"))
    (folder / "manifest.json").write_text("no", encoding="utf-8")


@BOTH
@pytest.mark.parametrize(
    "reason",
    [
        _other_columns,
        _other_words,
        _project_renamed,
        _project_archived,
        _project_moved,
        _clock_put_back,
        _damaged,
        _manifest_damaged,
    ],
)
def test_everything_is_read_when(flavour: Flavour, reason: Callable[[Site], None], tmp_path: Path) -> None:
    with opened(flavour, tmp_path) as site:
        site.pull()
        assert is_partial(site)
        reason(site)
        found = site.pull()
        assert found.manifest.changes_since is None
        assert_same(found, site.whole())


def test_nothing_stands_on_a_reading_in_which_most_had_gone(tmp_path: Path) -> None:
    with opened(Flavour.CLOUD, tmp_path) as site:
        count = site.pull().items.height
        with closing(open_ledger(site.context().state / LEDGER)) as ledger:
            for seen, partial in ((count, True), (count * 2, False), (count, True)):
                run = ledger.start_run("sync", now=site.now(), version="1", configuration="c")
                ledger.finish_run(run, status="good", exit_code=0, now=site.now(), items={"jira": seen})
                site.later(minutes=1)
                assert is_partial(site) is partial


@BOTH
def test_changes_that_cannot_be_read_make_no_base_and_lose_nothing(flavour: Flavour, tmp_path: Path) -> None:
    with opened(flavour, tmp_path) as site:
        first = site.pull()
        site.person().set("BANK-2", "summary", "Later")
        site.tracker.knobs.faults = [Fault("503", path="/search")]
        broken = site.pull()
        assert not broken.manifest.complete
        assert broken.manifest.problems
        assert set(broken.items["id"]) == set(first.items["id"])
        assert not any(broken.scopes["complete"])
        assert not any(broken.projects["complete"])
        site.tracker.knobs.faults = []
        found = site.pull()
        assert found.manifest.changes_since is not None
        assert_same(found, site.whole())


def test_another_account_reads_everything(tmp_path: Path) -> None:
    with opened(Flavour.DATA_CENTER, tmp_path) as site:
        first = site.pull()
        context = site.context()
        context.environment["TOKEN"] = site.tracker.reader.token  # type: ignore[index]
        path = site.folder / "pmo.yaml"
        path.write_text(path.read_text("utf-8").replace(site.tracker.writer.login, site.tracker.reader.login), "utf-8")
        site.tracker.writer = site.tracker.reader
        found = site.pull()
        assert found.manifest.changes_since is None
        assert found.manifest.account != first.manifest.account


def test_spans() -> None:
    assert span(Duration(12, Unit.HOURS)) == timedelta(hours=12)
    assert span(Duration(2, Unit.WEEKS)) == timedelta(days=14)
