"""The terminal and the files of one command: data on stdout or in -o FILE, talk on stderr, colour where wanted."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from pmo_sync.errors import UsageError
from pmo_sync.report.escape import json_text
from pmo_sync.report.formats import Format
from pmo_sync.report.style import Style

_BY_SUFFIX: Final = {
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".txt": Format.TABLE,
}


@dataclass(frozen=True, slots=True)
class Console:
    """How one command talks. `quiet` silences talk, never data and never errors; `log_json` makes JSON lines of it."""

    quiet: bool = False
    log_json: bool = False

    def style(self) -> Style:
        """For data on stdout."""
        return Style(colour=_coloured(sys.stdout))

    def talk_style(self) -> Style:
        """For talk on stderr."""
        return Style(colour=_coloured(sys.stderr))

    def data(self, text: str | Iterator[str], output: Path | None = None) -> None:
        """Puts the answer, whole or in parts, on stdout, or whole and at once into a file. A reader that leaves early
        is no error.
        """
        if output is not None and str(output) != "-":
            save(output, text)
            return
        for part in _parts(text):
            if not _write(sys.stdout, part):
                return

    def say(self, text: str) -> None:
        """One line or more of talk; nothing with -q."""
        if not self.quiet:
            self._talk("note", text)

    def complain(self, text: str) -> None:
        """What must be known: also with -q."""
        self._talk("warning", text)

    def _talk(self, event: str, text: str) -> None:
        if not self.log_json:
            _write(sys.stderr, text if text.endswith("\n") else text + "\n")
            return
        for line in filter(None, text.splitlines()):
            log_line(event, text=line)


def log_line(event: str, **facts: str | float | bool | None) -> None:
    """One event as one JSON line on stderr, with the time it was said at."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {"at": at, "event": event, "run_id": None, **facts}
    _write(sys.stderr, json_text(json.dumps(content, ensure_ascii=False)) + "\n")


def chosen(format_: str | None, output: Path | None = None) -> Format:
    """The format asked for; else by the name of the file; else a table on a terminal and lines on a pipe."""
    if format_ is not None:
        return Format(format_)
    if output is not None and str(output) != "-":
        return _BY_SUFFIX.get(output.suffix.lower(), Format.TABLE)
    return Format.TABLE if is_terminal(sys.stdout) else Format.LINES


def is_terminal(stream: TextIO | None) -> bool:
    """True when a person reads the stream."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def in_ci() -> bool:
    """True in a build server, which says so by `CI`."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def _coloured(stream: TextIO | None) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: TextIO | None, text: str) -> bool:
    """Says it on a stream; False where nobody reads it. Talk that cannot be written is lost; data that cannot is a
    UsageError.
    """
    if stream is None:  # closed before we began
        return False
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        return _write(stream, text.encode(encoding, "replace").decode(encoding))
    except BrokenPipeError:
        give_up(stream)
        return False
    except OSError as error:
        give_up(stream)
        if stream is sys.stdout:
            what = f"the answer cannot be written to standard output: {error.strerror}"
            raise UsageError(what, advice="write it to a file with -o FILE") from error
        return False
    return True


def give_up(stream: TextIO) -> None:
    """Points a stream whose reader has left at nothing, so that neither we nor the interpreter complain."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
    except (OSError, ValueError):
        return


def _parts(text: str | Iterator[str]) -> Iterator[str]:
    return iter((text,)) if isinstance(text, str) else text


def save(path: Path, text: str | Iterator[str]) -> None:
    """Writes a file whole and at once, readable by its owner; a link of that name is replaced, not followed.

    A pipe or a device is written to and stays what it is. Raises UsageError when the place cannot be written to.
    """
    try:
        if _is_special(path):
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(_parts(text))
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.writelines(_parts(text))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", advice="name another file with -o") from error


def _is_special(path: Path) -> bool:
    """True for what a file may not take the place of: a device, a pipe, a socket, and a link to one."""
    return path.exists() and not path.is_file() and not path.is_dir()
