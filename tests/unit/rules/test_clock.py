"""Dates that tests are compared with: each is the edge of what the working-day count says day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.duration import Duration, Unit
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import Moment

CALENDAR = Calendar(holidays=(date(2026, 11, 19),))


@given(
    start=st.dates(min_value=date(2026, 10, 1), max_value=date(2026, 12, 31)),
    amount=st.integers(min_value=0, max_value=12),
)
def test_the_last_older_day_is_the_edge_of_the_count(start: date, amount: int) -> None:
    clock = Clock(start, CALENDAR)
    edge = clock.last_older(Duration(amount, Unit.WORKING_DAYS))
    assert CALENDAR.working_days(edge, start) > amount
    assert CALENDAR.working_days(edge + timedelta(days=1), start) <= amount


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (0, Unit.DAYS, date(2026, 11, 22)),
        (30, Unit.DAYS, date(2026, 10, 23)),
        (2, Unit.WEEKS, date(2026, 11, 8)),
        (1, Unit.MONTHS, date(2026, 10, 22)),
    ],
)
def test_calendar_time_counts_every_day(amount: int, unit: Unit, expected: date) -> None:
    assert Clock(date(2026, 11, 23), CALENDAR).last_older(Duration(amount, unit)) == expected


def test_today_moves_as_a_spreadsheets_workday() -> None:
    saturday = Clock(date(2026, 11, 21), Calendar())
    one = Duration(1, Unit.WORKING_DAYS)
    assert saturday.moment(Moment()) == date(2026, 11, 21)
    assert saturday.moment(Moment(one)) == date(2026, 11, 23)
    assert saturday.moment(Moment(one, -1)) == date(2026, 11, 20)
    assert saturday.horizon(Duration(0, Unit.WORKING_DAYS)) == date(2026, 11, 21)
