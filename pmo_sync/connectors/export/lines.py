"""items.jsonl as text: lines, their JSON, and the mistakes that make a line unusable. No meaning of keys here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError, Problem, suggestion
from pmo_sync.model.source import Source

MOST_BYTES: Final = 10_000_000
"""Of one line."""
MOST_IN_ALL: Final = 1_000_000_000
MOST_LINES: Final = 5_000_000
MOST_PROBLEMS: Final = 20
_DIVIDE: Final = "divide it into several files, each a tracker of kind export"

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
_BYTE: Final = re.compile(r" \(byte (\d+)\)")
_NO_NUMBER: Final = re.compile(rb"(?i)NaN|Inf")
_LINE: Final = msgspec.json.Decoder(dict[str, object])
_OWN: Final = frozenset({"id", "key", "title", "url", "description"})
"""Keys of which every item has a text of its own."""
_MOST_SHARED: Final = 50_000
_MOST_SAID: Final = 120
HISTORY: Final = "history"
"""The key whose value stays text until it is read: as objects the edits of all items would take several times as much.
"""


class _Past(msgspec.Struct):
    history: msgspec.Raw


_PAST: Final = msgspec.json.Decoder(_Past)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file. `closed` and `doing` is what its tracker says of the status of an item."""

    number: int
    values: dict[str, object]
    closed: bool | None = None
    doing: bool = False


Tie = tuple[str | None, str | None, str, int | None]
"""A link: its predecessor, its successor (None where not in the file), its type and its lag in working days."""


@dataclass(frozen=True, slots=True)
class Export:
    """What a file of any format holds, in the keys of items.jsonl.

    Attributes:
        lines: one item each.
        sprints, projects: lines of items.jsonl that are no items: one sprint, or project of the tracker, each.
        ties: links that do not stand in the lines.
        problems: one sentence for each reason why items may be missing.
        ours: the values are typed and in the PMO's words (items.jsonl); else they are the texts of a tracker.
    """

    lines: list[Line]
    ties: tuple[Tie, ...] = ()
    problems: tuple[str, ...] = ()
    ours: bool = True
    sprints: Sequence[Line] = ()
    projects: Sequence[Line] = ()


NO_FILE: Final = "give the path of an items.jsonl, a CSV export or a saved Jira search, relative to the project folder"


class Mistakes:
    """What is wrong in a file, collected so that all of it is said at once; at most MOST_PROBLEMS of it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._more = 0

    def add(self, line: int, message: str, hint: str | None = None, *, column: int = 1) -> None:
        """Notes one mistake."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(Problem("items", message, Source(self._file, line, column), hint))
        else:
            self._more += 1

    def error(self, message: str, hint: str | None = None, *, line: int = 1, column: int = 1) -> ConfigurationError:
        """The error of one more mistake that ends the reading, to be raised."""
        self.add(line, message, hint, column=column)
        return ConfigurationError(self._problems)

    def near(self, word: str, known: Iterable[str]) -> str | None:
        """A hint at what a word may mean of those known; it takes long: None once mistakes are spelt out no longer."""
        return None if self.many else suggestion(word, known)

    @property
    def many(self) -> bool:
        """True when no more would be spelt out: reading on is of no use."""
        return len(self._problems) >= MOST_PROBLEMS

    def raise_any(self) -> None:
        """Raises ConfigurationError with every mistake, in the order of the file; nothing when there is none."""
        if not self._problems:
            return
        if self._more:
            last = self._problems[-1].source
            line = last.line if last else 1
            more = Problem("items", f"and {self._more} more", Source(self._file, line + 1, 1))
            raise ConfigurationError([*self._problems, more])
        raise ConfigurationError(self._problems)


def read(path: Path, shown: str) -> list[Line]:
    """The lines of a file, blank ones left out. Raises ConfigurationError with every line that is no JSON object,
    UsageError where the file cannot be opened.
    """
    mistakes, shared = Mistakes(shown), dict[str, str]()
    try:
        size = path.stat().st_size
        if size > MOST_IN_ALL:
            what = f"the file has {size // 1_000_000} MB, more than {MOST_IN_ALL // 1_000_000}"
            raise mistakes.error(what, _DIVIDE)
        with path.open("rb") as file:
            lines = [
                _sharing(line, shared)
                for number, text in _texts(file, mistakes)
                if (line := _decode(number, text, mistakes))
            ]
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be read: {error.strerror or 'it is not a file'}",
            advice=NO_FILE,
        ) from None
    mistakes.raise_any()
    return lines


def _texts(file: BinaryIO, mistakes: Mistakes) -> Iterator[tuple[int, bytes]]:
    number = 0
    while text := file.readline(MOST_BYTES + 1):
        number += 1
        if number > MOST_LINES:
            raise mistakes.error(f"the file has more than {MOST_LINES:,} lines", _DIVIDE, line=number)
        if len(text) > MOST_BYTES:
            mistakes.add(number, f"the line is longer than {MOST_BYTES} bytes", "one item is one line")
            while text and not text.endswith(b"\n"):
                text = file.readline(MOST_BYTES)
            continue
        if number == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if text.strip():
            yield number, text


def _decode(number: int, text: bytes, mistakes: Mistakes) -> Line | None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        mistakes.add(number, "the line is not UTF-8", "save the file as UTF-8")
        return None
    try:
        values = _LINE.decode(text)
        if HISTORY in values:
            values[HISTORY] = _PAST.decode(text).history.copy()
        return Line(number, values)
    except msgspec.ValidationError as error:
        mistakes.add(number, f"the line is no JSON object: {_plain(error)}", 'write {"id": "1", …} on one line')
    except (msgspec.DecodeError, RecursionError) as error:
        said, at = _plain(error), _place(error)
        number_word = at is not None and _NO_NUMBER.match(text, at)
        hint = "JSON has no NaN and no Infinity: write null" if number_word else 'write {"id": "1", …} on one line'
        column = 1 if at is None else len(text[:at].decode("utf-8", "ignore")) + 1
        mistakes.add(number, f"the line is no JSON: {said}", hint, column=column)
    return None


def _sharing(line: Line, shared: dict[str, str]) -> Line:
    """The line; a text that many lines have is kept once."""
    for key, value in line.values.items():
        if type(value) is str and key not in _OWN:
            if len(shared) < _MOST_SHARED:
                line.values[key] = shared.setdefault(value, value)
            else:
                line.values[key] = shared.get(value, value)
    return line


def _plain(error: Exception) -> str:
    said = _BYTE.sub("", str(error).removeprefix("JSON is malformed: ").split(" - at ")[0])
    return said or "nested too deeply"


def _place(error: Exception) -> int | None:
    """The byte of the line at which the decoder stopped, where it says so."""
    found = _BYTE.search(str(error))
    return int(found[1]) if found else None


def misfit(error: msgspec.ValidationError) -> str:
    """Which member of a value is none, and why, cut to a readable length."""
    said, _, place = str(error).rpartition(" - at `$")
    return f"{place.strip('.`')}: {said[:_MOST_SAID]}" if said else place[:_MOST_SAID]


def shown(value: object) -> str:
    """A value of a line as a message names it, cut to a readable length."""
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return str(value)[:60]
