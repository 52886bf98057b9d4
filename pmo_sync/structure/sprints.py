"""The sprints of each project: of those that a tracker tells, the ones that items of the project are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Level

_PLACE: Final = ("tracker", "project_id", "node")


def sprints(snapshots: Sequence[Snapshot], items: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """SPRINTS, by node, tracker and id. Where items tell the names of their sprints, a sprint is of the nodes that
    these items hang under; else of every node with items of its tracker project. A goal that is only the name of the
    sprint is none.
    """
    raw = [
        one.sprints.select(pl.lit(one.manifest.tracker).alias("tracker"), *frames.RAW_SPRINTS)
        for one in snapshots
        if not one.sprints.is_empty()
    ]
    if not raw:
        return frames.empty(frames.SPRINTS)
    told = pl.concat(raw)
    level = nodes["level"].gather(items["node"]).cast(pl.String)
    placed = items.filter(level == Level.PROJECT.value)
    found = told.join(placed.select(_PLACE).unique(), on=["tracker", "project_id"])
    if "sprints" in placed.columns:
        named = placed.select(*_PLACE, name="sprints").explode("name").drop_nulls().unique()
        tells = named["tracker"].unique().implode()
        is_there = found.join(named, on=[*_PLACE, "name"], how="semi")
        found = pl.concat([is_there, found.filter(~pl.col("tracker").is_in(tells))])
    goal, name = pl.col("goal").str.strip_chars(), pl.col("name").str.strip_chars()
    whole = (
        found.select(
            "node",
            "tracker",
            "id",
            "name",
            sprint_state="state",
            sprint_start="start",
            sprint_goal=pl.when(goal.str.to_lowercase() != name.fill_null("").str.to_lowercase()).then(goal),
            scope=pl.when("goal_seen").then(0).otherwise(1).cast(frames.U32),
        )
        .unique(["node", "tracker", "id"], keep="any")
        .sort("node", "tracker", "id")
        .with_row_index("sprint")
    )
    return frames.check(whole.select(list(frames.SPRINTS)), frames.SPRINTS, "SPRINTS")
