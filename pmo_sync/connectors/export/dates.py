"""Dates as a site displays them. A form counts for a whole column only: one date alone does not tell day from month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

_FIRST_HALF: Final = ("january", "february", "march", "april", "may", "june")
_MONTHS: Final = (*_FIRST_HALF, "july", "august", "september", "october", "november", "december")
_CLOCK: Final = (
    r"(?:[ T]\s*(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?\s?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)
_DAY_FIRST: Final = "day-first"
_MONTH_FIRST: Final = "month-first"
_SHORT: Final = "short-year-first"
_ALIKE: Final = frozenset({_DAY_FIRST, _MONTH_FIRST, _SHORT})
"""Forms that the same text may have."""
_FORMS: Final = {
    name: re.compile(pattern + _CLOCK, re.ASCII)
    for name, pattern in {
        "year-first": r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        _SHORT: r"(?P<year>\d\d)(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        _DAY_FIRST: r"(?P<day>\d{1,2})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{4}|\d\d)",
        _MONTH_FIRST: r"(?P<month>\d{1,2})(?P<sign>[-/.])(?P<day>\d{1,2})(?P=sign)(?P<year>\d{4}|\d\d)",
        "named": r"(?P<day>\d{1,2})[-/. ](?P<name>[A-Za-z]{3,9})[-/. ](?P<year>\d{4}|\d\d)",
        "name-first": r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})",
    }.items()
}
_NARROW: Final = re.compile("[\u00a0\u202f]")
_NOON: Final = 12
_CENTURY: Final = 100


class DatesError(ValueError):
    """A column is none of dates. `cell` is the one that shows it, `hint` the way out."""

    def __init__(self, column: str, message: str, cell: str, hint: str) -> None:
        super().__init__(message)
        self.column = column
        self.cell = cell
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says: a day, a clock where there is one, and how far it is from UTC where it says so."""

    day: date
    clock: time | None = None
    zone: timezone | None = None

    def instant(self, zone: ZoneInfo | None) -> str | None:
        """The instant in UTC as text, the clock being one of `zone` unless the cell names another; None where it
        cannot be told.
        """
        where = self.zone or zone
        if self.clock is None or where is None:
            return None
        try:
            at = datetime.combine(self.day, self.clock, where).astimezone(UTC)
        except OverflowError:
            return None
        return at.isoformat().replace("+00:00", "Z")


def moments(columns: Mapping[str, Iterable[str]], order: str | None = None) -> dict[str, dict[str, Moment]]:
    """Column → each text of it that is not blank → what it says, in the one form that the whole column has.

    `order` (`day-first`, `month-first`) decides between these two; without it, columns that can be read in one way only
    decide for the others of their file. Raises DatesError where no form, or more than one meaning, is left.
    """
    texts = {name: list(dict.fromkeys(cell for cell in cells if cell.strip())) for name, cells in columns.items()}
    found = {name: _readings(name, listed) for name, listed in texts.items()}
    certain = {next(iter(forms)) for forms in found.values() if len(forms) == 1} & {_DAY_FIRST, _MONTH_FIRST}
    if order is None and len(certain) == 1:
        (order,) = certain
    return {name: _meant(name, forms, order) for name, forms in found.items()}


_Forms: TypeAlias = dict[str, dict[str, Moment]]


def _readings(column: str, texts: list[str]) -> _Forms:
    """Form → what each text says in it, for the forms that all texts have."""
    found = {form: read for form in _FORMS if (read := _all(texts, form)) is not None}
    if not found:
        raise DatesError(column, "is no date in a form that the whole column has", _odd(texts), _EXPORT_ANEW)
    return found


def _meant(column: str, forms: _Forms, order: str | None) -> dict[str, Moment]:
    chosen = {form: read for form, read in forms.items() if order is None or form not in _ALIKE - {order}} or forms
    first, *others = chosen.values()
    for text, moment in first.items():
        if any(other[text] != moment for other in others):
            raise DatesError(
                column, "may be read in more than one way, and no other date of the file tells", text, _SAY
            )
    return first


_EXPORT_ANEW: Final = "export with dates such as 2026-11-21 or 21/Nov/26, all in one form, with English month names"
_SAY: Final = "say `dates: day-first` or `dates: month-first` under the tracker in pmo.yaml, or export ISO dates"


def _odd(texts: list[str]) -> str:
    """The first text that the form which fits most of them does not fit."""
    misfits = ([text for text in texts if _moment(text, form) is None] for form in _FORMS)
    return min(misfits, key=len)[0]


def _all(texts: list[str], form: str) -> dict[str, Moment] | None:
    found: dict[str, Moment] = {}
    for text in texts:
        moment = _moment(text, form)
        if moment is None:
            return None
        found[text] = moment
    return found


def _moment(text: str, form: str) -> Moment | None:
    match = _FORMS[form].fullmatch(_NARROW.sub(" ", text).strip())
    if match is None:
        return None
    said = match.groupdict()
    month = _month(said["name"]) if "name" in said else int(said["month"])
    year = int(said["year"])
    try:
        day = date(year + 20 * _CENTURY if year < _CENTURY else year, month, int(said["day"]))
        return Moment(day, _clock(said), _zone(said["zone"]))
    except ValueError:
        return None


def _month(name: str) -> int:
    """The number of a month by its English name, whole or its first three letters; 0 for any other word."""
    low = name.lower()
    return next((number for number, month in enumerate(_MONTHS, 1) if low in (month, month[:3])), 0)


def _clock(said: dict[str, str | None]) -> time | None:
    if said["hour"] is None:
        return None
    hour, half = int(said["hour"]), (said["half"] or "").lower()
    if half and not 1 <= hour <= _NOON:
        raise ValueError
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    return time(hour, int(said["minute"] or 0), int(said["second"] or 0))


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
