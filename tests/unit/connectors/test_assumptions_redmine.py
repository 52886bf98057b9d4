"""What doctor says of a Redmine that is not as we assume: each assumption broken by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pmo_sync.connectors.assumptions import ASSUMPTIONS, REDMINE, assumption
from pmo_sync.connectors.base import Probe
from pmo_sync.connectors.redmine import probing_site
from tests.unit.connectors.jira_answers import NOW, Asked, Line, Told, transport_to

JSON = {"Content-Type": "application/json", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}
YESTERDAY = NOW - timedelta(days=1)
Answer = Callable[[Asked], Any]


def row(number: int, at: datetime = YESTERDAY, **more: Any) -> dict[str, Any]:
    updated = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {"id": number, "updated_on": updated, "status": {"id": 1, "is_closed": False}, "relations": []} | more


def page(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"issues": list(rows), "total_count": len(rows) if total is None else total, "limit": 100}


def truth(asked: Asked) -> Any:
    if asked.path != "/issues.json":
        return {"issue": row(1, journals=[])}
    told, numbers = asked.params, list(range(1, 13))
    if "updated_on" in told:
        since = datetime.fromisoformat(told["updated_on"].removeprefix(">="))
        numbers = [1] if since <= YESTERDAY.replace(microsecond=0) and told.get("issue_id") == "1" else []
    start = int(told.get("offset", 0))
    return page(*map(row, numbers[start : start + int(told["limit"])]), total=len(numbers))


def probes(lie: Answer = lambda _: None, **scope: Any) -> tuple[dict[str, Probe], Line]:
    def answer(asked: Asked) -> Told:
        found = lie(asked)
        return found if isinstance(found, Told) else Told(truth(asked) if found is None else found, headers=JSON)

    transport, line = transport_to(answer)
    options = SimpleNamespace(scope=SimpleNamespace(projects=None) if not scope else SimpleNamespace(**scope))
    client: Any = SimpleNamespace(name="plant", transport=transport, options=options)
    return {one.subject: one for one in probing_site.site(client, NOW)}, line


def lists(asked: Asked, **params: str) -> bool:
    return asked.path == "/issues.json" and all(asked.params.get(name) == value for name, value in params.items())


LIES: list[tuple[str, Answer, str]] = [
    ("version", lambda a: page(row(1, status={"id": 1})) if lists(a, limit="100") else None, "older than 5.0"),
    ("filters", lambda a: page(row(1), total=12) if "2100" in a.params.get("updated_on", "") else None, "12 issues"),
    ("changes", lambda a: page() if "issue_id" in a.params else None, "does not find it"),
    ("pages", lambda a: page(row(1), total=12) if lists(a, limit="100") else None, "holds 1 where 12"),
    ("order", lambda a: page(row(9)) if lists(a, offset="2") else None, "in common have not"),
    ("order", lambda a: page(row(2), row(1)) if lists(a, sort="id", limit="3") else None, "order of their ids"),
    ("history", lambda a: {"issue": row(1)} if a.path == "/issues/1.json" else None, "without its history"),
    ("history", lambda a: Told(b"", 403, JSON) if a.path == "/issues/1.json" else None, "cannot be looked at"),
    (
        "relations",
        lambda a: page({"id": 1, "status": {"is_closed": True}}) if lists(a, limit="100") else None,
        "without its relations",
    ),
    (
        "times",
        lambda a: page(row(1, NOW + timedelta(hours=9))) if "updated_on:desc" in str(a.params) else None,
        "future",
    ),
    (
        "times",
        lambda a: page(row(1) | {"updated_on": "2026-11-22T09:00:00"}) if ":desc" in str(a.params) else None,
        "zone",
    ),
]


def test_a_redmine_that_is_as_assumed() -> None:
    lines, line = probes()
    assert [one for one in lines.values() if one.ok is not True] == []
    assert {f"redmine.{name}" for name in lines} == {one.id for one in ASSUMPTIONS if REDMINE in one.kinds}
    assert len(line.asked) <= 10
    assert {one.method for one in line.asked} == {"GET"}


@pytest.mark.parametrize(("subject", "lie", "says"), LIES)
def test_each_thing_that_is_not_as_assumed_is_told_by_itself(subject: str, lie: Answer, says: str) -> None:
    lines, _ = probes(lie)
    line, one = lines[subject], assumption(f"redmine.{subject}")
    assert says in line.text
    assert line.remedy == one.remedy
    assert line.ok is (False if one.vital else None)
    others = {name for name, other in lines.items() if other.ok is not True} - {subject}
    assert others <= ({"changes"} if subject == "times" else set())


def test_an_empty_scope_leaves_nothing_to_look_at() -> None:
    lines, line = probes(lambda asked: page() if asked.path == "/issues.json" else None)
    assert {(one.ok, one.text) for one in lines.values()} == {(None, "there is no issue to look at")}
    assert len(line.asked) == 2


def test_a_scope_that_cannot_be_read_is_said_once_for_each() -> None:
    lines, _ = probes(lambda _: Told(b"", 404, JSON))
    assert {one.ok for one in lines.values()} == {None}
    assert all(one.text.startswith("the scope cannot be read: ") for one in lines.values())


def test_a_server_that_tells_no_time_is_compared_with_our_clock() -> None:
    def silent(asked: Asked, newest: datetime = YESTERDAY) -> Told:
        told = page(row(1, newest)) if ":desc" in str(asked.params) else truth(asked)
        return Told(told, headers={"Content-Type": "application/json"})

    one = assumption("redmine.times")
    assert probes(silent)[0]["times"] == one.holds("the newest change is not later than our clock")
    late = probes(lambda asked: silent(asked, NOW + timedelta(hours=1)))[0]["times"]
    assert (late.ok, late.remedy) == (None, one.remedy)  # nobody knows whose clock is wrong


def test_only_projects_of_the_scope_are_looked_at() -> None:
    _, line = probes(projects=("bank", "core"))
    assert {one.params.get("project_id") for one in line.asked if one.path == "/issues.json"} == {"bank"}
