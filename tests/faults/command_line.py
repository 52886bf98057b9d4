"""The real command line in this process, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
import requests
from requests.adapters import HTTPAdapter

from pmo_sync.__main__ import main
from pmo_sync.cli import start
from pmo_sync.connectors import redmine
from pmo_sync.connectors.jira import opening
from pmo_sync.connectors.limiter import About, Limiter
from pmo_sync.connectors.options import Limits
from pmo_sync.connectors.policy import CONNECTIONS, Holds
from pmo_sync.connectors.transport import Policy
from pmo_sync.sandbox import Sandbox
from tests.faults.faulty_redmine import KEY
from tests.faults.plant import TODAY
from tests.faults.proxy import Proxy
from tests.faults.wrongs import NO_ANSWER

PATIENT: Final = Policy(per_second=1e9)
"""As usual, without a rate. No honest answer comes too late, however busy the computer; silence is told (`listening`).
"""


@dataclass
class Clock:
    """Time as the command sees it: a millisecond a look, and whatever it sleeps. Safe for many threads."""

    moment: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        with self._lock:
            self.moment += timedelta(milliseconds=1)
            return self.moment

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.moment += timedelta(seconds=seconds)

    def flowing(self) -> datetime:
        """`now` and the real time that passed: never behind the clock that a limiter waits by."""
        return self.now() + timedelta(seconds=time.monotonic() - self._begun)


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
def in_process(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    clock: Clock,
    secrets: Mapping[str, str],
    connections: int | None = None,
) -> Iterator[Run]:
    """`run(folder, *words)`: a command as on TODAY. It ends with a sentence, and never shows one of the secrets.

    `secrets` by the name of their variable. So many connections, where it is said; else as many as a tracker has.
    """

    def impatient(limits: Limits, usual: int = CONNECTIONS) -> Policy:
        return dataclasses.replace(PATIENT, connections=connections or limits.connections or usual)

    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        patch.setattr(start, "now", clock.now)
        patch.setattr(start, "time", SimpleNamespace(sleep=clock.sleep))
        for connector in (redmine, opening):
            patch.setattr(connector, "usual", impatient)
        for name, secret in secrets.items():
            patch.setenv(name, secret)
        patch.setenv("CI", "1")

        def run(folder: Path, *words: str) -> Ran:
            capsys.readouterr()
            code = main([*words, "-C", str(folder), "--status-date", TODAY.isoformat()])
            said = capsys.readouterr()
            ran = Ran(code, said.out, said.err)
            assert "Traceback" not in said.err, str(ran)
            assert "error[unexpected]" not in said.err, str(ran) + _crashes(folder)
            assert not any(secret in said.out + said.err for secret in secrets.values())
            return ran

        yield run
    signal.signal(signal.SIGTERM, before)


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> Iterator[None]:
    """What the proxy says in place of a silence is the end of a wait to the client; and it tells that it will wait."""
    send, hold = HTTPAdapter.send, Limiter.hold

    def heard(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = send(self, request, **options)
        if NO_ANSWER in answer.headers:
            answer.close()
            raise requests.exceptions.ReadTimeout(request=request)
        return answer

    def noted(self: Limiter, about: About, what: Holds, seconds: float) -> None:
        hold(self, about, what, seconds)
        proxy.hear()

    with monkeypatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", heard)
        patch.setattr(Limiter, "hold", noted)
        proxy.tells = True
        yield
        proxy.tells = False


def for_redmine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock, connections: int | None = None
) -> AbstractContextManager[Run]:
    """`in_process` with the key of the faulty Redmine."""
    return in_process(monkeypatch, capsys, clock, {"PLANT_KEY": KEY}, connections)


def for_jira(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    clock: Clock,
    tracker: Sandbox,
    token: str | None = None,
) -> AbstractContextManager[Run]:
    """`in_process` with the token of a sandbox Jira's writer, or another."""
    token = tracker.writer.token if token is None else token
    return in_process(monkeypatch, capsys, clock, {"BANK_TOKEN": token})


def _crashes(folder: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8") for log in folder.glob(".pmo-sync/pmo-sync-error-*.log"))
