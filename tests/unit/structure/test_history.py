"""What follows from histories: the same as going through them edit by edit, and unknown where they are not whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.model import frames
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY
from pmo_sync.structure.build import build
from pmo_sync.structure.history import HistoryOptions, with_history
from pmo_sync.structure.options import StructureOptions
from pmo_sync.structure.people import People

MakeSnapshot = Callable[..., Snapshot]
Row = dict[str, Any]

ZONE = "Asia/Kolkata"
START = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
ALL = tuple(sorted(FROM_HISTORY))


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def made(item: str, hours: float = 0, by: str | None = "ann", *, ours: bool = False) -> Row:
    return {"id": item, "column": "created", "at": at(hours), "by": by, "ours": ours}


def edit(item: str, hours: float, by: str | None = "ann", *, ours: bool = False) -> Row:
    return {"id": item, "column": "updated", "at": at(hours), "by": by, "ours": ours}


def phase(item: str, hours: float, before: str | None, after: str | None) -> Row:
    return {"id": item, "column": "phase", "at": at(hours), "by": "ann", "before": before, "after": after}


def status(item: str, hours: float, before: str | None, after: str | None) -> Row:
    return {**phase(item, hours, before, after), "column": "status"}


@pytest.fixture
def told(make_snapshot: MakeSnapshot) -> Callable[..., Snapshot]:
    """`told(items, changes, columns=…)`: a snapshot that holds these columns as history."""

    def make(items: list[Row], changes: list[Row], *, columns: tuple[str, ...] = ALL, **more: Any) -> Snapshot:
        snapshot = make_snapshot(items, changes=changes, **more)
        return replace(snapshot, manifest=replace(snapshot.manifest, columns=columns))

    return make


def only(snapshot: Snapshot, *bots: str) -> Mapping[str, Any]:
    (row,) = with_history(snapshot, HistoryOptions(bots, ZONE)).items.iter_rows(named=True)
    return row


def unseen(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    found = with_history(snapshot, HistoryOptions())
    return {
        id_: frozenset(hidden)
        for id_, hidden in found.items.join(found.scopes, on="scope").select("id", "hidden").iter_rows()
    }


def test_the_last_edit_of_a_person_is_neither_ours_nor_a_bots(told: Callable[..., Snapshot]) -> None:
    edits = [edit("1", 5, "ben"), edit("1", 9, "us", ours=True), edit("1", 7, "robot")]
    snapshot = told([{"id": "1", "phase": "doing"}], [made("1"), *edits])
    assert only(snapshot)["last_human_change"] == at(7)
    assert only(snapshot, "robot")["last_human_change"] == at(5)
    assert only(snapshot, "robot", "ben")["last_human_change"] == at(0), "who made it was a person"
    assert only(snapshot, "robot", "ben", "ann")["last_human_change"] is None


@pytest.mark.parametrize("maker", [{"by": None}, {"by": "us", "ours": True}])
def test_what_no_person_made_and_none_changed(told: Callable[..., Snapshot], maker: Row) -> None:
    snapshot = told([{"id": "1", "phase": "doing"}], [{**made("1"), **maker}])
    assert only(snapshot)["last_human_change"] is None
    assert unseen(snapshot) == {"1": frozenset()}, "it is known that there was none"


def test_an_edit_of_which_nobody_is_told_was_somebodys(told: Callable[..., Snapshot]) -> None:
    assert only(told([{"id": "1", "phase": "todo"}], [made("1"), edit("1", 3, None)]))["last_human_change"] == at(3)


def test_a_bot_is_meant_by_a_login_too(told: Callable[..., Snapshot]) -> None:
    snapshot = told([{"id": "1", "phase": "todo"}], [made("1"), edit("1", 3, "712:7"), edit("1", 2, "ben")])
    known = pl.DataFrame([("712:7", "robot@bank.example")], schema=dict(frames.ACCOUNTS), orient="row")
    assert only(replace(snapshot, accounts=known), "robot@bank.example")["last_human_change"] == at(2)


def test_a_bot_stays_one_when_persons_go_by_their_names(told: Callable[..., Snapshot]) -> None:
    snapshot = told([{"id": "1", "phase": "todo", "owner": "8"}], [made("1", by="7"), edit("1", 3, "8")])
    people = People({"Robot": {"t": "8"}})
    found = _built(snapshot, people=people, bots=("8",))
    assert found.items["last_human_change"].to_list() == [at(0)]
    assert set(found.changes["by"]) == {"7", "Robot"}


def test_times_become_days_in_the_zone_of_the_project(told: Callable[..., Snapshot]) -> None:
    row = only(told([{"id": "1", "phase": "doing"}], [made("1"), phase("1", 1, "todo", "doing")]))
    assert row["phase_since"] == row["actual_start"] == date(2026, 11, 3), "19:00 UTC is the next day there"
    assert row["status_since"] == date(2026, 11, 2)


def test_what_was_reopened_is_not_finished(told: Callable[..., Snapshot]) -> None:
    moves = [
        phase("1", 24, "todo", "doing"),
        phase("1", 48, "doing", "done"),
        phase("1", 72, "done", "doing"),
    ]
    row = only(told([{"id": "1", "phase": "doing"}], [made("1"), *moves]))
    assert (row["actual_start"], row["actual_finish"]) == (date(2026, 11, 3), None)
    again = only(told([{"id": "1", "phase": "done"}], [made("1"), *moves, phase("1", 96, "doing", "done")]))
    assert (again["actual_start"], again["actual_finish"]) == (date(2026, 11, 3), date(2026, 11, 6))


def test_without_a_change_everything_is_as_it_was_made(told: Callable[..., Snapshot]) -> None:
    items = [{"id": "1", "phase": "doing"}, {"id": "2", "phase": "done"}, {"id": "3", "phase": "todo"}]
    found = with_history(told(items, [made(str(one)) for one in (1, 2, 3)]), HistoryOptions())
    day = date(2026, 11, 2)
    assert found.items["phase_since"].to_list() == [day] * 3
    assert found.items["actual_start"].to_list() == [day, None, None]
    assert found.items["actual_finish"].to_list() == [None, day, None]


def test_what_was_not_read_is_unknown_and_not_empty(told: Callable[..., Snapshot]) -> None:
    items = [{"id": "1", "phase": "doing"}, {"id": "2", "phase": "doing"}]
    assert unseen(told(items, [made("1")])) == {"1": frozenset(), "2": FROM_HISTORY}


def test_a_status_that_cannot_be_told_hides_what_rests_on_it(told: Callable[..., Snapshot]) -> None:
    items = [{"id": str(one), "phase": "doing"} for one in range(1, 6)]
    changes = [made(str(one)) for one in range(1, 6)]
    changes += [status("1", 1, "A", None), status("2", 1, None, "B")]
    changes += [phase("3", 1, None, "doing"), phase("4", 1, "todo", "done")]  # which 4 is not now
    of_phase = frozenset({"phase_since", "actual_start", "actual_finish"})
    assert unseen(told(items, changes)) == {
        "1": frozenset({"status_since"}),
        "2": frozenset(),
        "3": of_phase,
        "4": of_phase,
        "5": frozenset(),
    }
    assert unseen(told([{"id": "1", "phase": None}], [made("1")])) == {"1": of_phase}


def test_only_what_the_snapshot_holds_is_made(told: Callable[..., Snapshot]) -> None:
    snapshot = told([{"id": "1", "phase": "todo"}], [made("1")], columns=("status_since",))
    assert set(with_history(snapshot, HistoryOptions()).items.columns) - set(snapshot.items.columns) == {"status_since"}
    bare = told([{"id": "1", "phase": "todo"}], [], columns=())
    assert with_history(bare, HistoryOptions()) is bare


def test_a_column_of_the_tracker_wins_over_history(told: Callable[..., Snapshot]) -> None:
    items = [{"id": "1", "phase": "doing", "actual_start": date(2026, 1, 5)}]
    assert only(told(items, [made("1")]))["actual_start"] == date(2026, 1, 5)


def test_scopes_are_divided_and_nothing_else_changes(told: Callable[..., Snapshot]) -> None:
    items = [{"id": str(one), "phase": "doing", "scope": one % 2} for one in range(6)]
    scopes = [{"project_id": "7", "hidden": ["due"]}, {"project_id": "8", "complete": False}, {"project_id": "9"}]
    found = with_history(told(items, [made("0"), made("1")], scopes=scopes), HistoryOptions())
    assert found.scopes["scope"].to_list() == list(range(5))
    assert found.scopes["project_id"].to_list() == ["7", "7", "8", "8", "9"]
    assert found.scopes["complete"].to_list() == [True, True, False, False, True]
    assert [len(one) for one in found.scopes["hidden"]] == [1, 1 + len(FROM_HISTORY), 0, len(FROM_HISTORY), 0]
    joined = found.items.join(found.scopes, on="scope").select("id", pl.col("project_id_right"))
    assert dict(joined.iter_rows()) == {str(one): "78"[one % 2] for one in range(6)}


def _built(*snapshots: Snapshot, people: People | None = None, bots: tuple[str, ...] = ()) -> Portfolio:
    options = StructureOptions.model_validate({})
    return build(snapshots, options, portfolio_name="P", people=people, history=HistoryOptions(bots))


def test_a_portfolio_shows_what_is_known_and_hides_the_rest(told: Callable[..., Snapshot]) -> None:
    items = [{"id": "1", "phase": "doing"}, {"id": "2", "phase": "doing"}]
    found = _built(
        told(items, [made("1")], columns=("last_human_change",)), told([{"id": "9"}], [], columns=(), tracker="u")
    )
    hidden = found.item_visibility.hidden["last_human_change"]
    seen = {key: scope not in hidden for key, scope in found.items.select("key", "scope").iter_rows()}
    assert seen == {"1": True, "2": False, "9": False}
    assert "actual_start" in found.item_visibility.nowhere


@dataclass(frozen=True)
class Life:
    """One item: when it was made, by whom, every edit in order (hours later, who, the new phase or None)."""

    maker: str
    first: str
    edits: list[tuple[int, str, str | None]]


PHASES = ("todo", "doing", "done", "dropped")
WHO = ("ann", "ben", "us", "robot")
lives = st.builds(
    Life,
    maker=st.sampled_from(WHO),
    first=st.sampled_from(PHASES),
    edits=st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 30]), st.sampled_from(WHO), st.sampled_from([None, *PHASES])), max_size=8
    ),
)


def _expected(life: Life) -> Row:
    """Told edit by edit."""
    hours, now = 0, life.first
    person = at(0) if life.maker in ("ann", "ben") else None
    since, start, finish = at(0), at(0) if now == "doing" else None, at(0) if now == "done" else None
    edited = None
    for later, who, new in life.edits:
        hours += later
        if who in ("ann", "ben"):
            edited = at(hours)
        if new is not None and new != now:
            now, since = new, at(hours)
            start = at(hours) if now == "doing" and start is None else start
            finish = at(hours) if now == "done" else finish
    days = {"phase_since": since, "status_since": since, "actual_start": start, "actual_finish": finish}
    if now != "done":
        days["actual_finish"] = None
    zone = ZoneInfo(ZONE)
    return {name: None if moment is None else moment.astimezone(zone).date() for name, moment in days.items()} | {
        "last_human_change": edited or person
    }


def _rows(item: str, life: Life) -> tuple[Row, list[Row]]:
    rows = [made(item, by=life.maker, ours=life.maker == "us")]
    latest: dict[str, float] = {}
    hours, now = 0, life.first
    for later, who, new in life.edits:
        hours += later
        latest[who] = hours
        if new is not None and new != now:
            rows += [phase(item, hours, now, new), status(item, hours, now.title(), new.title())]
            now = new
    rows += [edit(item, when, who, ours=who == "us") for who, when in latest.items()]
    return {"id": item, "phase": now}, rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lives, min_size=1, max_size=4), st.randoms())
def test_as_going_through_the_history_edit_by_edit(
    told: Callable[..., Snapshot], several: list[Life], dice: random.Random
) -> None:
    pairs = [_rows(str(number), life) for number, life in enumerate(several)]
    changes = [row for _, rows in pairs for row in rows]
    dice.shuffle(changes)
    found = with_history(told([item for item, _ in pairs], changes), HistoryOptions(("robot",), ZONE))
    rows = found.items.select("id", *ALL).iter_rows(named=True)
    assert {row.pop("id"): row for row in rows} == {str(n): _expected(life) for n, life in enumerate(several)}
    assert not any(found.scopes["hidden"].to_list())
