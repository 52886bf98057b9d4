"""The trackers' own projects as a tree: the smallest units that placing rules know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pmo_sync.model.frames import PROJECTS
from pmo_sync.structure.stack import Stack

Id = tuple[str, str]
"""A project's identity: tracker, immutable id."""


@dataclass(frozen=True, slots=True)
class TrackerProject:
    """One project of one tracker.

    Attributes:
        tracker, id: its identity.
        key, name: as people write it; both fall back to what there is.
        closed: readable, never written to.
        complete: all of its items may be taken as read.
        chain: ids from the topmost project that can be seen down to itself.
        row: its row in the stacked PROJECTS; None for a project that only items name: nothing of it can be seen.
        texts: its text columns, for placing rules.
        hidden: columns that cannot be seen.
    """

    tracker: str
    id: str
    key: str
    name: str
    closed: bool
    complete: bool
    chain: tuple[str, ...]
    row: int | None
    texts: Mapping[str, object]
    hidden: frozenset[str]


def tracker_projects(stack: Stack) -> dict[Id, TrackerProject]:
    """Every project that PROJECTS or an item names, by identity, in text order."""
    rows: dict[Id, dict[str, object]] = {
        (row["tracker"], row["id"]): row for row in stack.projects.iter_rows(named=True)
    }
    bare = stack.items.select("tracker", "project_id").drop_nulls().unique()
    for tracker, project in bare.iter_rows():
        rows.setdefault((tracker, project), {})
    return {identity: _project(identity, rows) for identity in sorted(rows)}


def _project(identity: Id, rows: Mapping[Id, dict[str, object]]) -> TrackerProject:
    row = rows[identity]
    tracker, id_ = identity
    key = _text(row.get("key")) or _text(row.get("name")) or id_
    hidden = row.get("hidden")
    return TrackerProject(
        tracker=tracker,
        id=id_,
        key=key,
        name=_text(row.get("name")) or key,
        closed=row.get("closed") is True,
        complete=row.get("complete") is not False,
        chain=tuple(reversed(list(_upwards(identity, rows)))),
        row=row["row"] if isinstance(row.get("row"), int) else None,  # type: ignore[arg-type]
        texts={name: row[name] for name in row if name not in PROJECTS and row[name] is not None},
        hidden=frozenset(hidden) if isinstance(hidden, list) else frozenset(),
    )


def _upwards(identity: Id, rows: Mapping[Id, dict[str, object]]) -> Iterator[str]:
    """The project's id, its parent's and so on, as far as they can be seen; a circle ends where it closes."""
    tracker, at = identity
    seen: set[str] = set()
    while at not in seen and (tracker, at) in rows:
        seen.add(at)
        yield at
        above = _text(rows[tracker, at].get("parent_id"))
        if above is None:
            return
        at = above


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
