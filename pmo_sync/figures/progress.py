"""Progress: Σ weight · share done / Σ weight, over the net work in one pass, never a mean of percentages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Final

import polars as pl

from pmo_sync.figures.context import Context, net_work
from pmo_sync.figures.options import ProgressBasis
from pmo_sync.figures.tally import BASIS, MISSING, USED, How, Tally, empty_or_dropped
from pmo_sync.model.words import Kind, Phase

WEIGHT: Final = "progress weight by "
"""Start of the names of the tallies that hold weights."""
_MIXED: Final = "count, as estimates mix hours and points"
_HAS: Final = {"hours": "progress has hours", "points": "progress has points", "any": "progress has any"}


@dataclass(frozen=True, slots=True)
class _Weighing:
    """One way to weigh: a name, the weight, and whether milestones take part."""

    name: str
    weight: pl.Expr
    milestones: bool

    @property
    def member(self) -> pl.Expr:
        # A milestone carries no effort: it is neither used nor missing where effort weighs.
        return net_work() if self.milestones else net_work() & (pl.col("kind") != Kind.MILESTONE.value)

    @property
    def total(self) -> str:
        return WEIGHT + self.name

    @property
    def earned(self) -> str:
        return f"progress earned by {self.name}"


@dataclass(frozen=True, slots=True)
class _Choice:
    """When a way to weigh is taken, and what the basis says then."""

    condition: pl.Expr
    weighing: str
    basis: str


def tallies(context: Context) -> list[Tally]:
    """The sums that progress divides, for each way to weigh that can be needed."""
    share = share_done(context)
    found: list[Tally] = []
    for weighing in _weighings(context).values():
        weight: pl.Expr = pl.when(weighing.weight >= 0).then(weighing.weight)
        known = weight.is_not_null() & share.is_not_null()
        if context.options.progress.missing == "impute":
            weight = weight.fill_null(_median_of_siblings(weighing, weight))
        found += [
            Tally(weighing.total, How.SUM, weighing.member, pl.when(share.is_not_null()).then(weight), known=known),
            Tally(weighing.earned, How.SUM, weighing.member, weight * share, known=known),
        ]
    hours, points = (pl.col(name).is_not_null() for name in ("estimate_hours", "points"))
    effort = net_work() & (pl.col("kind") != Kind.MILESTONE.value)
    has = {_HAS["hours"]: hours, _HAS["points"]: points, _HAS["any"]: hours | points}
    return [*found, *(Tally(name, How.COUNT, effort, value) for name, value in has.items())]


def progress(context: Context, wide: pl.DataFrame) -> pl.DataFrame:
    """`progress` from its sums: by the basis, else the fallback where no leaf has its weight."""
    options = context.options.progress
    weighings = _weighings(context)
    choices = [*_choices(options.basis), *_choices(options.fallback)]
    last = choices[-1]

    def chosen(of: dict[str, pl.Expr]) -> pl.Expr:
        rest = of[last.weighing]
        return reduce(
            lambda other, choice: pl.when(choice.condition).then(of[choice.weighing]).otherwise(other),
            reversed(choices),
            rest,
        )

    used = chosen({name: pl.col(weighing.total + USED) for name, weighing in weighings.items()})
    missing = chosen({name: pl.col(weighing.total + MISSING) for name, weighing in weighings.items()})
    value = chosen(
        {
            name: pl.when(pl.col(weighing.total) > 0).then(pl.col(weighing.earned) / pl.col(weighing.total))
            for name, weighing in weighings.items()
        }
    )
    words = reduce(
        lambda other, choice: pl.when(choice.condition).then(pl.lit(choice.basis)).otherwise(other),
        reversed(choices),
        pl.lit(last.basis),
    )
    if options.missing == "impute":
        words = pl.when(missing > 0).then(pl.concat_str(words, pl.lit(", missing weights imputed"))).otherwise(words)
    nothing = (pl.col("leaves" + USED) == 0) & (pl.col("leaves" + MISSING) == 0)
    return wide.with_columns(
        value.alias("progress"),
        used.alias("progress" + USED),
        missing.alias("progress" + MISSING),
        pl.when(nothing).then(empty_or_dropped()).otherwise(words).alias("progress" + BASIS),
    )


def share_done(context: Context) -> pl.Expr:
    """How far an item is, 0 to 1: what is stated, else hours booked and left, else the EV rule. Null = not known."""
    stated, phase = pl.col("percent_done"), pl.col("phase")
    booked = pl.col("spent_hours") + pl.col("remaining_hours")
    doing = (
        pl.when(stated.is_not_null())
        .then(pl.when(stated.is_between(0, 1)).then(stated))
        .when((booked > 0) & (pl.col("spent_hours") >= 0) & (pl.col("remaining_hours") >= 0))
        .then(pl.col("spent_hours") / booked)
        .otherwise(_by_rule(context))
    )
    return (
        pl.when(phase == Phase.DONE.value)
        .then(1.0)
        .when(phase == Phase.TODO.value)
        .then(0.0)
        .when(phase == Phase.DOING.value)
        .then(doing)
    )


def _by_rule(context: Context) -> pl.Expr:
    match context.options.ev_rule:
        case "0/100":
            return pl.lit(0.0)
        case "50/50":
            return pl.lit(0.5)
        case table:
            return pl.col("status").replace_strict(table, default=None, return_dtype=pl.Float64)


def _weighings(context: Context) -> dict[str, _Weighing]:
    options = context.options.progress
    field = pl.col(options.field).cast(pl.Float64, strict=False) if options.field else pl.lit(None, pl.Float64)
    every = {
        "count": _Weighing("count", pl.lit(1.0), milestones=True),
        "hours": _Weighing("hours", pl.col("estimate_hours"), milestones=False),
        "points": _Weighing("points", pl.col("points"), milestones=False),
        "duration": _Weighing("duration", pl.col("duration_working_days"), milestones=False),
        "cost": _Weighing("cost", pl.col("budget_at_completion"), milestones=False),
        "custom": _Weighing("custom", field, milestones=True),
    }
    wanted = {choice.weighing for basis in (options.basis, options.fallback) for choice in _choices(basis)}
    return {name: weighing for name, weighing in every.items() if name in wanted}


def _choices(basis: ProgressBasis) -> list[_Choice]:
    """Which sums a basis takes, in order; conditions are on the tallies of a node."""
    if basis is not ProgressBasis.ESTIMATE:
        name = basis.value
        total = _Weighing(name, pl.lit(None), milestones=True).total
        return [_Choice(pl.col(total + USED) > 0, name, name)]
    some = pl.col(_HAS["any"]) > 0
    return [
        _Choice(some & (pl.col(_HAS["hours"]) == pl.col(_HAS["any"])), "hours", basis.value),
        _Choice(some & (pl.col(_HAS["points"]) == pl.col(_HAS["any"])), "points", basis.value),
        _Choice(some, "count", _MIXED),
    ]


def _median_of_siblings(weighing: _Weighing, weight: pl.Expr) -> pl.Expr:
    """The middle weight of the net work under the same parent item; without one, in the same node."""
    siblings = pl.coalesce(pl.col("parent").cast(pl.Int64), -1 - pl.col("node").cast(pl.Int64))
    return pl.when(weighing.member).then(weight).median().over(siblings)
