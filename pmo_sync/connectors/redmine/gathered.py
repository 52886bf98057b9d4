"""All issues of a reading, as columns: rows that were replaced by later ones are dropped, the rest is in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.batch import AT, AUTHOR, ID, OWNER, PLACE, Batch, Folder, Place
from pmo_sync.connectors.redmine.sources import UPDATED, Candidate
from pmo_sync.connectors.redmine.wire import Issue
from pmo_sync.connectors.shelf import FOLD_AT, Shelf
from pmo_sync.model import frames


@dataclass(frozen=True, slots=True)
class Issues:
    """Issues by id, ascending, as `batch.Batch` has them, of all batches; and what their numbers mean.

    `places` are those of these issues, by number; `names` of custom fields, `accounts`, `trackers` and `projects` may
    be of more.
    """

    rows: Batch
    places: dict[int, Place]
    offered: tuple[Candidate, ...]
    names: dict[int, str]
    lists: frozenset[int]
    accounts: dict[int, str]
    trackers: dict[int, str]
    projects: dict[int, str]

    @classmethod
    def of(cls, parts: Sequence[tuple[Batch, pl.Series]], folder: Folder) -> Self:
        """These issues of the folder's batches, no two of which have the same id. The batches lose their columns."""
        rows = _joined([*parts, (folder.fold(()), pl.Series(dtype=frames.U32))])
        used = rows.frame[PLACE].unique().sort()
        return cls(
            rows,
            {number: folder.places[number] for number in used},
            folder.offered,
            folder.catalogue.of_issues,
            frozenset(folder.lists),
            folder.accounts,
            folder.trackers,
            folder.projects,
        )

    @property
    def count(self) -> int:
        """How many."""
        return self.rows.frame.height

    @property
    def ids(self) -> pl.Series:
        """Their ids, as texts."""
        return self.rows.frame[ID].cast(pl.String)

    @property
    def fields(self) -> dict[int, str]:
        """The custom fields that some of them show: id → name."""
        return {number: self.names[number] for place in self.places.values() for number in place.fields}

    @property
    def types(self) -> frozenset[str]:
        """The names of their trackers."""
        return frozenset(self.trackers[place.tracker] for place in self.places.values())

    @property
    def project_names(self) -> dict[int, str]:
        """The projects they are in, by id."""
        return {place.project: self.projects[place.project] for place in self.places.values()}

    def types_showing(self, wanted: str) -> frozenset[str]:
        """The names of the trackers of which some issue shows the custom field of this name or id."""
        places = [place for place in self.places.values() if self._called(wanted, place.fields)]
        return frozenset(self.trackers[place.tracker] for place in places)

    def is_list(self, wanted: str) -> bool:
        """Whether the custom field of this name or id takes several values."""
        return not self.lists.isdisjoint(self._called(wanted, self.fields))

    def _called(self, wanted: str, numbers: Iterable[int]) -> list[int]:
        return [number for number in numbers if wanted in (self.names[number], str(number))]

    def projects_of(self, numbers: Collection[int]) -> frozenset[int]:
        """Ids of the projects of these issues."""
        frame = self.rows.frame.filter(pl.col(ID).is_in(list(numbers)))
        return frozenset(self.places[place].project for place in frame[PLACE].unique())

    def owners(self) -> dict[int, set[int]]:
        """Assignee → ids of the projects with issues of theirs."""
        found: dict[int, set[int]] = {}
        for owner, place in self.rows.frame.select(OWNER, PLACE).drop_nulls().unique().iter_rows():
            found.setdefault(owner, set()).add(self.places[place].project)
        return found

    def people(self) -> dict[int, str]:
        """Authors and assignees: id → name."""
        columns = [self.rows.frame[name].drop_nulls().unique() for name in (AUTHOR, OWNER)]
        return {number: self.accounts[number] for column in columns for number in column}


class Shelves:
    """Where a reading puts its issues. A place is a number that `put` gives, one for each issue."""

    def __init__(self, options: RedmineOptions, wanted: frozenset[str], size: int = FOLD_AT) -> None:
        self._folder = Folder(options, wanted)
        self._shelf: Shelf[Issue, Batch] = Shelf(self._folder.fold, size)

    def put(self, issues: Sequence[Issue]) -> Sequence[int]:
        """The places of the issues, in their order; they may be let go."""
        return self._shelf.put(issues)

    def projects(self, places: pl.Series) -> set[int]:
        """Ids of the projects of the issues in these places."""
        parts = [batch.frame[PLACE][positions].unique() for batch, positions in self._shelf.batches(places)]
        return {self._folder.places[number].project for part in parts for number in part}

    def updated(self, places: pl.Series) -> dict[str, str | None]:
        """Id of each issue in these places → when it was last changed, as text."""
        parts = [batch.frame[positions].select(ID, UPDATED) for batch, positions in self._shelf.batches(places)]
        return {str(one): None if at is None else at.isoformat() for part in parts for one, at in part.iter_rows()}

    def taken(self, places: pl.Series) -> Issues:
        """The issues in these places, no two of which have the same id. The shelves are of no use any more."""
        return Issues.of(self._shelf.batches(places), self._folder)


def _joined(parts: Sequence[tuple[Batch, pl.Series]]) -> Batch:
    """One batch of these issues of several, by id. A position in it is that of a part, so it means nothing any more."""
    frame = pl.concat([_moved(batch.frame, positions) for batch, positions in parts], how="diagonal", rechunk=False)
    there = [positions.to_frame(AT) for _, positions in parts]
    lost, standing, relations = (
        pl.concat(
            side.join(own, on=AT, how="semi", maintain_order="left") for side, own in zip(of_parts, there, strict=True)
        )
        for of_parts in zip(*((one.lost, one.standing, one.relations) for one, _ in parts), strict=True)
    )
    return Batch(frame if frame[ID].is_sorted() else frame.sort(ID), lost, standing, relations)


def _moved(frame: pl.DataFrame, positions: pl.Series) -> pl.DataFrame:
    """These rows. The frame loses its columns, so that never more than one of them is there twice."""
    if positions.len() == frame.height:
        return frame
    return pl.DataFrame([frame.drop_in_place(name).gather(positions) for name in frame.columns])
