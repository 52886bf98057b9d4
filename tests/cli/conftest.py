"""The command line as a person types it, on a small project folder of its own."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pmo_sync.__main__ import main

PROJECT = Path(__file__).parent / "project"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def pmo(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs one command in the project folder, in this process; both streams are no terminals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.chdir(folder)
    for name in ("CI", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as during:
            for name, value in environment.items():
                during.setenv(name, value)
            capsys.readouterr()
            code = main(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        assert "error[unexpected]" not in said.err, said.err
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)
