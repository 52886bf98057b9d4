"""From Jira's issues and projects to the frames of a snapshot. Pure: nothing is asked, nothing decided later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.jira import cells, marks
from pmo_sync.connectors.jira.client import Client, Read
from pmo_sync.connectors.jira.columns import Source, parent_fields, sources
from pmo_sync.connectors.jira.hierarchy import parents
from pmo_sync.connectors.jira.people import accounts
from pmo_sync.connectors.jira.places import places
from pmo_sync.connectors.jira.relations import links
from pmo_sync.connectors.jira.wire import Issue, Project
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames
from pmo_sync.model.frames import Marks
from pmo_sync.model.merge import PARENT_REF
from pmo_sync.model.vocabulary import VOCABULARY

CATEGORY: Final = "project_category"


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
    columns: tuple[str, ...]
    unmapped: tuple[tuple[str, str, int], ...]


def to_rows(read: Read, client: Client, wanted: frozenset[str], people: frozenset[str]) -> Rows:
    """The frames of what was read: `wanted` columns as far as Jira or `fields` has them, and those always there.

    A column is hidden in a scope (project and issue type) where no issue shows its field.
    """
    unmapped = Unmapped()
    issues = sorted(read.issues.values(), key=lambda issue: issue.number)
    columns = list(sources(client.options, client.catalogue, client.dialect, wanted).values())
    scope_of, shown = _scopes(issues)
    items = _items(read, issues, client, columns, scope_of, unmapped)
    projects = _projects(read, client.base)
    if CATEGORY in wanted:
        category = projects.select("id", CATEGORY)
        items = items.join(category, left_on="project_id", right_on="id", how="left", maintain_order="left")
    else:
        projects = projects.drop(CATEGORY)
    writable = places(client.options, client.catalogue, documents=client.dialect.rich_text)
    names = {*items.columns, *projects.columns} & (set(VOCABULARY) | {source.column.name for source in columns})
    return Rows(
        items=items,
        scopes=_scope_frame(scope_of, shown, columns, read, issues),
        projects=projects,
        links=links(issues, read.issues.keys() | read.known.ids),
        marks=marks.standing(client.name, issues, writable, client.options),
        remembered=marks.remembered(client.name, issues, client.owner),
        accounts=accounts(issues, client.dialect.account_members, people, read.told.authors),
        columns=tuple(sorted(names)),
        unmapped=unmapped.sorted(),
    )


def project_of(issue: Issue) -> str:
    """Id of the project an issue is in; empty where Jira does not tell."""
    return cells.named(issue.fields.get("project"), "id") or ""


def _scope(issue: Issue) -> tuple[str, str]:
    return project_of(issue), cells.named(issue.fields.get("issuetype"), "id") or ""


def _scopes(issues: Sequence[Issue]) -> tuple[dict[tuple[str, str], int], dict[int, frozenset[str]]]:
    """(project, type) → number of the scope; and per scope the fields that its issues show."""
    pairs = [_scope(issue) for issue in issues]
    first = dict(zip(reversed(pairs), reversed(issues), strict=True))
    types = {pair: cells.text(issue.fields.get("issuetype")) or "" for pair, issue in first.items()}
    order = sorted(types, key=lambda pair: (pair[0], types[pair], pair[1]))
    numbers = {pair: n for n, pair in enumerate(order)}
    shown: dict[int, set[str]] = {number: set() for number in numbers.values()}
    for pair, issue in zip(pairs, issues, strict=True):
        shown[numbers[pair]].update(issue.fields)
    return numbers, {number: frozenset(fields) for number, fields in shown.items()}


def _items(
    read: Read,
    issues: Sequence[Issue],
    client: Client,
    columns: Sequence[Source],
    scope_of: Mapping[tuple[str, str], int],
    unmapped: Unmapped,
) -> pl.DataFrame:
    above = parents(read.issues, _key_fields(client), read.known)
    texts: dict[str, list[str | None]] = {
        "id": [issue.id for issue in issues],
        "key": [issue.key for issue in issues],
        "title": [cells.text(issue.fields.get("summary")) for issue in issues],
        "project_id": [project_of(issue) for issue in issues],
        "parent_id": [above[issue.id].id for issue in issues],
        PARENT_REF: [above[issue.id].ref for issue in issues],
        "_category": [_category(issue) for issue in issues],
        "_resolution": [cells.text(issue.fields.get("resolution")) for issue in issues],
    }
    data = {name: pl.Series(name, values, dtype=pl.String()) for name, values in texts.items()}
    data["parent_known"] = pl.Series([above[issue.id].known for issue in issues], dtype=pl.Boolean())
    data["scope"] = pl.Series([scope_of[_scope(issue)] for issue in issues], dtype=frames.U32)
    for source in columns:
        data[source.column.name] = source.series(source.cells(issues), unmapped)
    return _with_words(pl.DataFrame(data), client.options, unmapped).with_columns(
        url=pl.lit(f"{client.base}/browse/") + pl.col("key")
    )


def _with_words(items: pl.DataFrame, options: JiraOptions, unmapped: Unmapped) -> pl.DataFrame:
    """Kind, phase and on_hold, from the issue's type, its status and its resolution."""
    status, category = pl.col("status"), pl.col("_category")
    said = category.is_in(["new", "indeterminate", "done"])
    items = items.with_columns(
        kind=words.kind(pl.col("issue_type"), options),
        phase=words.phase(
            status,
            pl.when(said).then(category == "done"),
            options,
            in_progress=category == "indeterminate",
            resolution=pl.col("_resolution"),
        ),
        on_hold=words.on_hold(status, options),
    )
    unmapped.note("phase", items.get_column("status"), items.get_column("phase"))
    return items.drop("_category", "_resolution")


def _category(issue: Issue) -> str | None:
    status = issue.fields.get("status")
    return cells.named(status.get("statusCategory"), "key") if isinstance(status, dict) else None


def _key_fields(client: Client) -> tuple[str, ...]:
    return parent_fields(client.catalogue) if client.dialect.parents_by_key else ()


def _scope_frame(
    scope_of: Mapping[tuple[str, str], int],
    shown: Mapping[int, frozenset[str]],
    columns: Iterable[Source],
    read: Read,
    issues: Iterable[Issue],
) -> pl.DataFrame:
    types = {_scope(issue)[1]: cells.text(issue.fields.get("issuetype")) for issue in issues}
    pairs = sorted(scope_of.items(), key=lambda pair: pair[1])
    return pl.DataFrame(
        {
            "scope": [number for _, number in pairs],
            "project_id": [project for (project, _), _ in pairs],
            "issue_type": [types[own] for (_, own), _ in pairs],
            "complete": [read.whole(project) for (project, _), _ in pairs],
            "hidden": [
                sorted(source.column.name for source in columns if not source.shown(shown[number]))
                for _, number in pairs
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
