"""A snapshot and what has changed since make what a whole pull shows; and what must not be made one is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_sync.model import frames
from pmo_sync.model.frames import Marks
from pmo_sync.model.merge import LINK_ID, PARENT_REF, merged, unlike
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PROJECTS = ("1", "2", "10")
TYPES = ("Task", "Epic")
HIDES = {("1", "Task"): ["due"], ("2", "Epic"): ["owner"], ("10", "Epic"): ["due", "owner"]}


@dataclass(frozen=True)
class Item:
    """One item of a tracker; `inside` the scope of the pull or not."""

    project: str = "1"
    type: str = "Task"
    parent: str | None = None
    title: str = "One"
    updated: datetime = START
    inside: bool = True


@dataclass
class Tracker:
    """A tracker in which each edit moves `updated` of the items it is about."""

    items: dict[str, Item] = field(default_factory=dict)
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    now: datetime = START

    def edit(self, number: str, **values: Any) -> None:
        self.now += timedelta(seconds=30)
        self.items[number] = replace(self.items.get(number, Item()), **values, updated=self.now)

    def tie(self, number: str, source: str, target: str) -> None:
        """A link, or no link where there was one."""
        if self.links.pop(number, None) is None:
            self.links[number] = (source, target)
        self.edit(source)
        self.edit(target)

    def pull(self, since: datetime | None = None, known: Iterable[str] = ()) -> Snapshot:
        """What a connector makes of it: everything in scope, or what has changed since."""
        inside = {number: one for number, one in self.items.items() if one.inside}
        read = {n: one for n, one in sorted(inside.items()) if since is None or one.updated >= since}
        order = sorted(read, key=int)
        ids = set(known) | set(read)
        places = sorted({(one.project, one.type) for one in read.values()})
        items = pl.DataFrame(
            {
                "id": order,
                "key": [f"P{read[n].project}-{n}" for n in order],
                "title": [read[n].title for n in order],
                "project_id": [read[n].project for n in order],
                "parent_id": [p if (p := read[n].parent) in ids else None for n in order],
                PARENT_REF: [None if (p := read[n].parent) in ids else p for n in order],
                "parent_known": [read[n].parent is not None for n in order],
                "scope": [places.index((read[n].project, read[n].type)) for n in order],
                "updated": [read[n].updated for n in order],
            },
            schema={**frames.PULLED, PARENT_REF: frames.TEXT, "updated": VOCABULARY["updated"].dtype},
        ).select("id", "key", "title", "project_id", "parent_id", PARENT_REF, "parent_known", "scope", "updated")
        scopes = [(n, *place, True, HIDES.get(place, [])) for n, place in enumerate(places)]
        projects: list[tuple[Any, ...]] = [(n, f"P{n}", f"Project {n}", None, False, True, []) for n in PROJECTS]
        links = [
            (number, source if source in ids else None, target if target in ids else None, "FS", None)
            for number, (source, target) in sorted(self.links.items(), key=lambda pair: int(pair[0]))
            if source in read or target in read
        ]
        marks = [("t", "item", n, "label", read[n].title, "true") for n in sorted(read)]
        changes = [(n, "updated", read[n].updated, "ann", None, None, False) for n in order]
        return Snapshot(
            Manifest("s", "t", "jira-dc", "u", "bot", self.now, complete=True, noted=True, columns=("updated",)),
            items,
            pl.DataFrame(scopes, schema=dict(frames.SCOPES), orient="row"),
            projects=pl.DataFrame(projects, schema=dict(frames.PROJECTS), orient="row"),
            links=pl.DataFrame(links, schema={LINK_ID: frames.TEXT, **frames.RAW_LINKS}, orient="row"),
            changes=pl.DataFrame(changes, schema=dict(frames.RAW_CHANGES), orient="row"),
            marks=Marks(pl.DataFrame(marks, schema=dict(frames.MARKS), orient="row")),
        )

    def changed(self, previous: Snapshot, since: datetime) -> Snapshot:
        """What has changed since, by one who knows what was there before."""
        return self.pull(since, previous.items["id"])


NUMBERS = st.sampled_from([str(number) for number in (1, 2, 3, 9, 10, 11)])
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("project"), NUMBERS, st.sampled_from(PROJECTS)),
        st.tuples(st.just("type"), NUMBERS, st.sampled_from(TYPES)),
        st.tuples(st.just("parent"), NUMBERS, st.one_of(st.none(), NUMBERS)),
        st.tuples(st.just("title"), NUMBERS, st.sampled_from(["A", "B"])),
        st.tuples(st.just("link"), NUMBERS, NUMBERS),
        st.tuples(st.just("enter"), NUMBERS, st.just(True)),
        st.tuples(st.just("outside"), NUMBERS, st.just(False)),
    ),
    max_size=8,
)


def carry_out(tracker: Tracker, edits: Iterable[tuple[str, str, Any]], started: set[str]) -> None:
    """The edits; what is once in the scope stays there, for leaving it is for a whole pull to find."""
    for what, number, value in edits:
        if what == "outside" and number not in started:
            tracker.edit(number, inside=False)
        elif what == "enter":
            tracker.edit(number, inside=True)
        elif what == "link" and number != value and {number, value} <= tracker.items.keys():
            tracker.tie(str(int(number) * 20 + int(value)), number, value)
        elif what == "parent" and number != value:
            tracker.edit(number, parent=value if value in tracker.items else None)
        elif what in ("project", "type", "title"):
            tracker.edit(number, **{what: value})
        started |= {one for one, item in tracker.items.items() if item.inside}


@settings(max_examples=60, deadline=None)
@given(EDITS, st.lists(st.tuples(EDITS, st.integers(0, 600)), max_size=4))
def test_what_changed_since_makes_what_a_whole_pull_shows(
    before: list[tuple[str, str, Any]], rounds: list[tuple[list[tuple[str, str, Any]], int]]
) -> None:
    tracker, seen = Tracker(), set[str]()
    carry_out(tracker, before, seen)
    found, watermark = tracker.pull(), tracker.now
    for edits, overlap in rounds:
        carry_out(tracker, edits, seen)
        delta = tracker.changed(found, watermark - timedelta(seconds=overlap))
        assert unlike(found, delta) is None
        found, watermark = merged(found, delta), tracker.now
        whole = tracker.pull()
        for name in ("items", "scopes", "projects", "links", "changes", "marks"):
            assert getattr(found, name).equals(getattr(whole, name)), name
        assert merged(found, delta).items.equals(found.items)


def two() -> tuple[Tracker, Snapshot]:
    tracker = Tracker()
    for number in ("1", "2"):
        tracker.edit(number, project=number)
    return tracker, tracker.pull()


def test_what_comes_into_sight_is_the_end_that_others_waited_for() -> None:
    tracker = Tracker()
    tracker.edit("2", inside=False)
    tracker.edit("1", parent="2")
    tracker.tie("7", "1", "2")
    previous, watermark = tracker.pull(), tracker.now + timedelta(seconds=1)
    assert previous.items["parent_id"].to_list() == [None]
    assert previous.links["target_id"].to_list() == [None]
    tracker.edit("2", inside=True)
    found = merged(previous, tracker.changed(previous, watermark))
    assert found.items.equals(tracker.pull().items)
    assert found.links.equals(tracker.pull().links)
    assert found.links["target_id"].to_list() == ["2"]


def test_what_is_not_in_the_changes_is_never_gone() -> None:
    tracker, previous = two()
    del tracker.items["2"]
    assert merged(previous, tracker.changed(previous, START)).items["id"].to_list() == ["1", "2"]


def test_what_was_not_read_whole_makes_nothing_whole() -> None:
    tracker, previous = two()
    delta = tracker.changed(previous, tracker.now)
    lost = replace(
        delta,
        manifest=replace(delta.manifest, complete=False, problems=("why",)),
        projects=delta.projects.head(1),
    )
    found = merged(previous, lost)
    assert not found.manifest.complete
    assert found.manifest.problems == ("why",)
    assert found.items["id"].to_list() == ["1", "2"]
    assert found.projects["id"].to_list() == list(PROJECTS)
    assert not found.scopes["complete"].any()
    assert not found.projects["complete"].any()


def test_manifests() -> None:
    tracker, previous = two()
    head: dict[str, Any] = {
        "basis": "b",
        "full_at": START,
        "silent_projects": ("1", "2"),
        "unmapped": (("priority", "P9", 3),),
    }
    previous = replace(previous, manifest=replace(previous.manifest, **head))
    tracker.edit("1")
    delta = tracker.changed(previous, tracker.now)
    delta = replace(delta, manifest=replace(delta.manifest, id="new", unmapped=(("priority", "P9", 1),)))
    found = merged(previous, delta).manifest
    assert (found.id, found.basis, found.full_at) == ("new", "b", START)
    assert found.silent_projects == ("2",)
    assert found.unmapped == (("priority", "P9", 3),)


def _account(one: Snapshot) -> Snapshot:
    return replace(one, manifest=replace(one.manifest, account="another"))


def _column(one: Snapshot) -> Snapshot:
    return replace(one, items=one.items.with_columns(due=pl.lit(None, pl.Date())))


def _renamed(one: Snapshot) -> Snapshot:
    return replace(one, projects=one.projects.with_columns(key=pl.lit("X") + pl.col("key")))


def _closed(one: Snapshot) -> Snapshot:
    return replace(one, projects=one.projects.with_columns(closed=pl.lit(value=True)))


def _not_listed(one: Snapshot) -> Snapshot:
    return replace(one, projects=one.projects.clear())


def _hides_more(one: Snapshot) -> Snapshot:
    return replace(one, scopes=one.scopes.with_columns(hidden=pl.lit(pl.Series([["due", "owner"]]))))


@pytest.mark.parametrize("other", [_account, _column, _renamed, _closed, _not_listed, _hides_more])
def test_what_cannot_be_told_from_changes_has_to_be_read_whole(other: Any) -> None:
    tracker, previous = two()
    tracker.edit("2")
    delta = tracker.changed(previous, tracker.now)
    assert unlike(previous, delta) is None
    assert unlike(previous, other(delta)) is not None


def test_a_snapshot_that_knows_no_links_by_number_is_no_base() -> None:
    tracker, previous = two()
    old = replace(previous, links=previous.links.drop(LINK_ID))
    assert unlike(old, tracker.changed(previous, tracker.now)) is not None
