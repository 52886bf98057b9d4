"""Figures that are named and not computed yet: each says what it takes, and none that is computed does."""

from datetime import date

import pytest

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.figure_names import (
    AFTER_RULES,
    AWAITED,
    ITEM_FIGURES,
    LINK_FIGURES,
    NODE_FIGURES,
    PERSON_WEEK_FIGURES,
    SPRINT_FIGURES,
    waits_for,
)
from pmo_sync.model.portfolio import Figures
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions


@pytest.fixture(scope="module")
def figures() -> Figures:
    portfolio = build([], StructureOptions(), portfolio_name="P")
    return compute(portfolio, RollupOptions(), today=date(2026, 11, 23), calendar=Calendar(), currency=None)


def test_what_is_awaited_is_exactly_what_is_not_computed(figures: Figures) -> None:
    of_nodes = {name for name in NODE_FIGURES if waits_for(name, NODE_FIGURES)}
    of_items = {name for name in ITEM_FIGURES if waits_for(name, ITEM_FIGURES)}
    assert of_nodes == NODE_FIGURES.keys() - set(figures.built) - AFTER_RULES
    assert of_items == ITEM_FIGURES.keys() - figures.item_basis.keys()
    assert figures.links is not None
    assert set(figures.links.columns) == LINK_FIGURES.keys()
    assert AWAITED.keys() == of_nodes | of_items | SPRINT_FIGURES.keys() | PERSON_WEEK_FIGURES.keys()


def test_the_sentence_names_the_figure_and_what_it_takes() -> None:
    said = waits_for("utilisation", PERSON_WEEK_FIGURES)
    assert said == "this version does not compute utilisation, which takes a table of the hours that people have"
    assert waits_for("slip_working_days", NODE_FIGURES) is not None
    assert waits_for("slip_working_days", ITEM_FIGURES) is None
    assert waits_for("owner", ITEM_FIGURES) is None
