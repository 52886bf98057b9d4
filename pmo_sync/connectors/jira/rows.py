"""From Jira's issues and projects to the frames of a snapshot. Pure: nothing is asked, nothing decided later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.jira import cells, facets
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.columns import Source, parent_fields, sources
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.hierarchy import parents
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.relations import links
from pmo_sync.connectors.jira.scopes import Scopes, scopes
from pmo_sync.connectors.jira.sprints import sprint_fields, sprints
from pmo_sync.connectors.jira.wire import Issue, Project
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames
from pmo_sync.model.frames import Marks
from pmo_sync.model.merge import PARENT_REF
from pmo_sync.model.vocabulary import VOCABULARY

CATEGORY: Final = "project_category"
_SAID: Final = frozenset({"status", "issue_type"})
"""Columns that are always there, and that others are made from."""
_AT_ONCE: Final = 10_000
"""Items that are looked at together where that takes much room."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The frames of a snapshot, and the words that nothing maps."""

    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame
    links: pl.DataFrame
    marks: Marks
    remembered: Marks
    accounts: pl.DataFrame
    sprints: pl.DataFrame
    columns: tuple[str, ...]
    unmapped: tuple[tuple[str, str, int], ...]


def to_rows(read: Read, client: Client, wanted: frozenset[str]) -> Rows:
    """The frames of what was read: `wanted` columns as far as Jira or `fields` has them, and those always there.

    A column is hidden in a scope (project and issue type) where no issue shows its field.
    """
    unmapped = Unmapped()
    columns = list(sources(client.options, client.catalogue, client.dialect, wanted).values())
    places = scopes(read.found)
    items = _items(read, client, columns, places, unmapped)
    projects = _projects(read, client.base)
    if CATEGORY in wanted:
        category = projects.select("id", CATEGORY)
        items = items.join(category, left_on="project_id", right_on="id", how="left", maintain_order="left")
    else:
        projects = projects.drop(CATEGORY)
    names = {*items.columns, *projects.columns} & (set(VOCABULARY) | {source.column.name for source in columns})
    return Rows(
        items=items,
        scopes=_scope_frame(places, columns, read),
        projects=projects,
        links=links(read.found.links, _ids(read)),
        marks=read.marks,
        remembered=read.remembered,
        accounts=read.accounts,
        sprints=_sprints(read.found, places, bool(sprint_fields(client.catalogue, wanted))),
        columns=tuple(sorted(names)),
        unmapped=unmapped.sorted(),
    )


def project_of(issue: Issue) -> str:
    """Id of the project an issue is in; empty where Jira does not tell."""
    return cells.named(issue.fields.get("project"), "id") or ""


def _ids(read: Read) -> pl.Series:
    """Of all issues that were read, now or before."""
    before = pl.Series(sorted(read.known.ids), dtype=pl.String())
    return pl.concat([read.found.ids, before])


def _items(read: Read, client: Client, columns: Sequence[Source], places: Scopes, unmapped: Unmapped) -> pl.DataFrame:
    found = read.found
    above = parents(found.ids, found.keys, found.take(facets.PARENT_ID), _parent_keys(found, client), read.known)
    data = {
        "id": found.ids,
        "key": found.keys,
        "title": found.take(facets.TITLE),
        "project_id": places.project_ids,
        **above.select("parent_id", PARENT_REF).to_dict(),
        "parent_known": above["parent_known"],
        "scope": places.numbers,
    }
    del above
    said = {
        source.column.name: found.take(source.column.name, unmapped)
        for source in columns
        if source.column.name in _SAID
    }
    told = _told(found, said, client.options, unmapped)
    for source in columns:
        name = source.column.name
        data[name] = said[name] if name in said else found.take(name, unmapped)
    data |= told.to_dict()
    return pl.DataFrame(data)


def _parent_keys(found: Found, client: Client) -> pl.Series:
    """The key that the first of the fields which hold one holds of each issue."""
    fields = parent_fields(client.catalogue) if client.dialect.parents_by_key else ()
    keys = [found.take(facets.parent_key(field)) for field in fields]
    none = found.ids.clear(found.ids.len())
    return pl.DataFrame([one.alias(str(n)) for n, one in enumerate([*keys, none])]).select(pl.coalesce("*")).to_series()


def _told(found: Found, said: Mapping[str, pl.Series], options: JiraOptions, unmapped: Unmapped) -> pl.DataFrame:
    """Kind, phase and on_hold, from the issue's type, its status and its resolution."""
    status, category = pl.col("status"), pl.col("category")
    told = {
        "kind": words.kind(pl.col("issue_type"), options),
        "phase": words.phase(
            status,
            category == "done",
            options,
            in_progress=category == "indeterminate",
            resolution=pl.col("resolution") if options.dropped else None,
        ),
        "on_hold": words.on_hold(status, options),
    }
    ours = {"category": found.take(facets.CATEGORY)}
    if options.dropped:
        ours["resolution"] = found.take(facets.RESOLUTION)
    items = pl.DataFrame({**said, **ours})
    made = pl.concat(
        [part.select(**told) for part in items.iter_slices(_AT_ONCE)] or [items.select(**told)], rechunk=True
    )
    unmapped.note("phase", items["status"], made["phase"])
    return made


def _sprints(found: Found, places: Scopes, told: bool) -> pl.DataFrame:  # noqa: FBT001 - a fact
    """RAW_SPRINTS that the issues tell of, where they were asked."""
    if not told:
        return frames.empty(frames.RAW_SPRINTS)
    shown = pl.DataFrame({"project": places.project_ids, "value": found.take(facets.SPRINTS)}).drop_nulls()
    different = shown.unique(keep="last", maintain_order=True)
    return sprints((project, msgspec.json.decode(value)) for project, value in different.iter_rows())


def _scope_frame(places: Scopes, columns: Iterable[Source], read: Read) -> pl.DataFrame:
    listed = list(columns)
    return pl.DataFrame(
        {
            "scope": [one.number for one in places.listed],
            "project_id": [one.project for one in places.listed],
            "issue_type": [one.type_name for one in places.listed],
            "complete": [read.whole(one.project) for one in places.listed],
            "hidden": [
                sorted(source.column.name for source in listed if not source.shown(one.shown)) for one in places.listed
            ],
        },
        schema=dict(frames.SCOPES),
    )


def _projects(read: Read, base: str) -> pl.DataFrame:
    """PROJECTS with their category. Jira's projects have no parents and no fields of their own."""
    projects: list[Project] = sorted(read.projects.values(), key=lambda project: int(project.id))
    frame = pl.DataFrame(
        {
            "id": [project.id for project in projects],
            "key": [project.key for project in projects],
            "name": [project.name or project.key for project in projects],
            "parent_id": [None] * len(projects),
            "closed": [project.archived for project in projects],
            "complete": [read.whole(project.id) for project in projects],
            "hidden": [[]] * len(projects),
        },
        schema=dict(frames.PROJECTS),
    )
    categories = [project.project_category.name if project.project_category else None for project in projects]
    category = pl.Series(CATEGORY, categories, dtype=pl.String())
    return frame.with_columns(category, url=pl.lit(f"{base}/projects/") + pl.col("key"))
