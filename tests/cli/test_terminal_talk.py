"""On a terminal: only our own escape sequences, a bar only for long work, nothing of it in CI."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pmo_sync.cli import progress
from pmo_sync.cli.options import Run
from pmo_sync.connectors.base import Progress

OURS = re.compile(r"\x1b\[[0-9;]*m")
TODAY = "2026-11-23"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_pty(words: tuple[str, ...], folder: Path, **environment: str) -> str:
    """What a terminal is sent by one command."""
    outer, inner = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    try:
        running = subprocess.Popen(
            [sys.executable, "-m", "pmo_sync", *words],
            cwd=folder,
            stdout=inner,
            stderr=inner,
            env=clean | {"TERM": "xterm"} | environment,
        )
        os.close(inner)
        parts = []
        while part := _read(outer):
            parts.append(part)
        running.wait(60)
    finally:
        os.close(outer)
    return b"".join(parts).decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


def test_a_terminal_gets_the_page_in_colour_and_no_foreign_sequence(folder: Path) -> None:
    said = on_a_pty(("check", "--all", "-v", "--status-date", TODAY), folder)
    assert OURS.search(said)
    assert "\x1b" not in OURS.sub("", said)
    assert not set("\x9b\x07\x00") & set(said)
    assert "Payments" in said


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_left_out_when_asked(folder: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_a_pty(("check", "--status-date", TODAY), folder, **environment)


def test_json_on_a_terminal_is_harmless(folder: Path) -> None:
    said = on_a_pty(("check", "--format", "json", "--status-date", TODAY), folder)
    assert "\x1b" not in said
    assert json.loads(said)["schema_version"] == 1


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_json_lines_come_at_the_start_the_end_and_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = progress._Lines(clock)
    for done in range(101):
        clock.now = float(done)
        lines(Progress("bank: items", done, 100))
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["done"] for line in said] == [0, 30, 60, 90, 100]
    assert {line["event"] for line in said} == {"progress"}


def test_a_json_line_is_one_whole_object(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = progress._Lines(clock)
    lines(Progress("bank: issues", 0, 400))
    clock.now = 30.0
    lines(Progress("bank: issues", 100, 400, waited=12.34))
    lines(Progress("writing\nodd", 1, 1))
    first, second, third = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", second.pop("at"))
    assert second == {
        "event": "progress",
        "run_id": None,
        "tracker": "bank",
        "what": "issues",
        "done": 100,
        "total": 400,
        "per_second": 3.3,
        "seconds_left": 90,
        "waited": 12.3,
    }
    assert first["per_second"] is None
    assert first["seconds_left"] is None
    assert third["tracker"] is None
    assert third["what"] == "writing\nodd"


def test_a_step_that_counts_again_is_timed_again() -> None:
    clock = Clock()
    paces = progress._Paces(clock)
    paces.of(Progress("bank: issues", 0, None))
    clock.now = 10.0
    assert paces.of(Progress("bank: issues", 500, None)) == progress.Pace(50.0, None)
    clock.now = 100.0
    assert paces.of(Progress("bank: issues", 100, 300)) == progress.Pace()
    clock.now = 110.0
    assert paces.of(Progress("bank: issues", 200, 300)) == progress.Pace(10.0, 10.0)


@pytest.mark.parametrize(
    ("rate", "left", "waited", "text"),
    [
        (None, None, 0, ""),
        (1234.4, 90, 0, "1 234/s, 90 s left"),
        (0.25, 180, 42, "0.2/s, 3 min left, waited 42 s"),
        (85.0, 7500, 0.3, "85/s, 2 h 5 min left"),
        (85.0, 0.2, 0, "85/s"),
    ],
)
def test_rate_time_left_and_waits_in_words(rate: float | None, left: float | None, waited: float, text: str) -> None:
    assert progress.said(progress.Pace(rate, left), waited) == text


def test_the_bar_says_rate_time_left_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    clock = Clock()
    bar = progress._Bar(clock)
    bar(Progress("bank: issues", 0, 1000))
    clock.now = 10.0
    bar(Progress("bank: issues", 250, 1000, waited=4.0))
    bar.close()
    assert "25/s, 30 s left, waited 4 s" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())


def test_no_bar_below_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    clock = Clock()
    bar = progress._Bar(clock)
    bar(Progress("bank: items", 0, 10))
    clock.now = 0.9
    bar(Progress("bank: items", 9, 10))
    bar.close()
    assert terminal.getvalue() == ""


def test_a_bar_after_a_second_with_literal_text(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    clock = Clock()
    bar = progress._Bar(clock)
    bar(Progress("[bold]bank[/]\x1b[2J: items", 0, 10))
    clock.now = 1.5
    bar(Progress("[bold]bank[/]\x1b[2J: items", 5, 10))
    bar(Progress("looking", 1, None))
    bar.close()
    assert "[bold]bank[/][2J: items" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())


@pytest.mark.parametrize("case", ["ci", "quiet", "pipe"])
def test_silence_in_ci_when_quiet_and_on_a_pipe(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    terminal = Terminal()
    if case != "pipe":
        monkeypatch.setattr(sys, "stderr", terminal)
    if case == "ci":
        monkeypatch.setenv("CI", "true")
    with progress.progress(Run(quiet=case == "quiet")) as report:
        assert not isinstance(report, progress._Bar)
        report(Progress("bank: items", 5, 10))
    assert terminal.getvalue() + capsys.readouterr().err == ""


def test_no_json_lines_of_progress_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress(Run(quiet=True, log_format="json")) as report:
        report(Progress("bank: items", 5, 10))
    assert capsys.readouterr().err == ""
    with progress.progress(Run(log_format="json")) as report:
        report(Progress("bank: items", 5, 10))
    assert json.loads(capsys.readouterr().err)["done"] == 5
