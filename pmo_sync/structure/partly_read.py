"""Of whom relatives may be missing, as a tracker was not read whole: one answer for verdicts and for marks."""

from __future__ import annotations

import polars as pl

from pmo_sync.model.portfolio import Portfolio


def items_partly_read(portfolio: Portfolio) -> pl.Series:
    """One Boolean per row of ITEMS, never null: something of the item's tracker was not read.

    Children and links stay within a tracker, but not within one of its projects.
    """
    incomplete = portfolio.nodes.filter(pl.col("complete").not_()).select("node")
    projects = portfolio.node_projects.join(incomplete, on="node", how="semi")["tracker"]
    items = portfolio.items.filter(pl.col("complete").not_())["tracker"]
    trackers = sorted({*projects, *items})
    return portfolio.items.select(pl.col("tracker").is_in(trackers)).to_series()
