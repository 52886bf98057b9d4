"""From Redmine's issues and projects to the frames of a snapshot. Pure: nothing is asked, nothing decided later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

import polars as pl
from msgspec import UNSET

from pmo_sync.connectors import words
from pmo_sync.connectors.known import Known
from pmo_sync.connectors.options import RedmineOptions, WordMap
from pmo_sync.connectors.redmine.fields import Catalogue, named, value_of, written_fields
from pmo_sync.connectors.redmine.wire import CLOSED, CustomValue, Issue, Project, Tracker, texts
from pmo_sync.connectors.words import FROM, Unmapped, lists, typed
from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, encode
from pmo_sync.model.merge import LINK_ID, PARENT_REF
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType
from pmo_sync.model.words import LinkType

Cell = str | float | list[str] | None

_NATIVE: Final[Mapping[str, Callable[[Issue], Cell]]] = {
    "created": lambda issue: issue.created_on,
    "updated": lambda issue: issue.updated_on,
    "status": lambda issue: issue.status.name,
    "issue_type": lambda issue: issue.tracker.name,
    "priority": lambda issue: issue.priority.name if issue.priority else None,
    "owner": lambda issue: str(issue.assigned_to.id) if issue.assigned_to else None,
    "reporter": lambda issue: str(issue.author.id) if issue.author else None,
    "start": lambda issue: issue.start_date,
    "due": lambda issue: issue.due_date,
    "percent_done": lambda issue: None if issue.done_ratio is None else issue.done_ratio / 100,
    "estimate_hours": lambda issue: issue.estimated_hours,
    "spent_hours": lambda issue: None if issue.spent_hours is UNSET else issue.spent_hours,
    "components": lambda issue: [issue.category.name] if issue.category else [],
    "fix_versions": lambda issue: [issue.fixed_version.name] if issue.fixed_version else [],
    # Browsers send CR LF: a line end is one character, as everywhere else.
    "description": lambda issue: issue.description and issue.description.replace("\r\n", "\n"),
}
_ALWAYS: Final = ("updated", "issue_type", "status")
_SWITCHES: Final = {
    "owner": "assigned_to_id",
    "components": "category_id",
    "fix_versions": "fixed_version_id",
    "start": "start_date",
    "due": "due_date",
    "estimate_hours": "estimated_hours",
    "percent_done": "done_ratio",
    "description": "description",
}
"""Column → the standard field that an administrator can switch off per tracker."""

_LINKS: Final = {
    "precedes": LinkType.FS,
    "blocks": LinkType.FS,
    "relates": LinkType.RELATES,
    "duplicates": LinkType.DUPLICATES,
}
_REVERSED: Final = {"follows": "precedes", "blocked": "blocks", "duplicated": "duplicates", "copied_from": "copied_to"}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a Redmine, and how whole.

    `incomplete` holds ids of projects of which some issues may be missing; `everything` is false when that may be so
    of any. `trackers` is empty where they are not known. `known` were read before and have not changed.
    """

    issues: Mapping[int, Issue]
    projects: Mapping[int, Project]
    trackers: Mapping[int, Tracker] = field(default_factory=dict)
    incomplete: frozenset[int] = frozenset()
    everything: bool = True
    known: Known = field(default_factory=Known)


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


@dataclass(frozen=True, slots=True)
class _Source:
    """One column, from a custom field (`field`) or from Redmine itself."""

    column: Column
    field: int | None = None
    words: WordMap | None = None


def to_rows(read: Read, tracker: str, base: str, options: RedmineOptions, wanted: frozenset[str]) -> Rows:
    """The frames of what was read: `wanted` columns as far as Redmine or `fields` has them, and those always there.

    A column is hidden in a scope (project and tracker) where no issue shows its field, or an administrator has
    switched it off.
    """
    catalogue, unmapped = Catalogue(), Unmapped()
    catalogue.learn(read.issues.values(), read.projects.values())
    issues = sorted(read.issues.values(), key=lambda issue: issue.id)
    sources = _sources(catalogue, options, wanted)
    scope_of, shown = _scopes(issues)
    items = _items(read, issues, base, options, sources, scope_of, unmapped)
    scopes = _scope_frame(scope_of, shown, sources, read)
    projects, project_columns = _projects(read, base, catalogue, options, wanted, unmapped)
    columns = {*items.columns, *project_columns} & (set(VOCABULARY) | {s.column.name for s in sources})
    return Rows(
        items=items,
        scopes=scopes,
        projects=projects,
        links=links(issues, read.known.ids | {str(number) for number in read.issues}),
        marks=_marks(tracker, issues, read.projects.values(), options),
        columns=tuple(sorted(columns)),
        unmapped=unmapped.sorted(),
    )


def _sources(catalogue: Catalogue, options: RedmineOptions, wanted: frozenset[str]) -> list[_Source]:
    found: dict[str, _Source] = {
        name: _Source(VOCABULARY[name], words=options.values.get(name))
        for name in _NATIVE
        if name in wanted or name in _ALWAYS
    }
    for name, (column, source) in words.declared(options).items():
        number = catalogue.issue_field(source)
        if name in wanted and number is not None:
            found[name] = _Source(column, number, options.values.get(name.removeprefix("fields.")))
    for name, mapping in options.values.items():
        origin = mapping.get(FROM)
        if name in wanted and name in VOCABULARY and isinstance(origin, str):
            own = words.declared(options).get(origin)
            number = catalogue.issue_field(own[1]) if own else None
            if origin in _NATIVE or number is not None:
                found[name] = _Source(VOCABULARY[name], number, mapping)
    return [found[name] for name in sorted(found)]


def _scopes(issues: Sequence[Issue]) -> tuple[dict[tuple[int, int], int], dict[int, set[int]]]:
    """(project, tracker) → number of the scope; and per scope the custom fields that its issues show."""
    names = {(one.project.id, one.tracker.id): one.tracker.name for one in issues}
    order = sorted(names, key=lambda pair: (str(pair[0]), names[pair], pair[1]))
    numbers = {pair: n for n, pair in enumerate(order)}
    shown: dict[int, set[int]] = {number: set() for number in numbers.values()}
    for issue in issues:
        here = shown[numbers[issue.project.id, issue.tracker.id]]
        here.update(one.id for one in issue.custom_fields)
        if issue.spent_hours is not UNSET:
            here.add(_SPENT)
    return numbers, shown


_SPENT: Final = -1
"""Stands for the spent hours among the ids of shown fields: Redmine leaves them out where we may not see them."""


def _items(
    read: Read,
    issues: Sequence[Issue],
    base: str,
    options: RedmineOptions,
    sources: Sequence[_Source],
    scope_of: Mapping[tuple[int, int], int],
    unmapped: Unmapped,
) -> pl.DataFrame:
    ids = [str(issue.id) for issue in issues]
    known = read.known.ids | set(ids)
    above = [None if issue.parent is None else str(issue.parent.id) for issue in issues]
    data = {
        "id": pl.Series(ids, dtype=pl.String()),
        "key": pl.Series([f"#{one}" for one in ids], dtype=pl.String()),
        "title": pl.Series([issue.subject for issue in issues], dtype=pl.String()),
        "project_id": pl.Series([str(issue.project.id) for issue in issues], dtype=pl.String()),
        "parent_id": pl.Series([one if one in known else None for one in above], dtype=pl.String()),
        PARENT_REF: pl.Series([None if one in known else one for one in above], dtype=pl.String()),
        "parent_known": pl.Series([one is not None for one in above], dtype=pl.Boolean()),
        "scope": pl.Series([scope_of[issue.project.id, issue.tracker.id] for issue in issues], dtype=frames.U32),
        "is_closed": pl.Series([issue.status.is_closed for issue in issues], dtype=pl.Boolean()),
    }
    for source in sources:
        data[source.column.name] = _column(source, [_cell(issue, source) for issue in issues], unmapped)
    status, own_type = pl.col("status"), pl.col("issue_type")
    items = pl.DataFrame(data).with_columns(
        url=pl.lit(f"{base}/issues/") + pl.col("id"),
        kind=words.kind(own_type, options),
        phase=words.phase(status, pl.col("is_closed"), options),
        on_hold=words.on_hold(status, options),
    )
    unmapped.note("phase", items.get_column("status"), items.get_column("phase"))
    return items.drop("is_closed")


def _cell(issue: Issue, source: _Source) -> Cell | CustomValue:
    origin = (source.words or {}).get(FROM)
    if source.field is not None:
        return next((one for one in issue.custom_fields if one.id == source.field), None)
    return _NATIVE[origin if isinstance(origin, str) else source.column.name](issue)


def _column(source: _Source, cells: Sequence[Cell | CustomValue], unmapped: Unmapped) -> pl.Series:
    name, dtype = source.column.name, source.column.dtype
    if source.column.type is ColumnType.TEXTS:
        return lists(name, [texts(one.value) if isinstance(one, CustomValue) else one for one in cells])
    flat = [", ".join(texts(one.value)) if isinstance(one, CustomValue) else one for one in cells]
    if all(isinstance(one, float | int) or one is None for one in flat) and not source.words:
        return pl.Series(name, flat, dtype=dtype, strict=False)
    raw = pl.Series(name, [", ".join(one) if isinstance(one, list) else one for one in flat], strict=False)
    return typed(raw.cast(pl.String), source.column, source.words, unmapped)


def _scope_frame(
    scope_of: Mapping[tuple[int, int], int],
    shown: Mapping[int, set[int]],
    sources: Sequence[_Source],
    read: Read,
) -> pl.DataFrame:
    types = {tracker: read.trackers[tracker].name for tracker in read.trackers}
    for issue in read.issues.values():
        types[issue.tracker.id] = issue.tracker.name
    pairs = sorted(scope_of.items(), key=lambda pair: pair[1])
    return pl.DataFrame(
        {
            "scope": [number for _, number in pairs],
            "project_id": [str(project) for (project, _), _ in pairs],
            "issue_type": [types[tracker] for (_, tracker), _ in pairs],
            "complete": [read.everything and project not in read.incomplete for (project, _), _ in pairs],
            "hidden": [_hidden(sources, shown[number], read.trackers.get(tracker)) for (_, tracker), number in pairs],
        },
        schema=dict(frames.SCOPES),
    )


def _hidden(sources: Sequence[_Source], shown: set[int], tracker: Tracker | None) -> list[str]:
    return sorted(source.column.name for source in sources if not _visible(source, shown, tracker))


def _visible(source: _Source, shown: set[int], tracker: Tracker | None) -> bool:
    origin = (source.words or {}).get(FROM)
    name = origin if isinstance(origin, str) else source.column.name
    if source.field is not None:
        return source.field in shown
    if name == "spent_hours":
        return _SPENT in shown
    switch = _SWITCHES.get(name)
    if switch is None or tracker is None or tracker.enabled_standard_fields is UNSET:
        return True
    return switch in tracker.enabled_standard_fields


def _projects(
    read: Read,
    base: str,
    catalogue: Catalogue,
    options: RedmineOptions,
    wanted: frozenset[str],
    unmapped: Unmapped,
) -> tuple[pl.DataFrame, list[str]]:
    """PROJECTS with the custom fields of projects that `fields` names, and the names of these columns."""
    projects = sorted(read.projects.values(), key=lambda project: project.id)
    sources = [
        _Source(column, number, options.values.get(name.removeprefix("fields.")))
        for name, (column, source) in sorted(words.declared(options).items())
        if name in wanted and (number := catalogue.project_field(source)) is not None
    ]
    shown = [{one.id for one in project.custom_fields} for project in projects]
    base_columns = pl.DataFrame(
        {
            "id": [str(project.id) for project in projects],
            "key": [project.identifier or str(project.id) for project in projects],
            "name": [project.name for project in projects],
            "parent_id": [str(project.parent.id) if project.parent else None for project in projects],
            "closed": [project.status == CLOSED for project in projects],
            "complete": [read.everything and project.id not in read.incomplete for project in projects],
            "hidden": [sorted(s.column.name for s in sources if s.field not in here) for here in shown],
        },
        schema=dict(frames.PROJECTS),
    )
    native = {"created": [p.created_on for p in projects], "updated": [p.updated_on for p in projects]}
    columns = [
        typed(pl.Series(name, values, dtype=pl.String()), VOCABULARY[name], None, unmapped)
        for name, values in native.items()
    ]
    columns += [_column(source, [_of(project, source) for project in projects], unmapped) for source in sources]
    url = pl.lit(f"{base}/projects/") + pl.col("key")
    return base_columns.with_columns(*columns, url=url), [source.column.name for source in sources]


def _of(project: Project, source: _Source) -> CustomValue | None:
    return next((one for one in project.custom_fields if one.id == source.field), None)


def links(issues: Iterable[Issue], known: AbstractSet[str]) -> pl.DataFrame:
    """RAW_LINKS of all relations, each once and with its own id, from predecessor to successor. An end that was not
    read is null.
    """
    found: dict[int, tuple[str, str | None, str | None, str, int | None]] = {}
    for issue in issues:
        for one in issue.relations:
            source, target, word = one.issue_id, one.issue_to_id, one.relation_type
            if word in _REVERSED:
                source, target, word = target, source, _REVERSED[word]
            lag = (one.delay or 0) if word == "precedes" else None
            ends = [str(end) if str(end) in known else None for end in (source, target)]
            found[one.id] = (str(one.id), ends[0], ends[1], _LINKS.get(word, LinkType.OTHER).value, lag)
    rows = [found[number] for number in sorted(found)]
    return pl.DataFrame(rows, schema={LINK_ID: frames.TEXT, **frames.RAW_LINKS}, orient="row")


def _marks(tracker: str, issues: Iterable[Issue], projects: Iterable[Project], options: RedmineOptions) -> Marks:
    """One row for each place that we may write and that is visible, with what stands there."""
    rows: list[tuple[str, str, str, str, str, str | None]] = []
    item = TargetKind.ITEM.value
    holders = [(item, str(issue.id), issue.custom_fields) for issue in issues]
    holders += [(TargetKind.PROJECT.value, str(project.id), project.custom_fields) for project in projects]
    figures = set(options.write.fields.values())
    for name in written_fields(options):
        is_flags = name == options.write.flags
        for kind, number, custom in holders:
            if kind == TargetKind.PROJECT.value and name not in figures:
                continue
            one = named(name, custom)
            if one is not None:
                rows.append((tracker, kind, number, FIELD, name, encode(value_of(one, is_flags=is_flags))))
    return Marks(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row").sort("target_kind", "target_id", "name"))
