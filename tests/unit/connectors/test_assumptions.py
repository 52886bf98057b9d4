"""What doctor says of a Jira that is not as we assume: each assumption broken by itself, at both kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pmo_sync.connectors.assumptions import ASSUMPTIONS, Assumption, assumption
from pmo_sync.connectors.base import Probe
from pmo_sync.connectors.jira import probing_site
from pmo_sync.connectors.jira.wire import ServerInfo
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.connectors.redmine import probing_site as redmine_site
from pmo_sync.connectors.table import CONNECTORS
from pmo_sync.sandbox import Flavour
from tests.unit.connectors.jira_answers import NOW, Asked, Told, transport_to
from tests.unit.connectors.jira_bank import Bank, open_bank

JSON = {"Content-Type": "application/json", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}
YESTERDAY = NOW - timedelta(days=1)
Answer = Callable[[Asked], Any]


def row(number: int, at: datetime = YESTERDAY) -> dict[str, Any]:
    return {"id": str(number), "key": f"BNK-{number}", "fields": {"updated": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")}}


class Jira:
    """A Jira of twelve issues that lies in one thing."""

    def __init__(self, kind: str, lie: Answer | None = None, version: str = "10.3.1") -> None:
        self.cloud = kind == "jira-cloud"
        self.lie = lie or (lambda _: None)
        self.transport, self.line = transport_to(self.answer)
        self.info = ServerInfo("Cloud" if self.cloud else "Server", version)

    def answer(self, asked: Asked) -> Told:
        found = self.lie(asked)
        if isinstance(found, Told):
            return found
        return Told(self.truth(asked) if found is None else found, headers=JSON)

    def truth(self, asked: Asked) -> Any:
        if asked.path.endswith("/search") or asked.path.endswith("/jql"):
            return self.search(asked)
        plain: dict[str, Any] = {
            "approximate-count": {"count": 12},
            "changelog": {"values": [], "total": 0},
            "properties": {"keys": []},
            "remotelink": [],
            "issueLinkType": {"issueLinkTypes": [{"id": "1", "name": "Blocks"}, {"id": "2", "name": "Cloners"}]},
        }
        last = asked.path.rpartition("/")[2]
        if last in plain:
            return plain[last]
        return row(int(last)) | ({"changelog": {"histories": []}} if "expand" in asked.params else {})

    def search(self, asked: Asked) -> Any:
        body, numbers = asked.body, list(range(1, 13))
        if "id = " in body["jql"]:
            since = body["jql"].rpartition("updated >= ")[2].partition(" ORDER")[0]
            if self.cloud:
                late = datetime.fromtimestamp(int(since) / 1000, UTC) > YESTERDAY
            else:  # in Asia/Kolkata
                late = datetime.strptime(since, '"%Y-%m-%d %H:%M"') - timedelta(  # noqa: DTZ007
                    hours=5, minutes=30
                ) > YESTERDAY.replace(tzinfo=None)
            numbers = [] if late else [1]
        start = int(body.get("nextPageToken", body.get("startAt", 0)))
        size = min(body["maxResults"], 100)
        issues = [row(number) for number in numbers[start : start + size]]
        end = start + size
        if self.cloud:
            more = {"nextPageToken": str(end)} if end < len(numbers) else {"isLast": True}
            return {"issues": issues} | more
        return {"issues": issues, "total": len(numbers), "maxResults": size, "startAt": start}

    def probes(self) -> list[Probe]:
        dialect = Cloud() if self.cloud else DataCenter()
        client: Any = SimpleNamespace(
            name="j",
            transport=self.transport,
            dialect=dialect,
            me=SimpleNamespace(time_zone="Asia/Kolkata"),
            options=SimpleNamespace(scope=None),
            path=lambda rest: dialect.api + rest,
        )
        return probing_site.site(client, self.info)


def is_search(asked: Asked, words: str = "", **body: Any) -> bool:
    return (
        "/search" in asked.path
        and "approximate" not in asked.path
        and words in asked.body["jql"]
        and all(asked.body.get(name) == value for name, value in body.items())
    )


def backwards(asked: Asked) -> Any:
    return (
        {"issues": [row(2), row(1)], "total": 2, "maxResults": 5} if is_search(asked, "id ASC", maxResults=5) else None
    )


def shifted(asked: Asked) -> Any:
    return {"issues": [row(7)], "total": 12, "maxResults": 5} if is_search(asked, startAt=4) else None


def too_many(asked: Asked) -> Any:
    rows = [row(number) for number in range(1, 9)]
    return {"issues": rows, "total": 8, "maxResults": 5} if is_search(asked, "id ASC", maxResults=5) else None


def fewer(asked: Asked) -> Any:
    return {"issues": [row(1)], "total": 12, "maxResults": 100} if is_search(asked, maxResults=1000) else None


def nothing_and_more(asked: Asked) -> Any:
    return {"issues": [], "nextPageToken": "5"} if is_search(asked, maxResults=5000) else None


def not_found_by_time(asked: Asked) -> Any:
    return {"issues": [], "total": 0, "maxResults": 1, "isLast": True} if is_search(asked, "id = ") else None


def found_at_any_time(asked: Asked) -> Any:
    return {"issues": [row(1)], "total": 1, "maxResults": 1, "isLast": True} if is_search(asked, "id = ") else None


def newer_by_id(asked: Asked) -> Any:
    here = asked.path.endswith("/issue/1") and "expand" not in asked.params
    return row(1, YESTERDAY + timedelta(seconds=90)) if here else None


def without_history(asked: Asked) -> Any:
    if "expand" in asked.params:
        return row(1)
    return Told({}, 404, JSON) if asked.path.endswith("/changelog") else None


def missing(end: str) -> Answer:
    return lambda asked: Told({}, 404, JSON) if asked.path.endswith(end) else None


def other_words(asked: Asked) -> Any:
    names = ["Blockiert", "Klon", "Relates"]
    return {"issueLinkTypes": [{"name": name} for name in names]} if "issueLinkType" in asked.path else None


def from_tomorrow(asked: Asked) -> Any:
    found = {"issues": [row(1, NOW + timedelta(days=1))], "total": 1, "maxResults": 5, "isLast": True}
    return found if is_search(asked, "updated DESC") else None


def without_zone(asked: Asked) -> Any:
    one = {"id": "1", "key": "BNK-1", "fields": {"updated": "2026-11-22T09:00:00"}}
    found = {"issues": [one], "total": 1, "maxResults": 5, "isLast": True}
    return found if is_search(asked, "updated DESC") else None


BOTH = ("jira-cloud", "jira-dc")
LIES: list[tuple[str, tuple[str, ...], Answer, str]] = [
    ("order", BOTH, backwards, "do not come in the order"),
    ("order", ("jira-dc",), shifted, "in common have not"),
    ("order", BOTH, too_many, "holds 8 where 5"),
    ("pages", ("jira-dc",), fewer, "holds 1 where there are 12 and it may hold 100"),
    ("pages", ("jira-cloud",), nothing_and_more, "not the last"),
    ("changes", BOTH, not_found_by_time, "does not find it"),
    ("changes", BOTH, found_at_any_time, "more than it should"),
    ("index", BOTH, newer_by_id, "as it was 90 seconds before"),
    ("history", BOTH, without_history, ""),
    ("notes", BOTH, missing("/properties"), "404"),
    ("web-links", BOTH, missing("/remotelink"), "404"),
    ("link-words", BOTH, other_words, "Blockiert, Klon, Relates"),
    ("counts", ("jira-cloud",), missing("approximate-count"), "404"),
    ("times", BOTH, from_tomorrow, "in its future"),
    ("times", BOTH, without_zone, "without its zone"),
]
CASES = [(kind, *case) for case in LIES for kind in case[1]]


@pytest.mark.parametrize("kind", BOTH)
def test_a_jira_that_is_as_assumed(kind: str) -> None:
    jira = Jira(kind)
    lines = jira.probes()
    assert [line for line in lines if line.ok is not True] == []
    assert {f"jira.{line.subject}" for line in lines} == {one.id for one in ASSUMPTIONS if kind in one.kinds}
    assert len(jira.line.asked) <= 20
    assert {one.method for one in jira.line.asked} <= {"GET", "POST"}
    assert all("/search" in one.path for one in jira.line.asked if one.method == "POST")


@pytest.mark.parametrize(
    ("kind", "subject", "lie", "says"),
    [(kind, subject, lie, says) for kind, subject, _, lie, says in CASES],
    ids=[f"{kind}-{subject}-{getattr(lie, '__name__', '')}" for kind, subject, _, lie, _ in CASES],
)
def test_each_thing_that_is_not_as_assumed_is_told_by_itself(kind: str, subject: str, lie: Answer, says: str) -> None:
    lines = {line.subject: line for line in Jira(kind, lie).probes()}
    line, one = lines[subject], assumption(f"jira.{subject}")
    assert line.ok is not True
    assert says in line.text
    if lie is not found_at_any_time:  # harmless
        assert line.remedy == one.remedy
        assert line.ok is (False if one.vital else None)
    others = {name for name, other in lines.items() if other.ok is not True} - {subject}
    assert others <= ({"changes", "index"} if subject == "times" else set())


@pytest.mark.parametrize(
    ("version", "known"), [("9.12.4", False), ("10.2.0", False), ("10.3.0", True), ("11.3.1", True)]
)
def test_versions_of_data_center(version: str, known: bool) -> None:
    line = next(line for line in Jira("jira-dc", version=version).probes() if line.subject == "version")
    assert line.ok is (True if known else None)
    assert version in line.text
    assert bool(line.remedy) is not known


@pytest.mark.parametrize("kind", BOTH)
def test_what_fails_is_not_looked_at_and_breaks_nothing_else(kind: str) -> None:
    lines = Jira(kind, lambda asked: Told({}, 500, JSON) if is_search(asked, "id = ") else None).probes()
    line = next(line for line in lines if line.subject == "changes")
    assert line.ok is None
    assert line.text.startswith("cannot be looked at: ")
    assert [one.subject for one in lines if one.ok is not True] == ["changes"]


@pytest.mark.parametrize("kind", BOTH)
def test_without_an_issue_there_is_little_to_look_at(kind: str) -> None:
    empty = {"issues": [], "total": 0, "maxResults": 5, "isLast": True}
    lines = Jira(kind, lambda asked: empty if is_search(asked) else None).probes()
    assert {line.ok for line in lines} == {True, None}
    assert "there is no issue to look at" in {line.text for line in lines}


@pytest.fixture(params=list(Flavour), ids=lambda flavour: flavour.name.lower())
def bank(request: pytest.FixtureRequest) -> Iterator[Bank]:
    yield from open_bank(request.param)


def test_the_sandbox_is_as_assumed_and_doctor_asks_it_little(bank: Bank) -> None:
    bank.clock.moment = bank.tracker.store.now()
    before = len(bank.tracker.log)
    lines = bank.connect().probe()
    ids = {one.subject for one in ASSUMPTIONS if ("jira-cloud" if bank.cloud else "jira-dc") in one.kinds}
    assert [line for line in lines if line.subject in ids and line.ok is not True] == []
    assert ids <= {line.subject for line in lines}
    assert len(bank.tracker.log) - before <= 40
    assert bank.puts() == []


def test_each_assumption_is_looked_at_and_nothing_else() -> None:
    looked = {*probing_site.LOOKS, *redmine_site.LOOKS}
    assert looked == {one.id for one in ASSUMPTIONS}
    assert len({one.id for one in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert {kind for one in ASSUMPTIONS for kind in one.kinds} <= set(CONNECTORS)


@pytest.mark.parametrize("one", ASSUMPTIONS, ids=lambda one: one.id)
def test_an_assumption_has_a_remedy_and_its_lines(one: Assumption) -> None:
    assert one.remedy
    assert one.look
    assert one.broken("no").remedy == one.remedy
    assert one.broken("no").ok is (False if one.vital else None)
    assert one.holds("yes").ok is True
    assert one.unseen("?").ok is None
    assert one.id == f"{one.id.partition('.')[0]}.{one.holds('').subject}"
