"""Money up the tree, and risks."""

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]


def _item(number: int, project: str, **columns: Any) -> dict[str, Any]:
    return {"id": str(number), "programme": "Q", "project": project, "kind": "task", "phase": "doing", **columns}


def _home(level: str, name: str, item: str) -> dict[str, str]:
    return {"level": level, "name": name, "tracker": "t", "item": item}


def test_the_example_of_a_programme(figures_of: Make) -> None:
    rows = [
        _item(1, "A", budget=200.0),
        _item(2, "B", budget=250.0),
        _item(3, "C"),
        _item(4, "A", budget=500.0),
    ]
    homes = [_home("project", "A", "1"), _home("project", "B", "2"), _home("programme", "Q", "4")]
    computed = figures_of(rows, homes=homes)
    assert computed.of("A", "budget") == (200.0, 1, 0, "stated")
    assert computed.of("Q", "budget") == (500.0, 1, 0, "stated")
    assert computed.of("Q", "children_budget") == (450.0, 2, 1, "sum_of_children")
    assert computed.of("Q", "unallocated_budget")[:3] == (50.0, 2, 1)
    assert computed.of("P", "budget") == (500.0, 1, 0, "sum_of_children")
    assert computed.of("P", "unallocated_budget")[0] is None


def test_money_of_an_item_holds_that_below_it(figures_of: Make) -> None:
    rows = [
        {**_item(1, "A", budget=100.0), "kind": "summary"},
        _item(2, "A", parent_id="1", budget=60.0),
        _item(3, "A", parent_id="2", budget=10.0),
        _item(4, "B", parent_id="1", budget=40.0),
        _item(5, "A", budget=7.0),
        _item(6, "A"),
    ]
    computed = figures_of(rows)
    assert computed.of("A", "budget") == (107.0, 2, 1, "sum_of_children")
    assert computed.of("B", "budget") == (None, 0, 0, "empty"), "it is inside the budget of item 1"
    assert computed.of("Q", "budget") == (107.0, 1, 1, "sum_of_children")


def test_dropped_work_is_spent_but_not_budgeted(figures_of: Make) -> None:
    rows = [
        _item(1, "A", budget=10.0, actual_cost=4.0),
        {**_item(2, "A", budget=90.0, actual_cost=5.0), "phase": "dropped"},
        {**_item(3, "B", budget=70.0, actual_cost=6.0), "phase": "dropped"},
    ]
    computed = figures_of(rows, homes=[_home("project", "B", "3")])
    assert computed.of("A", "budget") == (10.0, 1, 0, "sum_of_children")
    assert computed.of("A", "actual_cost") == (9.0, 2, 0, "sum_of_children, dropped included")
    assert computed.of("Q", "budget") == (10.0, 1, 0, "sum_of_children")
    assert computed.of("Q", "actual_cost") == (15.0, 2, 0, "sum_of_children, dropped included")


def test_two_currencies_make_no_total(figures_of: Make) -> None:
    rows = [_item(1, "A", budget=1.0, currency="GBP"), _item(2, "B", budget=1.0), _item(3, "B", budget=2.0)]
    mixed = figures_of(rows, currency="EUR")
    assert mixed.of("A", "budget") == (1.0, 1, 0, "sum_of_children")
    assert mixed.of("B", "budget") == (3.0, 2, 0, "sum_of_children")
    assert mixed.of("Q", "budget") == (None, 2, 0, "mixed currencies, no rate: EUR and GBP")
    assert mixed.of("P", "budget")[0] is None, "nor one level up"
    assert figures_of(rows, currency="GBP").of("P", "budget")[0] == 4.0
    assert figures_of(rows).of("Q", "budget")[3] == "mixed currencies, no rate: none and GBP"


def test_money_of_a_tracker_project_is_stated(figures_of: Make) -> None:
    rows = [{"id": "1", "project_id": "9", "phase": "doing", "budget": 3.0}]
    computed = figures_of(rows, projects=[{"id": "9", "name": "X", "budget": 12.345678912, "actual_cost": None}])
    assert computed.of("X", "budget") == (12.345679, 1, 0, "stated"), "six decimals"
    assert computed.of("X", "actual_cost") == (None, 0, 1, "sum_of_children, dropped included")


def _risk(number: int, **columns: Any) -> dict[str, Any]:
    return {**_item(number, "A"), "kind": "risk", **columns}


def test_the_example_of_exposure(figures_of: Make) -> None:
    rows = [
        _risk(1, probability=0.3, impact_money=100_000.0),
        _risk(2, probability=0.1, impact_money=50_000.0),
        _risk(3, probability=0.5, impact_money=20_000.0, response="exploit"),
        _risk(4),
    ]
    assert figures_of(rows, currency="GBP").of("A", "risk_exposure") == (25_000.0, 3, 1, "money, GBP")
    assert figures_of(rows).of("A", "risk_exposure") == (25_000.0, 3, 1, "money")


def test_what_is_no_scored_open_risk(figures_of: Make) -> None:
    rows = [
        _risk(1, probability=1.5, impact_money=10.0),
        _risk(2, probability=1.0, impact_money=10.0),
        _risk(3, probability=0.5, impact_money=10.0, phase="done"),
        _risk(4, probability=0.5, impact_money=10.0, phase="dropped"),
        _risk(5, probability=0.5, impact_money=None, phase="todo"),
    ]
    computed = figures_of(rows)
    assert computed.of("A", "risk_exposure") == (None, 0, 2, "money")
    assert computed.of("A", "risks_open") == (3, 5, 0, "count")
    assert figures_of([_item(1, "A")]).of("A", "risk_exposure") == (None, 0, 0, "empty")


def test_exposure_in_two_currencies_has_no_total(figures_of: Make) -> None:
    rows = [
        _risk(1, probability=0.5, impact_money=10.0, currency="EUR"),
        _risk(2, probability=0.5, impact_money=10.0, currency="GBP"),
        _risk(3, currency="USD"),
    ]
    expected = (None, 2, 1, "mixed currencies, no rate: EUR and GBP")
    assert figures_of(rows).of("A", "risk_exposure") == expected


def test_bands_are_counted(figures_of: Make) -> None:
    rows = [_risk(1, band="high"), _risk(2, band="low"), _risk(3), _risk(4, band="high", phase="done")]
    assert figures_of(rows).of("A", "risks_high") == (1, 2, 1, "count")


def test_a_copied_risk_counts_once_at_the_highest_level(figures_of: Make) -> None:
    rows = [
        _risk(1, probability=0.5, impact_money=100.0, band="high"),
        {**_risk(2, probability=0.5, impact_money=300.0, band="high", same_as="1"), "project": None},
        {**_risk(3, probability=0.5, impact_money=500.0, same_as="2"), "project": None, "programme": None},
        _risk(4, probability=0.5, impact_money=10.0),
    ]
    computed = figures_of(rows)
    assert computed.of("A", "risk_exposure")[:3] == (55.0, 2, 0)
    assert computed.of("Q", "risk_exposure")[:3] == (155.0, 2, 0), "the copy of the programme speaks"
    assert computed.of("P", "risk_exposure")[:3] == (255.0, 2, 0)
    assert [computed.of(node, "risks_open")[0] for node in ("A", "Q", "P")] == [2, 2, 2]
    assert [computed.of(node, "items")[0] for node in ("A", "Q", "P")] == [2, 3, 4], "as items all are there"


@pytest.mark.parametrize("same_as", ["gone", "1"])
def test_a_copy_of_nothing_counts(figures_of: Make, same_as: str) -> None:
    computed = figures_of([_risk(1, same_as=same_as)])
    assert computed.of("A", "risks_open") == (1, 1, 0, "count")
