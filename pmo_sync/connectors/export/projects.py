"""The projects of a file: items tell the names of theirs, a line of its own in items.jsonl tells more of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from pmo_sync.connectors.export.columns import check_fields, sources, typed
from pmo_sync.connectors.export.lines import Line, Mistakes, shown
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import STRUCTURAL

PROJECT: Final = "tracker_project"
_HEAD: Final = (PROJECT, "key", "closed")
_HINT: Final = 'write {"tracker_project": "Payments", "key": "PAY", "closed": true}'


def read_projects(
    lines: Sequence[Line], options: ExportOptions, wanted: frozenset[str], mistakes: Mistakes
) -> pl.DataFrame:
    """PROJECTS of the lines with their columns, read as those of items are; one whose key a line does not carry is
    hidden there. What a line says of the project itself, its name, key and whether it is closed, is no field of it.

    Every line without a name, every value of a wrong type, and every project that stands twice, is a mistake.
    """
    beside = [replace(line, values={k: v for k, v in line.values.items() if k not in _HEAD}) for line in lines]
    check_fields(beside, mistakes)
    listed = sources(beside, options, wanted - STRUCTURAL)
    names: dict[str, int] = {}
    rows = []
    for line, rest in zip(lines, beside, strict=True):
        name, key, closed = (line.values.get(word) for word in _HEAD)
        if not isinstance(name, str) or not name or not isinstance(key, str | None):
            mistakes.add(line.number, f"{PROJECT}: a project has its name, and its key if any, as texts", _HINT)
        elif not isinstance(closed, bool | None):
            mistakes.add(line.number, f"closed: {shown(closed)} is not true or false", _HINT)
        elif names.setdefault(name, line.number) != line.number:
            what = f"{PROJECT}: {shown(name)} stands on line {names[name]} too"
            mistakes.add(line.number, what, "a project has one line, and its name is its own")
        hidden = sorted(one.column.name for one in listed if not one.carried(rest))
        rows.append((str(name), str(key or name), str(name), None, closed is True, True, hidden))
    return pl.DataFrame(rows, schema=dict(frames.PROJECTS), orient="row").with_columns(
        typed(one, beside, mistakes) for one in listed
    )


def projects_of(items: pl.DataFrame, told: pl.DataFrame, *, complete: bool) -> pl.DataFrame:
    """The projects that are told, and those of the items, of which nothing else can be seen."""
    named = items.get_column("project_id").drop_nulls().unique()
    names = named.filter(~named.is_in(told["id"].implode()))
    beside = [name for name in told.columns if name not in frames.PROJECTS]
    bare = pl.DataFrame(
        {
            "id": names,
            "key": names,
            "name": names,
            "parent_id": [None] * len(names),
            "closed": [False] * len(names),
            "complete": [True] * len(names),
            "hidden": [beside] * len(names),
        },
        schema=dict(frames.PROJECTS),
    )
    return pl.concat([told, bare], how="diagonal").with_columns(complete=complete).sort("id")
