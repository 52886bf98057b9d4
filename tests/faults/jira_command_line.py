"""The real command line in this process against a sandbox Jira, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from pmo_sync.__main__ import main
from pmo_sync.cli import start
from pmo_sync.connectors.jira import opening
from pmo_sync.sandbox import Sandbox
from tests.faults.command_line import IMPATIENT, Clock, Ran, Run
from tests.faults.jira_plant import TODAY


@contextmanager
def command_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    clock: Clock,
    tracker: Sandbox,
    token: str | None = None,
) -> Iterator[Run]:
    """`run(folder, *words)`: a command as on TODAY. It ends with a sentence, and never shows the token."""
    before = signal.getsignal(signal.SIGTERM)
    token = tracker.writer.token if token is None else token
    with monkeypatch.context() as patch:
        patch.setattr(start, "now", clock.now)
        patch.setattr(start, "time", SimpleNamespace(sleep=clock.sleep))
        patch.setattr(opening, "usual", lambda *_: IMPATIENT)
        patch.setenv("BANK_TOKEN", token)
        patch.setenv("CI", "1")

        def run(folder: Path, *words: str) -> Ran:
            capsys.readouterr()
            code = main([*words, "-C", str(folder), "--status-date", TODAY.isoformat()])
            said = capsys.readouterr()
            ran = Ran(code, said.out, said.err)
            assert "Traceback" not in said.err, str(ran)
            assert "error[unexpected]" not in said.err, str(ran)
            assert token not in said.out + said.err
            return ran

        yield run
    signal.signal(signal.SIGTERM, before)
