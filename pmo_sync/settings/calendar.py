"""The calendar that the settings mean: weekend, own holidays, and the public ones of a country."""

from __future__ import annotations

from datetime import date
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.problem import suggestion
from pmo_sync.settings.options import Settings

YEARS: Final = range(2000, 2051)
"""The years whose public holidays are known: fixed, so that the same settings give the same days at any time."""


def calendar(settings: Settings) -> tuple[Calendar, tuple[str, ...]]:
    """Which days are worked, and a sentence for each thing that could not be had.

    Public holidays come from the extra `calendar`; without it only those listed in pmo.yaml are off, and that is said.

    Raises:
        UsageError: the country, or its part, is not known.
    """
    options = settings.calendar
    days = set(options.holidays)
    warnings: tuple[str, ...] = ()
    if options.country is not None:
        public = _public(options.country)
        if public is None:
            missing = (
                f"The public holidays of {options.country} count as working days: the package for them is missing. "
                "Install it with: pip install 'pmo-sync[calendar]'"
            )
            warnings = (missing,)
        days.update(public or ())
    return Calendar(weekend=tuple(options.weekend), holidays=tuple(sorted(days))), warnings


def _public(country: str) -> set[date] | None:
    """The public holidays of YEARS; None where the extra is not installed."""
    try:
        import holidays
    except ImportError:
        return None
    code, _, part = country.partition("-")
    known = holidays.list_supported_countries()
    if code not in known:
        hint = suggestion(code, known) or "write its two capital letters: `GB`"
        raise UsageError(f"calendar.country: no public holidays are known for `{country}`", advice=hint)
    if part and part not in known[code]:
        listed = ", ".join(known[code]) or "none"
        raise UsageError(f"calendar.country: `{code}` has no part `{part}`", advice=f"known parts: {listed}")
    return set(holidays.country_holidays(code, subdiv=part or None, years=YEARS))
