"""Working days as the roll-ups and the language use them."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.duration import Duration, Unit

PLAIN = Calendar()
BRITISH = Calendar(holidays=(date(2026, 12, 25), date(2026, 12, 28)))
days = st.dates(date(2020, 1, 1), date(2032, 12, 31))
calendars = st.sampled_from([PLAIN, BRITISH, Calendar(weekend=("friday", "saturday"))])


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2026, 11, 23), date(2026, 11, 28), 5),  # Monday to Saturday: the worked example's critical path
        (date(2026, 11, 23), date(2026, 11, 23), 0),
        (date(2026, 3, 14), date(2026, 3, 13), -1),  # Saturday back to Friday: Polars' own count says 0
        (date(2026, 3, 10), date(2026, 3, 13), 3),
    ],
)
def test_counts_half_open(start: date, end: date, count: int) -> None:
    assert PLAIN.working_days(start, end) == count


@pytest.mark.parametrize(
    ("day", "amount", "result"),
    [
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # Saturday plus 1 is Monday
        (date(2026, 11, 21), -1, date(2026, 11, 20)),  # minus 1 is Friday
        (date(2026, 11, 21), 0, date(2026, 11, 21)),  # plus 0 is the day itself
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # over two holidays and a weekend
    ],
)
def test_adds_as_a_spreadsheet(day: date, amount: int, result: date) -> None:
    assert BRITISH.add_working_days(day, amount) == result


@given(calendars, days, days)
def test_counting_backwards_is_the_negated_count(calendar: Calendar, start: date, end: date) -> None:
    assert calendar.working_days(start, end) == -calendar.working_days(end, start)


@given(calendars, days, days, days)
def test_counts_add_up(calendar: Calendar, first: date, second: date, third: date) -> None:
    a, b, c = sorted((first, second, third))
    assert calendar.working_days(a, b) + calendar.working_days(b, c) == calendar.working_days(a, c)


@given(calendars, days, st.integers(-40, 40))
def test_the_column_moves_as_the_single_day(calendar: Calendar, day: date, amount: int) -> None:
    duration = Duration(amount, Unit.WORKING_DAYS)
    column = pl.DataFrame({"day": [day, None]}).select(calendar.shift(pl.col("day"), duration))["day"]
    assert column.to_list() == [calendar.add(day, duration), None]


def test_months_keep_to_the_month() -> None:
    assert PLAIN.add(date(2026, 1, 31), Duration(1, Unit.MONTHS)) == date(2026, 2, 28)


@pytest.mark.parametrize("unit", [Unit.DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS])
def test_a_day_beyond_all_calendars_is_the_last_or_first_there_is(unit: Unit) -> None:
    duration = Duration(999_999, unit)
    assert Calendar().add(date(9990, 1, 1), duration) == date.max
    assert Calendar().add(date(10, 1, 1), duration, sign=-1) == date.min
