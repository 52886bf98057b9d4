"""What an earlier snapshot knows, and from when on a query asks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from pmo_sync.connectors.base import Since
from pmo_sync.connectors.jira.asking import account_time
from pmo_sync.connectors.known import NOTHING, known, outdated, unproven
from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def since() -> Since:
    """Items 1 and 2, last edited at nine."""
    items = pl.DataFrame(
        [("1", "A-1", "One", "10", None, False, 0, AT), ("2", "B-2", "Two", "20", None, False, 1, AT)],
        schema={**frames.PULLED, "updated": pl.Datetime("us", "UTC")},
        orient="row",
    )
    manifest = Manifest("s", "t", "jira-dc", "u", None, AT, complete=True)
    return Since(Snapshot(manifest, items, frames.empty(frames.SCOPES)), AT)


def test_what_is_known_is_what_has_not_changed() -> None:
    assert known(None, ["1"]) is NOTHING
    found = known(since(), ["1", "3"])
    assert (found.ids, found.by_key, found.projects) == (frozenset({"2"}), {"B-2": "2"}, frozenset({"20"}))


@pytest.mark.parametrize(
    ("updated", "late", "proven"),
    [
        ("2026-11-23T14:30:01.000+0530", False, True),
        ("2026-11-23T09:00:00Z", False, False),
        ("2026-11-23T08:59:59Z", True, False),
        ("2026-11-23T08:00:00", False, False),
        ("soon", False, False),
        (None, False, False),
    ],
)
def test_how_new_a_row_is(updated: str | None, late: bool, proven: bool) -> None:
    assert outdated(since(), {"1": updated, "9": updated}) == (["1"] if late else [])
    assert unproven(since(), frozenset({"1", "9"}), {"1": updated}) == ([] if proven else ["1"])


@pytest.mark.parametrize(
    ("at", "zone", "text"),
    [
        (datetime(2026, 11, 23, 9, 0, 59, tzinfo=UTC), "UTC", "2026-11-23 09:00"),
        (datetime(2026, 11, 23, 20, 0, tzinfo=UTC), "Asia/Kolkata", "2026-11-24 01:30"),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "America/New_York", "2026-11-01 00:30"),  # 01:30 comes twice
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York", "2026-11-01 00:30"),
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "America/New_York", "2026-03-08 03:00"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "Nowhere/At_all", "2026-11-22 21:00"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None, "2026-11-22 21:00"),
    ],
)
def test_a_moment_is_told_in_the_zone_of_the_account(at: datetime, zone: str | None, text: str) -> None:
    assert account_time(at, zone) == text
    if zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        for fold in (0, 1):  # however an hour that comes twice is taken, it is not later
            assert datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold) <= at
