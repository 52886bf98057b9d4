"""Sprints of projects: by the items that are in them, and what is no goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

MakeSnapshot = Callable[..., Snapshot]
OPTIONS = StructureOptions.model_validate({"project": [{"tracker": "t", "by": "field", "field": "project"}]})


def raw(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"project_id": "p", "state": "active", "start": date(2026, 11, 16), "goal": None, "goal_seen": True}
    return pl.DataFrame([{**usual, **row} for row in rows], schema=dict(frames.RAW_SPRINTS))


def found(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    portfolio = build([snapshot], OPTIONS, portfolio_name="P")
    names = portfolio.nodes["name"]
    rows = portfolio.sprints.select("node", "name", "sprint_goal", "scope").rows()
    assert portfolio.sprints["sprint"].to_list() == list(range(len(rows)))
    return [(names[node], *rest) for node, *rest in rows]


def test_a_sprint_is_of_the_projects_of_the_items_in_it(make_snapshot: MakeSnapshot) -> None:
    items = [
        {"id": "1", "project_id": "p", "project": "X", "sprints": ["S1"]},
        {"id": "2", "project_id": "p", "project": "Y", "sprints": ["S1", "S2"]},
        {"id": "3", "project_id": "p", "project": None, "sprints": ["S3"]},  # of no project
    ]
    told = raw(*({"id": name[1], "name": name} for name in ("S1", "S2", "S3")))
    assert [row[:2] for row in found(replace(make_snapshot(items), sprints=told))] == [
        ("X", "S1"),
        ("Y", "S1"),
        ("Y", "S2"),
    ]


def test_where_items_name_no_sprints_the_tracker_project_decides(make_snapshot: MakeSnapshot) -> None:
    items = [
        {"id": "1", "project_id": "p", "project": "X"},
        {"id": "2", "project_id": "q", "project": "Y"},
    ]
    told = raw({"id": "1", "name": "S1"}, {"id": "2", "name": "S2", "project_id": "q"})
    assert [row[:2] for row in found(replace(make_snapshot(items), sprints=told))] == [("X", "S1"), ("Y", "S2")]


def test_a_goal_that_is_only_the_name_is_none_and_one_that_is_not_told_is_not_seen(
    make_snapshot: MakeSnapshot,
) -> None:
    told = raw(
        {"id": "1", "name": "S1", "goal": " s1 "},
        {"id": "2", "name": "S2", "goal": "Pay by phone"},
        {"id": "3", "name": "S3", "goal_seen": False},
    )
    snapshot = replace(make_snapshot([{"id": "1", "project_id": "p", "project": "X"}]), sprints=told)
    assert [row[2:] for row in found(snapshot)] == [(None, 0), ("Pay by phone", 0), (None, 1)]


def test_without_sprints_there_are_none(make_snapshot: MakeSnapshot) -> None:
    assert found(make_snapshot([{"id": "1", "project_id": "p", "project": "X"}])) == []


def test_the_history_of_a_column_is_of_the_trackers_that_tell_it(make_snapshot: MakeSnapshot) -> None:
    one = make_snapshot([{"id": "1"}])
    told = replace(one, manifest=replace(one.manifest, histories=("due",)))
    assert build([told], StructureOptions(), portfolio_name="P").histories == {"due": frozenset({one.manifest.tracker})}
    assert build([one], StructureOptions(), portfolio_name="P").histories == {}
