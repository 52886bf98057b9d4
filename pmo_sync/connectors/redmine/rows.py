"""From what was read of a Redmine to the frames of a snapshot. Pure: nothing is asked, nothing decided later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.batch import CLOSED, ID, PARENT, PLACE, TITLE, Place
from pmo_sync.connectors.redmine.fields import named, value_of
from pmo_sync.connectors.redmine.gathered import Issues
from pmo_sync.connectors.redmine.projects import project_frame
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.relations import links
from pmo_sync.connectors.redmine.scopes import scope_frame, scope_numbers
from pmo_sync.connectors.redmine.sources import Source, chosen
from pmo_sync.connectors.shelf import gathered, light
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, encode
from pmo_sync.model.merge import PARENT_REF
from pmo_sync.model.vocabulary import VOCABULARY

_SEEN: Final = "seen"


@dataclass(frozen=True, slots=True)
class Rows:
    """The frames of a snapshot, and the words that nothing maps."""

    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame
    links: pl.DataFrame
    marks: Marks
    columns: tuple[str, ...]
    unmapped: tuple[tuple[str, str, int], ...]


def to_rows(read: Read, tracker: str, base: str, options: RedmineOptions, wanted: frozenset[str]) -> Rows:
    """The frames of what was read: `wanted` columns as far as Redmine or `fields` has them, and those always there.

    The issues were gathered for these options, and for these columns or more. A column is hidden in a scope (project
    and tracker) where no issue shows its field, or an administrator has switched it off.
    """
    unmapped = Unmapped()
    sources = chosen(read.issues.offered, read.catalogue(), wanted)
    numbers = scope_numbers(read.issues)
    known = _known(read)
    items = _items(read, known, options, sources, numbers, unmapped)
    scopes = scope_frame(numbers, sources, read)
    projects, project_columns = project_frame(read, base, options, wanted, unmapped)
    columns = {*items.columns, *project_columns} & (set(VOCABULARY) | {one.column.name for one in sources})
    return Rows(
        items=items,
        scopes=scopes,
        projects=projects,
        links=links(read.issues.rows.relations, known),
        marks=_marks(tracker, read, options),
        columns=tuple(sorted(columns)),
        unmapped=unmapped.sorted(),
    )


def _known(read: Read) -> pl.Series:
    """Ids of the issues that were read, now or before, and that others name as parents or in relations."""
    rows = read.issues.rows
    named_ids = pl.concat(
        [rows.frame[PARENT].drop_nulls(), rows.relations["source"], rows.relations["target"]]
    ).unique()
    before = pl.Series(list(read.known.ids), dtype=frames.TEXT).cast(frames.U32, strict=False).drop_nulls()
    return pl.concat(one.filter(one.is_in(named_ids.implode())) for one in (rows.frame[ID], before))


def _items(
    read: Read,
    known: pl.Series,
    options: RedmineOptions,
    sources: Sequence[Source],
    numbers: Mapping[tuple[int, int], int],
    unmapped: Unmapped,
) -> pl.DataFrame:
    """Made batch by batch: a frame whose columns are not cut alike would be put together anew by whoever uses it."""
    issues = read.issues
    projects = _of_places(issues, lambda place: str(place.project), frames.TEXT)
    scopes = _of_places(issues, lambda place: numbers[place.project, place.tracker], frames.U32)
    seen = issues.rows.frame[PARENT].is_in(known.implode()).alias(_SEEN)
    parts = [
        _with_words(_fixed(part, projects, scopes), part, sources, options)
        for part in _cut(issues.rows.frame.hstack([seen]))
    ]
    items = pl.concat(parts, rechunk=False)
    for one in sources:
        _note(one, issues, unmapped)
    unmapped.note("phase", items.get_column("status"), items.get_column("phase"))
    return items


def _cut(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame in the parts it was put together of."""
    start = 0
    for height in frame[ID].chunk_lengths():
        yield frame.slice(start, height)
        start += height


def _of_places(issues: Issues, value: Callable[[Place], str | int], dtype: pl.DataType) -> pl.Series:
    """What each place has, by its number."""
    values: list[str | int | None] = [None] * (max(issues.places, default=-1) + 1)
    for number, place in issues.places.items():
        values[number] = value(place)
    return pl.Series(values, dtype=dtype)


def _fixed(part: pl.DataFrame, projects: pl.Series, scopes: pl.Series) -> pl.DataFrame:
    """The columns that are there whatever is asked for."""
    own, parent = pl.col(ID).cast(pl.String), pl.col(PARENT).cast(pl.String)
    fixed = part.select(
        id=own,
        key=pl.lit("#") + own,
        title=pl.col(TITLE),
        project_id=gathered(projects, part[PLACE]),
        parent_id=pl.when(_SEEN).then(parent),
        **{PARENT_REF: pl.when(~pl.col(_SEEN)).then(parent)},
        parent_known=pl.col(PARENT).is_not_null(),
        scope=gathered(scopes, part[PLACE]),
        is_closed=pl.col(CLOSED),
    )
    return fixed.with_columns(light(fixed["parent_id"]), light(fixed[PARENT_REF]))


def _with_words(
    fixed: pl.DataFrame, part: pl.DataFrame, sources: Sequence[Source], options: RedmineOptions
) -> pl.DataFrame:
    """With the columns of the sources, and those that are made of them."""
    status, own_type = pl.col("status"), pl.col("issue_type")
    return (
        fixed.with_columns(part[one.key].alias(one.column.name) for one in sources)
        .with_columns(
            kind=words.kind(own_type, options),
            phase=words.phase(status, pl.col("is_closed"), options),
            on_hold=words.on_hold(status, options),
        )
        .drop("is_closed")
    )


def _note(source: Source, issues: Issues, unmapped: Unmapped) -> None:
    """Counts the words that were lost on the way to a column."""
    name = source.column.name
    lost = issues.rows.lost.filter(pl.col("column") == source.key)["word"].alias(name)
    unmapped.note(name, lost, pl.Series(name, [None], dtype=frames.TEXT).new_from_index(0, lost.len()))


def _marks(tracker: str, read: Read, options: RedmineOptions) -> Marks:
    """One row for each place that we may write and that is visible, with what stands there."""
    standing = read.issues.rows.standing.select(
        tracker=pl.lit(tracker),
        target_kind=pl.lit(TargetKind.ITEM.value),
        target_id=pl.col("id").cast(pl.String),
        channel=pl.lit(FIELD),
        name=pl.col("name"),
        value=pl.col("value"),
    )
    figures = sorted(set(options.write.fields.values()))
    rows = [
        (tracker, TargetKind.PROJECT.value, str(project.id), FIELD, name, encode(value_of(one, is_flags=is_flags)))
        for project in read.projects.values()
        for name, is_flags in ((name, name == options.write.flags) for name in figures)
        if (one := named(name, project.custom_fields)) is not None
    ]
    of_projects = pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row")
    return Marks(pl.concat([standing, of_projects]).sort("target_kind", "target_id", "name"))
