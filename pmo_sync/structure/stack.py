"""Several snapshots as one: items of all trackers in canonical order, their scopes, and what each cannot show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.model import frames
from pmo_sync.model.portfolio import Visibility
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY
from pmo_sync.model.words import Kind

TEXTS: Final = pl.List(pl.String())
CUSTOM: Final = "fields."
MAPPED: Final = {name: f"mapped {name}" for name in ("portfolio", "programme", "project")}
"""Columns of a tracker that only feed placing: in ITEMS these names are the names of nodes."""


@dataclass(frozen=True, slots=True)
class Stack:
    """All snapshots, one under the other.

    Attributes:
        items: PULLED with `item`, `tracker` and `complete`, the vocabulary columns and MAPPED; row = `item`.
        scopes: SCOPES with `tracker`; `scope` counts over all trackers.
        projects: PROJECTS with `tracker`, the vocabulary columns and MAPPED; row = `row`.
        visibility: what cannot be seen of an item.
        unread: trackers of which parts are missing and nothing says which parts.
        partly: trackers that were not read whole, whether or not something says which parts.
    """

    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame
    visibility: Visibility
    unread: tuple[str, ...]
    partly: frozenset[str]


def stack(snapshots: Sequence[Snapshot]) -> Stack:
    """The snapshots as one, whatever their order and that of their rows.

    Raises UsageError when two trackers give one custom column two types.
    """
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.manifest.tracker)
    items, scopes, projects, absent, offset = [], [], [], [], 0
    for snapshot in ordered:
        tracker = pl.lit(snapshot.manifest.tracker).alias("tracker")
        shifted = (pl.col("scope") + offset).cast(frames.U32)
        mine = snapshot.scopes.with_columns(tracker, shifted).select("tracker", *frames.SCOPES)
        scopes.append(mine)
        known = _with_url(_known(snapshot.items, frames.PULLED), snapshot.manifest.address)
        items.append(_with_kind(known).with_columns(tracker, shifted))
        projects.append(_known(snapshot.projects, frames.PROJECTS).with_columns(tracker))
        absent.append((frozenset(snapshot.items.columns), frozenset(mine["scope"].to_list())))
        offset += snapshot.scopes.height
    all_scopes = _concat(scopes, {"tracker": frames.TEXT, **frames.SCOPES})
    all_items = _concat(items, {"tracker": frames.TEXT, **frames.PULLED})
    all_projects = _concat(_told(projects), {"tracker": frames.TEXT, **frames.PROJECTS})
    return Stack(
        items=_whole(all_items, all_scopes).sort("tracker", "id").with_row_index("item"),
        scopes=all_scopes,
        projects=all_projects.sort("tracker", "id").with_row_index("row"),
        visibility=_visibility(all_items.columns, all_scopes, absent),
        unread=tuple(snapshot.manifest.tracker for snapshot in ordered if _unread(snapshot)),
        partly=frozenset(one.manifest.tracker for one in ordered if not one.manifest.complete),
    )


def vocabulary_of(names: Iterable[str]) -> list[str]:
    """The names that are words of the vocabulary or custom columns, in the order given."""
    return [name for name in names if name in VOCABULARY or name.startswith(CUSTOM)]


def _known(frame: pl.DataFrame, schema: frames.Schema) -> pl.DataFrame:
    """The columns of the schema and the vocabulary, with their types; what a connector has beside them is left out."""
    words = {name: VOCABULARY[name].dtype for name in frame.columns if name in VOCABULARY and name not in schema}
    frames.check(frame, words, "a snapshot")
    custom = [name for name in frame.columns if name.startswith(CUSTOM)]
    return frame.select(*schema, *words, *custom).rename(MAPPED, strict=False)


def _with_url(items: pl.DataFrame, address: str) -> pl.DataFrame:
    """With `url` made from the address of any item, where the tracker has one and the item none of its own."""
    if not address:
        return items
    name = "key" if "{key}" in address else "id"
    before, _, after = address.partition(f"{{{name}}}")
    own = [pl.col("url")] if "url" in items.columns else []
    return items.with_columns(url=pl.coalesce(*own, pl.concat_str(pl.lit(before), name, pl.lit(after))))


def _with_kind(items: pl.DataFrame) -> pl.DataFrame:
    """A tracker that maps no kinds has tasks: the vocabulary's default."""
    if "kind" in items.columns:
        return items
    return items.with_columns(pl.lit(Kind.TASK.value, VOCABULARY["kind"].dtype).alias("kind"))


def _told(projects: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The projects of each tracker, where `hidden` also names the columns that only other trackers have."""
    words = {name for part in projects for name in vocabulary_of(part.columns)}
    return [
        part.with_columns(
            pl.concat_list(
                pl.col("hidden").fill_null([]), pl.lit(pl.Series([sorted(words - set(part.columns))], dtype=TEXTS))
            )
        )
        for part in projects
    ]


def _concat(parts: Sequence[pl.DataFrame], schema: frames.Schema) -> pl.DataFrame:
    if not parts:
        return frames.empty(schema)
    types: dict[str, pl.DataType] = {}
    for part in parts:
        for name, dtype in part.schema.items():
            if types.setdefault(name, dtype) != dtype:
                raise UsageError(
                    f"two trackers give `{name}` two types: {types[name]} and {dtype}",
                    advice="declare it with one type under `fields` of every tracker",
                )
    return pl.concat(parts, how="diagonal")


def _whole(items: pl.DataFrame, scopes: pl.DataFrame) -> pl.DataFrame:
    """Items with `complete` of their scope, and the structural columns that no tracker delivered."""
    complete = pl.Series(scopes["complete"]) if scopes.height else pl.Series([], dtype=pl.Boolean)
    missing = {
        "url": pl.lit(None, frames.TEXT),
        "phase": pl.lit(None, VOCABULARY["phase"].dtype),
        "kind": pl.lit(None, VOCABULARY["kind"].dtype),
        "on_hold": pl.lit(False),
    }
    return items.with_columns(
        complete.gather(items["scope"]).fill_null(False).alias("complete"),
        pl.col("parent_known").fill_null(False) | pl.col("parent_id").is_not_null(),
        **{name: value for name, value in missing.items() if name not in items.columns},
    ).with_columns(pl.col("on_hold").fill_null(False))


def _visibility(
    columns: Sequence[str], scopes: pl.DataFrame, absent: Sequence[tuple[frozenset[str], frozenset[int]]]
) -> Visibility:
    hidden: dict[str, set[int]] = {}
    for scope, names in scopes.select("scope", "hidden").iter_rows():
        for name in names or ():
            hidden.setdefault(name, set()).add(scope)
    words = vocabulary_of(columns)
    for word in words:
        for present, ids in absent:
            if word not in present:
                hidden.setdefault(word, set()).update(ids)
    return visibility_of(words, hidden)


def visibility_of(words: Iterable[str], hidden: Mapping[str, set[int]]) -> Visibility:
    """What cannot be seen, once structural columns are left out: those every subject has."""
    seen = set(words)
    return Visibility(
        hidden={
            name: frozenset(hidden[name])
            for name in sorted(seen & hidden.keys())
            if hidden[name] and name not in STRUCTURAL
        },
        nowhere=frozenset(VOCABULARY) - STRUCTURAL - seen,
    )


def _unread(snapshot: Snapshot) -> bool:
    if snapshot.manifest.complete:
        return False
    parts = [snapshot.scopes["complete"], snapshot.projects["complete"]]
    return all(bool(part.fill_null(False).all()) for part in parts)
