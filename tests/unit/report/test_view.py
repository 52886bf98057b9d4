"""From frames to rows: every figure of the contract by name, those that are not built too."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.figure_names import ITEM_FIGURES, NODE_FIGURES, NOT_BUILT
from pmo_sync.model.frames import Changes, Items, Links, Nodes, Places
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.report import view
from pmo_sync.report.items import items_jsonl
from pmo_sync.report.view import Score

PATHS = [["Bank"], ["Bank", "Pay"], ["Bank", "Onb"]]


def portfolio() -> Portfolio:
    items = pl.DataFrame({"item": [0, 1], "tracker": ["t", "t"], "id": ["1", "2"], "key": ["A-1", "B-1"]})
    items = items.with_columns(pl.col("item").cast(pl.UInt32), node=pl.Series([1, 2], dtype=pl.UInt32))
    nodes = pl.DataFrame(
        {
            "node": [0, 1, 2],
            "path": PATHS,
            "level": ["portfolio", "project", "project"],
            "complete": [False, True, False],
        }
    ).with_columns(pl.col("node").cast(pl.UInt32))
    return Portfolio(
        items=Items(items),
        nodes=Nodes(nodes),
        places=Places(frames.empty(frames.PLACES)),
        links=Links(frames.empty(frames.LINKS)),
        changes=Changes(frames.empty(frames.CHANGES)),
        node_projects=frames.empty(frames.NODE_PROJECTS),
    )


def figures() -> Figures:
    nodes = pl.DataFrame(
        {
            "node": pl.Series([0, 1, 2], dtype=pl.UInt32),
            "budget": [1000.0, None, 0.1 + 0.2],
            "budget__used": pl.Series([1, 0, 1], dtype=pl.UInt32),
            "budget__missing": pl.Series([0, 1, 0], dtype=pl.UInt32),
            "budget__basis": ["sum", "sum", "sum"],
        }
    )
    items = pl.DataFrame({"item": pl.Series([0, 1], dtype=pl.UInt32), "wsjf": [4.0, None]})
    why: tuple[tuple[str, ...], ...] = ((), ("overrun",), ())
    return Figures(nodes, items, ("budget",), {"wsjf": "stated"}, why, (None, "data says red", None))


def test_a_node_has_every_figure_by_name() -> None:
    rows = view.nodes_of(portfolio(), figures(), {0: Score(0.5, 0.6, 1, 1, 2)})
    assert [row.path for row in rows] == [tuple(path) for path in PATHS]
    for row in rows:
        assert set(row.figures) == set(NODE_FIGURES)
        assert row.figures["cpi"].basis == NOT_BUILT
    assert rows[0].figures["budget"].value == 1000
    assert isinstance(rows[0].figures["budget"].value, int)
    assert rows[1].figures["budget"] == view.FigureValue(None, 0, 1, "sum")
    assert rows[2].figures["budget"].value == 0.3
    assert rows[0].figures["compliance"].value == 0.5
    assert rows[1].score == view.NO_SCORE
    assert (rows[1].why, rows[1].says) == (("overrun",), "data says red")
    assert [row.complete for row in rows] == [False, True, False]


def test_item_figures_by_name_and_by_branch() -> None:
    rows = list(view.items_of(portfolio(), figures()))
    assert [row.key for row in rows] == ["A-1", "B-1"]
    assert set(rows[0].figures) == set(ITEM_FIGURES)
    assert rows[0].figures["wsjf"].value == 4.0
    assert rows[1].figures["wsjf"].value is None
    assert rows[0].figures["critical"].basis == NOT_BUILT
    assert [row.key for row in view.items_of(portfolio(), figures(), ("Bank", "Onb"))] == ["B-1"]


def test_a_branch_is_the_node_and_what_is_below_it() -> None:
    rows = view.nodes_of(portfolio(), figures(), {})
    assert [row.path for row in view.branch(rows, ("Bank", "Pay"))] == [("Bank", "Pay")]
    assert len(view.branch(rows, ("Bank",))) == len(view.branch(rows, None)) == 3


def snapshot(name: str) -> Snapshot:
    manifest = Manifest("s1", name, "redmine", "http://x", "bot", datetime(2026, 11, 23, tzinfo=UTC), complete=True)
    items = pl.DataFrame(
        {
            "id": ["2", "1"],
            "key": ["B", "A"],
            "title": ["second", "=1+1"],
            "project_id": ["9", "9"],
            "parent_id": [None, "2"],
            "parent_known": [False, True],
            "scope": pl.Series([1, 0], dtype=pl.UInt32),
            "due": [None, date(2026, 11, 27)],
            "estimate_hours": [8.0, 1.5],
            "labels": [["x", "y"], []],
            "issue_type": ["Bug", "Story"],
            "owner": [None, None],
            "fields.reg": ["r", None],
        },
        schema_overrides={"owner": pl.String()},
    )
    scopes = pl.DataFrame(
        {
            "scope": [0, 1],
            "project_id": ["9", "9"],
            "issue_type": [None, None],
            "complete": [True, True],
            "hidden": [[], ["due", "fields.reg"]],
        },
        schema=dict(frames.SCOPES),
    )
    projects = pl.DataFrame(
        {
            "id": ["9"],
            "key": ["pay"],
            "name": ["Payments"],
            "parent_id": [None],
            "closed": [False],
            "complete": [True],
            "hidden": [[]],
        },
        schema=dict(frames.PROJECTS),
    )
    links = pl.DataFrame([("1", "2", "FS", 2), ("1", None, "FS", 0)], schema=dict(frames.RAW_LINKS), orient="row")
    return Snapshot(manifest, items, scopes, projects=projects, links=links)


def test_trackers_are_told_by_name() -> None:
    rows = view.trackers_of([snapshot("plant"), snapshot("bank")])
    assert [(row.name, row.items, row.complete) for row in rows] == [("bank", 2, True), ("plant", 2, True)]


def test_a_snapshot_as_items_has_null_for_empty_and_no_key_for_hidden() -> None:
    first, second = items_jsonl(snapshot("bank")).splitlines()
    assert first == (
        '{"id": "1", "key": "A", "project": "Payments", "parent": "2", "title": "=1+1", "due": "2026-11-27", '
        '"estimate_hours": 1.5, "fields": {"reg": null}, "issue_type": "Story", "labels": [], '
        '"links": [{"type": "FS", "to": "2", "lag_working_days": 2}, '
        '{"type": "FS", "to": "not in this file", "lag_working_days": 0}], "owner": null}'
    )
    assert second == (
        '{"id": "2", "key": "B", "project": "Payments", "title": "second", "estimate_hours": 8, '
        '"issue_type": "Bug", "labels": ["x", "y"], "owner": null}'
    )


def test_keys_of_several_trackers() -> None:
    two = portfolio()
    items = pl.concat([two.items, two.items.filter(pl.col("key") == "A-1").with_columns(tracker=pl.lit("u"))])
    assert view.shared_keys(replace(two, items=Items(items))) == {"A-1"}
    assert view.shared_keys(two) == frozenset()
