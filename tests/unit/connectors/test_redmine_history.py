"""Journals of Redmine as changes of the columns that somebody asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.history import Edited, Historian, histories
from pmo_sync.connectors.redmine.wire import Journal, StatusKind
from pmo_sync.connectors.shelf import Shelf

MADE = datetime(2026, 11, 2, 8, tzinfo=UTC)
ISSUE = Edited(id=7, author=3, created=MADE, status=1)


def options(**more: Any) -> RedmineOptions:
    return RedmineOptions.model_validate({"kind": "redmine", "url": "https://redmine.example", "token": "${T}", **more})


def journal(number: int, *details: tuple[str, str, str | None, str | None], by: int = 5) -> Journal:
    told = [
        {"property": kind, "name": name, "old_value": before, "new_value": after}
        for kind, name, before, after in details
    ]
    at = f"2026-11-{number:02}T09:00:00Z"
    return msgspec.convert(
        {"id": number, "user": {"id": by, "name": "Ann"}, "created_on": at, "details": told}, Journal
    )


JOURNALS = [
    journal(3, ("attr", "due_date", None, "2026-12-01"), ("attr", "subject", "a", "b")),
    journal(4, ("attr", "due_date", "2026-12-01", ""), ("cf", "due_date", "1", "2"), by=9),
    journal(5, ("attr", "assigned_to_id", "5", "6"), ("attr", "status_id", "1", "2")),
]


def rows(*wanted: str) -> list[tuple[Any, ...]]:
    historian = Historian(options(), frozenset(wanted), me=9, kinds={})
    found = historian.rows([(ISSUE, JOURNALS)])
    return found.filter(found["column"] != "created").select("column", "by", "before", "after", "ours").rows()


def test_changes_of_what_is_asked_for_and_of_nothing_else() -> None:
    assert rows("due") == [
        ("due", "5", None, "2026-12-01", False),
        ("due", "9", "2026-12-01", None, True),
    ]
    assert rows("owner") == [("owner", "5", "5", "6", False)]
    assert rows("spent_hours") == []
    assert rows() == []


def test_an_issue_with_a_time_that_cannot_be_read_has_no_part_of_a_history() -> None:
    for time in ("soon", "2026-11-06T09:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00"):
        unread = msgspec.structs.replace(journal(6, ("attr", "due_date", "2026-12-01", None)), created_on=time)
        found = Historian(options(), frozenset({"due"}), me=9, kinds={}).rows(
            [(ISSUE, [*JOURNALS, unread]), (replace(ISSUE, id=8), JOURNALS)]
        )
        assert set(found["id"]) == {"8"}


@given(st.lists(st.lists(st.integers(1, 28), max_size=4), max_size=6), st.sampled_from([1, 2, 3, 500]))
def test_it_does_not_show_how_many_issues_were_folded_at_a_time(days: list[list[int]], size: int) -> None:
    asked = [replace(ISSUE, id=number, created=MADE if number % 5 else None) for number in range(1, len(days) + 1)]
    told = [
        [
            journal(day, ("attr", "status_id", "1", "2"), ("attr", "due_date", None, "2026-12-01"), by=day % 3)
            for day in one
        ]
        for one in days
    ]
    kinds = {one: StatusKind(one, name, is_closed=one == 2) for one, name in ((1, "New"), (2, "Closed"))}
    wanted = frozenset({"status_since", "phase", "due", "last_human_change"})
    whole = Historian(options(), wanted, me=2, kinds=kinds).rows(zip(asked, told, strict=True))
    historian = Historian(options(), wanted, me=2, kinds=kinds)
    shelf: Shelf[tuple[Edited, list[Journal]], pl.DataFrame] = Shelf(historian.rows, size)
    for one in zip(asked, told, strict=True):
        shelf.put([one])
    parts = [rows for rows, _ in shelf.batches(pl.int_range(len(asked), eager=True))]
    assert_frame_equal(pl.concat([whole.clear(), *parts]), whole)


def test_what_has_a_history_is_told() -> None:
    wanted = frozenset({"due", "status", "spent_hours", "last_human_change", "owner"})
    assert histories(wanted, options()) == {"due", "status", "owner"}
    mapped = options(fields={"due": "Target date"}, values={"owner": {"from": "priority", "High": "ann"}})
    assert histories(wanted, mapped) == {"status"}
