"""First and last days over the net work; nulls are ignored but counted."""

from __future__ import annotations

import polars as pl

from pmo_sync.figures.context import Context, is_doing, net_work
from pmo_sync.figures.tally import BASIS, MISSING, USED, How, Tally
from pmo_sync.model.frames import U32


def tallies(_: Context) -> list[Tally]:
    """Start, due and baseline dates, and the last sign of life."""
    net = net_work()
    start = pl.coalesce("actual_start", "start")
    return [
        Tally("start", How.MIN, net, start, "the earliest actual start, else planned start, of the net work"),
        Tally("due", How.MAX, net, pl.col("due"), "the latest due date of the net work"),
        Tally("baseline_start", How.MIN, net, pl.col("baseline_start"), "the earliest approved start of the net work"),
        Tally(
            "baseline_finish", How.MAX, net, pl.col("baseline_finish"), "the latest approved due date of the net work"
        ),
        Tally(
            "last_human_change",
            How.MAX,
            net,
            pl.col("last_human_change"),
            "the latest change by a person to the net work",
        ),
    ]


def horizon_end(context: Context) -> pl.Expr:
    """The last day of `rollup.horizon`, counted from the status date."""
    return pl.lit(context.calendar.add(context.today, context.options.horizon))


def in_horizon(context: Context, wide: pl.DataFrame) -> pl.DataFrame:
    """A node is in the horizon when it is in doing, or due before the horizon ends; null where that cannot be told."""
    near = is_doing() | (pl.col("due") <= horizon_end(context))
    phase = context.portfolio.nodes["phase"].alias("phase")
    value = wide.with_columns(phase).select(near).to_series()
    return wide.with_columns(
        value.alias("in_horizon"),
        value.is_not_null().cast(U32).alias("in_horizon" + USED),
        value.is_null().cast(U32).alias("in_horizon" + MISSING),
        pl.lit("phase and due").alias("in_horizon" + BASIS),
    )


def created_since(context: Context) -> pl.Expr:
    """The first day of a horizon that ends today."""
    return pl.lit(context.calendar.add(context.today, context.options.horizon, sign=-1))
