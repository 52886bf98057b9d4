"""Maturity levels: reached only where proven, cumulative, and read from files with every mistake in its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.model import frames
from pmo_sync.model.frames import Findings, Judged
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.source import Fields, Node
from pmo_sync.rules.judgement import SHARES, Judgement
from pmo_sync.rules.level_entry import read_levels
from pmo_sync.rules.levels import MaturityLevel, Met, scorecards
from pmo_sync.settings.yaml import parse
from tests.unit.rules.conftest import MakePortfolio

LEVELS = (
    MaturityLevel("bronze", ("A-1", "A-2"), 0.9),
    MaturityLevel("silver", ("B-1",), 0.5),
    MaturityLevel("gold", ("C-1",)),
)
Row = tuple[str, int, int, int, int, int]


def judgement(rows: Sequence[Row]) -> Judgement:
    """Rows: standard, node, passed, failed, unknown, waived."""
    zero: list[str | int] = [0] * len(rows)
    columns = ("standard", "node", "passed", "failed", "unknown", "waived")
    data: dict[str, list[str | int]] = {name: [row[number] for row in rows] for number, name in enumerate(columns)}
    data |= {"severity": ["major"] * len(rows), "not_applicable": [1] * len(rows), "baselined": zero}
    judged = pl.DataFrame(data, schema_overrides=dict(frames.JUDGED)).select(list(frames.JUDGED))
    none = Findings(frames.empty(frames.FINDINGS))
    return Judgement(Judged(judged), none, (), frames.empty(SHARES), (), date(2026, 11, 23))


@pytest.fixture
def portfolio(make_portfolio: MakePortfolio) -> Portfolio:
    return make_portfolio()


def reached(portfolio: Portfolio, *rows: Row) -> list[str | None]:
    return [card.reached for card in scorecards(LEVELS, judgement(rows), portfolio)]


def test_a_level_is_reached_where_each_of_its_standards_and_those_below_are_met(portfolio: Portfolio) -> None:
    good: list[Row] = [("A-1", 2, 9, 1, 0, 0), ("A-2", 2, 1, 0, 0, 0), ("B-1", 2, 1, 1, 0, 0)]
    assert reached(portfolio, *good, ("C-1", 2, 0, 1, 0, 0))[2] == "silver"
    assert reached(portfolio, *good, ("C-1", 2, 5, 0, 0, 0))[2] == "gold"
    assert reached(portfolio, ("A-1", 2, 8, 2, 0, 0), *good[1:], ("C-1", 2, 5, 0, 0, 0))[2] is None


def test_a_programme_is_all_below_it_and_a_project_alone_is_its_own(portfolio: Portfolio) -> None:
    rows: list[Row] = [("A-1", 2, 18, 0, 0, 0), ("A-1", 3, 0, 2, 0, 0)]
    rows += [("B-1", 2, 1, 0, 0, 0), ("C-1", 2, 0, 1, 0, 0)]
    assert reached(portfolio, *rows) == ["silver", "silver", "silver", None]


def test_unknown_is_never_reached_and_says_how_many(portfolio: Portfolio) -> None:
    cards = scorecards(LEVELS, judgement([("A-1", 2, 8, 0, 2, 0)]), portfolio)
    following = cards[2].following
    assert cards[2].reached is None
    assert following is not None
    assert [(one.standard, one.holds, one.needed) for one in following.missing] == [("A-1", None, 1)]


def test_what_is_off_or_not_applicable_does_not_count_against(portfolio: Portfolio) -> None:
    nothing = ("A-2", 2, 0, 0, 0, 0)
    assert reached(portfolio, ("A-1", 2, 1, 0, 0, 0), nothing)[2] == "bronze"
    # B-1 judges elsewhere and is n/a here; C-1 is off: no level of that name is ever reached by it.
    cards = scorecards(LEVELS, judgement([("A-1", 2, 1, 0, 0, 0), ("B-1", 3, 1, 0, 0, 0)]), portfolio)
    assert (cards[2].reached, cards[2].following) == ("silver", None)


def test_where_nothing_was_judged_nothing_is_reached(portfolio: Portfolio) -> None:
    card = scorecards(LEVELS, judgement([("A-1", 2, 1, 0, 0, 0)]), portfolio)[3]
    assert (card.reached, card.is_judged, card.following) == (None, False, None)


def test_what_was_not_read_whole_proves_nothing(portfolio: Portfolio) -> None:
    nodes = frames.Nodes(portfolio.nodes.with_columns((pl.col("node") != 2).alias("complete")))
    part = Portfolio(**{name: getattr(portfolio, name) for name in Portfolio.__slots__ if name != "nodes"}, nodes=nodes)
    card = scorecards(LEVELS, judgement([("A-1", 2, 1, 0, 0, 0)]), part)[2]
    assert (card.reached, card.with_waivers, card.complete) == (None, None, False)


def test_raw_and_with_waivers_stand_side_by_side(portfolio: Portfolio) -> None:
    card = scorecards(LEVELS, judgement([("A-1", 2, 1, 1, 0, 1), ("B-1", 2, 0, 1, 0, 1)]), portfolio)[2]
    assert (card.reached, card.with_waivers) == (None, "silver")


SMALL = st.integers(0, 6)


@given(SMALL, SMALL, SMALL, st.sampled_from([0.01, 0.29, 0.5, 0.9, 1.0]))
def test_met_is_what_every_way_of_knowing_the_unknown_agrees_on(p: int, f: int, u: int, share: float) -> None:
    if not p + f + u:
        return
    truths = {Met("A", share, p + more, f + u - more, 0, 0).holds for more in range(u + 1)}
    expected = truths.pop() if len(truths) == 1 else None
    assert Met("A", share, p, f, u, 0).holds is expected


@given(st.lists(st.tuples(st.sampled_from(["A-1", "A-2", "B-1", "C-1"]), SMALL, SMALL, SMALL), min_size=1))
def test_one_more_pass_in_place_of_a_failure_lowers_no_level(rows: list[tuple[str, int, int, int]]) -> None:
    names = [None, "bronze", "silver", "gold"]
    counts = {standard: (p, f, u) for standard, p, f, u in rows}
    lone = pl.DataFrame({"node": [0], "parent": [None], "complete": [True]}, schema_overrides={"parent": pl.UInt32()})

    def rank(changed: dict[str, tuple[int, int, int]]) -> int:
        alone = type("Lone", (), {"nodes": lone})()
        found = scorecards(LEVELS, judgement([(name, 0, p, f, u, 0) for name, (p, f, u) in changed.items()]), alone)
        return names.index(found[0].reached)

    for standard, (p, f, u) in counts.items():
        if f:
            assert rank(counts | {standard: (p + 1, f - 1, u)}) >= rank(counts)


def lists(*texts: str) -> list[Node]:
    found = []
    for text in texts:
        tree = parse(text, "levels.yaml")
        assert isinstance(tree, Fields)
        node = tree.get("levels")
        assert node is not None
        found.append(node)
    return found


KNOWN = {"HYG-01", "HYG-02", "RSK-01"}


def elsewhere(id_: str) -> str | None:
    return "cost-evm" if id_ == "EVM-01" else None


def test_several_files_add_to_a_level_of_one_name() -> None:
    one = "levels:\n  - {name: bronze, means: Known., at_least: 90%, standards: [HYG-01]}\n"
    two = "levels:\n  - {name: bronze, standards: [RSK-01]}\n  - {name: silver, standards: [HYG-02]}\n"
    levels, problems = read_levels(lists(one, two), KNOWN, elsewhere)
    assert problems == ()
    assert levels == (
        MaturityLevel("bronze", ("HYG-01", "RSK-01"), 0.9, "Known."),
        MaturityLevel("silver", ("HYG-02",), 1.0, None),
    )


@pytest.mark.parametrize(
    ("text", "place", "said", "hint"),
    [
        ("levels: gold", "1:9", "is a list", "at_least"),
        ("levels:\n  - {nam: x}", "2:6", "no key `nam`", "`name`"),
        ("levels:\n  - {standards: [HYG-01]}", "2:5", "no `name`", "bronze"),
        ("levels:\n  - {name: a}", "2:12", "no `standards`", "bronze"),
        ("levels:\n  - {name: a, standards: []}", "2:26", "list of ids", None),
        ("levels:\n  - {name: a, standards: [HYG-1]}", "2:27", "names `HYG-1`", "HYG-01"),
        ("levels:\n  - {name: a, standards: [EVM-01]}", "2:27", "names `EVM-01`", "cost-evm"),
        ("levels:\n  - {name: a, standards: [HYG-01, HYG-01]}", "2:35", "twice", "once"),
        ("levels:\n  - {name: a, standards: [HYG-01]}\n  - {name: b, standards: [HYG-01]}", "3:27", "in `a`", "once"),
        ("levels:\n  - {name: a, at_least: 0%, standards: [HYG-01]}", "2:25", "a share", "90%"),
        ("levels:\n  - {name: a, at_least: most, standards: [HYG-01]}", "2:25", "a share", "90%"),
        (
            "levels:\n  - {name: a, at_least: 5%, standards: [HYG-01]}\n  - {name: a, at_least: 6%}",
            "3:25",
            "another `at_least`",
            "one place",
        ),
    ],
)
def test_every_mistake_has_its_place_and_a_way_out(text: str, place: str, said: str, hint: str | None) -> None:
    levels, problems = read_levels(lists(text), KNOWN, elsewhere)
    assert levels == ()
    messages = [(str(one.source), one.message, one.hint) for one in problems]
    assert any(
        at == f"levels.yaml:{place}" and said in message and (hint is None or hint in (way or ""))
        for at, message, way in messages
    ), messages


def test_no_shares_agree_whatever_the_order_of_the_levels_rows() -> None:
    rows: list[Row] = [("A-1", 0, 3, 1, 0, 0), ("B-1", 0, 1, 0, 0, 0), ("C-1", 0, 1, 0, 0, 0)]
    lone = type("Lone", (), {"nodes": pl.DataFrame({"node": [0], "parent": [None], "complete": [True]})})()
    found = {
        scorecards(LEVELS, judgement([rows[a], rows[b], rows[c]]), lone)[0].reached
        for a, b, c in product(range(3), repeat=3)
        if len({a, b, c}) == 3
    }
    assert len(found) == 1
