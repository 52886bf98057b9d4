"""Streams and files: pipes that close, files written whole, colour only where it is wanted."""

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from pmo_sync.cli import console, crash
from pmo_sync.errors import UsageError
from pmo_sync.report.formats import Format


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colour_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch)
    assert console.Console().style().colour
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not console.Console().style().colour


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    on_a_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert not console.Console().style().colour


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("", False), ("false", False)])
def test_ci_is_known_by_its_variable(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("CI", value)
    assert console.in_ci() is expected


def test_the_format_is_asked_for_or_follows_from_the_file_or_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch)
    assert console.chosen("md") is Format.MARKDOWN
    assert console.chosen(None, Path("a/findings.CSV")) is Format.CSV
    assert console.chosen(None, Path("findings.unknown")) is Format.TABLE
    assert console.chosen("json", Path("findings.csv")) is Format.JSON
    assert console.chosen(None) is Format.TABLE
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert console.chosen(None) is Format.LINES
    assert console.chosen("table") is Format.TABLE


def test_a_file_is_written_whole_and_for_its_owner(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    mask = os.umask(0)
    try:
        console.save(target, "Grüße\n")
    finally:
        os.umask(mask)
    assert target.read_text(encoding="utf-8") == "Grüße\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    link = tmp_path / "out.json"
    link.symlink_to(victim)
    console.save(link, "new")
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not link.is_symlink()


def test_a_pipe_or_a_device_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        console.save(pipe, "data\n")
        assert os.read(reader, 100) == b"data\n"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_full_device_is_one_sentence() -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this computer has no /dev/full")
    with pytest.raises(UsageError, match="cannot write /dev/full: No space left"):
        console.save(Path("/dev/full"), "data\n")
    assert Path("/dev/full").is_char_device()


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        console.save(tmp_path / "missing" / "x.json", "text")


def test_quiet_keeps_data_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = console.Console(quiet=True)
    quiet.say("talk")
    quiet.data("data\n")
    quiet.complain("error")
    captured = capsys.readouterr()
    assert captured.out == "data\n"
    assert captured.err == "error\n"


def test_a_stream_that_cannot_say_a_character_says_another(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console.Console().data("✗ major\n")
    assert raw.getvalue() == b"? major\n"


def test_a_log_of_a_bug_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANK_TOKEN", "s3cr3t-value")
    text = crash.redact(
        "failed with s3cr3t-value at https://ann:pw@host/x, X-Redmine-API-Key: abcdef, "
        "'Authorization': 'Bearer zzz', base64 czNjcjN0LXZhbHVl"
    )
    for secret in ("s3cr3t-value", "ann:pw", "abcdef", "zzz", "czNjcjN0LXZhbHVl"):
        assert secret not in text


def test_a_bug_is_a_sentence_a_log_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".pmo-sync").mkdir()
    below = tmp_path / "standards"
    below.mkdir()
    monkeypatch.chdir(below)
    monkeypatch.setenv("BANK_TOKEN", "s3cr3t-value")
    monkeypatch.setattr(sys, "argv", ["pmo-sync", "check"])
    with pytest.raises(ZeroDivisionError) as caught:
        _bug("s3cr3t-value")
    assert crash.crashed(caught.value) == 2
    said = capsys.readouterr().err
    logs = list((tmp_path / ".pmo-sync").glob("pmo-sync-error-*.log"))
    assert len(logs) == 1
    assert str(logs[0]) in said
    assert "Traceback" not in said
    assert "ZeroDivisionError" in said
    log = logs[0].read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "s3cr3t-value" not in log + said
    assert stat.S_IMODE(logs[0].stat().st_mode) == 0o600


def _bug(secret: str) -> None:
    raise ZeroDivisionError(f"with {secret}")


def test_an_answer_in_parts_is_the_same_on_the_stream_and_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    console.Console().data(iter(["one ", "two\n"]))
    console.Console().data(iter(["one ", "two\n"]), tmp_path / "answer")
    assert stream.getvalue() == (tmp_path / "answer").read_text("utf-8") == "one two\n"


def test_a_file_whose_answer_breaks_off_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "answer"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        console.save(target, (f"{1 / number}\n" for number in (2, 1, 0)))
    assert target.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_more_is_made_for_a_reader_who_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Left(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    made = iter(["one", "two", "three"])
    monkeypatch.setattr(sys, "stdout", Left())
    console.Console().data(made)
    assert list(made) == ["two", "three"]
