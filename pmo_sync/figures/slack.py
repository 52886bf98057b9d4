"""Days to spare on each dependency link: from when the predecessor lets go to when the successor wants to go on."""

from __future__ import annotations

import polars as pl

from pmo_sync.figures.context import ONE_DAY, OPEN, Context
from pmo_sync.model import frames
from pmo_sync.model.words import LinkType, Phase
from pmo_sync.structure.leaves import TIES, stand_ins


def slack(context: Context) -> pl.DataFrame:
    """LINK_FIGURES: working days between what each type of link ties together, less the lag; below 0 is too late.

    A summary waits with the earliest of the open work below it and is waited for until the last of it. Null where a
    date is missing or an end cannot be seen, and of links that are no dependencies. A link without a lag has none.
    """
    links = context.portfolio.links.with_row_index("link")
    ties = links.filter(pl.col("type").is_in(TIES) & pl.all_horizontal(pl.col("source", "target").is_not_null()))
    dates = _dates(context)
    late = _of_ends(context, dates, ties["source"], is_first=True)
    soon = _of_ends(context, dates, ties["target"], is_first=False)
    tied = ties.join(late, left_on="source", right_on="end", how="left").join(
        soon, left_on="target", right_on="end", how="left", suffix="_after"
    )
    ends = {
        LinkType.FS: (pl.col("finish") + ONE_DAY, pl.col("start_after")),
        LinkType.SS: (pl.col("start"), pl.col("start_after")),
        LinkType.FF: (pl.col("finish"), pl.col("finish_after")),
        LinkType.SF: (pl.col("start"), pl.col("finish_after") + ONE_DAY),
    }
    apart = [
        tied.filter(pl.col("type") == word.value).select(
            "link", days=context.working_days(first, last) - pl.col("lag_working_days").fill_null(0)
        )
        for word, (first, last) in ends.items()
    ]
    found = pl.concat(apart)
    none = pl.repeat(None, links.height, dtype=pl.Float64(), eager=True)
    days = none.scatter(found["link"], found["days"])
    return frames.check(days.alias("slack_working_days").to_frame(), frames.LINK_FIGURES, "LINK_FIGURES")


def _dates(context: Context) -> pl.DataFrame:
    """Per item: when it starts and when it finishes, as far as that can be told, and whether it is open."""
    phase = pl.col("phase")
    planned = pl.coalesce("forecast_finish", "due")
    ahead = pl.when(planned.is_not_null()).then(pl.max_horizontal(planned, context.day))
    return context.portfolio.items.select(
        "item",
        start=pl.coalesce("actual_start", "start"),
        finish=pl.coalesce("actual_finish", pl.when(phase != Phase.DONE.value).then(ahead)),
        is_open=phase.is_in(OPEN).fill_null(True),
    )


def _of_ends(context: Context, dates: pl.DataFrame, ends: pl.Series, *, is_first: bool) -> pl.DataFrame:
    """`end start finish` of these items: the latest of what stands for a predecessor, the earliest of the open work
    that stands for a successor; null where one of them is missing.
    """
    whole = stand_ins(context.portfolio, ends).join(dates, left_on="leaf", right_on="item")
    if not is_first:
        whole = whole.filter(pl.col("is_open") | ~pl.col("is_open").any().over("end"))
    names = ("start", "finish")
    return whole.group_by("end").agg(
        pl.when(pl.col(name).null_count() == 0).then(pl.col(name).max() if is_first else pl.col(name).min())
        for name in names
    )
