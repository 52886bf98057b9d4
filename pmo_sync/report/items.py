"""A snapshot as items.jsonl, the tool's own interchange format: `null` for empty, no key for what cannot be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY
from pmo_sync.report.json import Json, lines
from pmo_sync.report.numbers import iso

Row: TypeAlias = Mapping[str, object]

_OWN: Final = "fields."
_FIRST: Final = ("id", "key", "project", "kind", "parent", "title")


def items_jsonl(snapshot: Snapshot) -> str:
    """One item per line, in the order of ids. An export tracker that reads it has the same items, values and links."""
    hidden = {row["scope"]: frozenset(row["hidden"] or ()) for row in snapshot.scopes.to_dicts()}
    projects = dict(snapshot.projects.select("id", "name").iter_rows())
    links = _links(snapshot.links)
    rows = snapshot.items.sort("id").iter_rows(named=True)
    return lines(_item(row, hidden.get(row["scope"], frozenset()), projects, links) for row in rows)


def _item(
    row: Row, hidden: frozenset[str], projects: Mapping[str, str], links: Mapping[str, list[Json]]
) -> dict[str, Json]:
    """One item: identity first, then the vocabulary by name, own columns, links."""
    found: dict[str, Json] = {"id": str(row["id"]), "key": _plain(row["key"]), "title": _plain(row["title"])}
    if row["parent_id"] is not None:
        found["parent"] = _plain(row["parent_id"])
    if row["project_id"] is not None:
        found["project"] = projects.get(str(row["project_id"]), str(row["project_id"]))
    seen = [name for name in row if name not in frames.PULLED and (name in STRUCTURAL or name not in hidden)]
    found |= {name: _plain(row[name]) for name in seen if name in VOCABULARY and row[name] is not None}
    found |= {name: None for name in seen if name in VOCABULARY and row[name] is None and name not in STRUCTURAL}
    own: dict[str, Json] = {name.removeprefix(_OWN): _plain(row[name]) for name in seen if name.startswith(_OWN)}
    if own:
        found["fields"] = dict(sorted(own.items()))
    if links.get(str(row["id"])):
        found["links"] = links[str(row["id"])]
    first = {name: found[name] for name in _FIRST if name in found}
    return first | {name: found[name] for name in sorted(found) if name not in first}


def _links(frame: pl.DataFrame) -> dict[str, list[Json]]:
    """Item → its links as predecessor; one whose end cannot be seen has nothing to name and is left out."""
    found: dict[str, list[Json]] = defaultdict(list)
    seen = frame.drop_nulls(["source_id", "target_id"]).sort("source_id", "target_id", "type")
    for row in seen.iter_rows(named=True):
        link: dict[str, Json] = {"type": row["type"], "to": row["target_id"]}
        if row["lag_working_days"] is not None:
            link["lag_working_days"] = row["lag_working_days"]
        found[row["source_id"]].append(link)
    return found


def _plain(value: object) -> Json:
    if isinstance(value, date | datetime):
        return iso(value)
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else None
