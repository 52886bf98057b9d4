"""Hours and points, summed over the net work. Hours become money only through a rate, so never here."""

from __future__ import annotations

import polars as pl

from pmo_sync.figures.context import Context, net_work
from pmo_sync.figures.tally import How, Tally


def tallies(_: Context) -> list[Tally]:
    """Estimate, rest, booked; story points beside them, never mixed."""
    words = {
        "estimate_hours": "Σ original estimate, hours",
        "remaining_hours": "Σ hours still to do",
        "spent_hours": "Σ hours booked",
        "points": "Σ story points",
    }
    return [
        Tally(name, How.SUM, net_work(), pl.col(name), f"{formula} of the net work") for name, formula in words.items()
    ]
