"""Working days: the one place that knows which days count.

Counting is half-open, [a, b); due dates are inclusive, so a duration is `working_days(start, due + 1 day)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from pmo_sync.model.duration import Duration, Unit

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are off. `weekend` holds names of WEEKDAYS (not all seven), `holidays` sorted dates."""

    weekend: tuple[str, ...] = ("saturday", "sunday")
    holidays: tuple[date, ...] = ()

    @property
    def week_mask(self) -> list[bool]:
        """Monday to Sunday, True where a day is worked: what Polars' business functions take."""
        return [day not in self.weekend for day in WEEKDAYS]

    def is_working_day(self, day: date) -> bool:
        """True when the day is neither weekend nor holiday."""
        return self.week_mask[day.weekday()] and day not in self.holidays

    def working_days(self, start: date, end: date) -> int:
        """Working days in [start, end); 0 when equal; for end < start the negated count of [end, start)."""
        if end < start:
            return -self.working_days(end, start)
        return int(pl.select(self.count(pl.lit(start), pl.lit(end))).item())

    def count(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """`working_days` as an expression: Int32, null where either date is null.

        Polars' own count for end < start is that of (end, start], so the dates are put in order and the sign kept.
        """
        low, high = pl.min_horizontal(start, end), pl.max_horizontal(start, end)
        count = pl.business_day_count(low, high, week_mask=self.week_mask, holidays=self.holidays)
        both = start.is_not_null() & end.is_not_null()
        return pl.when(both).then(pl.when(end < start).then(-count).otherwise(count))

    def add_working_days(self, day: date, amount: int) -> date:
        """As a spreadsheet's WORKDAY: from Saturday plus 1 is Monday, minus 1 is Friday; plus 0 is the day itself.

        Beyond the first and last day there is, that day.
        """
        step = _ONE_DAY if amount >= 0 else -_ONE_DAY
        left = abs(amount)
        end = date.max if amount >= 0 else date.min
        while left and day != end:
            day += step
            if self.is_working_day(day):
                left -= 1
        return day

    def add(self, day: date, duration: Duration, *, sign: int = 1) -> date:
        """The day moved by a duration, forwards or (sign -1) back. Months keep the day, or take the month's last.

        Beyond the first and last day there is, that day.
        """
        amount = sign * duration.amount
        if duration.unit is Unit.WORKING_DAYS:
            return self.add_working_days(day, amount)
        try:
            return pl.select(pl.lit(day).dt.offset_by(offset(duration, sign=sign))).item()  # type: ignore[no-any-return]
        except (ValueError, OverflowError, pl.exceptions.PolarsError):  # no such year
            return date.max if amount > 0 else date.min

    def shift(self, days: pl.Expr, duration: Duration, *, sign: int = 1) -> pl.Expr:
        """`add` as an expression over a Date column; null stays null."""
        amount = sign * duration.amount
        if duration.unit is not Unit.WORKING_DAYS:
            return days.dt.offset_by(offset(duration, sign=sign))
        if amount == 0:
            return days
        # WORKDAY: a day off rolls back before adding and forward before taking, so that it costs no step.
        roll: Literal["backward", "forward"] = "backward" if amount > 0 else "forward"
        return days.dt.add_business_days(amount, week_mask=self.week_mask, holidays=self.holidays, roll=roll)


def offset(duration: Duration, *, sign: int = 1) -> str:
    """A calendar duration as Polars' offset text; hours round to nothing on a date. Not for working days."""
    suffix = {Unit.HOURS: "h", Unit.DAYS: "d", Unit.WEEKS: "w", Unit.MONTHS: "mo", Unit.YEARS: "y"}[duration.unit]
    return f"{sign * duration.amount}{suffix}"
