"""Links and history by row numbers."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Changes, Links
from pmo_sync.model.snapshot import Snapshot


def links(snapshots: Sequence[Snapshot], items: pl.DataFrame) -> Links:
    """Every link of which one end is an item, once, in the order of its ends; an end that is not seen is null."""
    known = items.select("tracker", "id", "item", "node")
    raw = _stacked(snapshots, [snapshot.links for snapshot in snapshots], frames.RAW_LINKS)
    for end in ("source", "target"):
        names = {"id": f"{end}_id", "item": end, "node": f"{end}_node"}
        raw = raw.join(known.rename(names), on=["tracker", f"{end}_id"], how="left")
    both = pl.col("source").is_not_null() & pl.col("target").is_not_null()
    return Links(
        raw.filter(pl.col("source").is_not_null() | pl.col("target").is_not_null())
        .with_columns(
            (pl.col("source_node") != pl.col("target_node")).alias("crosses_project"),
            pl.when(both).then(False).alias("crosses_tracker"),  # a tracker links its own items only
        )
        .select(*frames.LINKS)
        .unique()
        .sort(*frames.LINKS)
    )


def changes(snapshots: Sequence[Snapshot], items: pl.DataFrame) -> Changes:
    """The history of the items, by item, column and time."""
    known = items.select("tracker", "id", "item")
    raw = _stacked(snapshots, [snapshot.changes for snapshot in snapshots], frames.RAW_CHANGES)
    mine = raw.join(known, on=["tracker", "id"])
    return Changes(mine.select(*frames.CHANGES).sort(*frames.CHANGES))


def histories(snapshots: Sequence[Snapshot]) -> dict[str, frozenset[str]]:
    """Column → the trackers whose snapshots hold its history."""
    columns = sorted({name for snapshot in snapshots for name in snapshot.manifest.histories})
    return {
        name: frozenset(one.manifest.tracker for one in snapshots if name in one.manifest.histories) for name in columns
    }


def _stacked(snapshots: Sequence[Snapshot], parts: Sequence[pl.DataFrame], schema: frames.Schema) -> pl.DataFrame:
    named = [
        part.select(pl.lit(snapshot.manifest.tracker).alias("tracker"), *schema)
        for snapshot, part in zip(snapshots, parts, strict=True)
    ]
    return pl.concat(named) if named else frames.empty({"tracker": frames.TEXT, **schema})
