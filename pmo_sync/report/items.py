"""A snapshot as items.jsonl, the tool's own interchange format: `null` for empty, no key for what cannot be seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY
from pmo_sync.model.words import DEPENDENCIES
from pmo_sync.report.json import Json, lines
from pmo_sync.report.numbers import iso

Row: TypeAlias = Mapping[str, object]

_OWN: Final = "fields."
_FIRST: Final = ("id", "key", "project", "kind", "parent", "title")
_CREATED: Final = "created"
_UNSEEN: Final = "not in this file"
"""Stands for the id of a parent, or of the end of a link, that was not seen. No tracker has such an id."""
_LARGEST: Final = 2**53


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is told of items outside their rows, by id."""

    programmes: Mapping[str, str]
    links: Mapping[str, list[Json]]
    histories: Mapping[str, dict[str, list[Json]]]


def items_jsonl(snapshot: Snapshot, programmes: Mapping[str, str] | None = None) -> str:
    """One item per line, in the order of ids, then one project or sprint per line. An export tracker that reads it has
    the same items, values, links, projects, sprints, and histories of the columns of `Manifest.histories`.

    `programmes` are those that items were placed under, by id; a programme that the snapshot itself holds wins. What is
    hidden for one item is left out for all of its project, kind and type: a file cannot tell them apart.
    """
    hidden = _hidden(snapshot)
    projects = _names(snapshot.projects)
    beside = _Beside(programmes or {}, _links(snapshot.links), _histories(snapshot))
    rows = snapshot.items.sort("id").iter_rows(named=True)
    items = (_item(row, hidden.get(row["scope"], frozenset()), projects, beside) for row in rows)
    return lines(chain(items, _projects(snapshot.projects, projects), _sprints(snapshot.sprints, projects)))


def _hidden(snapshot: Snapshot) -> dict[int, frozenset[str]]:
    """Scope → what is hidden there, or in another scope of which a file that is read again makes one with it."""
    alike = [name for name in ("project_id", "kind", "issue_type") if name in snapshot.items.columns]
    scopes = snapshot.items.join(snapshot.scopes.select("scope", "hidden"), on="scope", how="left")
    found: dict[int, frozenset[str]] = {}
    for _, group in scopes.unique([*alike, "scope"]).group_by(alike):
        names = frozenset(group["hidden"].explode().drop_nulls())
        found |= {scope: found.get(scope, frozenset()) | names for scope in group["scope"]}
    return found


def _names(projects: pl.DataFrame) -> dict[str, str]:
    """Project → its name, or else its key; with its key where another one has that name. No two are told alike."""
    rows = [(number, key, name or key) for number, key, name in projects.select("id", "key", "name").iter_rows()]
    count = Counter(name for *_, name in rows)
    found = {number: name for number, _, name in rows if count[name] == 1}
    taken = set(found.values())
    for number, key, name in rows:
        if number not in found:
            told = f"{name} ({key})"
            while told in taken:
                told += f" ({key})"
            taken.add(told)
            found[number] = told
    return found


def _item(
    row: Row,
    hidden: frozenset[str],
    projects: Mapping[str, str],
    beside: _Beside,
) -> dict[str, Json]:
    """One item: identity first, then the vocabulary by name, own columns, history and links."""
    found: dict[str, Json] = {"id": str(row["id"]), "key": _plain(row["key"]), "title": _plain(row["title"])}
    if row["parent_known"]:
        found["parent"] = _UNSEEN if row["parent_id"] is None else _plain(row["parent_id"])
    if row["project_id"] is not None:
        found["project"] = projects.get(str(row["project_id"]), str(row["project_id"]))
    if str(row["id"]) in beside.programmes:
        found["programme"] = beside.programmes[str(row["id"])]
    seen = [name for name in row if name not in frames.PULLED and (name in STRUCTURAL or name not in hidden)]
    found |= {name: _plain(row[name]) for name in seen if name in VOCABULARY and row[name] is not None}
    found |= {name: None for name in seen if name in VOCABULARY and row[name] is None and name not in STRUCTURAL}
    found |= _own(row, seen)
    if beside.links.get(str(row["id"])):
        found["links"] = beside.links[str(row["id"])]
    if str(row["id"]) in beside.histories:
        found["history"] = beside.histories[str(row["id"])]
    first = {name: found[name] for name in _FIRST if name in found}
    return first | {name: found[name] for name in sorted(found) if name not in first}


def _own(row: Row, seen: Iterable[str]) -> dict[str, Json]:
    """The own columns, if any, as `fields`."""
    own = {name.removeprefix(_OWN): _plain(row[name]) for name in seen if name.startswith(_OWN)}
    return {"fields": dict(sorted(own.items()))} if own else {}


def _projects(frame: pl.DataFrame, names: Mapping[str, str]) -> Iterator[dict[str, Json]]:
    """One project each of which more is seen than what its items tell."""
    beside = [name for name in frame.columns if name not in frames.PROJECTS and name not in STRUCTURAL]
    for row in sorted(frame.iter_rows(named=True), key=lambda row: names[row["id"]]):
        seen = [name for name in beside if name not in (row["hidden"] or ())]
        if seen or row["closed"]:
            told = {name: _plain(row[name]) for name in sorted(seen) if name in VOCABULARY}
            head: dict[str, Json] = {"tracker_project": names[row["id"]], "key": row["key"]}
            yield {**head, **({"closed": True} if row["closed"] else {}), **told, **_own(row, seen)}


def _links(frame: pl.DataFrame) -> dict[str, list[Json]]:
    """Item → its links as predecessor, and those as successor whose predecessor was not seen."""
    found: dict[str, list[Json]] = defaultdict(list)
    seen = frame.filter(pl.any_horizontal(pl.col("source_id", "target_id").is_not_null()))
    for row in seen.sort("source_id", "target_id", "type", nulls_last=True).iter_rows(named=True):
        own, other, end = row["source_id"], row["target_id"], "to"
        if own is None:
            own, other, end = other, None, "from"
        link: dict[str, Json] = {"type": row["type"], end: _UNSEEN if other is None else other}
        if row["lag_working_days"] is not None or row["type"] in DEPENDENCIES:
            link["lag_working_days"] = row["lag_working_days"]
        found[own].append(link)
    return found


def _histories(snapshot: Snapshot) -> dict[str, dict[str, list[Json]]]:
    """Item → column → its edits, for the items whose history was read; nothing where no column's history is whole."""
    columns = snapshot.manifest.histories
    if not columns:
        return {}
    made = snapshot.changes.filter(pl.col("column") == _CREATED).select("id")
    found: dict[str, dict[str, list[Json]]] = {
        number: {_CREATED: [], **{column: [] for column in columns}} for number in made["id"]
    }
    edits = snapshot.changes.filter(pl.col("column").is_in([_CREATED, *columns])).join(made, on="id", how="semi")
    for row in edits.select(frames.RAW_CHANGES.keys()).sort(pl.all()).iter_rows(named=True):
        found[row["id"]][row["column"]].append(_edit(row))
    return found


def _edit(row: Row) -> dict[str, Json]:
    """One edit: what is null is left out, and `ours` unless it is."""
    texts = {"at": row["at"], "by": row["by"], "from": row["before"], "to": row["after"]}
    edit = {name: _plain(value) for name, value in texts.items() if value is not None}
    return {**edit, "ours": True} if row["ours"] else edit


def _sprints(frame: pl.DataFrame, projects: Mapping[str, str]) -> Iterator[dict[str, Json]]:
    """One sprint of one project each, `goal` only where the tracker tells goals."""
    for row in frame.sort("id", "project_id").iter_rows(named=True):
        told: dict[str, Json] = {
            "sprint": row["id"],
            "project": projects.get(row["project_id"], row["project_id"]),
            "name": row["name"],
            "state": row["state"],
            "start": _plain(row["start"]),
        }
        yield {**told, "goal": row["goal"]} if row["goal_seen"] else told


def _plain(value: object) -> Json:
    if isinstance(value, date | datetime):
        return iso(value)
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return int(value)
    return value if isinstance(value, str | int | float | bool) else None
