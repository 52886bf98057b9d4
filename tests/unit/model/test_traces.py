"""What nobody known has changed stays known, whatever we write afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.traces import with_traces

MADE = datetime(2026, 11, 1, 9, tzinfo=UTC)
TALK = datetime(2026, 11, 10, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 12, 9, tzinfo=UTC)
Row = tuple[str, str, datetime, str | None, None, None, bool]


def snapshot(*rows: Row) -> Snapshot:
    manifest = Manifest("1", "bank", "jira-cloud", "https://bank.example.net", "bot", MADE, complete=True)
    changes = pl.DataFrame(list(rows), schema=dict(frames.RAW_CHANGES), orient="row")
    return Snapshot(manifest, frames.empty(frames.PULLED), frames.empty(frames.SCOPES), changes=changes)


def made(number: str) -> Row:
    return (number, "created", MADE, None, None, None, False)


def touched(number: str, at: datetime, by: str | None = None, *, ours: bool = False) -> Row:
    return (number, "updated", at, by, None, None, ours)


def test_our_own_edit_hides_no_trace() -> None:
    before = snapshot(made("1"), touched("1", TALK))
    now = snapshot(made("1"), touched("1", LATER, "bot", ours=True))
    assert set(with_traces(now, before).changes.rows()) == {*now.changes.rows(), touched("1", TALK)}


def test_of_two_traces_the_later_one_is_kept() -> None:
    before, now = snapshot(made("1"), touched("1", TALK)), snapshot(made("1"), touched("1", LATER))
    assert with_traces(now, before).changes.equals(now.changes)
    assert set(with_traces(before, now).changes.rows()) == set(now.changes.rows())


def test_an_item_without_its_history_has_no_trace() -> None:
    now = snapshot(made("2"))
    assert with_traces(now, snapshot(made("1"), touched("1", TALK))).changes.equals(now.changes)


def test_an_edit_of_somebody_known_is_no_trace() -> None:
    now = snapshot(made("1"))
    assert with_traces(now, snapshot(made("1"), touched("1", TALK, "ann"))) is now
