"""Where nothing may be written: supportive parts, closed projects, what was not read whole. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import Mode
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.structure.scope import items_in, nodes_in

INCOMPLETE: Final = "incomplete"
CLOSED: Final = "closed"
BLOCKED: Final = pl.String()
"""Why a target takes nothing: INCOMPLETE, CLOSED or null."""


def quiet_items(inputs: PlanInputs) -> pl.Series:
    """Per item, whether the general mode there is supportive: nothing but flags of standards that were raised by name
    is written.
    """
    return _quiet(inputs, items_in, inputs.portfolio.items.height)


def quiet_nodes(inputs: PlanInputs) -> pl.Series:
    """Per node, whether the general mode there is supportive: no summary is written."""
    return _quiet(inputs, nodes_in, inputs.portfolio.nodes.height)


def _quiet(inputs: PlanInputs, within: Callable[[Portfolio, Scope], pl.Series], height: int) -> pl.Series:
    quiet = pl.repeat(None, height, dtype=pl.Boolean(), eager=True)
    for entry in inputs.modes:
        if entry.standard is None and entry.pack is None:
            said = pl.lit(entry.mode is Mode.SUPPORTIVE)
            here = within(inputs.portfolio, entry)
            quiet = pl.select(pl.when(quiet.is_null() & here).then(said).otherwise(quiet)).to_series()
    return quiet.fill_null(inputs.mode is Mode.SUPPORTIVE)


def raised_flags(inputs: PlanInputs) -> frozenset[str]:
    """Flags that may be written even where the general mode is supportive: of standards, or packs, that an entry of
    `modes` names with a higher mode, and of standards with a higher mode of their own.
    """
    named = [entry for entry in inputs.modes if entry.mode is not Mode.SUPPORTIVE]
    standards = {entry.standard for entry in named if entry.standard is not None}
    packs = {entry.pack for entry in named if entry.pack is not None}
    return frozenset(
        source.flag
        for source in inputs.flags
        if source.standard in standards
        or source.pack in packs
        or (source.mode is not None and source.mode is not Mode.SUPPORTIVE)
    )


def targets(inputs: PlanInputs, tracker: str) -> pl.DataFrame:
    """Every item of a tracker as a target: `item id key blocked quiet`, sorted by item."""
    items = inputs.portfolio.items.select("item", "tracker", "id", "key", "complete").with_columns(
        quiet_items(inputs).alias("quiet")
    )
    return (
        items.filter(pl.col("tracker") == tracker)
        .join(_closed_items(inputs, tracker), on="id", how="left", maintain_order="left")
        .select(
            "item",
            "id",
            pl.col("key").fill_null(pl.col("id")),
            _blocked(pl.col("complete"), pl.col("closed")).alias("blocked"),
            "quiet",
        )
    )


def _closed_items(inputs: PlanInputs, tracker: str) -> pl.DataFrame:
    frames = [
        snapshot.items.select("id", "project_id").join(
            snapshot.projects.filter(pl.col("closed")).select(project_id="id", closed="closed"), on="project_id"
        )
        for snapshot in inputs.snapshots
        if snapshot.manifest.tracker == tracker
    ]
    none = pl.DataFrame(schema={"id": pl.String(), "project_id": pl.String(), "closed": pl.Boolean()})
    return pl.concat([none, *frames]).select("id", "closed").unique("id")


def _blocked(complete: pl.Expr, closed: pl.Expr) -> pl.Expr:
    return (
        pl.when(complete.fill_null(False).not_())
        .then(pl.lit(INCOMPLETE))
        .when(closed.fill_null(False))
        .then(pl.lit(CLOSED))
        .otherwise(pl.lit(None, dtype=BLOCKED))
    )


def block(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `blocked` made of its columns `complete` and `closed`."""
    return frame.with_columns(_blocked(pl.col("complete"), pl.col("closed")).alias("blocked"))
