"""Traces of people that a tracker shows until our own next edit hides them. Pure.

An item that was changed later than its history tells has, say, a comment, and nobody tells whose. Our own edit moves
`updated` on, and the trace is gone: what was seen before is kept, so that what we write never makes an item quiet.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot

_OF_NOBODY = (pl.col("column") == "updated") & pl.col("by").is_null()
_ORDER = (pl.col("id").str.len_bytes(), pl.col("id"), pl.col("at"))


def with_traces(snapshot: Snapshot, previous: Snapshot) -> Snapshot:
    """The snapshot with the last change by nobody known of each item whose history it has, the previous one's too."""
    told = snapshot.changes.filter(pl.col("column") == "created").select("id")
    before = previous.changes.select(frames.RAW_CHANGES.keys()).filter(_OF_NOBODY).join(told, on="id", how="semi")
    if before.is_empty():
        return snapshot
    changes = snapshot.changes.select(frames.RAW_CHANGES.keys())
    both = pl.concat([changes.filter(_OF_NOBODY), before])
    latest = both.sort("id", "at").unique("id", keep="last", maintain_order=True)
    rest = changes.filter(_OF_NOBODY.not_().fill_null(value=True))
    return replace(snapshot, changes=pl.concat([rest, latest]).sort(_ORDER, maintain_order=True))
