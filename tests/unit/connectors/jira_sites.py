"""A filled sandbox of either flavour and a connector to it, for tests of reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pmo_sync.connectors import jira_cloud, jira_dc
from pmo_sync.connectors.base import Connector, Needs
from pmo_sync.connectors.options import JiraCloudOptions, JiraDataCenterOptions
from pmo_sync.connectors.transport import Policy
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import (
    Seed,
    SeedAccount,
    SeedField,
    SeedIssue,
    SeedLink,
    SeedProject,
    SeedStatus,
    SeedType,
)
from tests.surroundings import Clock, surroundings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVERYTHING = Needs(frozenset(VOCABULARY))
_NOT_IN_CORE = frozenset({("CORE", "Task"), ("CORE", "Epic")})
_START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def seed(count: int, **more: Any) -> Seed:
    """Two projects with so many issues by turns: an epic for every ten, and links from each to the next but one."""
    issues = []
    for number in range(count):
        epic = number % 10 == 0
        project = ("BANK", "CORE")[(number // 10) % 2]
        issues.append(
            SeedIssue(
                project=project,
                type="Epic" if epic else "Task",
                summary=f"Item {number}",
                key=f"{project}-{number + 1}",
                created=_START + timedelta(minutes=number),
                updated=_START + timedelta(days=30, minutes=number),
                status=("To Do", "In Progress", "Done")[number % 3],
                resolution="Won't Do" if number % 30 == 29 else None,
                assignee="ann" if number % 2 else None,
                due=date(2026, 12, 1) if number % 4 == 0 else None,
                labels=("pmo-overdue", "own") if number % 5 == 0 else (),
                estimate_seconds=7200,
                epic=None if epic else f"{project}-{number - number % 10 + 1}",
                fields={"RAG": "Amber"} if project == "BANK" else {},
            )
        )
    keys = [issue.key or "" for issue in issues]
    return Seed(
        accounts=(SeedAccount("ann", "Ann"), SeedAccount("ben", "Ben")),
        projects=(SeedProject("BANK", "Bank", category="Digital"), SeedProject("CORE", "Core")),
        types=(SeedType("Epic", level=1), SeedType("Task")),
        statuses=(SeedStatus("To Do", "new"), SeedStatus("In Progress", "indeterminate"), SeedStatus("Done", "done")),
        resolutions=("Won't Do",),
        fields=(
            SeedField(
                "RAG",
                "select",
                options=("Red", "Amber", "Green"),
                hidden_for=_NOT_IN_CORE,
            ),
            SeedField("Epic Link", "epic_link"),
        ),
        issues=issues,
        links=tuple(SeedLink("Blocks", one, other) for one, other in zip(keys[:-2:50], keys[2::50], strict=False)),
        **more,
    )


@contextmanager
def site(flavour: Flavour, count: int, **more: Any) -> Iterator[Sandbox]:
    """A sandbox with so many issues, whose clock stands still."""
    with Sandbox(flavour, now=lambda: NOW, **more) as tracker:
        tracker.load(seed(count))
        yield tracker


@contextmanager
def connector(tracker: Sandbox, **options: Any) -> Iterator[Connector]:
    """A connector that waits for nothing."""
    visitor, policy = tracker.writer, Policy(patience=1e9, failures=50, per_second=1e9)
    user = visitor.login if tracker.flavour is Flavour.CLOUD else None
    around = surroundings(Clock(NOW), visitor.token, user, policy=policy, monotonic=lambda: 0.0)
    found: Connector
    if tracker.flavour is Flavour.CLOUD:
        cloud = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": tracker.url, **options})
        found = jira_cloud.connect("j", cloud, around)
    else:
        server = JiraDataCenterOptions.model_validate({"kind": "jira-dc", "url": tracker.url, **options})
        found = jira_dc.connect("j", server, around)
    try:
        yield found
    finally:
        found.close()


def pull(tracker: Sandbox, needs: Needs = EVERYTHING, **options: Any) -> Snapshot:
    """One pull of everything."""
    with connector(tracker, **options) as one:
        return one.pull(needs, lambda _: None)
