"""100,000 made-up items judged by 40 standards with roll-up, after loading: CPU seconds against the limit.

The standards are the shipped packs, filled up to 40 with variants of the same sentences under other ids and numbers.
"""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.model.words import Mode
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import OverrideEntry, StandardsOptions
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.demo import demo_folder
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import packs_folder, read_file, read_packs
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

ITEMS = 100_000
STANDARDS = 40
LIMIT = 1.5
RUNS = 5
_STORY = (0, 0, 0, 0, 1, 1, 2, 2, 3, 3)
TODAY = date(2026, 11, 23)


def snapshot(count: int) -> Snapshot:
    """A tracker of `count` items in 400 projects of 20 programmes, reproducible."""
    dice = random.Random(42)  # noqa: S311 - made-up data
    size = range(count)

    def some(values: list[object], share: float) -> list[object]:
        return [dice.choice(values) if dice.random() < share else None for _ in size]

    def days(share: float, low: int, high: int) -> list[date | None]:
        return [TODAY + timedelta(days=dice.randint(low, high)) if dice.random() < share else None for _ in size]

    # Ten items are one epic, three stories below it and six tasks below these.
    parents = [None if number % 10 == 0 else f"{number - number % 10 + _STORY[number % 10]:07}" for number in size]
    people = [f"person-{number}" for number in range(300)]
    columns: dict[str, list[object]] = {
        "kind": [dice.choice(["task"] * 8 + ["milestone", "risk", "issue", "change"]) for _ in size],
        "phase": [dice.choice(["todo", "doing", "done", "done", "dropped"]) for _ in size],
        "project": [f"Project {number // 10 % 400}" for number in size],
        "programme": [f"Programme {number // 10 % 20}" for number in size],
        "owner": some(list(people), 0.88),
        "description": some(["Some words that describe the work in enough detail to act on it."], 0.8),
        "start": list(days(0.8, -120, 60)),
        "due": list(days(0.8, -60, 120)),
        "estimate_hours": some([8.0, 16.0, 24.0, 40.0], 0.7),
        "remaining_hours": some([0.0, 4.0, 8.0], 0.6),
        "spent_hours": some([1.0, 4.0, 20.0], 0.6),
        "points": some([1.0, 2.0, 3.0, 5.0], 0.3),
        "budget": some([1000.0, 5000.0], 0.1),
        "actual_cost": some([900.0, 5200.0], 0.1),
        "probability": some([0.1, 0.3, 0.7], 0.1),
        "impact_money": some([1000.0, 20000.0], 0.1),
        "band": some(["low", "medium", "high"], 0.1),
        "response": some(["reduce", "accept"], 0.1),
        "last_review": list(days(0.1, -100, 0)),
        "priority": some(["High", "Low"], 0.9),
        "labels": [dice.choice([[], ["blocked"], ["pull-team", "api"]]) for _ in size],
        "components": [dice.choice([[], ["backend"]]) for _ in size],
        "on_hold": [dice.random() < 0.02 for _ in size],
        "owner_active": [dice.random() < 0.97 for _ in size],
        "created": [datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=dice.randint(0, 170)) for _ in size],
        "last_human_change": [datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=dice.randint(0, 80)) for _ in size],
    }
    items = pl.DataFrame(
        {
            "id": [f"{number:07}" for number in size],
            "key": [f"K-{number}" for number in size],
            "title": [f"Work {number}" for number in size],
            "project_id": [f"P{number // 10 % 400}" for number in size],
            "parent_id": parents,
            "parent_known": [parent is not None for parent in parents],
            "scope": [number // 10 % 400 for number in size],
            **columns,
        },
        schema={**frames.PULLED, **{name: VOCABULARY[name].dtype for name in columns}},
    )
    scopes = pl.DataFrame(
        {
            "scope": list(range(400)),
            "project_id": [f"P{number}" for number in range(400)],
            "issue_type": ["Task"] * 400,
            "complete": [True] * 400,
            "hidden": [["points"] if number % 5 == 0 else [] for number in range(400)],
        },
        schema=dict(frames.SCOPES),
    )
    manifest = Manifest(
        "made-up", "bench", "export", "made-up", None, datetime(2026, 11, 23, tzinfo=UTC), complete=True
    )
    return Snapshot(manifest, items, scopes)


def standards() -> tuple[Standard, ...]:
    """Forty enabled standards: the shipped ones, those that are off switched on, and the demo's to fill up."""
    names = ("core", "status", "risk")
    reading = Reading(packs_folder())
    sources = read_packs([(name, None) for name in names], reading)
    sources += read_file(demo_folder() / "standards" / "delivery.yaml", reading)
    override = {name: (OverrideEntry(on=True),) for name in names}
    loaded = parse(sources, StandardsOptions(packs=names, override=override), custom={"reg_date": ColumnType.DATE})
    return loaded[:STANDARDS]


def structure_options() -> StructureOptions:
    """Programme and project from the columns of the items."""
    return StructureOptions.model_validate(
        {
            "programme": [{"tracker": "bench", "by": "field", "field": "programme"}],
            "project": [{"tracker": "bench", "by": "field", "field": "project"}],
        }
    )


def once(portfolio: Portfolio, loaded: tuple[Standard, ...]) -> float:
    """CPU seconds of roll-up and verdicts, from a portfolio in memory to findings."""
    start = time.process_time()
    figures = compute(portfolio, RollupOptions(), today=TODAY, calendar=Calendar(), currency="GBP")
    judge(
        loaded,
        portfolio,
        figures,
        today=TODAY,
        calendar=Calendar(),
        past=Past(),
        modes=(),
        mode=Mode.CONTROLLING,
        min_coverage=0.7,
    )
    return time.process_time() - start


def run() -> list[str]:
    """One line: the median CPU seconds and the limit."""
    loaded = standards()
    portfolio = build([snapshot(ITEMS)], structure_options(), portfolio_name="Bench", appetite=())
    once(portfolio, loaded)
    seconds = [once(portfolio, loaded) for _ in range(RUNS)]
    median = statistics.median(seconds)
    verdict = "met" if median <= LIMIT else "NOT MET"
    spread = f"{min(seconds):.2f} to {max(seconds):.2f}, {RUNS} runs"
    size = f"{ITEMS:,} items × {len(loaded)} standards"
    return [f"rules and roll-up          {median:.2f} CPU s for {size}  (limit {LIMIT}, {verdict}; {spread})"]
