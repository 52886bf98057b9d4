"""A faulty Redmine per test, a clock that only moves when somebody sleeps, and a connector between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine import RedmineConnector, connect
from pmo_sync.connectors.transport import Policy
from tests.faults.faulty_redmine import KEY, FaultyRedmine
from tests.surroundings import Clock, surroundings

Contact = Callable[..., RedmineConnector]

FAST = Policy(connect=1, read=0.15, total=0.4, per_second=1e9)


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
        chosen = RedmineOptions.model_validate(settings)
        connector = connect("plant", chosen, surroundings(clock, key, user, policy=policy))
        opened.append(connector)
        return connector

    yield make
    for connector in opened:
        connector.close()
