"""What every figure is computed from, and the shared words: net work, live work, what can be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Waiver
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import Kind, Phase

ONE_DAY: Final = pl.duration(days=1)
OPEN: Final = (Phase.TODO.value, Phase.DOING.value)
OVER: Final = (Phase.DONE.value, Phase.DROPPED.value)
NET_KINDS: Final = (Kind.TASK.value, Kind.MILESTONE.value)

IS_NET: Final = "is net work"
WAS_NET: Final = "is dropped net work"
IS_LIVE: Final = "is live net work"
CURRENCY: Final = "currency of money"
NO_CURRENCY: Final = ""


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the figures. `time_zone` turns a time into the day it fell on."""

    portfolio: Portfolio
    options: RollupOptions
    today: date
    calendar: Calendar
    currency: str | None
    waivers: tuple[Waiver, ...]
    time_zone: str

    @property
    def day(self) -> pl.Expr:
        """The status date."""
        return pl.lit(self.today)

    def day_of(self, time: str) -> pl.Expr:
        """The day on which a time fell, in the project's time zone."""
        return pl.col(time).dt.convert_time_zone(self.time_zone).dt.date()

    def working_days(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """Working days in [start, end); null where either is."""
        return self.calendar.count(start, end).cast(pl.Float64)

    def sees(self, column: str) -> pl.Expr:
        """True where an item's column can be seen, whether or not it has a value."""
        visibility = self.portfolio.item_visibility
        if column in visibility.nowhere:
            return pl.lit(False)
        blind = visibility.hidden.get(column)
        return ~pl.col("scope").is_in(sorted(blind)) if blind else pl.lit(True)


def with_columns_of(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """The frame with each named column: one that nobody shows is null throughout."""
    missing = sorted(set(names) - set(frame.columns))
    return frame.with_columns(pl.lit(None, dtype=_dtype(name)).alias(name) for name in missing)


def _dtype(name: str) -> pl.DataType:
    return VOCABULARY[name].dtype if name in VOCABULARY else pl.Float64()


def staged(context: Context, items: pl.DataFrame) -> pl.DataFrame:
    """Items with the shared words as columns; null where kind or phase is unknown and could make the difference.

    Net work: tasks and milestones without children, not dropped. Live: neither done nor on hold.
    """
    with_children = items["parent"].drop_nulls().unique()
    childless = ~pl.col("item").is_in(with_children.implode())
    of_net_kind = childless & pl.col("kind").is_in(NET_KINDS)
    dropped = pl.col("phase") == Phase.DROPPED.value
    currency = pl.coalesce("currency", pl.lit(context.currency or NO_CURRENCY))
    return items.with_columns(
        (of_net_kind & ~dropped).alias(IS_NET), (of_net_kind & dropped).alias(WAS_NET), currency.alias(CURRENCY)
    ).with_columns((pl.col(IS_NET) & is_open() & ~pl.col("on_hold")).alias(IS_LIVE))


def is_open() -> pl.Expr:
    """Neither done nor dropped; null where the phase is unknown."""
    return pl.col("phase").is_in(OPEN)


def is_doing() -> pl.Expr:
    """In doing; null where the phase is unknown."""
    return pl.col("phase") == Phase.DOING.value


def net_work() -> pl.Expr:
    """Membership of the net work."""
    return pl.col(IS_NET)
