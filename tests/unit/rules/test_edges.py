"""Linked summaries stand for all the work below them: the same pairs, whole or a part at a time."""

import polars as pl
import pytest

from pmo_sync.model.portfolio import Portfolio
from pmo_sync.rules import edges
from pmo_sync.rules.condition import Frame
from tests.unit.rules.conftest import MakePortfolio

BELOW = 30


@pytest.fixture
def portfolio(make_portfolio: MakePortfolio) -> Portfolio:
    """Summaries 0 and 1 with BELOW tasks each, 0 before 1; the first of 0 also leads to 1, to one below it, to one of
    its own, and to one that nobody sees. Node 3 is item 1.
    """
    tasks = [{"parent": parent} for parent in (0, 1) for _ in range(BELOW)]
    links: list[dict[str, int | None]] = [{"source": 0, "target": 1}]
    links += [{"source": 2, "target": other} for other in (1, 2 + BELOW, 3, None)]
    project: dict[str, object] = {"level": "project", "name": "A", "parent": 0, "item": 1}
    nodes = [{"level": "portfolio", "name": "P", "parent": None}, project]
    return make_portfolio([{"kind": "summary"}, {"kind": "summary"}, *tasks], nodes=nodes, links=links)


def pairs(portfolio: Portfolio, frame: Frame, relation: str) -> list[list[tuple[int, int | None]]]:
    parts = edges.route(portfolio, frame, relation, Frame.ITEM).parts()
    return [sorted(part.select("s", "r").rows(), key=str) for part in parts]


@pytest.mark.parametrize("frame", [Frame.ITEM, Frame.NODE])
@pytest.mark.parametrize("relation", ["predecessors", "successors"])
@pytest.mark.parametrize("most", [1, 7, 100])
def test_the_parts_make_the_whole(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, frame: Frame, relation: str, most: int
) -> None:
    (whole,) = pairs(portfolio, frame, relation) or [[]]
    monkeypatch.setattr(edges, "AT_ONCE", most)
    parts = pairs(portfolio, frame, relation)
    assert sorted((pair for part in parts for pair in part), key=str) == whole
    subjects = [{s for s, _ in part} for part in parts]
    assert sum(map(len, subjects)) == len(set().union(*subjects)), "all of a subject are in one part"


def test_no_part_is_much_larger_than_it_may_be(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "AT_ONCE", 2 * BELOW)
    parts = pairs(portfolio, Frame.ITEM, "successors")
    assert len(parts) > BELOW / 3
    assert max(map(len, parts)) <= 3 * BELOW + 3
    assert {len([r for s, r in part if s == 2]) for part in parts} == {0, BELOW + 2}, (
        "each once, and one that is unseen"
    )


def test_a_node_without_links_has_none(make_portfolio: MakePortfolio) -> None:
    items: list[dict[str, object]] = [{"kind": "summary"}, {"parent": 0}, {}]
    portfolio = make_portfolio(items, links=[{"source": 0, "target": 2}])
    assert pairs(portfolio, Frame.NODE, "successors") == [[]]
    assert pl.concat(edges.route(portfolio, Frame.NODE, "successors", Frame.ITEM).parts()).is_empty()
