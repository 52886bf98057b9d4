"""A bank in the sandbox, in either flavour, and the command line in this process as a person types it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from pmo_sync.__main__ import main
from pmo_sync.cli import start
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import Seed
from tests.loop import bank
from tests.loop.bank import TODAY, Store

NewBank = Callable[..., "Bank"]


@dataclass
class Clock:
    """Time for the tool and the tracker alike: a second a look, and whatever somebody sleeps."""

    moment: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
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
        return f"exit {self.code}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-4000:]}"


@dataclass
class Bank:
    """One sandbox, its project folder, and commands there. `token` is what the tool is given as its secret."""

    tracker: Sandbox
    flavour: Flavour
    folder: Path
    run: Callable[..., Ran]
    store: Store

    def login(self, person: str) -> str:
        return bank.login(self.flavour, person)

    def settings(self, *, user: str | None = None, owner: str = "loop", **replaced: str) -> None:
        """pmo.yaml is written again: with another account, or with some of its texts replaced by others."""
        text = bank.SETTINGS.format(
            kind="jira-cloud" if self.flavour is Flavour.CLOUD else "jira-dc",
            url=self.tracker.url,
            user=user or self.tracker.writer.login,
            owner=owner,
        )
        for old, new in replaced.items():
            before = text
            text = text.replace(old.replace("__", " "), new)
            assert text != before, f"{old} is not there"
        (self.folder / "pmo.yaml").write_text(text, encoding="utf-8")

    def edit_settings(self, old: str, new: str) -> None:
        """One text of pmo.yaml is another."""
        path = self.folder / "pmo.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def mark(self) -> int:
        """A place in the sandbox's log."""
        return len(self.tracker.log)

    def writes(self, since: int = 0) -> list[str]:
        """`PUT /rest/api/3/issue/10001?notifyUsers=false` for each request since then that changed something."""
        return [f"{one.method} {one.path}" for one in self.tracker.log[since:] if one.is_write]


@contextmanager
def commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock
) -> Iterator[Callable[..., Ran]]:
    """`run(folder, *words, token=…)`: a command as on TODAY. It ends with a sentence, and never shows the token."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    with monkeypatch.context() as patch:
        patch.setattr(start, "now", clock.now)
        patch.setattr(start, "time", SimpleNamespace(sleep=clock.sleep))
        patch.setenv("CI", "1")

        def run(folder: Path, *words: str, token: str) -> Ran:
            capsys.readouterr()
            patch.setenv("BANK_TOKEN", token)
            day = ["--status-date", TODAY.isoformat()] if words[0] in {"check", "plan", "sync", "apply"} else []
            code = main([*words, "-C", str(folder), *day])
            said = capsys.readouterr()
            ran = Ran(code, said.out, said.err)
            crashes = [log.read_text(encoding="utf-8") for log in folder.glob(".pmo-sync/pmo-sync-error-*.log")]
            assert "Traceback" not in said.err, str(ran)
            assert "error[unexpected]" not in said.err, f"{ran}\n{crashes}"
            assert token not in said.out + said.err
            return ran

        try:
            yield run
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=list(Flavour), ids=lambda flavour: flavour.value)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    found: Flavour = request.param
    return found


@pytest.fixture
def new_bank(
    flavour: Flavour,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[NewBank]:
    """`new_bank(seed, name=…)`: a sandbox with this in it (else the bank), and a folder of that name."""
    with ExitStack() as opened:
        command = opened.enter_context(commands(monkeypatch, capsys, clock))

        def make(seed: Seed | None = None, name: str = "folder") -> Bank:
            tracker = opened.enter_context(Sandbox(flavour, now=clock.now))
            tracker.load(bank.seed(flavour) if seed is None else seed)
            folder = tmp_path / name
            folder.mkdir()

            def run(*words: str, token: str | None = None) -> Ran:
                return command(folder, *words, token=tracker.writer.token if token is None else token)

            made = Bank(tracker, flavour, folder, run, Store(tracker, flavour))
            made.settings()
            return made

        yield make


@pytest.fixture
def world(new_bank: NewBank) -> Bank:
    """The bank, fresh."""
    return new_bank()
