"""Redmine's projects as a frame. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.fields import Catalogue
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.sources import cell_of, column_of
from pmo_sync.connectors.redmine.wire import CLOSED, Project
from pmo_sync.connectors.words import Unmapped, declared, typed
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import VOCABULARY, Column

_TIMES: Final = ("created", "updated")


def project_frame(
    read: Read, base: str, options: RedmineOptions, wanted: frozenset[str], unmapped: Unmapped
) -> tuple[pl.DataFrame, list[str]]:
    """PROJECTS with the custom fields of projects that `fields` names, and the names of these columns."""
    projects = sorted(read.projects.values(), key=lambda project: project.id)
    sources = _sources(read.catalogue(), options, wanted)
    shown = [{one.id for one in project.custom_fields} for project in projects]
    fixed = pl.DataFrame(
        {
            "id": [str(project.id) for project in projects],
            "key": [project.identifier or str(project.id) for project in projects],
            "name": [project.name for project in projects],
            "parent_id": [str(project.parent.id) if project.parent else None for project in projects],
            "closed": [project.status == CLOSED for project in projects],
            "complete": [read.is_complete(project.id) for project in projects],
            "hidden": [sorted(name for name, (_, field) in sources.items() if field not in here) for here in shown],
        },
        schema=dict(frames.PROJECTS),
    )
    times = zip(_TIMES, ([one.created_on for one in projects], [one.updated_on for one in projects]), strict=True)
    columns = [
        typed(pl.Series(name, values, dtype=pl.String()), VOCABULARY[name], None, unmapped) for name, values in times
    ]
    for name, (column, field) in sources.items():
        words = options.values.get(name.removeprefix("fields."))
        columns.append(column_of(column, [_cell(one, field, column) for one in projects], words, unmapped))
    url = pl.lit(f"{base}/projects/") + pl.col("key")
    return fixed.with_columns(*columns, url=url), list(sources)


def _sources(catalogue: Catalogue, options: RedmineOptions, wanted: frozenset[str]) -> dict[str, tuple[Column, int]]:
    """Column → its type and the custom field it is read from."""
    return {
        name: (column, number)
        for name, (column, text) in sorted(declared(options).items())
        if name in wanted and (number := catalogue.project_field(text)) is not None
    }


def _cell(project: Project, field: int, column: Column) -> str | float | list[str] | None:
    return next((cell_of(one, column) for one in project.custom_fields if one.id == field), None)
