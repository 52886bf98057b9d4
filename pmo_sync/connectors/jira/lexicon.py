"""What the values of a field say, each different one decoded and read once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from pmo_sync.connectors.jira.cells import Cell, Reader
from pmo_sync.connectors.jira.shape import HIDDEN
from pmo_sync.connectors.jira.wire import bare

ABSENT: Final = 0
"""The code of a field that is not shown."""
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_HOLDERS: Final = frozenset({dict, list})


class Lexicon:
    """Codes for the different values of a field: `known`, of which nobody else changes anything; `cells` has for each
    reader what it reads of each code.

    `bad` are the codes of what cannot be decoded. `meet` is told every list and object.
    """

    def __init__(self, readers: Sequence[Reader], meet: Callable[[object], None] | None = None) -> None:
        self._readers = tuple(readers)
        self._meet = meet
        self.known: dict[bytes, int] = {HIDDEN: ABSENT}
        self.cells: tuple[list[Cell], ...] = tuple([None] for _ in self._readers)
        self.bad: set[int] = set()

    def __len__(self) -> int:
        return len(self.known)

    def code(self, raw: bytes) -> int:
        """The code of one."""
        if raw not in self.known:
            self._take_in([raw])
            self.known[raw] = len(self.known)
        return self.known[raw]

    def codes(self, raws: Sequence[bytes], most: int | None = None) -> list[int] | None:
        """The code of each; None, and nothing taken in, where there would be more than `most` different ones."""
        known = self.known
        try:
            return list(map(known.__getitem__, raws))
        except KeyError:
            new = [raw for raw in dict.fromkeys(raws) if raw not in known]
        if most is not None and len(known) + len(new) > most:
            return None
        self._take_in(new)
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
        return list(map(known.__getitem__, raws))

    def _take_in(self, new: Sequence[bytes]) -> None:
        try:
            values = msgspec.json.decode(b"[" + b",".join(new) + b"]", type=list)
            found = self._read(values) if len(values) == len(new) else None
        except _UNREADABLE:
            found = None
        if found is None:
            self._take_in_singly(new)
            return
        for column, cells in zip(self.cells, found, strict=True):
            column.extend(cells)

    def _take_in_singly(self, new: Sequence[bytes]) -> None:
        for number, raw in enumerate(new, start=len(self.known)):
            try:
                found = self._read([msgspec.json.decode(raw)])
            except _UNREADABLE:
                self.bad.add(number)
                found = [[None] for _ in self._readers]
            for column, cells in zip(self.cells, found, strict=True):
                column.extend(cells)

    def _read(self, values: list[object]) -> list[list[Cell]]:
        plain = [bare(value) if type(value) in _HOLDERS else value for value in values]
        found = [list(map(read, plain)) for read in self._readers]
        if self._meet is not None:
            for value in plain:
                if type(value) in _HOLDERS:
                    self._meet(value)
        return found
