"""Which field each column is read from: Jira's own, those of its plugins, and those that pmo.yaml names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.connectors.jira import cells
from pmo_sync.connectors.jira.cells import Cell, Reader
from pmo_sync.connectors.jira.changelog import Tracked
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.fields import EPIC_LINK, PARENT_LINK, POINTS, SPRINT, TARGET_START, Catalogue
from pmo_sync.connectors.jira.fields import written_fields as written
from pmo_sync.connectors.jira.wire import LINKS
from pmo_sync.connectors.options import JiraOptions, WordMap
from pmo_sync.connectors.words import FROM, Unmapped, declared, lists, typed
from pmo_sync.model.vocabulary import VOCABULARY, WITHOUT_HISTORY, Column, ColumnType

_ALWAYS: Final = ("updated", "issue_type", "status")
_STRUCTURE: Final = ("summary", "project", "issuetype", "status", "updated", "parent", LINKS)
_OF_PLUGINS: Final[Mapping[str, tuple[str, Reader]]] = {
    "points": (POINTS, cells.number),
    "sprints": (SPRINT, cells.texts),
    "start": (TARGET_START, cells.day),
}
"""Columns that a plugin's field gives, unless pmo.yaml names another."""


@dataclass(frozen=True, slots=True)
class Source:
    """One column: the fields it may come from (the first that an issue shows counts), and how they are read."""

    column: Column
    fields: tuple[str, ...]
    read: Reader
    words: WordMap | None = None

    def shown(self, visible: frozenset[str]) -> bool:
        """Whether one of its fields is among these."""
        return not visible.isdisjoint(self.fields)

    def series(self, values: Sequence[Cell], unmapped: Unmapped) -> pl.Series:
        """The column."""
        name, dtype = self.column.name, self.column.dtype
        if self.column.type is ColumnType.TEXTS:
            return lists(name, values)
        if not self.words and all(one is None or isinstance(one, bool | float | int) for one in values):
            return pl.Series(name, values, dtype=dtype, strict=False)
        if not self.words and self.column.type in (ColumnType.TEXT, ColumnType.PERSON) and all(map(_plain, values)):
            return pl.Series(name, values, dtype=dtype)
        flat = [", ".join(one) if isinstance(one, list) else one for one in values]
        spelt = [str(one).lower() if isinstance(one, bool | float) else one for one in flat]
        return typed(pl.Series(name, spelt, dtype=pl.String()), self.column, self.words, unmapped)


def _plain(value: Cell) -> bool:
    """Whether this is how a column of texts says it."""
    return value is None or (isinstance(value, str) and bool(value) and not value.isspace())


def sources(options: JiraOptions, catalogue: Catalogue, dialect: Dialect, wanted: frozenset[str]) -> dict[str, Source]:
    """Column → where it comes from, for the wanted columns that this Jira has, and those always there."""
    native = native_columns(dialect.account_members)
    found: dict[str, Source] = {}
    for name in sorted(VOCABULARY):
        if name not in wanted and name not in _ALWAYS:
            continue
        if name in native:
            field_id, read = native[name]
            found[name] = Source(VOCABULARY[name], (field_id,), read, options.values.get(name))
        elif name in _OF_PLUGINS and (ids := catalogue.of_kind(_OF_PLUGINS[name][0])):
            found[name] = Source(VOCABULARY[name], ids, _OF_PLUGINS[name][1], options.values.get(name))
    for name, (column, source) in declared(options).items():
        field = catalogue.field(source)
        if name in wanted and field is not None:
            read = cells.reader(column, field.id, dialect.account_members)
            found[name] = Source(column, (field.id,), read, options.values.get(name.removeprefix("fields.")))
    for name, mapping in options.values.items():
        origin = mapping.get(FROM)
        if name in wanted and name in VOCABULARY and isinstance(origin, str):
            ids = _origin(origin, native, options, catalogue)
            if ids:
                found[name] = Source(VOCABULARY[name], ids, cells.text, mapping)
    return found


def tracked(options: JiraOptions, catalogue: Catalogue, dialect: Dialect, wanted: frozenset[str]) -> Tracked:
    """The fields of those wanted columns that have a history of their own; status and phase are told from elsewhere."""
    found = sources(options, catalogue, dialect, wanted - WITHOUT_HISTORY - {"status", "phase"})
    ids = {id_: name for name, source in found.items() if name in wanted and name != "status" for id_ in source.fields}
    named = {id_: catalogue.field(id_) for id_ in ids}
    names = {field.name.lower(): ids[id_] for id_, field in named.items() if field is not None}
    return Tracked(ids, names | {id_.lower(): column for id_, column in ids.items()} | _spelt(ids))


def _spelt(ids: Mapping[str, str]) -> dict[str, str]:
    """Columns by the names that histories have for two fields of Jira's own."""
    return {name: ids[id_] for id_, name in (("fixVersions", "fix version"), ("components", "component")) if id_ in ids}


def _origin(
    origin: str, native: Mapping[str, tuple[str, Reader]], options: JiraOptions, catalogue: Catalogue
) -> tuple[str, ...]:
    """The fields of the column whose words another column is made from."""
    own = declared(options).get(origin)
    if own is not None:
        field = catalogue.field(own[1])
        return () if field is None else (field.id,)
    if origin in native:
        return (native[origin][0],)
    return catalogue.of_kind(_OF_PLUGINS[origin][0]) if origin in _OF_PLUGINS else ()


def asked_fields(options: JiraOptions, catalogue: Catalogue, dialect: Dialect, found: Iterable[Source]) -> list[str]:
    """Ids of the fields that a pull asks for, and no others."""
    ids = set(_STRUCTURE)
    for source in found:
        ids.update(source.fields)
    ids.update(field.id for name in written(options) if (field := catalogue.field(name)) is not None)
    if options.write.labels:
        ids.add("labels")
    if options.dropped:
        ids.add("resolution")
    if dialect.parents_by_key:
        ids.update(parent_fields(catalogue))
    return sorted(ids)


def parent_fields(catalogue: Catalogue) -> tuple[str, ...]:
    """Fields that hold the key of what an issue hangs under: its epic first, then a parent above epics."""
    return (*catalogue.of_kind(EPIC_LINK), *catalogue.of_kind(PARENT_LINK))


def plugin_columns(catalogue: Catalogue) -> dict[str, tuple[tuple[str, ...], Reader]]:
    """Column → the fields of a plugin that give it, and how they are read; without those that this Jira lacks."""
    found = {name: (catalogue.of_kind(kind), read) for name, (kind, read) in _OF_PLUGINS.items()}
    return {name: one for name, one in found.items() if one[0]}


def native_columns(members: tuple[str, ...]) -> dict[str, tuple[str, Reader]]:
    """Column → the field of Jira's own that gives it, and how it is read. `members` are the ids of a user."""
    person = cells.account(members)
    return {
        "created": ("created", cells.time),
        "updated": ("updated", cells.time),
        "status": ("status", cells.text),
        "issue_type": ("issuetype", cells.text),
        "priority": ("priority", cells.text),
        "resolution": ("resolution", cells.text),
        "owner": ("assignee", person),
        "owner_active": ("assignee", cells.active),
        "reporter": ("reporter", person),
        "due": ("duedate", cells.day),
        "labels": ("labels", cells.texts),
        "components": ("components", cells.texts),
        "fix_versions": ("fixVersions", cells.texts),
        "description": ("description", cells.text),
        "estimate_hours": ("timeoriginalestimate", cells.hours),
        "remaining_hours": ("timeestimate", cells.hours),
        "spent_hours": ("timespent", cells.hours),
    }
