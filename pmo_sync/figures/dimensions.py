"""The dimensions of a computed colour: the figure each looks at, how far it may go, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.figures.context import Context
from pmo_sync.figures.options import DIMENSIONS, Threshold
from pmo_sync.figures.tally import MISSING, USED, How, Tally
from pmo_sync.model.words import RAG_RANK, Kind, Phase, Rag

SLIP: Final = "largest slip of milestones"
_GREEN, _AMBER, _RED = (pl.lit(RAG_RANK[colour], pl.Int8) for colour in (Rag.GREEN, Rag.AMBER, Rag.RED))


@dataclass(frozen=True, slots=True)
class Dimension:
    """One built dimension.

    Attributes:
        figure: whose coverage it has.
        value: over the wide frame of nodes; null = cannot be told.
        asked: whether the node has anything that the dimension is about; without, it neither counts nor is missing.
        says: the words for a value.
    """

    figure: str
    value: pl.Expr
    asked: pl.Expr
    says: Callable[[float], str]

    def rank(self, threshold: Threshold, min_coverage: float) -> pl.Expr:
        """Rank of the colour: green up to `amber`, amber up to `red`; too thin a coverage is never green."""
        used, missing = pl.col(self.figure + USED), pl.col(self.figure + MISSING)
        covered = used >= min_coverage * (used + missing)
        colour = (
            pl.when(self.value > threshold.red)
            .then(_RED)
            .when(self.value > threshold.amber)
            .then(_AMBER)
            .when(self.value.is_not_null() & covered)
            .then(_GREEN)
        )
        return pl.when(self.asked).then(colour)


def tallies(_: Context) -> list[Tally]:
    """What the dimensions need beside the figures."""
    milestone = (pl.col("kind") == Kind.MILESTONE.value) & (pl.col("phase") != Phase.DROPPED.value)
    return [Tally(SLIP, How.MAX, milestone, pl.col("slip_working_days"))]


def _something(figure: str) -> pl.Expr:
    return (pl.col(figure + USED) > 0) | (pl.col(figure + MISSING) > 0)


def _of_appetite() -> pl.Expr:
    """Exposure as a share of the appetite; of no appetite at all any exposure is too much."""
    exposure, appetite = pl.col("risk_exposure"), pl.col("risk_appetite")
    of_nothing = pl.when(exposure > 0).then(float("inf")).when(exposure <= 0).then(0.0)
    return pl.when(appetite > 0).then(exposure / appetite).when(appetite <= 0).then(of_nothing)


def percent(share: float) -> str:
    """A share as people read it: `12 %`, `5.1 %`."""
    return f"{round(100 * share, 1):g} %"


def _slips(days: float) -> str:
    number = f"{days:g} working day" + ("" if abs(days) == 1 else "s")
    return f"a milestone {number} late" if days > 0 else "no milestone late"


def _exposed(share: float) -> str:
    return (
        "risk exposure without an appetite" if share == float("inf") else f"risk exposure {percent(share)} of appetite"
    )


BUILT: Final[dict[str, Dimension]] = {
    "overdue_share": Dimension(
        "overdue_share",
        pl.col("overdue_share"),
        _something("overdue_share"),
        lambda share: f"{percent(share)} overdue",
    ),
    "milestone_slip": Dimension(SLIP, pl.col(SLIP), _something(SLIP), _slips),
    "appetite_used": Dimension(
        "risk_exposure",
        _of_appetite(),
        pl.col("risk_appetite").is_not_null() & _something("risk_exposure"),
        _exposed,
    ),
}
"""The dimensions whose figures are built. The others of `options.DIMENSIONS` are named as unknown where they are on."""


def configured(context: Context) -> dict[str, Threshold]:
    """The dimensions that are on, in the order of the house."""
    chosen = context.options.rag.dimensions
    found = {name: getattr(chosen, name) for name in DIMENSIONS}
    return {name: threshold for name, threshold in found.items() if threshold is not None}
