"""A small world in each flavour, and callers of its two visitors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import (
    Seed,
    SeedAccount,
    SeedField,
    SeedIssue,
    SeedLink,
    SeedProject,
    SeedSprint,
    SeedStatus,
    SeedType,
)

CREATED = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
UPDATED = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)


class Clock:
    """Stands until it is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Caller:
    """Sends requests below `/rest/api/N/` as one visitor."""

    def __init__(self, tracker: Sandbox, version: int, token: str, login: str = "") -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.base = f"{tracker.url}/rest/api/{version}/"
        if tracker.flavour is Flavour.CLOUD and token:
            self.session.auth = (login, token)
        elif token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: object = None, **more: Any) -> requests.Response:
        return self.session.request(method, self.base + path, json=body, timeout=10, **more)

    def edit(self, key: str, query: str = "", **body: object) -> requests.Response:
        return self("PUT", f"issue/{key}{query}", body)

    def fields(self, key: str, *names: str) -> dict[str, Any]:
        found: dict[str, Any] = self("GET", f"issue/{key}?fields={','.join(names)}").json()["fields"]
        return found


def seed(writer: str) -> Seed:
    """Two open projects, one that only ann sees, one archived; WORK is administered by the writer."""
    issues = [
        SeedIssue("WORK", "Epic", "Charter", CREATED, CREATED, "Open", key="WORK-1", assignee="ann"),
        SeedIssue(
            "WORK",
            "Task",
            "Build it",
            CREATED,
            UPDATED,
            "Doing",
            key="WORK-2",
            parent="WORK-1",
            assignee="ann",
            reporter="ben",
            priority="High",
            due=date(2026, 12, 1),
            description="first\nsecond",
            labels=("Human", "pmo-human"),
            components=("Core",),
            fix_versions=("1.0",),
            estimate_seconds=7200,
            spent_seconds=3600,
            fields={
                "Health": "Amber",
                "Budget": 12.5,
                "Notes": "note",
                "Sprint": SeedSprint(7, "Seven", start=CREATED),
            },
        ),
        SeedIssue("WORK", "Sub-task", "A part", CREATED, CREATED, "Closed", parent="WORK-2", resolution="Fixed"),
        SeedIssue("SIDE", "Task", "Elsewhere", CREATED, CREATED, "Open", key="SIDE-1"),
        SeedIssue("SECRET", "Task", "Hidden", CREATED, CREATED, "Open", key="SECRET-1"),
        SeedIssue("OLD", "Task", "Archived", CREATED, CREATED, "Open", key="OLD-1"),
    ]
    return Seed(
        accounts=(SeedAccount("ann", "Ann"), SeedAccount("ben", "Ben", active=False, zone="Europe/Berlin")),
        projects=(
            SeedProject("WORK", "Work", category="Change", administrators=(writer,)),
            SeedProject("SIDE", "Side"),
            SeedProject("SECRET", "Secret", browsable_by=("ann",)),
            SeedProject("OLD", "Old", archived=True),
        ),
        types=(SeedType("Task"), SeedType("Epic", 1), SeedType("Sub-task", subtask=True)),
        statuses=(SeedStatus("Open", "new"), SeedStatus("Doing", "indeterminate"), SeedStatus("Closed", "done")),
        resolutions=("Fixed",),
        priorities=("High", "Low"),
        fields=(
            SeedField("Health", "select", id="customfield_20001", options=("Green", "Amber")),
            SeedField(
                "Budget",
                "number",
                id="customfield_20002",
                hidden_for=frozenset({("SIDE", "Task")}),
                off_screen_for=frozenset({("WORK", "Epic")}),
            ),
            SeedField("Notes", "textarea", id="customfield_20003"),
            SeedField("Code", "text", id="customfield_20004"),
            SeedField("Sprint", "sprint", id="customfield_20005"),
            SeedField("Epik", "epic_link", id="customfield_20006"),
            SeedField("Skills", "multiselect", id="customfield_20007", options=("Java", "Go")),
            SeedField("Sponsor", "user", id="customfield_20008"),
            SeedField("Start", "date", id="customfield_20009"),
        ),
        issues=issues,
        links=(SeedLink("Blocks", "WORK-2", "SIDE-1"),),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Iterator[Callable[..., Sandbox]]:
    """`make(flavour, state=…)`: a running sandbox with the small world, closed at the end."""
    running: list[Sandbox] = []

    def start(flavour: Flavour, **more: Any) -> Sandbox:
        tracker = Sandbox(flavour, now=clock, **more)
        running.append(tracker)
        tracker.start()
        if tracker.is_empty:
            tracker.load(seed(tracker.writer.login))
        return tracker

    yield start
    for tracker in running:
        tracker.close()


@pytest.fixture
def cloud(make: Callable[..., Sandbox]) -> Sandbox:
    return make(Flavour.CLOUD)


@pytest.fixture
def centre(make: Callable[..., Sandbox]) -> Sandbox:
    return make(Flavour.DATA_CENTER)


@pytest.fixture
def caller() -> Iterator[Callable[..., Caller]]:
    """`caller(tracker, who="writer", version=…)`: sends requests; who is writer, reader, nobody or a bad token."""
    made: list[Caller] = []

    def make_caller(tracker: Sandbox, who: str = "writer", version: int | None = None) -> Caller:
        visitor = tracker.reader if who == "reader" else tracker.writer
        token = {"nobody": "", "bad": "not-a-token"}.get(who, visitor.token)
        one = Caller(tracker, version or (3 if tracker.flavour is Flavour.CLOUD else 2), token, visitor.login)
        made.append(one)
        return one

    yield make_caller
    for one in made:
        one.session.close()


@pytest.fixture
def jira(cloud: Sandbox, caller: Callable[..., Caller]) -> Caller:
    """The writer at the Cloud world."""
    return caller(cloud)


@pytest.fixture
def server(centre: Sandbox, caller: Callable[..., Caller]) -> Caller:
    """The writer at the Data Center world."""
    return caller(centre)
