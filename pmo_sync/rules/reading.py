"""Reading a YAML tree: every mistake is noted with its place, and reading goes on, so that all are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeGuard, TypeVar

from pmo_sync.model.duration import Duration, Unit, parse_duration
from pmo_sync.model.problem import ConfigurationError, Problem, suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Scalar, Source

_Word = TypeVar("_Word", bound=StrEnum)
_UNITS: Final = ("days", "working days", "weeks", "months", "day", "working day", "week", "month")
_LONGEST_OF: Final = {Unit.DAYS: 36_500, Unit.WORKING_DAYS: 26_000, Unit.WEEKS: 5_200, Unit.MONTHS: 1_200}
"""The units that a standard may use, each up to a hundred years, so that every date stays in the calendar."""
_FEW: Final = 6
_LARGEST: Final = 10**15
_DURATION_FORM: Final = "write a number and days, working days, weeks or months: `10 working days`"


MOST_PROBLEMS: Final = 100
_LONGEST: Final = 60
_LONGEST_MESSAGE: Final = 500


class TooManyError(ConfigurationError):
    """So many mistakes have been noted that nobody would read another."""


@dataclass(slots=True)
class Reader:
    """Notes mistakes. A reading function gives None for what it could not read, and has then noted why."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, node: Node, code: str, message: str, hint: str | None = None) -> None:
        """Notes one mistake at this node. A node that stands in no file (line 0) names its place in the message.

        Raises TooManyError once MOST_PROBLEMS are noted.
        """
        if len(self.problems) >= MOST_PROBLEMS:
            raise TooManyError(self.problems)
        message, hint = message[:_LONGEST_MESSAGE], hint and hint[:_LONGEST_MESSAGE]
        source = node.source
        if source.line == 0:
            self.problems.append(Problem(code, f"{source.file}: {message}", None, hint))
            return
        width = node.width if isinstance(node, Leaf) else 1
        self.problems.append(Problem(code, message, source, hint, width))

    def fields(self, node: Node, what: str) -> Fields | None:
        """The mapping that must stand here."""
        if isinstance(node, Fields):
            return node
        self.wrong(node, "wrong-type", f"{what} is a mapping, not {shown(node)}")
        return None

    def text(self, node: Node, what: str) -> str | None:
        """The text that must stand here; a number is taken as it is written."""
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value:
            return node.value
        if isinstance(node, Leaf) and isinstance(node.value, int) and is_number(node.value):
            return str(node.value)
        self.wrong(node, "wrong-type", f"{what} is a text, not {shown(node)}")
        return None

    def truth(self, node: Node, what: str) -> bool | None:
        """The true or false that must stand here."""
        if isinstance(node, Leaf) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, "wrong-type", f"{what} is true or false, not {shown(node)}")
        return None

    def word(self, node: Node, words: type[_Word], what: str) -> _Word | None:
        """One word of a closed list."""
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value in tuple(words):
            return words(node.value)
        known = ", ".join(words)
        hint = suggestion(str(node.value), words) if isinstance(node, Leaf) else None
        self.wrong(node, "unknown-word", f"{what} is one of {known}, not {shown(node)}", hint)
        return None

    def several(self, node: Node, read: Callable[[Node], _Word | None]) -> tuple[_Word, ...]:
        """One, or a list of several."""
        nodes = node.items if isinstance(node, Entries) else (node,)
        return tuple(found for found in map(read, nodes) if found is not None)

    def keys(self, fields: Fields, known: Iterable[str], what: str) -> None:
        """Notes every key that is not known."""
        names = sorted(known)
        for key, _ in fields:
            if key.value not in names:
                hint = suggestion(str(key.value), names) or (
                    f"it has {', '.join(names)}" if len(names) <= _FEW else None
                )
                self.wrong(key, "unknown-key", f"{what} has no key `{key.value}`", hint)

    def duration(self, node: Node, what: str) -> Duration | None:
        """A duration in the units that a standard may use."""
        if not isinstance(node, Leaf) or not isinstance(node.value, str):
            self.wrong(node, "wrong-type", f"{what} is a duration, not {shown(node)}", _DURATION_FORM)
            return None
        found = parse_duration(node.value)
        if found is not None and found.unit in _LONGEST_OF:
            if abs(found.amount) <= _LONGEST_OF[found.unit]:
                return found
            self.wrong(node, "wrong-type", f"`{node.value}` is longer than a hundred years")
            return None
        unit = node.value.strip().lstrip("-0123456789").strip()
        near = suggestion(unit, _UNITS) if unit != node.value.strip() else None
        self.wrong(node, "unknown-unit", f"`{node.value}` is no duration of a standard", near or _DURATION_FORM)
        return None


def is_number(value: Scalar) -> TypeGuard[int | float]:
    """True for a number that can be reckoned with exactly: neither true nor false, not infinite, not beyond 10^15."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def short(text: str) -> str:
    """A text of the file as an error repeats it: cut where it is long."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def shown(node: Node) -> str:
    """The node as an error names it."""
    match node:
        case Leaf(value=None):
            return "nothing"
        case Leaf(value=bool() as truth):
            return f"`{str(truth).lower()}`"
        case Leaf(value=int() as number) if not is_number(number):
            return "a number of more than 15 digits"
        case Leaf(value=value):
            return f"`{short(str(value))}`"
        case Entries():
            return "a list"
        case Fields():
            return "a mapping"


def tree(value: object, source: Source) -> Node:
    """Plain values as a tree whose every node stands at one place; what is a tree already stays."""
    match value:
        case dict():
            pairs = tuple((Leaf(str(key), source), tree(item, source)) for key, item in value.items())
            return Fields(pairs, source)
        case list() | tuple():
            return Entries(tuple(tree(item, source) for item in value), source)
        case Leaf() | Entries() | Fields():
            return value
        case str() | int() | float() | None:
            return Leaf(value, source)
        case _:
            return Leaf(str(value), source)
