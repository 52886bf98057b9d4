"""How much there is, how much of it is open, done, dropped, overdue, stale."""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.figures.context import IS_LIVE, Context, is_doing, is_open, net_work
from pmo_sync.figures.tally import BASIS, MISSING, USED, How, Tally, empty_or_dropped
from pmo_sync.model.words import Phase

STALE_ABOVE: Final = 10
"""Working days without a sign of life (house)."""
EVERYTHING: Final = pl.lit(True)


def tallies(context: Context) -> list[Tally]:
    """Items = open + done + dropped, where every phase is known; the rest is missing in the three."""
    phase = pl.col("phase")
    return [
        Tally("items", How.COUNT, EVERYTHING, pl.lit(True), "everything below the node"),
        Tally("leaves", How.COUNT, net_work(), pl.lit(True), "tasks and milestones without children, not dropped"),
        Tally("open", How.COUNT, EVERYTHING, is_open(), "items in todo or doing"),
        Tally("done", How.COUNT, EVERYTHING, phase == Phase.DONE.value, "items that are done"),
        Tally("dropped", How.COUNT, EVERYTHING, phase == Phase.DROPPED.value, "items that were dropped"),
        Tally("overdue", How.COUNT, pl.col(IS_LIVE), pl.col("due") < context.day, "live net work due before today"),
        Tally(
            "stale",
            How.COUNT,
            is_doing() & ~pl.col("on_hold"),
            pl.col("quiet_working_days") > STALE_ABOVE,
            f"items in doing, not on hold, without a person's change for more than {STALE_ABOVE} working days",
        ),
    ]


def overdue_share(wide: pl.DataFrame) -> pl.DataFrame:
    """Overdue / live net items with a due date; the others are missing. Null where there are none."""
    used, missing = pl.col("overdue" + USED), pl.col("overdue" + MISSING)
    nothing = (used == 0) & (missing == 0)
    return wide.with_columns(
        pl.when(used > 0).then(pl.col("overdue") / used).alias("overdue_share"),
        used.alias("overdue_share" + USED),
        missing.alias("overdue_share" + MISSING),
        pl.when(nothing).then(empty_or_dropped()).otherwise(pl.lit("count")).alias("overdue_share" + BASIS),
    )
