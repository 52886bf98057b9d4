"""The example of the contract comes out exactly; what is not built is not there."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from pmo_sync.figures.compute import needed_columns
from pmo_sync.figures.options import RollupOptions
from pmo_sync.figures.table import MADE
from pmo_sync.model.figure_names import AFTER_RULES, ITEM_FIGURES, NODE_FIGURES
from pmo_sync.model.vocabulary import VOCABULARY

PLACE = {"project": "PAY", "programme": "Payments"}
ROWS: list[dict[str, Any]] = [
    {"id": "1", "key": "PAY-1", **PLACE, "kind": "summary", "phase": "doing", "owner": "ann"},
    {
        "id": "2",
        "key": "PAY-2",
        **PLACE,
        "kind": "task",
        "parent_id": "1",
        "phase": "done",
        "owner": "ben",
        "start": date(2026, 11, 16),
        "due": date(2026, 11, 20),
        "actual_start": date(2026, 11, 16),
        "actual_finish": date(2026, 11, 20),
        "estimate_hours": 40,
        "remaining_hours": 0,
        "spent_hours": 38,
    },
    {
        "id": "3",
        "key": "PAY-3",
        **PLACE,
        "kind": "task",
        "parent_id": "1",
        "phase": "todo",
        "owner": None,
        "start": date(2026, 11, 25),
        "due": date(2026, 11, 27),
        "estimate_hours": 24,
        "remaining_hours": 24,
        "spent_hours": 0,
    },
    {
        "id": "4",
        "key": "PAY-4",
        **PLACE,
        "kind": "risk",
        "phase": "doing",
        "owner": "ann",
        "probability": 0.3,
        "impact_money": 20000.0,
        "currency": "GBP",
        "band": "medium",
        "response": "reduce",
    },
]
LINKS = [{"source_id": "2", "target_id": "3", "type": "FS", "lag_working_days": 2}]
EXPECTED = {
    "items": (4, 4, 0, "count"),
    "leaves": (2, 2, 0, "count"),
    "open": (3, 4, 0, "count"),
    "progress": (0.625, 2, 0, "estimate"),
    "start": (date(2026, 11, 16), 2, 0, "min"),
    "due": (date(2026, 11, 27), 2, 0, "max"),
    "overdue_share": (0.0, 1, 0, "count"),
    "estimate_hours": (64.0, 2, 0, "sum"),
    "remaining_hours": (24.0, 2, 0, "sum"),
    "spent_hours": (38.0, 2, 0, "sum"),
    "risks_open": (1, 1, 0, "count"),
    "risk_exposure": (6000.0, 1, 0, "money, GBP"),
}


@pytest.fixture
def example(figures_of: Callable[..., Any]) -> Any:
    return figures_of(ROWS, links=LINKS, today=date(2026, 11, 23))


@pytest.mark.parametrize("figure", EXPECTED)
@pytest.mark.parametrize("node", ["PAY", "Payments", "P"])
def test_the_worked_example(example: Any, node: str, figure: str) -> None:
    assert example.of(node, figure) == EXPECTED[figure]


def test_every_figure_has_its_type_and_four_columns(example: Any) -> None:
    frame = example.figures.nodes
    for name in example.figures.built:
        assert frame.schema[name] == NODE_FIGURES[name].dtype
        assert frame.schema[f"{name}__used"] == frame.schema[f"{name}__missing"] == pl.UInt32
        assert frame[f"{name}__basis"].null_count() == 0
    assert frame.width == 1 + 4 * len(example.figures.built)
    assert frame["node"].to_list() == [0, 1, 2]
    assert not AFTER_RULES & set(example.figures.built)
    for name, dtype in example.figures.items.schema.items():
        assert name == "item" or dtype == ITEM_FIGURES[name].dtype
    assert set(example.figures.item_basis) == set(example.figures.items.columns) - {"item"}


def test_what_is_not_built_is_not_there(example: Any) -> None:
    assert not {"forecast_finish", "cpi", "critical_path_working_days"} & set(example.figures.nodes.columns)


def test_the_table_names_figures_and_columns_of_the_vocabulary() -> None:
    assert set(MADE) <= set(NODE_FIGURES)
    assert needed_columns() <= set(VOCABULARY)
    custom = RollupOptions.model_validate({"progress": {"basis": "custom", "field": "fields.size"}})
    assert needed_columns(custom) == needed_columns() | {"fields.size"}


def test_a_portfolio_without_items_has_figures_of_nothing(figures_of: Callable[..., Any]) -> None:
    nothing = figures_of([])
    assert nothing.of("P", "items") == (0, 0, 0, "count")
    assert nothing.of("P", "progress") == (None, 0, 0, "empty")
    assert nothing.of("P", "due") == (None, 0, 0, "empty")
    assert nothing.of("P", "computed_rag")[0] == "grey", "it has not started"
    assert nothing.of("P", "rollup_rag")[0] == "grey"
