"""From the lines of a file to the frames of a snapshot. The keys are the vocabulary; every value is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.export.columns import OWN, check_fields, loose, sources, typed
from pmo_sync.connectors.export.history import read_history
from pmo_sync.connectors.export.lines import Export, Line, Mistakes, shown
from pmo_sync.connectors.export.links import read_links
from pmo_sync.connectors.export.projects import projects_of, read_projects
from pmo_sync.connectors.export.scopes import empty_lists, scopes_of
from pmo_sync.connectors.export.sprints import read_sprints
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model.vocabulary import FROM_HISTORY, VOCABULARY

ALWAYS: Final = frozenset(
    {"kind", "phase", "on_hold", "url", "updated", "portfolio", "programme", "project", "project_category"}
    | {"issue_type", "status"}
)
"""Columns a snapshot of a file holds whether asked for or not: what structure and write-back need."""


@dataclass(slots=True)
class Rows:
    """The frames of a snapshot without its marks, the columns whose history is whole, the words that nothing maps."""

    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame
    links: pl.DataFrame
    changes: pl.DataFrame
    sprints: pl.DataFrame
    columns: tuple[str, ...]
    histories: tuple[str, ...]
    unmapped: tuple[tuple[str, str, int], ...]


def to_rows(export: Export, file: str, options: ExportOptions, wanted: frozenset[str]) -> Rows:
    """The frames of all lines, in the order of the file.

    Raises ConfigurationError with every value of a wrong type, every id given twice, and everything else that is not
    what its key says. Of a tracker's own file a text that is none of its column's type is null and counted, as from the
    tracker itself.
    """
    lines, mistakes, unmapped = export.lines, Mistakes(file), Unmapped()
    ids = _ids(lines, mistakes)
    links = read_links(lines, ids, mistakes, export.ties)
    changes, histories = read_history(lines if export.ours else (), mistakes)
    sprints = read_sprints(export.sprints, mistakes)
    identity = _identity(lines, ids, mistakes)
    check_fields(lines, mistakes)
    listed = sources(lines, options, wanted | ALWAYS)
    read = partial(typed, mistakes=mistakes) if export.ours else partial(loose, unmapped=unmapped)
    series = {source.column.name: read(source, lines) for source in listed}
    projects = read_projects(export.projects, options, wanted, mistakes)
    mistakes.raise_any()
    items = _with_kinds(pl.DataFrame({**identity, **series}), lines, options, unmapped)
    carried = {source.column.name: source.carried for source in listed}
    scopes, scope = scopes_of(items, lines, carried, complete=not export.problems)
    items = empty_lists(items, scope, scopes, carried)
    project = items.get_column("project") if "project" in carried else pl.Series("project", [None] * len(lines))
    items = items.with_columns(scope, project_id=project.cast(pl.String))
    return Rows(
        items=items,
        scopes=scopes,
        projects=projects_of(items, projects, complete=not export.problems),
        links=links,
        changes=changes,
        sprints=sprints,
        histories=histories,
        columns=tuple(sorted(filter(_is_told, {*items.columns, *projects.columns} - _not_held(items)))),
        unmapped=unmapped.sorted(),
    )


def _not_held(items: pl.DataFrame) -> frozenset[str]:
    """What follows from history, where items do not say it themselves: a file's history does not tell it."""
    return FROM_HISTORY.difference(items.columns)


def _is_told(column: str) -> bool:
    return column in VOCABULARY or column.startswith(OWN)


def _ids(lines: Sequence[Line], mistakes: Mistakes) -> dict[str, int]:
    seen: dict[str, int] = {}
    for line in lines:
        number = line.values.get("id")
        if not isinstance(number, str) or not number.strip():
            mistakes.add(line.number, "id: every item needs one, as a text", 'write "id": "1"')
        elif number in seen:
            what = f"id: {shown(number)} stands on line {seen[number]} too"
            mistakes.add(line.number, what, "ids are unique in a file")
        else:
            seen[number] = line.number
    return seen


def _identity(lines: Sequence[Line], ids: Mapping[str, int], mistakes: Mistakes) -> dict[str, pl.Series]:
    texts: dict[str, list[str | None]] = {"id": [], "key": [], "title": [], "parent_id": []}
    known: list[bool] = []
    for line in lines:
        number, parent = line.values.get("id"), _text(line, "parent", mistakes)
        own = number if isinstance(number, str) else ""
        if parent is not None and parent == own:
            what = f"parent: {shown(own)} cannot be its own parent"
            mistakes.add(line.number, what, "take it out, or name another item")
        texts["id"].append(own)
        texts["key"].append(_text(line, "key", mistakes) or own)
        texts["title"].append(_text(line, "title", mistakes))
        texts["parent_id"].append(parent if parent in ids else None)
        known.append(parent is not None)
    found = {name: pl.Series(name, values, dtype=pl.String()) for name, values in texts.items()}
    return {**found, "parent_known": pl.Series("parent_known", known, dtype=pl.Boolean())}


def _text(line: Line, key: str, mistakes: Mistakes) -> str | None:
    value = line.values.get(key)
    if value is None or isinstance(value, str):
        return value or None
    mistakes.add(line.number, f"{key}: {shown(value)} is not a text")
    return None


def _with_kinds(items: pl.DataFrame, lines: Sequence[Line], options: ExportOptions, unmapped: Unmapped) -> pl.DataFrame:
    """Kind, phase and on_hold: as the file states them, else from its words."""
    empty = {name: pl.lit(None, VOCABULARY[name].dtype).alias(name) for name in ("kind", "phase", "on_hold", "url")}
    items = items.with_columns(*(expr for name, expr in empty.items() if name not in items.columns))
    status = pl.col("status") if "status" in items.columns else pl.lit(None, pl.String())
    own_type = pl.col("issue_type") if "issue_type" in items.columns else pl.lit(None, pl.String())
    resolutions = [one if isinstance(one := line.values.get("resolution"), str) else None for line in lines]
    said = words.phase(
        status,
        pl.lit(pl.Series([line.closed for line in lines], dtype=pl.Boolean())),
        options,
        in_progress=pl.lit(pl.Series([line.doing for line in lines], dtype=pl.Boolean())),
        resolution=pl.lit(pl.Series(resolutions, dtype=pl.String())),
    )
    items = items.with_columns(
        kind=pl.coalesce("kind", words.kind(own_type, options)),
        phase=pl.coalesce("phase", said),
        on_hold=pl.coalesce("on_hold", words.on_hold(status, options)),
    )
    if "status" in items.columns:
        unmapped.note("phase", items.get_column("status"), items.get_column("phase"))
    return items
