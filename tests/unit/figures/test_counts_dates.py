"""Counts, overdue, stale, dates, effort."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pmo_sync.model.calendar import Calendar

Make = Callable[..., Any]


def _task(number: int, phase: str | None, **columns: Any) -> dict[str, Any]:
    return {"id": str(number), "project": "X", "kind": "task", "phase": phase, **columns}


def test_unknown_words_are_missing_in_counts(figures_of: Make) -> None:
    computed = figures_of(
        [_task(1, "todo"), _task(2, "done"), _task(3, "dropped"), _task(4, None), {**_task(5, "todo"), "kind": None}]
    )
    assert computed.of("X", "items") == (5, 5, 0, "count")
    assert computed.of("X", "open") == (2, 4, 1, "count")
    assert computed.of("X", "done") == (1, 4, 1, "count")
    assert computed.of("X", "dropped") == (1, 4, 1, "count")
    assert computed.of("X", "leaves") == (2, 2, 2, "count")


def test_all_unknown_is_null_not_zero(figures_of: Make) -> None:
    computed = figures_of([_task(1, None)])
    assert computed.of("X", "open") == (None, 0, 1, "count")
    assert computed.of("X", "leaves") == (None, 0, 1, "count")


def test_overdue_is_live_net_work_before_today(figures_of: Make) -> None:
    late = date(2026, 3, 9)
    computed = figures_of(
        [
            _task(1, "doing", due=late),
            _task(2, "todo", due=date(2026, 3, 10)),
            _task(3, "todo", due=None),
            _task(4, "done", due=late),
            _task(5, "dropped", due=late),
            _task(6, "doing", due=late, on_hold=True),
            {**_task(7, "doing", due=late), "kind": "risk"},
            _task(8, "todo", due=date(2026, 3, 20)),
        ]
    )
    assert computed.of("X", "overdue") == (1, 3, 1, "count")
    assert computed.of("X", "overdue_share") == (pytest.approx(1 / 3), 3, 1, "count")


def test_a_share_of_nothing_is_null(figures_of: Make) -> None:
    assert figures_of([_task(1, "done", due=date(2026, 3, 1))]).of("X", "overdue_share") == (None, 0, 0, "empty")
    assert figures_of([_task(1, "dropped")]).of("X", "overdue_share") == (None, 0, 0, "all_dropped")
    assert figures_of([_task(1, "todo")]).of("X", "overdue_share") == (None, 0, 1, "count")


def test_stale_counts_quiet_items_in_doing(figures_of: Make) -> None:
    quiet, lively = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
    computed = figures_of(
        [
            _task(1, "doing", last_human_change=quiet),
            _task(2, "doing", last_human_change=lively),
            _task(3, "doing", last_human_change=None),
            _task(4, "doing", last_human_change=quiet, on_hold=True),
            _task(5, "todo", last_human_change=quiet),
        ]
    )
    assert computed.of("X", "stale") == (1, 2, 1, "count")
    assert computed.item("2", "quiet_working_days") == 2
    assert computed.of("X", "last_human_change")[:3] == (lively, 4, 1)


def test_a_time_is_the_day_it_fell_on_in_the_zone(figures_of: Make) -> None:
    late_on_monday = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    rows = [_task(1, "doing", last_human_change=late_on_monday)]
    assert figures_of(rows).item("1", "quiet_working_days") == 1
    assert figures_of(rows, time_zone="Europe/Berlin").item("1", "quiet_working_days") == 0


def test_dates_of_the_net_work(figures_of: Make) -> None:
    computed = figures_of(
        [
            _task(1, "doing", start=date(2026, 1, 5), actual_start=date(2026, 1, 7), due=date(2026, 3, 5)),
            _task(2, "todo", start=date(2026, 2, 1), due=date(2026, 3, 13)),
            _task(3, "todo"),
            _task(4, "dropped", start=date(2025, 1, 1), due=date(2026, 12, 1)),
            {**_task(5, "todo", due=date(2027, 1, 1)), "kind": "risk"},
        ]
    )
    assert computed.of("X", "start") == (date(2026, 1, 7), 2, 1, "min")
    assert computed.of("X", "due") == (date(2026, 3, 13), 2, 1, "max")
    assert computed.of("X", "baseline_finish") == (None, 0, 3, "max")


def test_all_dropped_is_said(figures_of: Make) -> None:
    computed = figures_of([_task(1, "dropped", due=date(2026, 3, 5), estimate_hours=4.0)])
    for figure in ("due", "progress", "estimate_hours"):
        assert computed.of("X", figure) == (None, 0, 0, "all_dropped")


def test_effort_sums_the_leaves_only(figures_of: Make) -> None:
    computed = figures_of(
        [
            _task(1, "doing", estimate_hours=100.0),
            _task(2, "doing", parent_id="1", estimate_hours=0.1),
            _task(3, "done", parent_id="1", estimate_hours=0.2),
            _task(4, "done", parent_id="1", points=3.0),
        ]
    )
    assert computed.of("X", "estimate_hours") == (0.3, 2, 1, "sum")
    assert computed.of("X", "points") == (3.0, 1, 2, "sum")


def test_durations_are_inclusive_and_know_the_calendar(figures_of: Make) -> None:
    rows = [
        _task(1, "todo", start=date(2026, 3, 6), due=date(2026, 3, 10)),
        _task(2, "todo", start=date(2026, 3, 6), due=date(2026, 3, 6)),
        _task(3, "todo", start=date(2026, 3, 6), due=date(2026, 3, 5)),
        _task(4, "todo", start=date(2026, 3, 6), due=date(2026, 3, 10), duration_working_days=8.0),
        _task(5, "todo", baseline_start=date(2026, 3, 2), baseline_finish=date(2026, 3, 13)),
    ]
    computed = figures_of(rows, calendar=Calendar(holidays=(date(2026, 3, 9),)))
    assert [computed.item(str(number), "duration_working_days") for number in range(1, 6)] == [2, 1, None, 8, None]
    assert computed.item("5", "baseline_duration_working_days") == 9


def test_slip_knows_only_what_no_network_decides(figures_of: Make) -> None:
    planned = date(2026, 3, 6)
    rows = [
        _task(1, "done", baseline_finish=planned, actual_finish=date(2026, 3, 9)),
        _task(2, "done", baseline_finish=planned),
        _task(3, "todo", baseline_finish=planned, forecast_finish=date(2026, 3, 4)),
        _task(4, "todo", baseline_finish=planned, due=planned),
        _task(5, "todo", baseline_finish=planned, due=planned),
        _task(6, "dropped", baseline_finish=planned, due=planned),
        _task(7, "todo", due=planned),
    ]
    computed = figures_of(rows, links=[{"source_id": "4", "target_id": "5", "type": "FS"}])
    slips = [computed.item(str(number), "slip_working_days") for number in range(1, 8)]
    assert slips == [1, None, -2, 2, None, None, None]


def test_age_and_owner_and_wsjf(figures_of: Make) -> None:
    computed = figures_of(
        [
            _task(1, "doing", actual_start=date(2026, 3, 2), owner="ann"),
            _task(2, "done", actual_start=date(2026, 3, 2), owner="ann"),
            {**_task(3, "doing", owner="ann"), "project": "Y"},
            _task(4, "todo", owner="ben"),
            _task(5, "doing", owner=None),
            _task(6, "todo", business_value=8, time_criticality=5, risk_reduction=3, job_size=4),
            _task(7, "todo", business_value=8, time_criticality=5, risk_reduction=3, job_size=0),
            _task(8, "todo", business_value=8, risk_reduction=3, job_size=4),
        ]
    )
    assert [computed.item(key, "age_working_days") for key in "123"] == [6, None, None]
    assert [computed.item(key, "owner_doing") for key in "12345"] == [2, 2, 2, 0, None]
    assert [computed.item(key, "wsjf") for key in "678"] == [4.0, None, None]


def test_the_horizon_tells_empty_from_unseen(figures_of: Make) -> None:
    old, new = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        _task(1, "doing", created=old, due=None),
        _task(2, "todo", created=old, due=date(2026, 6, 8)),
        _task(3, "todo", created=old, due=date(2026, 6, 9)),
        _task(4, "todo", created=new, due=None),
        _task(5, "todo", created=old, due=None),
        _task(6, "todo", created=old, due=None, scope=1),
        _task(7, "todo", created=new, due=None, scope=1),
    ]
    computed = figures_of(rows, scopes=[{}, {"hidden": ["due"]}])
    assert [computed.item(key, "in_horizon") for key in "1234567"] == [True, True, False, True, False, None, True]


def test_an_item_in_the_current_stage_is_in_the_horizon(figures_of: Make) -> None:
    rows = [
        {"id": "1", "project_id": "9", "phase": "todo", "stage": "deliver"},
        {"id": "2", "project_id": "9", "phase": "todo", "stage": "close"},
    ]
    created = {"created": datetime(2025, 1, 1, tzinfo=UTC), "due": date(2027, 1, 1)}
    computed = figures_of([{**row, **created} for row in rows], projects=[{"id": "9", "name": "X", "stage": "deliver"}])
    assert [computed.item(key, "in_horizon") for key in "12"] == [True, False]
    assert computed.of("X", "in_horizon") == (False, 1, 0, "phase and due")
