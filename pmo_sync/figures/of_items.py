"""Figures of single items: durations, ages, horizon, value per size. One expression each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.figures.context import ONE_DAY, OPEN, Context, is_doing
from pmo_sync.figures.dates import created_since, horizon_end
from pmo_sync.model.words import DEPENDENCIES, Phase


@dataclass(frozen=True, slots=True)
class ItemFigure:
    """One figure of an item: its basis in words, and the expression over ITEMS that gives it; null = not known."""

    basis: str
    value: Callable[[Context], pl.Expr]


def _duration(context: Context) -> pl.Expr:
    stated = pl.col("duration_working_days")
    return stated.fill_null(_inclusive(context, "start", "due"))


def _baseline_duration(context: Context) -> pl.Expr:
    return _inclusive(context, "baseline_start", "baseline_finish")


def _inclusive(context: Context, start: str, end: str) -> pl.Expr:
    """Working days from the start to the end of the last day; an end before the start has no length."""
    first, last = pl.col(start), pl.col(end)
    return pl.when(first <= last).then(context.working_days(first, last + ONE_DAY))


def _slip(context: Context) -> pl.Expr:
    return context.working_days(pl.col("baseline_finish"), _finish(context))


def _finish(context: Context) -> pl.Expr:
    """When it ends: what happened, else what is stated, else due or today. Behind a link only the network knows."""
    links = context.portfolio.links.filter(pl.col("type").is_in([link.value for link in DEPENDENCIES]))
    waits = pl.col("item").is_in(links["target"].drop_nulls().unique().implode())
    due = pl.col("due")
    unlinked = pl.when(~waits & due.is_not_null()).then(pl.max_horizontal(due, context.day))
    return (
        pl.when(pl.col("phase") == Phase.DONE.value)
        .then(pl.col("actual_finish"))
        .when(pl.col("phase").is_in(OPEN))
        .then(pl.coalesce("forecast_finish", unlinked))
    )


def _age(context: Context) -> pl.Expr:
    return pl.when(is_doing()).then(context.working_days(pl.col("actual_start"), context.day))


def _quiet(context: Context) -> pl.Expr:
    return context.working_days(context.day_of("last_human_change"), context.day)


def _owner_doing(_: Context) -> pl.Expr:
    return pl.when(pl.col("owner").is_not_null()).then(is_doing().cast(pl.Int64).sum().over("owner"))


def _in_horizon(context: Context) -> pl.Expr:
    """A date that is empty is in no horizon; one that cannot be seen might be."""
    due = _within(context, "due", pl.col("due") <= horizon_end(context))
    created = _within(context, "created", context.day_of("created") >= created_since(context))
    current = context.portfolio.nodes["stage"].gather(context.portfolio.items["node"])
    in_stage = (pl.col("stage") == pl.lit(current)).fill_null(False)  # without stages nothing is in the current one
    return is_doing() | due | created | in_stage


def _within(context: Context, column: str, near: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(near).when(context.sees(column)).then(False)


def _wsjf(_: Context) -> pl.Expr:
    value = pl.col("business_value") + pl.col("time_criticality") + pl.col("risk_reduction")
    return pl.when(pl.col("job_size") != 0).then(value / pl.col("job_size"))


ITEM_FIGURES: Final[Mapping[str, ItemFigure]] = {
    "duration_working_days": ItemFigure("stated, else working days from start to due", _duration),
    "baseline_duration_working_days": ItemFigure("working days from baseline start to finish", _baseline_duration),
    "slip_working_days": ItemFigure("working days from baseline finish to forecast finish", _slip),
    "age_working_days": ItemFigure("working days since the actual start, while doing", _age),
    "quiet_working_days": ItemFigure("working days since the last change by a person", _quiet),
    "owner_doing": ItemFigure("count of the owner's items in doing", _owner_doing),
    "in_horizon": ItemFigure("doing, in the current stage, or due or created within the horizon", _in_horizon),
    "wsjf": ItemFigure("(business value + time criticality + risk reduction) / job size", _wsjf),
}
"""Every figure of an item but those of waivers, which are found by scope (`figures.waivers`)."""
