"""Words of pmo.yaml that no item of a tracker has: a slip of the pen, or a status that is not in use just now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import polars as pl

from pmo_sync.connectors.options import TrackerOptions, WordMap
from pmo_sync.connectors.words import FROM, Unmapped, declared, typed
from pmo_sync.model.problem import near
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType


@dataclass(frozen=True, slots=True)
class Unmet:
    """One word: where in the settings of the tracker it stands, and the words of items it may have been meant for."""

    place: str
    word: str
    near: tuple[str, ...]


def unmet(options: TrackerOptions, snapshot: Snapshot) -> tuple[Unmet, ...]:
    """The words of `phases`, `kinds` and `values` that no item has or, as far as the history tells, ever had.

    None where the snapshot is not whole, and of a column that shows no word to compare with. A word of `values` is not
    kept itself: it counts as met where anything has what it stands for. A word of `dropped` may be a resolution, which
    is not kept either: only one that is like a status is told.
    """
    if not snapshot.manifest.complete:
        return ()
    found: list[Unmet] = []
    for place, column, words in _listed(options):
        met = _texts(snapshot, column)
        found += _missed(place, words, met | options.values.get(column, {}).keys(), met - {*words}) if met else ()
    statuses = _texts(snapshot, "status")
    met = statuses | options.values.get("status", {}).keys()
    dropped = _missed("dropped", options.dropped, met, statuses - {*options.dropped})
    found += [one for one in dropped if one.near]
    for name, mapping in options.values.items():
        found += _without_meaning(name, mapping, options, snapshot) if FROM not in mapping else ()
    return tuple(found)


def _listed(options: TrackerOptions) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each list of words that items have as they are: its place, the column they stand in, and the words."""
    for phase, statuses in options.phases:
        yield f"phases.{phase}", "status", statuses
    for kind, types in options.kinds.items():
        yield f"kinds.{kind}", "issue_type", types
    for name, mapping in options.values.items():
        if FROM in mapping:
            yield f"values.{name}", str(mapping[FROM]), tuple(word for word in mapping if word != FROM)


def _texts(snapshot: Snapshot, column: str) -> frozenset[str]:
    """What items have in a column, and had before; nothing where the snapshot has no such column."""
    if column not in snapshot.items.columns:
        return frozenset()
    now = snapshot.items[column]
    history = snapshot.changes.filter(pl.col("column") == column)
    parts = [(now.explode() if now.dtype == pl.List else now).cast(pl.String), history["before"], history["after"]]
    return frozenset(text for part in parts for text in part.unique().drop_nulls())


def _without_meaning(name: str, mapping: WordMap, options: TrackerOptions, snapshot: Snapshot) -> list[Unmet]:
    """The words of one entry of `values` that stand for what nothing has."""
    own = {key.removeprefix("fields."): column for key, (column, _) in declared(options).items()}
    column = {**VOCABULARY, **own}.get(name)
    if column is None or column.type is ColumnType.TEXTS:
        return []
    frames = (snapshot.items, snapshot.projects)
    seen = [frame[column.name].unique().drop_nulls() for frame in frames if column.name in frame.columns]
    lost = [word for about, word, _ in snapshot.manifest.unmapped if about == column.name]
    if not lost and not any(part.len() for part in seen):
        return []
    words = tuple(mapping)
    meanings = typed(pl.Series(column.name, words, dtype=pl.String()), column, mapping, Unmapped())
    met = {word for word, meaning in zip(words, meanings, strict=True) if any(meaning in part for part in seen)}
    return _missed(f"values.{name}", words, met, lost)


def _missed(place: str, words: Iterable[str], met: AbstractSet[str], meant: Iterable[str]) -> list[Unmet]:
    return [Unmet(place, word, tuple(near(word, meant))) for word in words if word not in met]
