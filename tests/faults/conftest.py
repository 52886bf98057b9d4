"""A faulty Redmine per test, a clock that only moves when somebody sleeps, and a connector between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine import RedmineConnector, connect
from pmo_sync.connectors.transport import Policy
from tests.faults.faulty_redmine import KEY, FaultyRedmine

Contact = Callable[..., RedmineConnector]

FAST = Policy(connect=1, read=0.15, total=0.4, per_second=1e9)


@dataclass
class Clock:
    """Time as the connector sees it."""

    moment: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Who:
    """Credentials."""

    user: str | None
    token: SecretStr


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redmine() -> Iterator[FaultyRedmine]:
    """Projects a (1) with a sub-project c (3), and b (2); 250 issues in a and c, 20 in b."""
    server = FaultyRedmine()
    fields = [{"id": 9, "name": "PMO score", "value": None}]
    server.project(1, "a", custom_fields=fields)
    server.project(2, "b")
    server.project(3, "c", parent=1)
    for number in range(1, 251):
        server.issue(number, 1 if number % 2 else 3)
    for number in range(301, 321):
        server.issue(number, 2)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def contact(redmine: FaultyRedmine, clock: Clock) -> Iterator[Contact]:
    """`contact(policy=…, key=…, user=…, **options)`: a connector to the faulty Redmine."""
    opened: list[RedmineConnector] = []

    def make(policy: Policy = FAST, key: str = KEY, user: str | None = None, **options: Any) -> RedmineConnector:
        write = {"flags": "PMO compliance", "fields": {"health": "RAG", "progress": "PMO score"}}
        settings = {"kind": "redmine", "url": redmine.url, "write": write, **options}
        connector = connect(
            "plant",
            RedmineOptions.model_validate(settings),
            secret=lambda: Who(user, SecretStr(key)),
            now=clock.now,
            sleep=clock.sleep,
            folder=Path(),
            policy=policy,
        )
        opened.append(connector)
        return connector

    yield make
    for connector in opened:
        connector.close()
