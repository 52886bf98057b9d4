"""How hard a tracker is asked, and what may be asked of it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pmo_sync.connectors.options import Limits

CONNECTIONS: Final = 8
"""Connections to one tracker, where the settings do not say and the kind of tracker has no number of its own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long and how often a tracker is asked. Seconds and bytes.

    Attributes:
        connect, read, total: longest wait for a connection, for the next bytes, for one whole answer.
        tries: how often one request is sent at most.
        patience: longest sum of waits in the life of a transport, those at the same time counted once; a longer
            Retry-After ends it at once.
        failures: so many requests in a row without an answer, after all their tries, and nothing more is sent; nor
            after as many tries in a row as these would have had.
        most_bytes: of one answer.
        per_second: requests.
        connections: requests that are under way at the same time, at most.
    """

    connect: float = 10
    read: float = 30
    total: float = 120
    tries: int = 4
    patience: float = 300
    failures: int = 3
    most_bytes: int = 64 * 1024 * 1024
    per_second: float = 20
    connections: int = CONNECTIONS


def usual(limits: Limits, connections: int = CONNECTIONS) -> Policy:
    """The policy that the settings of a tracker say; `connections` where they say none."""
    return Policy(per_second=limits.requests_per_second, connections=limits.connections or connections)


class Repeat(Enum):
    """When a request may be sent again."""

    READ = "it changes nothing"
    WRITE = "it sets a value: after a look has shown that it is not there yet"
    WRITE_ONCE = "it adds something: only when the tracker says that it did not take it (429)"


class Holds(Enum):
    """What a tracker that wants us to wait means: nothing else has to."""

    ALL = "every request"
    ENDPOINT = "requests of the same method to the same kind of address"
    ISSUE = "requests about the same issue"
