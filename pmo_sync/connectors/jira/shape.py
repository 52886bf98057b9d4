"""The rows of one search, decoded no further than where each field begins and ends. Pure.

A page of them is quick to take in, and what a field says is read later, for all rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Protocol, TypeAlias, cast

import msgspec
from msgspec import Raw

from pmo_sync.connectors.jira.wire import Number, RawIssue

ROW: Final = "row"
ISSUE: Final = "issue"
"""Columns of frames that say something of some rows of a batch: the place of the row, and the id of its issue."""
HIDDEN: Final = b""
"""What a row holds of a field that it does not show."""
_APART: Final = b"\0"
"""What no JSON holds."""


Pick: TypeAlias = Callable[[Sequence[Raw]], tuple[Raw, ...]]


class Row(Protocol):
    """One issue of a search: of `fields` the JSON of each that was asked for."""

    @property
    def id(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def fields(self) -> msgspec.Struct: ...

    @property
    def properties(self) -> Mapping[str, Raw]: ...

    @property
    def changelog(self) -> Raw: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rows of a search look like that asks for these fields."""

    fields: tuple[str, ...]
    row: type[Row]
    _held: type[msgspec.Struct]

    @classmethod
    def of(cls, fields: Sequence[str]) -> Shape:
        """The shape of rows with these fields; any other is not even looked at."""
        names = {f"field{number}": name for number, name in enumerate(dict.fromkeys(fields))}
        held = msgspec.defstruct("Held", [(name, Raw, Raw(HIDDEN)) for name in names], rename=names, gc=False)
        row = msgspec.defstruct(
            "Row",
            [
                ("id", Number),
                ("key", str, ""),
                ("fields", held, msgspec.field(default_factory=held)),
                ("properties", dict[str, Raw], msgspec.field(default_factory=dict)),
                ("changelog", Raw, Raw(HIDDEN)),
            ],
        )
        return cls(tuple(names.values()), cast("type[Row]", row), held)

    def row_of(self, raw: RawIssue) -> Row:
        """The row that an issue is which did not come by this search."""
        held = self._held(*(raw.fields.get(name, Raw(HIDDEN)) for name in self.fields))
        make: type = self.row
        found: Row = make(raw.id, raw.key, held, raw.properties, raw.changelog)
        return found

    def columns(self, rows: Sequence[Row], but: Container[str] = ()) -> dict[str, list[bytes]]:
        """By field, `but` some, the JSON that each row holds of it, HIDDEN where it shows none."""
        names = [name for name in self.fields if name not in but]
        pick = picking([place for place, name in enumerate(self.fields) if name not in but])
        cells = zip(*(pick(msgspec.structs.astuple(row.fields)) for row in rows), strict=True)
        return {name: texts_of(column) for name, column in zip(names, cells, strict=False)}


def picking(places: Sequence[int]) -> Pick:
    """Takes the values at these places; of one place as well it makes a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def texts_of(raws: Sequence[Raw]) -> list[bytes]:
    """What each of them holds, as bytes of its own."""
    texts = _APART.join(raws).split(_APART)
    return texts if len(texts) == len(raws) else [bytes(one) for one in raws]
