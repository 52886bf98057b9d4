"""Where nothing may be written: supportive parts, closed projects, what was not read whole. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import Mode
from pmo_sync.plan.inputs import FlagSource, PlanInputs
from pmo_sync.structure.partly_read import items_partly_read
from pmo_sync.structure.scope import items_in, nodes_in

INCOMPLETE: Final = "incomplete"
CLOSED: Final = "closed"
PAIRS: Final = {"item": U32, "flag": pl.String()}
BLOCKED: Final = pl.String()
"""Why a target takes nothing: INCOMPLETE, CLOSED or null."""


def quiet_items(inputs: PlanInputs) -> pl.Series:
    """Per item, whether the general mode there is supportive: nothing but flags of standards that act there all the
    same (`acting`) is written.
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


def acting(inputs: PlanInputs) -> dict[str, pl.Series]:
    """Flag → per item, whether its standard writes there: its marks move even where the general mode is supportive.

    Empty where no part is supportive. As `rules.modes` has it for findings: the first entry that matches counts.
    """
    if not quiet_items(inputs).any():
        return {}
    return {source.flag: acts_at(inputs, source) for source in inputs.flags}


def acts_at(inputs: PlanInputs, source: FlagSource) -> pl.Series:
    """Per item, whether the standard writes there."""
    own = source.mode is None or source.mode is not Mode.SUPPORTIVE
    acts = pl.repeat(None, inputs.portfolio.items.height, dtype=pl.Boolean(), eager=True)
    for entry in inputs.modes:
        if entry.standard in {None, source.standard} and entry.pack in {None, source.pack}:
            said = pl.lit(entry.mode is not Mode.SUPPORTIVE and (own or entry.standard is not None))
            here = items_in(inputs.portfolio, entry)
            acts = pl.select(pl.when(acts.is_null() & here).then(said).otherwise(acts)).to_series()
    return acts.fill_null((source.mode or inputs.mode) is not Mode.SUPPORTIVE)


def resting_on_a_part(inputs: PlanInputs) -> pl.DataFrame:
    """`item flag`: flags of offenders whose share is judged on a node above the item that was not read whole, and of
    standards that look at relatives where the item's tracker was not. Whether they hold there cannot be told, so that
    such a flag is neither put nor taken off.
    """
    nodes = inputs.portfolio.nodes.filter(pl.col("complete").not_()).select("node", pl.col("level").cast(pl.String))
    found = [pl.DataFrame(schema=PAIRS)]
    for source in inputs.flags if nodes.height else ():
        judged = nodes.filter(pl.col("level").is_in([level.value for level in source.shared]))
        items = inputs.portfolio.places.join(judged, on="node", how="semi").select("item").unique()
        found.append(items.with_columns(flag=pl.lit(source.flag)))
    partly = inputs.portfolio.items.select("item").filter(items_partly_read(inputs.portfolio))
    found += [partly.with_columns(flag=pl.lit(source.flag)) for source in inputs.flags if source.related]
    return pl.concat(found).unique()


def acting_targets(inputs: PlanInputs, tracker: str, acts: Mapping[str, pl.Series]) -> pl.DataFrame:
    """The targets without the items of supportive parts in which no standard acts: these are left alone altogether."""
    items = targets(inputs, tracker)
    anybody = [mask.gather(items["item"]) for mask in acts.values()]
    return items.filter(reduce(or_, anybody, ~items["quiet"]))


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
