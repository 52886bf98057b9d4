"""Where each column of items comes from: Redmine itself or a custom field, and how its cells become typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import polars as pl
from msgspec import UNSET

from pmo_sync.connectors.options import RedmineOptions, WordMap
from pmo_sync.connectors.redmine.fields import Catalogue
from pmo_sync.connectors.redmine.wire import CustomValue, Issue, texts
from pmo_sync.connectors.shelf import light
from pmo_sync.connectors.words import FROM, Unmapped, declared, lists, typed
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType

Cell = str | float | list[str] | None

NATIVE: Final[Mapping[str, Callable[[Sequence[Issue]], Sequence[Cell]]]] = {
    "created": lambda issues: [one.created_on for one in issues],
    "updated": lambda issues: [one.updated_on for one in issues],
    "status": lambda issues: [one.status.name for one in issues],
    "issue_type": lambda issues: [one.tracker.name for one in issues],
    "priority": lambda issues: [one.priority.name if one.priority else None for one in issues],
    "owner": lambda issues: [str(one.assigned_to.id) if one.assigned_to else None for one in issues],
    "reporter": lambda issues: [str(one.author.id) if one.author else None for one in issues],
    "start": lambda issues: [one.start_date for one in issues],
    "due": lambda issues: [one.due_date for one in issues],
    "percent_done": lambda issues: [None if one.done_ratio is None else one.done_ratio / 100 for one in issues],
    "estimate_hours": lambda issues: [one.estimated_hours for one in issues],
    "spent_hours": lambda issues: [None if one.spent_hours is UNSET else one.spent_hours for one in issues],
    "components": lambda issues: [[one.category.name] if one.category else [] for one in issues],
    "fix_versions": lambda issues: [[one.fixed_version.name] if one.fixed_version else [] for one in issues],
    # Browsers send CR LF: a line end is one character, as everywhere else.
    "description": lambda issues: [one.description and one.description.replace("\r\n", "\n") for one in issues],
}
"""Column that Redmine has by itself → its cells, one for each issue."""
CREATED: Final = "native/created"
UPDATED: Final = "native/updated"
"""Where a batch has Redmine's own times, asked for or not."""
_REPEATED: Final = 4
"""Texts that come so often each are kept once."""
_ALWAYS: Final = ("updated", "issue_type", "status")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a column may be read from: from Redmine's own column `native`, or from a custom field of the name or id
    `text`, of which only the issues tell whether there is one.
    """

    name: str
    column: Column
    native: str = ""
    text: str = ""
    words: WordMap | None = None

    def key(self, field: int | None = None) -> str:
        """What the column is called in a batch; for a custom field with its id."""
        via = "" if self.words is None or FROM not in self.words else "/from"
        return f"native/{self.name}{via}" if field is None else f"field/{self.name}{via}/{field}"


@dataclass(frozen=True, slots=True)
class Source:
    """A column of items, what it is called in a batch, and whether it is Redmine's own or a custom field's."""

    column: Column
    key: str
    native: str
    field: int | None


def candidates(options: RedmineOptions, wanted: frozenset[str]) -> tuple[Candidate, ...]:
    """Everything that the wanted columns may be read from; of those for one column the last that is there counts."""
    own = declared(options)
    found = [
        Candidate(name, VOCABULARY[name], native=name, words=_without_from(options.values.get(name)))
        for name in NATIVE
        if name in ("created", *_ALWAYS) or (name in wanted and FROM not in options.values.get(name, ()))
    ]
    found += [
        Candidate(name, column, text=text, words=_without_from(options.values.get(name.removeprefix("fields."))))
        for name, (column, text) in own.items()
        if name in wanted
    ]
    for name, words in options.values.items():
        origin = words.get(FROM)
        if name in wanted and name in VOCABULARY and isinstance(origin, str):
            if origin in NATIVE:
                found.append(Candidate(name, VOCABULARY[name], native=origin, words=words))
            if origin in own:
                found.append(Candidate(name, VOCABULARY[name], text=own[origin][1], words=words))
    return tuple(found)


def _without_from(words: WordMap | None) -> WordMap | None:
    """Words for the column's own field: those for another one's say nothing of it."""
    return None if words is None or FROM in words else words


def chosen(offered: Iterable[Candidate], catalogue: Catalogue, wanted: frozenset[str]) -> list[Source]:
    """The source of each wanted column that has one, and of those always there, by name."""
    found: dict[str, Source] = {}
    for one in offered:
        field = catalogue.issue_field(one.text) if one.text else None
        if (one.native or field is not None) and (one.name in wanted or one.name in _ALWAYS):
            found[one.name] = Source(one.column, one.key(field), one.native, field)
    return [found[name] for name in sorted(found)]


def column_of(column: Column, cells: Sequence[Cell], words: WordMap | None, unmapped: Unmapped) -> pl.Series:
    """The cells as the column's type; what is none of it, or no word of it, is null and noted."""
    if column.type is ColumnType.TEXTS:
        return lists(column.name, cells)
    if not words and all(one is None or isinstance(one, float | int) for one in cells):
        return pl.Series(column.name, cells, dtype=column.dtype, strict=False)
    texts = [", ".join(one) if isinstance(one, list) else one for one in cells]
    different: dict[str | float | None, int] = {}
    codes = [different.setdefault(one, len(different)) for one in texts]
    if len(different) * _REPEATED > len(texts):
        return typed(_raw(column, texts), column, words, unmapped)
    found = typed(_raw(column, list(different)), column, words, unmapped, pl.Series(codes, dtype=pl.UInt32()))
    return _alike(found.name, found.dtype, found[0], found.len()) if len(different) == 1 else found


@lru_cache(maxsize=50)
def _alike(name: str, dtype: pl.DataType, value: object, count: int) -> pl.Series:
    """So many cells that say the same; columns of batches that say one thing all have the same series."""
    return light(pl.Series(name, [value], dtype=dtype).new_from_index(0, count))


def _raw(column: Column, texts: Sequence[str | float | None]) -> pl.Series:
    return pl.Series(column.name, texts, strict=False).cast(pl.String)


def cell_of(value: CustomValue, column: Column) -> Cell:
    """What a custom field holds, for a column."""
    if column.type is ColumnType.TEXTS:
        return texts(value.value)
    return value.value if isinstance(value.value, str) else ", ".join(texts(value.value))
