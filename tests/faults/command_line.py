"""The real command line in this process, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest

from pmo_sync.__main__ import main
from pmo_sync.cli import start
from pmo_sync.connectors import redmine as connector
from pmo_sync.connectors.transport import Policy
from tests.faults.faulty_redmine import KEY
from tests.faults.plant import TODAY

# One connection: a request that is under way when another is told to wait cannot know it.
IMPATIENT: Final = Policy(connect=1, read=0.15, total=0.4, per_second=1e9, connections=1)
"""The usual number of tries; waits that a test can afford."""


@dataclass
class Clock:
    """Time as the command sees it: a millisecond a look, and whatever it sleeps."""

    moment: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


Run = Callable[..., Ran]


@contextmanager
def in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock) -> Iterator[Run]:
    """`run(folder, *words)`: a command as on TODAY. It ends with a sentence, and never shows the key."""
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        patch.setattr(start, "now", clock.now)
        patch.setattr(start, "time", SimpleNamespace(sleep=clock.sleep))
        patch.setattr(connector, "usual", lambda *_: IMPATIENT)
        patch.setenv("PLANT_KEY", KEY)
        patch.setenv("CI", "1")

        def run(folder: Path, *words: str) -> Ran:
            capsys.readouterr()
            code = main([*words, "-C", str(folder), "--status-date", TODAY.isoformat()])
            said = capsys.readouterr()
            ran = Ran(code, said.out, said.err)
            assert "Traceback" not in said.err, str(ran)
            assert "error[unexpected]" not in said.err, str(ran) + _crashes(folder)
            assert KEY not in said.out + said.err
            return ran

        yield run
    signal.signal(signal.SIGTERM, before)


def _crashes(folder: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8") for log in folder.glob(".pmo-sync/pmo-sync-error-*.log"))
