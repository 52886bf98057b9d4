from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date

import pytest

from pmo_sync.errors import UsageError
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.folder import Project

Loaded = Callable[..., Project]


def test_the_default_has_a_weekend_and_no_holidays(loaded: Loaded) -> None:
    days, warnings = calendar(loaded("version: 1\n").settings)
    assert (days.weekend, days.holidays, warnings) == (("saturday", "sunday"), (), ())


def test_own_days_are_sorted_and_the_weekend_is_in_the_order_of_the_week(loaded: Loaded) -> None:
    days, _ = calendar(
        loaded("version: 1\ncalendar: {weekend: [friday, thursday], holidays: [2026-12-28, 2026-01-02]}\n").settings
    )
    assert (days.weekend, days.holidays) == (("thursday", "friday"), (date(2026, 1, 2), date(2026, 12, 28)))


def test_public_holidays_come_with_the_country(loaded: Loaded) -> None:
    pytest.importorskip("holidays")
    days, warnings = calendar(loaded("version: 1\ncalendar: {country: GB, holidays: [2026-12-30]}\n").settings)
    assert {date(2026, 12, 25), date(2026, 12, 30), date(2040, 12, 25)} <= set(days.holidays)
    assert list(days.holidays) == sorted(days.holidays)
    assert warnings == ()


def test_a_part_of_a_country_has_its_own_days(loaded: Loaded) -> None:
    pytest.importorskip("holidays")
    days, _ = calendar(loaded("version: 1\ncalendar: {country: GB-SCT}\n").settings)
    assert date(2026, 11, 30) in days.holidays  # St Andrew's Day


@pytest.mark.parametrize(
    ("country", "part"), [("ZZ", "no public holidays are known for `ZZ`"), ("GB-XX", "no part `XX`")]
)
def test_an_unknown_country_is_said(loaded: Loaded, country: str, part: str) -> None:
    pytest.importorskip("holidays")
    with pytest.raises(UsageError, match=part) as caught:
        calendar(loaded(f"version: 1\ncalendar: {{country: {country}}}\n").settings)
    assert caught.value.advice


def test_without_the_extra_only_the_listed_days_are_off_and_that_is_said(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    days, warnings = calendar(loaded("version: 1\ncalendar: {country: GB, holidays: [2026-12-30]}\n").settings)
    assert days.holidays == (date(2026, 12, 30),)
    assert len(warnings) == 1
    assert "pip install 'pmo-sync[calendar]'" in warnings[0]
