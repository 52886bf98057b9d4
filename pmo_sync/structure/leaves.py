"""What stands for an item in the network of links: a summary is the net work below it."""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import DEPENDENCIES, Kind, Phase

TIES: Final = [word.value for word in DEPENDENCIES]


def net_work(portfolio: Portfolio) -> pl.Series:
    """Which items are leaves: tasks and milestones without children, not dropped. What is not known excludes nobody."""
    items = portfolio.items
    parents = items["parent"].drop_nulls().unique()
    return items.select(
        (
            pl.col("kind").is_in([Kind.TASK.value, Kind.MILESTONE.value]).fill_null(False)
            & (pl.col("phase") != Phase.DROPPED.value).fill_null(True)
            & ~pl.col("item").is_in(parents.implode())
        ).alias("leaf")
    ).to_series()


def stand_ins(portfolio: Portfolio, ends: pl.Series) -> pl.DataFrame:
    """`end leaf`: the net work below each of these items; one that has none below it stands for itself."""
    whole = pl.DataFrame({"end": ends.unique().drop_nulls().cast(U32).sort()})
    below = portfolio.items.select(end="parent", leaf="item").drop_nulls("end")
    step = whole.join(below, on="end")
    found = [step.clear()]
    while not step.is_empty():
        found.append(step)
        step = step.join(below.rename({"end": "above"}), left_on="leaf", right_on="above").select(
            "end", leaf="leaf_right"
        )
    every = pl.concat(found)
    net = every.filter(net_work(portfolio).gather(every["leaf"])) if every.height else every
    alone = whole.join(net, on="end", how="anti").select("end", leaf="end")
    return pl.concat([net, alone]).sort("end", "leaf")
