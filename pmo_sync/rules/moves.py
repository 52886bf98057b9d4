"""How often a column of an item moved, from the history of edits: one count for all standards that ask for it."""

from __future__ import annotations

import polars as pl

from pmo_sync.model.duration import Duration
from pmo_sync.model.frames import U32
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.subjects import Subjects


def staged_moves(subjects: Subjects, frame: Frame, column: str, within: Duration | None) -> str | None:
    """Stages the number of changes of a column, up to the status date, and gives its name; None where its history is
    known of nobody.

    Null of an item whose history was not read. A node has the history of the item it is.
    """
    if column not in subjects.portfolio.histories or frame not in {Frame.ITEM, Frame.NODE}:
        return None
    name = f"~{column} {within}"
    if name in subjects.frames[Frame.ITEM].columns:
        return name
    counted = _counted(subjects, column, within).alias(name)
    subjects.stage(Frame.ITEM, [counted])
    subjects.stage(Frame.NODE, [counted.gather(subjects.portfolio.nodes["item"]).alias(name)])
    return name


def _counted(subjects: Subjects, column: str, within: Duration | None) -> pl.Series:
    """Per item; null where it cannot be told."""
    portfolio, clock = subjects.portfolio, subjects.clock
    changes = portfolio.changes
    day = pl.col("at").dt.convert_time_zone(clock.time_zone).dt.date()
    since = (day <= clock.today) if within is None else day.is_between(clock.since(within), clock.today)
    moves = changes.filter((pl.col("column") == column) & since).group_by("item").agg(pl.len().cast(U32).alias("n"))
    told = changes.filter(pl.col("column") == "created")["item"].unique()
    number = portfolio.items.height
    known = pl.repeat(False, number, eager=True).scatter(told, True)
    trackers = portfolio.histories[column]
    if trackers is not None:
        known &= portfolio.items["tracker"].is_in(sorted(trackers)).fill_null(False)
    counts = pl.zeros(number, dtype=U32, eager=True).scatter(moves["item"], moves["n"])
    return pl.select(pl.when(known).then(counts)).to_series()
