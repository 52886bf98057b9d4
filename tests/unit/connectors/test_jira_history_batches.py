"""Histories are folded into columns some issues at a time; how many must not show in what is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira import history, reading
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.folded import Folded
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.wire import User
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.connectors.options import JiraCloudOptions
from pmo_sync.model import frames
from tests.unit.connectors.jira_answers import Asked, Told, transport_to
from tests.unit.connectors.jira_rows import ANN, EVERYTHING, catalogue, issue, site

BEN = {"accountId": "a:2", "key": "JIRAUSER2", "name": "ben", "displayName": "Ben"}
APP = {"accountId": "a:3", "key": "app", "displayName": "Robot", "accountType": "app"}
STATUSES = [("1", "To Do", "new"), ("2", "Doing", "indeterminate"), ("3", "Done", "done")]
NEEDS = Needs(
    EVERYTHING,
    people=frozenset({"ben", "Robot"}),
    history=frozenset({"last_human_change", "status_since", "actual_finish", "due"}),
)
FIRST = datetime(2026, 11, 1, tzinfo=UTC)


def read(raw: list[dict[str, Any]], dialect: Dialect, size: int, refuse: str = "") -> Read:
    """A whole reading, with so many issues and histories folded at a time."""
    transport, _ = transport_to(told_by(raw, refuse))
    options = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": "https://jira.example.net"})
    client = Client("j", options, transport, dialect, User(), "pmo", "https://jira.example.net", catalogue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "Folded", partial(Folded, size=size))
        patch.setattr(history, "_AT_ONCE", size)
        return reading.read(client, NEEDS, lambda _: None)


def told_by(raw: list[dict[str, Any]], refuse: str) -> Callable[[Asked], Told]:
    """A Jira that brings histories along, tells that of one issue alone, of every fourth in part only, and those of
    many; it refuses what ends so, or asks for the history of the issue of this id.
    """
    by_id = {one["id"]: one for one in raw}
    rest = site(raw)

    def answer(asked: Asked) -> Told:
        number = asked.path.rpartition("/")[2]
        if refuse and asked.path.endswith(refuse):
            return Told({}, 404)
        if asked.path.endswith("/status"):
            return Told([{"id": one, "name": name, "statusCategory": {"key": key}} for one, name, key in STATUSES])
        if asked.path.endswith("/changelog/bulkfetch"):
            wanted = asked.body["issueIdsOrKeys"]
            if refuse in wanted:
                return Told({}, 404)
            logs = [{"issueId": one, "changeHistories": by_id[one]["changelog"]["histories"]} for one in wanted]
            return Told({"issueChangeLogs": logs[::-1]})
        if "/issue/" in asked.path and number in by_id:
            log = by_id[number]["changelog"]
            whole = log | {"total": len(log["histories"])} if int(number) % 4 else log
            return Told(by_id[number] | {"changelog": whole})
        return rest(asked)

    return answer


@st.composite
def edits(draw: st.DrawFn) -> dict[str, Any]:
    old, new = (draw(st.sampled_from([*STATUSES, ("9", "Gone", "")])) for _ in range(2))
    day = st.none() | st.sampled_from(["2026-12-01", "2026-12-08"])
    items: dict[str, dict[str, str | None]] = {
        "status": {"from": old[0], "fromString": old[1], "to": new[0], "toString": new[1]},
        "resolution": {"from": None, "fromString": None, "to": "7", "toString": "Won't Do"},
        "duedate": {"from": draw(day), "to": draw(day)},
        "labels": {"fromString": "", "toString": "own"},
    }
    moved = draw(st.sets(st.sampled_from(sorted(items)), max_size=3))
    at = FIRST + timedelta(minutes=draw(st.integers(0, 30_000)))
    return {
        "created": draw(st.sampled_from([int(at.timestamp() * 1000), f"{at:%Y-%m-%dT%H:%M:%S.000+0000}"])),
        "author": draw(st.sampled_from([ANN, BEN, APP, None])),
        "items": [{"field": name, "fieldId": name} | items[name] for name in sorted(moved)],
    }


@st.composite
def issues(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Issues in any order, of which some bring all of their history along, and some do not show when they were made."""
    found = []
    for number in draw(st.lists(st.integers(1, 40), unique=True, max_size=9)):
        log = draw(st.lists(edits(), max_size=4))
        number_, name, key = draw(st.sampled_from(STATUSES))
        status = {"id": number_, "name": name, "statusCategory": {"key": key}}
        one = issue(number, status=status, creator=draw(st.sampled_from([ANN, APP, None])), resolution=None)
        if draw(st.integers(0, 5)) == 0:
            del one["fields"]["created"]
        found.append(one | {"changelog": {"total": len(log) + draw(st.integers(0, 1)), "histories": log}})
    return found


@settings(max_examples=40, deadline=None)
@given(issues(), st.sampled_from([Cloud(), DataCenter()]), st.sampled_from(["", "/status"]))
def test_it_does_not_show_how_many_histories_were_folded_at_a_time(
    raw: list[dict[str, Any]], dialect: Dialect, refuse: str
) -> None:
    whole = read(raw, dialect, 1_000, refuse)
    for size in (1, 3):
        parts = read(raw, dialect, size, refuse)
        assert_frame_equal(parts.told.changes, whole.told.changes)
        assert_frame_equal(parts.accounts, whole.accounts)
        assert (parts.told.lost, parts.problems) == (whole.told.lost, whole.problems)
    assert whole.told.lost == (frozenset(one["id"] for one in raw) if refuse else frozenset())
    told = set(whole.told.changes["id"])
    shown = {one["id"] for one in raw if "created" in one["fields"] and not refuse}
    assert told <= shown
    assert told == shown or isinstance(dialect, DataCenter), "on Data Center one may be told of in part only"


def log(number: int, total: int = 1) -> dict[str, Any]:
    item = {"field": "duedate", "fieldId": "duedate", "from": None, "to": f"2026-12-{number:02}"}
    return {"total": total, "histories": [{"created": "2026-11-20T09:00:00.000+0000", "author": ANN, "items": [item]}]}


def test_histories_that_came_along_and_those_asked_for_are_told_in_one_order() -> None:
    raw = [issue(number) | {"changelog": log(number, total)} for number, total in ((9, 1), (2, 5), (5, 1), (3, 5))]
    for size in (1, 2, 1_000):
        changes = read(raw, DataCenter(), size).told.changes
        assert changes.schema == dict(frames.RAW_CHANGES)
        assert changes.filter(pl.col("column") == "due").select("id", "after").rows() == [
            (str(number), f"2026-12-{number:02}") for number in (2, 3, 5, 9)
        ]


def test_a_history_that_is_never_told_whole_is_unknown_and_no_problem() -> None:
    raw = [issue(number) | {"changelog": log(number, 5 - 4 * (number == 1))} for number in (1, 2, 4, 5, 6)]
    found = read(raw, DataCenter(), 2)
    assert (found.problems, found.told.lost) == ((), frozenset())
    assert set(found.told.changes["id"]) == {"1", "2", "5", "6"}


def test_what_was_told_before_a_refusal_is_known() -> None:
    found = read([issue(number) | {"changelog": log(number, 5)} for number in range(1, 6)], Cloud(), 2, "4")
    assert found.told.lost == {"3", "4", "5"}
    assert set(found.told.changes["id"]) == {"1", "2"}
    (problem,) = found.problems
    assert problem.startswith("j: the history of 3 issues could not be read: ")


@pytest.mark.parametrize("total", [1, 5])
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00.000+1400", "9999-12-31T23:00:00.000-1200"])
def test_a_time_that_no_calendar_of_utc_has_is_none(time: str, total: int) -> None:
    raw = [issue(1, created=time), issue(2, updated=time)]
    changes = read([one | {"changelog": log(3, total)} for one in raw], Cloud(), 1_000).told.changes
    assert set(changes["id"]) == {"2"}
    assert {at.year for at in changes["at"]} == {2026}


def test_an_issue_that_came_twice_is_told_of_as_it_came_last() -> None:
    raw = [issue(1) | {"changelog": log(1)}, issue(2) | {"changelog": log(2)}, issue(1) | {"changelog": log(3)}]
    for size in (1, 2, 1_000):
        changes = read(raw, replace(Cloud(), history_comes_along=True), size).told.changes
        assert changes.filter(pl.col("column") == "due").select("id", "after").rows() == [
            ("1", "2026-12-03"),
            ("2", "2026-12-02"),
        ]


def test_an_issue_whose_history_is_none_is_left_out_and_told_of() -> None:
    raw = [issue(1) | {"changelog": log(1)}, issue(2) | {"changelog": {"total": "many"}}]
    for size in (1, 1_000):
        found = read(raw, DataCenter(), size)
        assert found.found.ids.to_list() == ["1"]
        assert set(found.told.changes["id"]) == {"1"}
        (problem,) = found.problems
        assert "the history of an issue cannot be read as Jira sends it" in problem
