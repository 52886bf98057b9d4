"""The codes of fields that say few different things, a row at a time: what stands together is looked up together. Pure.

A row lies together in memory and a field does not, so all other fields, which are read one after the other, cost more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import getitem
from typing import Final, TypeAlias

import msgspec
import polars as pl
from msgspec import Raw

from pmo_sync.connectors.jira.lexicon import Lexicon
from pmo_sync.connectors.jira.shape import Pick, Row, Shape, picking, texts_of
from pmo_sync.model import frames

_FEW: Final = 50
"""A field says little new where it is one value or less in so many rows of the batch before."""
_ONE: Final = 2
"""The size of a lexicon that knows one value, and HIDDEN."""
_SOME: Final = 16
"""The size of a lexicon that knows so few values that some fields have few combinations."""
_TOGETHER: Final = 5
"""So many such fields are looked up together; those with one value all are."""
_MOST_MET: Final = 200
"""So many combinations are kept."""
_Codes: TypeAlias = tuple[int, ...]


class Coder:
    """Codes of the fields of `lexicons`, as far as they said few different things in the rows before."""

    def __init__(self, shape: Shape, lexicons: Mapping[str, Lexicon]) -> None:
        self._places = {name: place for place, name in enumerate(shape.fields)}
        self._lexicons = {name: lexicon for name, lexicon in lexicons.items() if name in self._places}
        self._sizes: dict[str, int] = {}
        self._parts: dict[tuple[str, ...], _Part] = {}

    def drop(self, name: str) -> None:
        """Leaves this field out from now on."""
        self._lexicons.pop(name, None)

    def codes(self, rows: Sequence[Row]) -> dict[str, list[int]]:
        """By field the code of each row."""
        listed = self._listed(len(rows) // _FEW)
        self._parts = {names: self._parts.get(names) or self._part(names) for names in listed}
        steps = [(part.pick, part.met.get, part.codes, list[_Codes]()) for part in self._parts.values()]
        encode = msgspec.json.encode  # writes no two different rows alike
        for row in rows if steps else ():
            values = msgspec.structs.astuple(row.fields)
            for pick, met, codes, taken in steps:
                picked = pick(values)
                taken.append(met(encode(picked)) or codes(picked))
        found: dict[str, list[int]] = {}
        for names, (*_, taken) in zip(self._parts, steps, strict=True):
            found |= zip(names, _columns(taken), strict=True)
        return found

    def _listed(self, few: int) -> list[tuple[str, ...]]:
        """The fields that are looked up together: none that had more than `few` new values in the batch before."""
        before, self._sizes = self._sizes, {name: len(lexicon) for name, lexicon in self._lexicons.items()}
        quiet = [name for name, size in self._sizes.items() if name in before and size - before[name] <= few]
        one = [name for name in quiet if self._sizes[name] <= _ONE]
        some = sorted((name for name in quiet if _ONE < self._sizes[name] <= _SOME), key=self._sizes.__getitem__)
        parts = [one, *(some[start : start + _TOGETHER] for start in range(0, len(some), _TOGETHER))]
        return [tuple(part) for part in parts if part]

    def _part(self, names: Sequence[str]) -> _Part:
        return _Part(picking([self._places[name] for name in names]), [self._lexicons[name] for name in names])


class _Part:
    """Some fields, and which codes they have together: by what `pick` takes of a row, as it is written."""

    def __init__(self, pick: Pick, lexicons: Sequence[Lexicon]) -> None:
        self.pick = pick
        self.met: dict[bytes, _Codes] = {}
        self._lexicons = lexicons
        self._known = [lexicon.known for lexicon in lexicons]

    def codes(self, picked: Sequence[Raw]) -> _Codes:
        """The codes of what was not met."""
        texts = texts_of(picked)
        try:
            found = tuple(map(getitem, self._known, texts))
        except KeyError:
            found = tuple(lexicon.code(text) for lexicon, text in zip(self._lexicons, texts, strict=True))
        if len(self.met) < _MOST_MET:
            self.met[msgspec.json.encode(picked)] = found
        return found


def _columns(rows: list[_Codes]) -> list[list[int]]:
    """By place the code of each of these rows, which are not none."""
    if rows.count(rows[0]) == len(rows):
        return [[code] * len(rows) for code in rows[0]]
    return list(map(list, zip(*rows, strict=True)))


def narrow(codes: list[int], count: int) -> pl.Series:
    """Codes, of which there are so many different ones at most, in as little room as holds them."""
    if codes and codes.count(codes[0]) == len(codes):
        return _alike(codes[0], len(codes))
    return pl.Series(codes, dtype=pl.UInt8() if count <= 1 << 8 else pl.UInt16() if count <= 1 << 16 else frames.U32)


@lru_cache(maxsize=50)
def _alike(code: int, count: int) -> pl.Series:
    """So many codes that are the same; fields of a batch that say one thing all have the same series."""
    dtype = pl.UInt8() if code < 1 << 8 else pl.UInt16() if code < 1 << 16 else frames.U32
    return pl.Series([code], dtype=dtype).new_from_index(0, count)
