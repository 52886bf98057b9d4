"""Progress by every basis, with its fallbacks and gaps."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Make = Callable[..., Any]


def _leaf(number: int, phase: str | None, **columns: Any) -> dict[str, Any]:
    return {"id": str(number), "project": "X", "kind": "task", "phase": phase, **columns}


COUNT = {"progress": {"basis": "count"}}


def test_a_programme_is_no_mean_of_percentages(figures_of: Make) -> None:
    rows = [{**_leaf(0, "done"), "programme": "Q", "project": "A"}]
    rows += [{**_leaf(number, "todo"), "programme": "Q", "project": "B"} for number in range(1, 100)]
    computed = figures_of(rows, rollup=COUNT)
    assert computed.of("Q", "progress") == (0.01, 100, 0, "count")
    assert computed.of("A", "progress")[0] == 1.0


def test_hours_weigh_and_a_missing_estimate_is_missing(figures_of: Make) -> None:
    computed = figures_of(
        [
            _leaf(1, "done", estimate_hours=10.0),
            _leaf(2, "doing", estimate_hours=30.0, percent_done=0.5),
            _leaf(3, "doing", percent_done=0.9),
            _leaf(4, "dropped", estimate_hours=20.0),
        ]
    )
    assert computed.of("X", "progress") == (0.625, 2, 1, "estimate")


def test_points_weigh_alike_but_never_with_hours(figures_of: Make) -> None:
    points = [_leaf(1, "done", points=1.0, estimate_hours=None), _leaf(2, "todo", points=3.0)]
    assert figures_of(points).of("X", "progress") == (0.25, 2, 0, "estimate")
    mixed = [*points, _leaf(3, "todo", estimate_hours=8.0), _leaf(4, "todo")]
    value, used, missing, basis = figures_of(mixed).of("X", "progress")
    assert (value, used, missing) == (0.25, 4, 0)
    assert basis == "count, as estimates mix hours and points"


def test_without_a_weight_the_fallback_counts(figures_of: Make) -> None:
    computed = figures_of([_leaf(1, "done"), _leaf(2, "todo")])
    assert computed.of("X", "progress") == (0.5, 2, 0, "count")


def test_the_basis_is_chosen_node_by_node(figures_of: Make) -> None:
    rows = [
        {**_leaf(1, "done", estimate_hours=3.0), "project": "A"},
        {**_leaf(2, "todo", estimate_hours=1.0), "project": "A"},
        {**_leaf(3, "todo"), "project": "B"},
    ]
    computed = figures_of(rows)
    assert computed.of("A", "progress") == (0.75, 2, 0, "estimate")
    assert computed.of("B", "progress") == (0.0, 1, 0, "count")
    assert computed.of("P", "progress") == (0.75, 2, 1, "estimate")


def test_a_milestone_carries_no_effort(figures_of: Make) -> None:
    rows = [_leaf(1, "done", estimate_hours=4.0), {**_leaf(2, "todo"), "kind": "milestone"}]
    assert figures_of(rows).of("X", "progress") == (1.0, 1, 0, "estimate")
    assert figures_of(rows, rollup=COUNT).of("X", "progress") == (0.5, 2, 0, "count")


@pytest.mark.parametrize(
    ("columns", "rule", "expected"),
    [
        ({"percent_done": 0.25}, "0/100", 0.25),
        ({"percent_done": 1.5, "spent_hours": 1.0, "remaining_hours": 1.0}, "0/100", None),
        ({"spent_hours": 30.0, "remaining_hours": 10.0}, "0/100", 0.75),
        ({"spent_hours": 0.0, "remaining_hours": 0.0}, "50/50", 0.5),
        ({"spent_hours": 3.0}, "0/100", 0.0),
        ({}, "50/50", 0.5),
        ({"status": "Review"}, {"Review": 0.8}, 0.8),
        ({"status": "Other"}, {"Review": 0.8}, None),
    ],
)
def test_how_far_an_item_in_doing_is(
    figures_of: Make, columns: dict[str, Any], rule: Any, expected: float | None
) -> None:
    computed = figures_of([_leaf(1, "doing", **columns)], rollup={**COUNT, "ev_rule": rule})
    used = 0 if expected is None else 1
    assert computed.of("X", "progress") == (expected, used, 1 - used, "count")


def test_an_unknown_phase_is_missing(figures_of: Make) -> None:
    computed = figures_of([_leaf(1, "done"), _leaf(2, None)], rollup=COUNT)
    assert computed.of("X", "progress") == (1.0, 1, 1, "count")


def test_duration_cost_and_a_field_of_ones_own_weigh(figures_of: Make) -> None:
    rows = [
        _leaf(1, "done", start=date(2026, 3, 2), due=date(2026, 3, 6), budget_at_completion=100.0, weight=1.0),
        _leaf(2, "todo", start=date(2026, 3, 2), due=date(2026, 3, 20), budget_at_completion=300.0, weight=9.0),
    ]
    for basis, expected in (("duration", 0.25), ("cost", 0.25), ("custom", 0.1)):
        field = {"field": "weight"} if basis == "custom" else {}
        computed = figures_of(rows, rollup={"progress": {"basis": basis, **field}})
        assert computed.of("X", "progress") == (expected, 2, 0, basis)


def test_weights_of_zero_say_nothing(figures_of: Make) -> None:
    computed = figures_of([_leaf(1, "done", estimate_hours=0.0)])
    assert computed.of("X", "progress") == (None, 1, 0, "estimate")


def test_a_negative_weight_is_missing(figures_of: Make) -> None:
    computed = figures_of([_leaf(1, "done", estimate_hours=-5.0), _leaf(2, "todo", estimate_hours=5.0)])
    assert computed.of("X", "progress") == (0.0, 1, 1, "estimate")


def test_a_missing_weight_may_be_imputed_and_stays_missing(figures_of: Make) -> None:
    rows = [
        _leaf(1, "done", parent_id="9", estimate_hours=2.0),
        _leaf(2, "todo", parent_id="9", estimate_hours=6.0),
        _leaf(3, "done", parent_id="9"),
        {**_leaf(9, "doing"), "kind": "summary"},
    ]
    rollup = {"progress": {"missing": "impute"}}
    computed = figures_of(rows, rollup=rollup)
    assert computed.of("X", "progress") == (0.5, 2, 1, "estimate, missing weights imputed")
