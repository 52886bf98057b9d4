"""Searches in windows: nothing twice, nothing left out, whatever the days look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from pmo_sync.connectors.jira.dialect import Query
from pmo_sync.connectors.jira.shape import Row
from pmo_sync.connectors.jira.windows import Window, divided, local
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.transport import DeniedError
from tests.unit.connectors.jira_answers import Asked, Line, Told, transport_to

START = datetime(2024, 1, 1)  # noqa: DTZ001 - as Jira shows it to the account
QUERY = Query("project = 1", ("summary",))


def found(jql: str, moments: list[datetime]) -> list[int]:
    """Numbers of the issues that a query finds."""
    low, high = (re.search(f'created {sign} "([^"]+)"', jql) for sign in (">=", "<"))
    return [
        number
        for number, at in enumerate(moments, 1)
        if (not low or at >= datetime.fromisoformat(low[1])) and (not high or at < datetime.fromisoformat(high[1]))
    ]


EVEN = [START + timedelta(minutes=13 * number) for number in range(9_000)]
BURSTS = [START + timedelta(days=400 * (number % 3), seconds=number) for number in range(9_000)]
ONE_MINUTE = [START] * 9_000
SPREADS = {"even": EVEN, "bursts": BURSTS, "one minute": ONE_MINUTE}


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("edges", ["known", "unknown", "wrong"])
def test_windows_hold_every_issue_once(spread: str, edges: str) -> None:
    moments = SPREADS[spread]
    known = {
        "known": (min(moments), max(moments)),
        "unknown": (None, None),
        "wrong": (START + timedelta(days=3), START + timedelta(days=4)),
    }[edges]
    windows = divided("", 9_000, 1_000, count=lambda jql: len(found(jql, moments)), edges=known, connections=2)
    read = [number for window in windows for number in found(window.jql(""), moments)]
    assert sorted(read) == list(range(1, 9_001))
    assert sum(window.count for window in windows) == 9_000
    assert len(windows) <= 30
    if spread != "one minute" and edges != "wrong":
        assert all(window.count <= 1_000 for window in windows)


def test_a_window_says_its_bounds_and_keeps_the_query() -> None:
    window = Window(START, START + timedelta(days=1, hours=2), 1)
    assert window.jql("project = 1") == 'project = 1 AND created >= "2024-01-01 00:00" AND created < "2024-01-02 02:00"'
    assert Window(None, None, 1).jql("project = 1") == "project = 1"
    assert Window(None, START, 1).jql("") == 'created < "2024-01-01 00:00"'


def test_a_moment_as_jira_shows_it_is_on_its_own_clock() -> None:
    assert local("2024-01-01T00:00:31.000+0530") == START
    assert local("soon") is None
    assert local(None) is None


def keep(rows: Sequence[Row]) -> Sequence[int]:
    return [int(row.id) for row in rows]


class Site:
    """A Cloud of nine thousand issues, whose pages are whole."""

    def __init__(self, broken: Callable[[Asked], Told | None] = lambda _: None) -> None:
        self.broken = broken
        self.chains: set[str] = set()

    def __call__(self, asked: Asked) -> Told:
        if (told := self.broken(asked)) is not None:
            return told
        numbers = found(asked.body["jql"], EVEN)
        if asked.path.endswith("approximate-count"):
            return Told({"count": len(numbers) + 7})  # about
        if "ORDER BY created" in asked.body["jql"]:
            number = numbers[-1 if "DESC" in asked.body["jql"] else 0]
            created = f"{EVEN[number - 1]:%Y-%m-%dT%H:%M:%S.000+0000}"
            return Told({"issues": [{"id": str(number), "key": "A-1", "fields": {"created": created}}], "isLast": True})
        self.chains.add(asked.body["jql"])
        start, size = int(asked.body.get("nextPageToken", 0)), asked.body["maxResults"]
        page: dict[str, Any] = {
            "issues": [{"id": str(one), "key": f"A-{one}", "fields": {}} for one in numbers[start : start + size]]
        }
        if start + size < len(numbers):
            page["nextPageToken"] = str(start + size)
        return Told(page)


def search(site: Site) -> tuple[Any, Line]:
    transport, line = transport_to(site, connections=4)
    return Cloud().search(transport, QUERY, keep, lambda _done, _total: None), line


def test_cloud_reads_a_large_query_in_windows_and_proves_it_whole() -> None:
    site = Site()
    reading, line = search(site)
    assert sorted(reading.rows) == list(range(1, 9_001))
    assert reading.problem is None
    assert len(site.chains) > 5
    assert not any(one.path.endswith("bulkfetch") for one in line.asked)


@pytest.mark.parametrize("status", [403, 404])
def test_cloud_that_cannot_count_is_read_in_one_chain(status: int) -> None:
    site = Site(lambda asked: Told({}, status) if asked.path.endswith("approximate-count") else None)
    reading, _ = search(site)
    assert sorted(reading.rows) == list(range(1, 9_001))
    assert len(site.chains) == 1


def test_cloud_a_window_that_stays_broken_is_a_problem_and_the_rest_is_kept() -> None:
    def broken(asked: Asked) -> Told | None:
        late = "created >=" in asked.body["jql"] and "created <" not in asked.body["jql"]
        return (
            Told(b"<html>", 200, {"Content-Type": "text/html"}) if late and "ORDER BY id" in asked.body["jql"] else None
        )

    reading, _ = search(Site(broken))
    assert reading.problem is not None
    assert 1_000 < len(reading.rows) < 9_000


def test_cloud_that_no_longer_knows_us_half_way_is_denied() -> None:
    def broken(asked: Asked) -> Told | None:
        return Told({}, 401) if "created >=" in asked.body["jql"] else None

    with pytest.raises(DeniedError):
        search(Site(broken))
