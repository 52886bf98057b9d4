"""Keeps what a tracker sends as columns, not as objects: rows are folded as they come, and the rows let go.

A row is known by its place, a number; a reading holds places only, and may forget some, or hold a later one for a row
that came twice. What is folded is the tracker's own business.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import polars as pl

R = TypeVar("R")
B = TypeVar("B")

FOLD_AT: Final = 4_000
"""Rows that are folded at a time: enough for columns to be worth their while, few enough to be held meanwhile."""
MOST_PARTS: Final = 100
"""Of so many batches a column is put together as it is, without taking its room twice."""


def light(series: pl.Series) -> pl.Series:
    """The same values; where none is there, of nulls that take no memory."""
    return series.clear(series.len()) if series.null_count() == series.len() else series


def gathered(values: pl.Series, positions: pl.Series) -> pl.Series:
    """The values in these positions, in pieces as large as those of batches, so that they take the room of what was
    let go of. All pieces that say the same one thing throughout take the room of one.
    """
    if values.null_count() == values.len():
        return values.clear(positions.len())
    parts, alike = [values.clear()], dict[object, pl.Series]()
    for start in range(0, positions.len(), FOLD_AT):
        piece = positions.slice(start, FOLD_AT)
        first = piece[0]
        if first != piece.min() or first != piece.max():
            parts.append(light(values.gather(piece)))
            continue
        if first not in alike:
            alike[first] = light(values.slice(first, 1).new_from_index(0, FOLD_AT))
        parts.append(alike[first].head(piece.len()))
    return pl.concat(parts, rechunk=len(parts) > MOST_PARTS)


class Shelf(Generic[R, B]):
    """Batches of rows. `put` may be called by several threads; `batches` only once they have ended."""

    def __init__(self, fold: Callable[[Sequence[R]], B], size: int = FOLD_AT) -> None:
        self._fold = fold
        self._size = size
        self._lock = threading.Lock()
        self._loose: list[R] = []
        self._starts: list[int] = []
        self._batches: list[B] = []
        self._next = 0

    def put(self, rows: Sequence[R]) -> Sequence[int]:
        """The places of the rows, in their order. Whatever `fold` raises for them comes out here."""
        with self._lock:
            first = self._next + len(self._loose)
            self._loose.extend(rows)
            if len(self._loose) >= self._size:
                self._fold_loose()
        return range(first, first + len(rows))

    def batches(self, places: pl.Series) -> list[tuple[B, pl.Series]]:
        """Each batch that holds one of these places, in order, with the positions in it that they are, ascending."""
        with self._lock:
            self._fold_loose()
        found = []
        wanted = places.cast(pl.UInt32).sort()
        bounds = wanted.search_sorted(pl.Series([*self._starts, self._next], dtype=pl.UInt32())).to_list()
        parts = zip(self._batches, self._starts, itertools.pairwise(bounds), strict=True)
        for batch, start, (first, end) in parts:
            if first < end:
                found.append((batch, wanted.slice(first, end - first) - start))
        return found

    def _fold_loose(self) -> None:
        rows, self._loose = self._loose, []
        if rows:
            self._starts.append(self._next)
            self._next += len(rows)
            self._batches.append(self._fold(rows))
