"""How hard a tracker is asked, and what may be asked of it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Policy:
    """How long and how often a tracker is asked. Seconds and bytes.

    Attributes:
        connect, read, total: longest wait for a connection, for the next bytes, for one whole answer.
        tries: how often one request is sent at most.
        patience: longest sum of waits between tries in the life of a transport; a longer Retry-After ends it at once.
        failures: so many requests in a row without an answer, after all their tries, and nothing more is sent.
        most_bytes: of one answer.
        per_second: requests.
    """

    connect: float = 10
    read: float = 30
    total: float = 120
    tries: int = 4
    patience: float = 300
    failures: int = 3
    most_bytes: int = 64 * 1024 * 1024
    per_second: float = 20


class Repeat(Enum):
    """When a request may be sent again."""

    READ = "it changes nothing"
    WRITE = "it sets a value: after a look has shown that it is not there yet"
    WRITE_ONCE = "it adds something: only when the tracker says that it did not take it (429)"
