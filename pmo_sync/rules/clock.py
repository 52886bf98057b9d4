"""The status date and the calendar of one run, and the dates that conditions are compared with.

Every test against `today` becomes one date here, before any row is looked at: ages are monotone in the date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.duration import Duration, Unit
from pmo_sync.rules.condition import Moment


@dataclass(frozen=True, slots=True)
class Clock:
    """The status date, which is all the time there is, the working days around it, and where its days begin."""

    today: date
    calendar: Calendar
    time_zone: str = "UTC"

    def moment(self, moment: Moment) -> date:
        """The day that `today` plus or minus a duration is."""
        return self.today if moment.shift is None else self.calendar.add(self.today, moment.shift, sign=moment.sign)

    def horizon(self, span: Duration) -> date:
        """The last day within the span from today."""
        return self.calendar.add(self.today, span)

    def since(self, span: Duration) -> date:
        """The first day that is no older than the span."""
        return self.last_older(span) + timedelta(days=1)

    def last_older(self, span: Duration) -> date:
        """The latest day whose age at the status date is more than the span; every earlier day is older too.

        Age in working days is `working_days(day, today)` of `model.calendar`.
        """
        if span.unit is not Unit.WORKING_DAYS:
            return self.calendar.add(self.today, span, sign=-1) - timedelta(days=1)
        day, left = self.today, span.amount
        while left >= 0:
            day -= timedelta(days=1)
            if self.calendar.is_working_day(day):
                left -= 1
        return day
