"""Numbers and dates as they leave the house: exact for machines, short for people."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from pmo_sync.model.vocabulary import ColumnType

Value: TypeAlias = str | int | float | bool | date | datetime | None

MONEY_DECIMALS: Final = 6
_WHOLE: Final = frozenset({ColumnType.HOURS, ColumnType.MONEY, ColumnType.WORKING_DAYS, ColumnType.INTEGER})
NOTHING: Final = "\N{EN DASH}"


def exact(value: Value, type_: ColumnType) -> Value:
    """The value as JSON and CSV give it: money to 6 decimals, whole hours, days and money as whole numbers, no NaN."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    if type_ is ColumnType.MONEY:
        value = round(value, MONEY_DECIMALS)
    if type_ in _WHOLE and value.is_integer():
        return int(value)
    return 0.0 if value == 0 else value  # no negative zero


def iso(value: date | datetime) -> str:
    """A day as 2026-11-23, an instant in UTC as 2026-11-23T06:12:00Z (with its fraction where it has one)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def minute(value: datetime) -> str:
    """An instant for people, to the minute: 2026-11-23 06:12 UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def percent(share: float | None) -> str:
    """A share for people: `71 %`; never 100 % while something is left, never 0 % while something is there."""
    if share is None:
        return NOTHING
    whole = round(share * 100)
    if whole == 100 and share < 1:  # noqa: PLR2004 - per cent
        whole = 99
    if whole == 0 and share > 0:
        return "< 1 %"
    return f"{whole} %"


def count(number: int) -> str:
    """A count for people: 12,345."""
    return f"{number:,}"


def amount(value: float | None) -> str:
    """Money or hours for people, without decimals where there are none: 20,000 or 12.50."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 item`, `12 items`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
