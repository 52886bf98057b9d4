"""What the benchmarks measure must stay what they say: the standards load, the portfolio is the same each time, and the
tracker answers the questions that are asked. Nothing is timed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from benchmarks.catalogue import by_columns, chosen, pairs, policies
from benchmarks.figure import Figure, NotMeasured
from benchmarks.judging import COVERAGE, figures_of, portfolio
from benchmarks.portfolio import TODAY, snapshot
from benchmarks.tracker import FIRST_DAY, Tracker, created
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.words import Verdict
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.evaluate import prepare, run_frame


def test_the_forty_standards_are_of_the_catalogue() -> None:
    assert len(chosen()) == 40


def test_each_column_standard_has_its_filters_and_offenders() -> None:
    assert len(pairs()) == len(policies()) == 35
    whole = portfolio(2_000)
    bench = prepare(by_columns(), whole, figures_of(whole), Clock(TODAY, Calendar(), "UTC"))
    found = run_frame(bench, Frame.ITEM, COVERAGE)
    fails = found.select((pl.col(f"v{unit.number}") == Verdict.FAIL.value).sum() for unit in bench.units).row(0)
    assert min(fails) >= 0
    assert sum(number > 0 for number in fails) >= 33


def test_the_portfolio_is_the_same_each_time() -> None:
    one, other = snapshot(500), snapshot(500)
    assert one.items.equals(other.items)
    assert one.links.equals(other.links)
    later = snapshot(500, shift=-7).items["due"] - one.items["due"]
    assert set(later.drop_nulls()) == {timedelta(days=-7)}


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("ORDER BY id ASC", (1, 101)),
        (f'updated >= "{FIRST_DAY + timedelta(minutes=70):%Y-%m-%d %H:%M}" ORDER BY id ASC', (10, 101)),
        (f"updated >= {int((FIRST_DAY + timedelta(minutes=71)).timestamp() * 1000)} ORDER BY id ASC", (11, 101)),
        (f'created >= "{created(5):%Y-%m-%d %H:%M}" AND created < "{created(9):%Y-%m-%d %H:%M}"', (5, 9)),
        (f'updated >= "{datetime(2090, 1, 1, tzinfo=UTC):%Y-%m-%d %H:%M}"', (101, 101)),
    ],
)
def test_the_tracker_understands_what_has_changed_since(jql: str, expected: tuple[int, int]) -> None:
    with Tracker(("127.0.0.1", 0), 100) as tracker:
        assert tracker.window(jql) == expected


def test_a_line_tells_figure_target_and_verdict() -> None:
    assert "met" in str(Figure("one", 0.5, 1.0, "why"))
    assert "MISSED" in str(Figure("one", 0.5, 1.0, "why", "≥"))
    assert not Figure("one", 2, 1, "why").met
    assert Figure("one", 2, None, "why").met
    assert str(NotMeasured("one", "no network")).endswith("not measured: no network")
