"""Whom a scope means."""

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions
from pmo_sync.structure.scope import items_in, nodes_in

MakeSnapshot = Callable[..., Snapshot]


@pytest.fixture
def portfolio(make_snapshot: MakeSnapshot) -> Portfolio:
    options = StructureOptions.model_validate(
        {
            "programme": [{"tracker": "a", "by": "field", "field": "programme"}],
            "project": [{"tracker": "a", "by": "field", "field": "project"}, {"tracker": "b", "by": "project"}],
        }
    )
    bank = make_snapshot(
        [{"id": "1", "key": "PAY-1", "programme": "Pay", "project": "X"}, {"id": "2", "programme": "Pay"}], tracker="a"
    )
    plant = make_snapshot([{"id": "1", "project_id": "9"}], tracker="b", projects=[{"id": "9", "name": "Y"}])
    return build([bank, plant], options, portfolio_name="P")


@pytest.mark.parametrize(
    ("scope", "items", "nodes"),
    [
        ({}, ["PAY-1", "2", "1"], ["P", "Pay", "X", "Y"]),
        ({"portfolio": "P"}, ["PAY-1", "2", "1"], ["P", "Pay", "X", "Y"]),
        ({"portfolio": "Other"}, [], []),
        ({"programme": "Pay"}, ["PAY-1", "2"], ["Pay", "X"]),
        ({"project": "X"}, ["PAY-1"], ["X"]),
        ({"project": "X", "programme": "Other"}, [], []),
        ({"item": "PAY-1"}, ["PAY-1"], []),
        ({"item": "1"}, ["PAY-1", "1"], []),
        ({"item": "1", "tracker": "b"}, ["1"], []),
        ({"tracker": "a"}, ["PAY-1", "2"], []),
        ({"tracker": "b"}, ["1"], ["Y"]),
        ({"tracker": "b", "project": "Y"}, ["1"], []),
    ],
)
def test_whom_a_scope_means(portfolio: Portfolio, scope: dict[str, Any], items: list[str], nodes: list[str]) -> None:
    chosen = Scope.model_validate(scope)
    assert portfolio.items["key"].filter(items_in(portfolio, chosen)).to_list() == items
    assert portfolio.nodes["name"].filter(nodes_in(portfolio, chosen)).to_list() == nodes


def test_a_scope_is_never_unknown(portfolio: Portfolio) -> None:
    assert items_in(portfolio, Scope(project="X")).null_count() == 0
    assert nodes_in(portfolio, Scope(project="X")).null_count() == 0
