"""What a connector is given in a test: a clock that nobody waits for, and who we are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pmo_sync.connectors.base import Surroundings


@dataclass
class Clock:
    """Time as the connector sees it: it moves only when somebody sleeps."""

    moment: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class _Login:
    user: str | None
    token: SecretStr


def surroundings(
    clock: Clock, token: str | None = None, user: str | None = None, *, folder: Path = Path(), **more: Any
) -> Surroundings:
    """By this clock, known by this token; without one, whoever asks for the secret fails the test."""

    def secret() -> _Login:
        assert token is not None, "there is no secret to ask for"
        return _Login(user, SecretStr(token))

    return Surroundings(secret=secret, now=clock.now, sleep=clock.sleep, folder=folder, **more)
