"""Some thousand issues as columns, so that the objects can be let go as soon as they have come. Pure.

What can only be told at the end is kept small: issues of one project and tracker that show the same custom fields are
of one `Place`, and of texts that no column can hold there is a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Final

import polars as pl
from msgspec import UNSET

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.fields import Catalogue, value_of, written_fields
from pmo_sync.connectors.redmine.sources import NATIVE, Candidate, candidates, cell_of, column_of
from pmo_sync.connectors.redmine.wire import CustomValue, Issue
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames
from pmo_sync.model.mark import encode

ID, PLACE, TITLE = "id", "place", "title"
PARENT, OWNER, AUTHOR = "parent", "owner", "author"
STATUS, CLOSED = "status", "closed"
_NUMBER: Final = frames.U32
FIXED: Final = {
    ID: _NUMBER,
    PLACE: frames.U32,
    TITLE: frames.TEXT,
    PARENT: _NUMBER,
    OWNER: _NUMBER,
    AUTHOR: _NUMBER,
    STATUS: _NUMBER,
    CLOSED: pl.Boolean(),
}
"""Columns of every batch, whatever is asked for. Those of candidates have a `/` in their names."""
AT: Final = "at"
LOST: Final = {AT: frames.U32, "column": frames.TEXT, "word": frames.TEXT}
STANDING: Final = {AT: frames.U32, ID: _NUMBER, "name": frames.TEXT, "value": frames.TEXT}
RELATIONS: Final = {
    AT: frames.U32,
    "of": _NUMBER,
    ID: _NUMBER,
    "source": _NUMBER,
    "target": _NUMBER,
    "word": frames.TEXT,
    "delay": pl.Int64(),
}

_FIELD_ID: Final = attrgetter("id")


@dataclass(frozen=True)
class Place:
    """Issues of one project and tracker that list the same custom fields, by their ids, in this order; and whether they
    show the hours spent, which Redmine leaves out where we may not see them.
    """

    project: int
    tracker: int
    spent: bool
    fields: tuple[int, ...]

    @cached_property
    def spots(self) -> Mapping[int, int]:
        """Id of a custom field → where an issue lists it."""
        return {number: spot for spot, number in enumerate(self.fields)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Issues as columns: FIXED and one for each candidate. The other frames name an issue by its position (`at`): texts
    that became null on the way, what stands in the fields that we may write, relations.
    """

    frame: pl.DataFrame
    lost: pl.DataFrame
    standing: pl.DataFrame
    relations: pl.DataFrame


@dataclass(slots=True)
class _Lost(Unmapped):
    """Keeps the words that became null, with their positions, in place of counting them."""

    found: list[pl.DataFrame] = field(default_factory=list)
    key: str = ""

    def note(self, column: str, raw: pl.Series, typed: pl.Series) -> None:  # noqa: ARG002 - the key tells more
        at = (raw.is_not_null() & typed.is_null()).arg_true()
        if not at.is_empty():
            columns = {AT: at, "column": pl.Series([self.key]).new_from_index(0, at.len()), "word": raw.gather(at)}
            self.found.append(pl.DataFrame(columns, schema=LOST))


@dataclass(slots=True)
class Folder:
    """Makes batches of issues for these settings and columns, and remembers what has to be known of all of them:
    `places` by number, and the names of custom fields, accounts, trackers and projects.

    A custom field has the name under which it came first: one that is renamed meanwhile is not two.
    """

    options: RedmineOptions
    wanted: frozenset[str]
    places: list[Place] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=Catalogue)
    lists: set[int] = field(default_factory=set)
    accounts: dict[int, str] = field(default_factory=dict)
    trackers: dict[int, str] = field(default_factory=dict)
    projects: dict[int, str] = field(default_factory=dict)
    offered: tuple[Candidate, ...] = ()
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.offered = candidates(self.options, self.wanted)

    def fold(self, issues: Sequence[Issue]) -> Batch:
        """The issues as columns, in their order."""
        numbers = [self._place(one) for one in issues]
        lost = _Lost()
        columns = [
            pl.Series(name, values, dtype=dtype)
            for (name, dtype), values in zip(FIXED.items(), self._fixed(issues, numbers), strict=True)
        ]
        for one in self.offered:
            columns += self._columns(one, issues, numbers, lost)
        return Batch(
            pl.DataFrame(columns),
            pl.concat([pl.DataFrame(schema=LOST), *lost.found]),
            self._standing(issues, numbers),
            _relations(issues),
        )

    def _place(self, issue: Issue) -> int:
        spent = issue.spent_hours is not UNSET
        key = (issue.project.id, issue.tracker.id, spent, *map(_FIELD_ID, issue.custom_fields))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.places)
            self.places.append(Place(key[0], key[1], spent, key[3:]))
            for one in issue.custom_fields:
                self.catalogue.of_issues.setdefault(one.id, one.name)
            self.lists.update(one.id for one in issue.custom_fields if one.multiple)
        return number

    def _fixed(self, issues: Sequence[Issue], numbers: Sequence[int]) -> list[Sequence[object]]:
        """The columns of FIXED, in their order; notes who and what the issues name."""
        owners, authors = [one.assigned_to for one in issues], [one.author for one in issues]
        for people in (authors, owners):
            self.accounts.update((one.id, one.name) for one in people if one)
        self.trackers.update((one.tracker.id, one.tracker.name) for one in issues)
        self.projects.update((one.project.id, one.project.name) for one in issues)
        return [
            [one.id for one in issues],
            numbers,
            [one.subject for one in issues],
            [one.parent.id if one.parent else None for one in issues],
            [one.id if one else None for one in owners],
            [one.id if one else None for one in authors],
            [one.status.id for one in issues],
            [one.status.is_closed for one in issues],
        ]

    def _columns(self, one: Candidate, issues: Sequence[Issue], numbers: Sequence[int], lost: _Lost) -> list[pl.Series]:
        """The column of a candidate; of one from custom fields one for each that has its name or id."""
        if one.native:
            lost.key = one.key()
            return [column_of(one.column, NATIVE[one.native](issues), one.words, lost).alias(lost.key)]
        found = []
        shown = {number for place in set(numbers) for number in self.places[place].fields}
        for number in sorted(shown):
            if one.text in (self.catalogue.of_issues[number], str(number)):
                lost.key = one.key(number)
                values = [
                    None if value is None else cell_of(value, one.column)
                    for value in self._values(number, issues, numbers)
                ]
                found.append(column_of(one.column, values, one.words, lost).alias(lost.key))
        return found

    def _values(self, number: int, issues: Sequence[Issue], numbers: Sequence[int]) -> list[CustomValue | None]:
        """The custom field of each issue; None where it does not show it."""
        spots = {place: self.places[place].spots.get(number) for place in set(numbers)}
        return [
            None if (spot := spots[place]) is None else one.custom_fields[spot]
            for one, place in zip(issues, numbers, strict=True)
        ]

    def _standing(self, issues: Sequence[Issue], numbers: Sequence[int]) -> pl.DataFrame:
        """STANDING: of every issue that shows a field that we may write, what it holds."""
        rows: list[tuple[int, int, str, str | None]] = []
        for name in written_fields(self.options):
            is_flags = name == self.options.write.flags
            spots = {place: self.spot(self.places[place], name) for place in set(numbers)}
            for at, (one, place) in enumerate(zip(issues, numbers, strict=True)):
                if (spot := spots[place]) is not None:
                    rows.append((at, one.id, name, encode(value_of(one.custom_fields[spot], is_flags=is_flags))))
        return pl.DataFrame(rows, schema=STANDING, orient="row")

    def spot(self, place: Place, name: str) -> int | None:
        """Where the issues of a place list the field of this name, else of this id."""
        names = self.catalogue.of_issues
        called = [spot for spot, number in enumerate(place.fields) if names[number] == name]
        by_id = [spot for spot, number in enumerate(place.fields) if str(number) == name]
        return next(iter([*called, *by_id]), None)


def _relations(issues: Sequence[Issue]) -> pl.DataFrame:
    rows = [
        (at, issue.id, one.id, one.issue_id, one.issue_to_id, one.relation_type, one.delay)
        for at, issue in enumerate(issues)
        for one in issue.relations
    ]
    return pl.DataFrame(rows, schema=RELATIONS, orient="row")
