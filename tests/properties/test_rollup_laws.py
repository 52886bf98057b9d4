"""Laws of the tree and its figures: order changes nothing, unknown is never zero, levels add up, items count once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

Make = Callable[..., Snapshot]
Rows = list[dict[str, Any]]

TODAY = date(2026, 3, 10)
LAWS = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OPTIONS = StructureOptions.model_validate(
    {
        level: [{"tracker": tracker, "by": "field", "field": level} for tracker in ("a", "b")]
        for level in ("programme", "project")
    }
)
HOURS = st.none() | st.floats(0, 1e6).map(lambda hours: round(hours, 3))


def _maybe(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


ITEM = st.fixed_dictionaries(
    {
        "programme": _maybe("One", "Two"),
        "project": _maybe("A", "B", "C"),
        "parent_id": _maybe("0", "1", "2", "3"),
        "kind": _maybe("task", "task", "task", "milestone", "risk", "summary"),
        "phase": _maybe("todo", "doing", "doing", "done", "dropped"),
        "on_hold": _maybe(True, False),
        "due": _maybe(date(2026, 3, 1), date(2026, 3, 10), date(2026, 4, 1)),
        "estimate_hours": HOURS,
        "points": _maybe(None, None, 1.0, 8.0),
        "percent_done": _maybe(0.0, 0.4, 1.0, 2.0),
        "budget": HOURS,
        "probability": _maybe(0.1, 0.5, 1.0),
        "impact_money": HOURS,
        "same_as": _maybe(None, None, "0", "1"),
    }
)
ITEMS = st.lists(ITEM, max_size=9)


def _rows(items: Rows) -> Rows:
    return [{"id": str(number), **item} for number, item in enumerate(items)]


def _evaluated(snapshots: list[Snapshot]) -> tuple[Portfolio, Figures]:
    portfolio = build(snapshots, OPTIONS, portfolio_name="P")
    return portfolio, compute(portfolio, RollupOptions(), today=TODAY, calendar=Calendar(), currency="GBP")


def _bytes(portfolio: Portfolio, figures: Figures) -> list[str]:
    frames = (portfolio.items, portfolio.nodes, portfolio.places, portfolio.links, figures.nodes, figures.items)
    return [*(frame.write_ndjson() for frame in frames), repr(portfolio.notices), repr(figures.says)]


@LAWS
@given(first=ITEMS, second=ITEMS, data=st.data())
def test_order_changes_nothing(make_snapshot: Make, first: Rows, second: Rows, data: st.DataObject) -> None:
    one, two = _rows(first), _rows(second)
    straight = _evaluated([make_snapshot(one, tracker="a"), make_snapshot(two, tracker="b")])
    shuffled = data.draw(st.permutations(one))
    turned = _evaluated([make_snapshot(two[::-1], tracker="b"), make_snapshot(shuffled, tracker="a")])
    assert _bytes(*straight) == _bytes(*turned)


@LAWS
@given(items=ITEMS)
def test_unknown_is_never_zero(make_snapshot: Make, items: Rows) -> None:
    _, figures = _evaluated([make_snapshot(_rows(items), tracker="a")])
    for name in figures.built:
        used, missing = pl.col(f"{name}__used"), pl.col(f"{name}__missing")
        blind = figures.nodes.filter((used == 0) & (missing > 0))
        assert blind[name].null_count() == blind.height, name


@LAWS
@given(items=ITEMS)
def test_a_fact_less_is_never_a_zero_more(make_snapshot: Make, items: Rows) -> None:
    """Hiding every estimate and due date moves used to missing and invents nothing."""
    rows = _rows(items)
    bare = [{**row, "estimate_hours": None, "due": None} for row in rows]
    _, whole = _evaluated([make_snapshot(rows, tracker="a")])
    _, blind = _evaluated([make_snapshot(bare, tracker="a")])
    for name in ("estimate_hours", "due", "overdue"):
        total = [figures.nodes[f"{name}__used"] + figures.nodes[f"{name}__missing"] for figures in (whole, blind)]
        assert total[0].to_list() == total[1].to_list()
        assert blind.nodes[f"{name}__used"].sum() == 0


@LAWS
@given(first=ITEMS, second=ITEMS)
def test_an_item_counts_once_per_node(make_snapshot: Make, first: Rows, second: Rows) -> None:
    portfolio, figures = _evaluated(
        [make_snapshot(_rows(first), tracker="a"), make_snapshot(_rows(second), tracker="b")]
    )
    assert portfolio.places.select("item", "node").is_duplicated().sum() == 0
    counted = portfolio.places.group_by("node").len().sort("node")
    found = figures.nodes.filter(pl.col("items") > 0).select("node", "items")
    assert found["items"].to_list() == counted["len"].to_list()
    assert figures.nodes["items"][0] == len(first) + len(second)
    phases = figures.nodes.select(pl.sum_horizontal("open", "done", "dropped") + pl.col("open__missing"))
    assert phases.to_series().to_list() == figures.nodes["items"].to_list()


@LAWS
@given(items=ITEMS)
def test_a_fold_over_levels_is_the_direct_sum(make_snapshot: Make, items: Rows) -> None:
    """What the levels add up to is what the net work of each node gives, read from PLACES in one go."""
    portfolio, figures = _evaluated([make_snapshot(_rows(items), tracker="a")])
    parents = set(portfolio.items["parent"].drop_nulls())
    for node in range(portfolio.nodes.height):
        below = portfolio.places.filter(pl.col("node") == node)["item"].to_list()
        rows = [portfolio.items.row(item, named=True) for item in below]
        net = [
            row
            for row in rows
            if row["item"] not in parents
            and row["kind"] in {"task", "milestone"}
            and row["phase"] in {"todo", "doing", "done"}
        ]
        hours = [row["estimate_hours"] for row in net if row["estimate_hours"] is not None]
        dues = [row["due"] for row in net if row["due"] is not None]
        told = figures.nodes.row(node, named=True)
        assert told["leaves"] == len(net) or (told["leaves"] is None and not net)
        assert told["estimate_hours"] == (pytest.approx(sum(hours), rel=1e-9, abs=1e-6) if hours else None)
        assert told["estimate_hours__used"] == len(hours)
        assert told["due"] == max(dues, default=None)


@LAWS
@given(items=ITEMS)
def test_progress_is_sums_over_sums(make_snapshot: Make, items: Rows) -> None:
    """By count, progress of a node is the mean over its leaves, and so between those of its children."""
    snapshot = make_snapshot(_rows(items), tracker="a")
    portfolio = build([snapshot], OPTIONS, portfolio_name="P")
    by_count = RollupOptions.model_validate({"progress": {"basis": "count"}})
    nodes = compute(portfolio, by_count, today=TODAY, calendar=Calendar(), currency=None).nodes
    for node in range(portfolio.nodes.height):
        row = nodes.row(node, named=True)
        if row["progress"] is None:
            continue
        assert 0 <= row["progress"] <= 1
        children = [nodes.row(child, named=True) for child in portfolio.nodes.filter(pl.col("parent") == node)["node"]]
        if sum(child["progress__used"] for child in children) == row["progress__used"]:
            earned = sum(child["progress"] * child["progress__used"] for child in children if child["progress__used"])
            assert row["progress"] == pytest.approx(earned / row["progress__used"], rel=1e-9, abs=1e-12)


@LAWS
@given(items=ITEMS)
def test_a_green_never_rests_on_thin_cover(make_snapshot: Make, items: Rows) -> None:
    _, figures = _evaluated([make_snapshot(_rows(items), tracker="a")])
    green = figures.nodes.filter((pl.col("computed_rag") == "green") & pl.col("overdue_share").is_not_null())
    used, missing = green["overdue_share__used"], green["overdue_share__missing"]
    thin = used < 0.7 * (used + missing)
    only = green["computed_rag__basis"].str.starts_with("worst of overdue_share")
    assert not (thin & only).any()


@LAWS
@given(items=ITEMS)
def test_paths_name_nodes_once_and_hold_their_parents(make_snapshot: Make, items: Rows) -> None:
    portfolio, _ = _evaluated([make_snapshot(_rows(items), tracker="a")])
    paths = [tuple(path) for path in portfolio.nodes["path"].to_list()]
    assert len(set(paths)) == len(paths)
    assert paths == sorted(paths)
    for path, parent in zip(paths[1:], portfolio.nodes["parent"].to_list()[1:], strict=True):
        assert paths[parent] == path[:-1]
