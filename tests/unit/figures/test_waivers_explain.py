"""Waivers counted by scope, and figures taken apart."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pmo_sync.errors import UsageError
from pmo_sync.figures.explain import FigureExplanation, explain_figure
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Waiver

Make = Callable[..., Any]
TODAY = date(2026, 3, 10)


def _waiver(until: date, **scope: str) -> Waiver:
    return Waiver("HYG-01", Scope.model_validate(scope), "a reason", "the head of PMO", until)


def _explained(computed: Any, name: str, node: str) -> FigureExplanation:
    return explain_figure(
        name,
        computed.row(node),
        computed.portfolio,
        computed.figures,
        computed.options,
        today=TODAY,
        calendar=Calendar(),
        currency=None,
    )


def test_waivers_count_for_whom_their_scope_means(figures_of: Make) -> None:
    computed = figures_of(
        [{"id": "1", "key": "K-1", "project": "X"}, {"id": "2", "key": "K-2", "project": "Y"}],
        waivers=(
            _waiver(TODAY, project="X"),
            _waiver(date(2026, 3, 9), project="X"),
            _waiver(date(2026, 3, 9), item="K-1"),
            _waiver(date(2027, 1, 1)),
        ),
    )
    assert [computed.item(key, "waivers") for key in ("K-1", "K-2")] == [4, 1]
    assert [computed.item(key, "waivers_expired") for key in ("K-1", "K-2")] == [2, 0]
    assert [computed.of(node, "waivers")[0] for node in ("P", "X", "Y")] == [1, 3, 1]
    assert computed.of("X", "waivers_expired") == (1, 1, 0, "count")


ROWS: list[dict[str, Any]] = [
    {"id": "1", "project": "X", "kind": "task", "phase": "done", "estimate_hours": 10.0},
    {"id": "2", "project": "X", "kind": "task", "phase": "doing", "estimate_hours": 30.0, "percent_done": 0.5},
    {"id": "3", "project": "X", "kind": "task", "phase": "doing", "due": date(2026, 3, 2)},
    {"id": "4", "project": "Y", "kind": "task", "phase": "todo", "due": None, "estimate_hours": 8.0},
]


def test_a_figure_shows_what_each_item_adds_and_what_it_lacks(figures_of: Make) -> None:
    found = _explained(figures_of(ROWS), "progress", "X")
    assert (found.value, found.used, found.missing, found.basis) == (0.625, 2, 1, "estimate")
    assert found.formula is not None
    assert found.formula.startswith("Σ weight · share done")
    assert found.coverage == pytest.approx(2 / 3)
    assert [(item.key, item.value, item.weight) for item in found.items] == [("1", 1.0, 10.0), ("2", 0.5, 30.0)]
    assert [item.key for item in found.missing_items] == ["3"]


def test_a_figure_shows_what_each_child_has(figures_of: Make) -> None:
    found = _explained(figures_of(ROWS), "overdue_share", "P")
    assert [(child.path, child.value, child.used, child.missing) for child in found.children] == [
        (("P", "X"), 1.0, 1, 1),
        (("P", "Y"), None, 0, 1),
    ]
    assert found.items == (), "nothing hangs directly under the portfolio"
    assert [item.key for item in found.missing_items] == ["2", "4"]


@pytest.mark.parametrize(
    ("figure", "keys"), [("leaves", ["1", "2", "3"]), ("estimate_hours", ["1", "2"]), ("due", ["3"])]
)
def test_tallies_name_their_items(figures_of: Make, figure: str, keys: list[str]) -> None:
    assert [item.key for item in _explained(figures_of(ROWS), figure, "X").items] == keys


def test_a_colour_shows_its_reasons(figures_of: Make) -> None:
    found = _explained(figures_of(ROWS), "computed_rag", "X")
    assert found.why == ("overdue_share",)
    assert found.says == "data says red: 100 % overdue"


def test_points_are_found_where_hours_are_not(figures_of: Make) -> None:
    rows = [{"id": "1", "project": "X", "kind": "task", "phase": "done", "points": 3.0}]
    assert [item.weight for item in _explained(figures_of(rows), "progress", "X").items] == [3.0]


def test_what_is_not_built_says_so(figures_of: Make) -> None:
    found = _explained(figures_of(ROWS), "cpi", "X")
    assert (found.formula, found.value, found.basis, found.coverage) == (None, None, "not built", None)


def test_every_built_figure_can_be_taken_apart(figures_of: Make) -> None:
    computed = figures_of(ROWS)
    for name in computed.figures.built:
        found = _explained(computed, name, "P")
        assert found.formula, name
        assert len(found.children) == 2


def test_a_misspelt_figure_has_a_suggestion(figures_of: Make) -> None:
    with pytest.raises(UsageError, match="no figure is called `progres`") as error:
        _explained(figures_of(ROWS), "progres", "X")
    assert error.value.advice == "did you mean `progress`?"
