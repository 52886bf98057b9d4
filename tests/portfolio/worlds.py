"""One set of items as one tracker has it, and as two have it between them; and what becomes of it, by path and id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import read_packs
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions
from pmo_sync.structure.people import People

Row = dict[str, Any]
Make = Callable[..., Snapshot]

TODAY: Final = date(2026, 3, 10)
PROJECTS: Final = ("Cards", "Vault")
PEOPLE: Final = {
    "ann": {"bank": "account-of-ann", "plant": "ann.login"},
    "ben": {"bank": "account-of-ben", "plant": "8"},
}
_ACCOUNT_OF: Final = {"bank": {"ann": "account-of-ann", "ben": "account-of-ben"}, "plant": {"ann": "7", "ben": "8"}}
STRUCTURE: Final = StructureOptions.model_validate(
    {
        "programme": [
            {"tracker": "bank", "by": "project_category"},
            {"tracker": "plant", "by": "project", "depth": 1},
        ],
        "project": [{"tracker": "bank", "by": "project"}, {"tracker": "plant", "by": "project", "depth": 2}],
        "merge": [
            {"level": "programme", "names": ["Payments", "Core banking"], "as": "Payments"},
            *({"level": "project", "names": [name], "as": name} for name in PROJECTS),
        ],
    }
)


@dataclass(frozen=True)
class Outcome:
    """What became of a world, told without the rows and the trackers that things have in it."""

    portfolio: Portfolio
    figures: Mapping[str, Mapping[str, Any]]  # path → column → value
    item_figures: Mapping[str, Mapping[str, Any]]  # id → column → value
    verdicts: frozenset[tuple[object, ...]]  # standard, item or node, verdict, severity
    counts: frozenset[tuple[object, ...]]  # standard, node, severity, how many of each verdict


def bank(make: Make, items: Iterable[Row]) -> Snapshot:
    """As a Jira has them: projects with a category, text keys, account ids, labels."""
    projects = [
        {"id": f"1000{number}", "key": name.upper(), "name": name, "project_category": "Payments"}
        for number, name in enumerate(PROJECTS)
    ]
    rows = [_row(item, "bank", f"{item['in'].upper()}-{item['id']}", projects) for item in items]
    return make(rows, tracker="bank", projects=projects)


def plant(make: Make, items: Iterable[Row]) -> Snapshot:
    """As a Redmine has them: projects in a project, numbers as keys, users by number."""
    above = {"id": "1", "key": "core", "name": "Core banking"}
    projects = [
        {"id": str(number), "key": name.lower(), "name": name, "parent_id": "1"}
        for number, name in enumerate(PROJECTS, 2)
    ]
    rows = [_row(item, "plant", f"#{item['id']}", projects) for item in items]
    known = pl.DataFrame([("7", "ann.login")], schema=dict(frames.ACCOUNTS), orient="row")
    return replace(make(rows, tracker="plant", projects=[above, *projects]), accounts=known)


def _row(item: Row, tracker: str, key: str, projects: Sequence[Row]) -> Row:
    row = {name: value for name, value in item.items() if name not in {"in", "where"}}
    number = next(project["id"] for project in projects if project["name"] == item["in"])
    owner = _ACCOUNT_OF[tracker].get(row["owner"], row["owner"])
    return {**row, "key": key, "project_id": number, "parent_known": row["parent_id"] is not None, "owner": owner}


def standards() -> tuple[Any, ...]:
    """Every standard of the shipped packs."""
    reading = Reading(Path())
    found = read_packs([("core", None), ("status", None), ("risk", None)], reading)
    assert reading.problems == []
    return parse(found, StandardsOptions(), custom={})


def outcome(snapshots: Sequence[Snapshot], judged_by: tuple[Any, ...]) -> Outcome:
    """The whole way from snapshots to verdicts."""
    portfolio = build(snapshots, STRUCTURE, portfolio_name="P", people=People(PEOPLE))
    figures = compute(portfolio, RollupOptions(), today=TODAY, calendar=Calendar(), currency="GBP")
    judgement = judge(judged_by, portfolio, figures, today=TODAY, calendar=Calendar(), past=Past())
    paths = ["/".join(path) for path in portfolio.nodes["path"].to_list()]
    ids = portfolio.items["id"].to_list()
    finding = ("standard", "item", "node", "verdict", "severity", "offender", "ripe")
    counted = ("standard", "node", "severity", "passed", "failed", "not_applicable", "unknown")
    return Outcome(
        portfolio=portfolio,
        figures={paths[row.pop("node")]: row for row in figures.nodes.iter_rows(named=True)},
        item_figures={ids[row.pop("item")]: row for row in figures.items.iter_rows(named=True)},
        verdicts=frozenset(
            (standard, None if item is None else ids[item], paths[node], *rest)
            for standard, item, node, *rest in judgement.findings.select(*finding).iter_rows()
        ),
        counts=frozenset(
            (standard, paths[node], *rest) for standard, node, *rest in judgement.judged.select(*counted).iter_rows()
        ),
    )
