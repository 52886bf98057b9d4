"""Where a piece of configuration stands, and the tree that keeps this for every node of a YAML file.

`settings.yaml` makes the tree; `rules` and the options of the rooms read it. Nothing here opens a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a file: lines and columns count from 1. `file` is relative to the project folder where it can be."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar. Dates, durations and shares stay text: the column they meet gives them their type."""

    value: Scalar
    source: Source
    width: int = 1


@dataclass(frozen=True, slots=True)
class Entries:
    """A YAML sequence."""

    items: tuple[Node, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Fields:
    """A YAML mapping in the order of the file; keys are unique text."""

    entries: tuple[tuple[Leaf, Node], ...]
    source: Source

    def __iter__(self) -> Iterator[tuple[Leaf, Node]]:
        return iter(self.entries)

    def get(self, name: str) -> Node | None:
        """The node under a key; None when there is none."""
        return next((node for key, node in self.entries if key.value == name), None)

    def key(self, name: str) -> Leaf | None:
        """The key itself, for pointing at it; None when there is none."""
        return next((key for key, _ in self.entries if key.value == name), None)


Node: TypeAlias = Leaf | Entries | Fields


def plain(node: Node) -> object:
    """The node as Python's own str, int, float, bool, None, list and dict: what pydantic validates."""
    match node:
        case Leaf():
            return node.value
        case Entries():
            return [plain(item) for item in node.items]
        case Fields():
            return {str(key.value): plain(value) for key, value in node.entries}
