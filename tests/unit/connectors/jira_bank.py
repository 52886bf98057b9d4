"""A small Jira of each flavour to write to, and a connector to it whose clock only moves when it sleeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pmo_sync.connectors import jira_cloud, jira_dc
from pmo_sync.connectors.jira.connector import JiraConnector
from pmo_sync.connectors.options import JiraCloudOptions, JiraDataCenterOptions
from pmo_sync.connectors.transport import Policy
from pmo_sync.model.change import (
    AddLabel,
    Outcome,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    TargetKind,
    Value,
    WebLink,
)
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import Seed, SeedAccount, SeedField, SeedIssue, SeedProject, SeedStatus, SeedType
from tests.surroundings import Clock, surroundings

FAST = Policy(connect=1, read=0.5, total=1, per_second=1e9)
OWNER = "acme"
NOTE = f"pmo-sync.{OWNER}"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
HEALTH, SCORE, TEXT, LINE, DAY, TIME, MANY, WHO, FLAGS = (
    "PMO health",
    "PMO score",
    "PMO text",
    "PMO line",
    "PMO day",
    "PMO time",
    "PMO areas",
    "PMO person",
    "PMO flags",
)
LINK = WebLink("PMO standards: 6 of 8 met", "overdue", "https://pmo.example/standards#HYG-01", resolved=False)


def seed(tracker: Sandbox) -> Seed:
    """BNK is ours to administer, ONB ours to edit, DAT not ours to edit, OLD archived; one item each, BNK two."""
    writer = tracker.writer.login
    off_screen = frozenset({("ONB", "Task")})
    fields = (
        SeedField(HEALTH, "select", options=("Green", "Amber", "Red", "Grey")),
        SeedField(SCORE, "number", off_screen_for=off_screen),
        SeedField(TEXT, "textarea"),
        SeedField(LINE, "text", hidden_for=frozenset({("DAT", "Task")})),
        SeedField(DAY, "date"),
        SeedField(TIME, "datetime"),
        SeedField(MANY, "multiselect", options=("risk", "cost", "time")),
        SeedField(WHO, "user"),
        SeedField(FLAGS, "labels"),
    )
    issues = [
        SeedIssue(project, "Task", f"Work {number}", AT, AT, "To Do", id=number, key=key, labels=labels)
        for number, (project, key, labels) in enumerate(
            [
                ("BNK", "BNK-1", ("customer", "pmo-mine", "PMO-Action")),
                ("BNK", "BNK-2", ()),
                ("ONB", "ONB-1", ("customer",)),
                ("DAT", "DAT-1", ("customer",)),
                ("OLD", "OLD-1", ("customer",)),
            ],
            start=10001,
        )
    ]
    return Seed(
        accounts=(SeedAccount("ann@example.org" if tracker.flavour is Flavour.CLOUD else "ann", "Ann"),),
        projects=(
            SeedProject("BNK", "Bank", administrators=(writer,)),
            SeedProject("ONB", "Onboarding"),
            SeedProject("DAT", "Data", editors=()),
            SeedProject("OLD", "Old", administrators=(writer,), archived=True),
        ),
        types=(SeedType("Task"), SeedType("Epic", level=1)),
        statuses=(SeedStatus("To Do", "new"), SeedStatus("Done", "done")),
        fields=fields,
        issues=issues,
    )


@dataclass
class Bank:
    """The tracker, the clock, and connectors to it."""

    tracker: Sandbox
    clock: Clock
    opened: list[JiraConnector] = field(default_factory=list)

    @property
    def cloud(self) -> bool:
        return self.tracker.flavour is Flavour.CLOUD

    def connect(self, *, reader: bool = False, policy: Policy = FAST, **options: Any) -> JiraConnector:
        visitor = self.tracker.reader if reader else self.tracker.writer
        figures = ("health", "progress", "cpi", "start", "due", "open", "done", "late", "spi")
        names = (HEALTH, SCORE, TEXT, LINE, DAY, TIME, MANY, WHO)
        write = {"labels": True, "link": True, "flags": FLAGS, "fields": dict(zip(figures, names, strict=False))}
        kind = "jira-cloud" if self.cloud else "jira-dc"
        settings = {"kind": kind, "url": self.tracker.url, "user": visitor.login, "write": write} | options
        around = surroundings(self.clock, visitor.token, settings["user"], owner=OWNER, policy=policy)
        connector = (
            jira_cloud.connect("bank", JiraCloudOptions.model_validate(settings), around)
            if self.cloud
            else jira_dc.connect("bank", JiraDataCenterOptions.model_validate(settings), around)
        )
        self.opened.append(connector)
        return connector

    def ann(self) -> Any:
        return self.tracker.person("ann@example.org" if self.cloud else "ann")

    def labels(self, key: str = "BNK-1") -> set[str]:
        return set(self.tracker.issue(key).labels)

    def note(self, key: str = "BNK-1") -> Any:
        return self.tracker.issue(key).properties.get(NOTE)

    def value(self, name: str, key: str = "BNK-1") -> object:
        return self.tracker.issue(key).fields.get(self.id_of(name))

    def id_of(self, name: str) -> str:
        return next(one.id for one in self.tracker.store.catalogue.fields.values() if one.name == name)

    def sent(self) -> list[Any]:
        """Bodies of all requests that were to change something, in order."""
        return [json.loads(one.body) for one in self.tracker.log if _changes(one.method, one.path)]

    def puts(self) -> list[str]:
        """Their methods and paths."""
        return [f"{one.method} {one.path}" for one in self.tracker.log if _changes(one.method, one.path)]


def _changes(method: str, path: str) -> bool:
    reads = ("/search", "/bulkfetch", "/approximate-count", "/jql/", "/permissions/check")
    return method != "GET" and not any(one in path for one in reads)


def open_bank(flavour: Flavour) -> Iterator[Bank]:
    with Sandbox(flavour) as tracker:
        tracker.load(seed(tracker))
        bank = Bank(tracker, Clock())
        try:
            yield bank
        finally:
            for connector in bank.opened:
                connector.close()


def target(key: str = "BNK-1", number: int | None = None, kind: TargetKind = TargetKind.ITEM) -> Target:
    ids = {"BNK-1": 10001, "BNK-2": 10002, "ONB-1": 10003, "DAT-1": 10004, "OLD-1": 10005}
    return Target("bank", kind, str(number or ids[key]), key)


def add(label: str, key: str = "BNK-1") -> AddLabel:
    return AddLabel(target(key), label, ("HYG-01",))


def remove(label: str, key: str = "BNK-1") -> RemoveLabel:
    return RemoveLabel(target(key), label, ("HYG-01",))


def put(name: str, before: Value, after: Value, key: str = "BNK-1") -> SetField:
    return SetField(target(key), name, before, after, ("roll-up",))


def link(key: str = "BNK-1", web: WebLink = LINK) -> PutLink:
    at = target(key)
    return PutLink(at, f"pmo-sync:{OWNER}:bank:{at.id}", web, ("HYG-01",))


def results(outcomes: list[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]
