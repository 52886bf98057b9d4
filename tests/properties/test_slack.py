"""Slack of links against a naive reckoning: day by day, link by link, leaf by leaf."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_sync.figures.compute import prepared
from pmo_sync.figures.options import RollupOptions
from pmo_sync.figures.slack import slack
from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

TODAY = date(2026, 11, 23)
CALENDAR = Calendar(holidays=(date(2026, 11, 19), date(2026, 12, 1)))
ONE = timedelta(days=1)
DATES = ("start", "due", "actual_start", "actual_finish", "forecast_finish")
Row = dict[str, Any]


def made(seed: int) -> tuple[list[Row], list[Row]]:
    dice = random.Random(seed)  # noqa: S311 - made-up data
    items: list[Row] = []
    for number in range(40):
        dates = {name: TODAY + ONE * dice.randrange(-20, 20) if dice.random() < 0.8 else None for name in DATES}
        kinds = ["task", "task", "milestone", "risk"]
        items.append(
            {
                **dates,
                "parent": dice.randrange(number) if number and dice.random() < 0.5 else None,
                "kind": dice.choice(kinds),
                "phase": dice.choice(["todo", "todo", "doing", "doing", "done", "dropped", None]),
            }
        )
    links = [
        {
            "source": dice.randrange(40) if dice.random() < 0.9 else None,
            "target": dice.randrange(40) if dice.random() < 0.9 else None,
            "type": dice.choice(["FS", "FS", "SS", "FF", "SF", "relates"]),
            "lag_working_days": dice.choice([None, -2, 0, 3]),
        }
        for _ in range(60)
    ]
    return items, links


def portfolio_of(items: list[Row], links: list[Row]) -> Portfolio:
    empty = build([], StructureOptions(), portfolio_name="P")
    types = {**frames.ITEMS, **dict.fromkeys(DATES, pl.Date())}
    rows = [{**row, "item": n, "scope": 0, "on_hold": False, "node": 0} for n, row in enumerate(items)]
    return replace(
        empty,
        items=frames.Items(pl.DataFrame(rows, schema=types)),
        links=frames.Links(pl.DataFrame(links, schema=dict(frames.LINKS))),
    )


def working_days(first: date, last: date) -> int:
    """Working days in [first, last), negative when the last comes first."""
    low, high = sorted((first, last))
    days = sum(CALENDAR.is_working_day(low + ONE * n) for n in range((high - low).days))
    return days if first <= last else -days


def below(items: list[Row], number: int) -> list[int]:
    children = [n for n, row in enumerate(items) if row["parent"] == number]
    return [one for child in children for one in (child, *below(items, child))]


def stand_ins(items: list[Row], number: int) -> list[Row]:
    parents = {row["parent"] for row in items}
    net = [
        items[n]
        for n in below(items, number)
        if n not in parents and items[n]["kind"] in {"task", "milestone"} and items[n]["phase"] != "dropped"
    ]
    return net or [items[number]]


def start(item: Row) -> date | None:
    found: date | None = item["actual_start"] or item["start"]
    return found


def finish(item: Row) -> date | None:
    planned: date | None = item["forecast_finish"] or item["due"]
    finished: date | None = item["actual_finish"]
    if finished is not None:
        return finished
    return None if item["phase"] in {"done", None} or planned is None else max(planned, TODAY)


def naive(items: list[Row], link: Row) -> int | None:
    """The least over every pair of what stands for the ends; None where one of its dates is missing."""
    if link["type"] == "relates" or link["source"] is None or link["target"] is None:
        return None
    first, after = stand_ins(items, link["source"]), stand_ins(items, link["target"])
    after = [one for one in after if one["phase"] not in {"done", "dropped"}] or after
    found: list[int] = []
    for one in first:
        for other in after:
            ends = {
                "FS": (finish(one), start(other), 1, 0),
                "SS": (start(one), start(other), 0, 0),
                "FF": (finish(one), finish(other), 0, 0),
                "SF": (start(one), finish(other), 0, 1),
            }
            low, high, more_low, more_high = ends[link["type"]]
            if low is None or high is None:
                return None
            found.append(working_days(low + ONE * more_low, high + ONE * more_high))
    return min(found) - (link["lag_working_days"] or 0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(min_value=0, max_value=10**9))
def test_slack_is_what_is_counted_by_hand(seed: int) -> None:
    items, links = made(seed)
    context = prepared(portfolio_of(items, links), RollupOptions(), today=TODAY, calendar=CALENDAR, currency=None)
    found = slack(context)["slack_working_days"].to_list()
    assert found == [naive(items, link) for link in links]


def test_the_example_of_the_catalogue() -> None:
    """What is due on Friday lets the successor start on Monday; a lag of one day asks for Tuesday."""
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    items: list[Row] = [
        {"kind": "task", "phase": "doing", "due": friday},
        {"kind": "task", "phase": "todo", "start": monday, "due": monday},
    ]
    ends = {"source": 0, "target": 1}
    links: list[Row] = [
        {**ends, "type": "FS", "lag_working_days": 0},
        {**ends, "type": "FS", "lag_working_days": 1},
        {**ends, "type": "FF", "lag_working_days": None},
        {**ends, "type": "relates"},
    ]
    context = prepared(
        portfolio_of([{**dict.fromkeys(DATES), "parent": None, **one} for one in items], links),
        RollupOptions(),
        today=TODAY,
        calendar=Calendar(),
        currency=None,
    )
    assert slack(context)["slack_working_days"].to_list() == [0.0, -1.0, 1.0, None]
