"""The baseline stands beside the verdict: accepted failures fail, are counted apart and carry no flag."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Accepted, Past, Waiver
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import Severity
from pmo_sync.rules.baseline import Standing, open_failures, standings
from pmo_sync.rules.describe import describe
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.scores import scores
from tests.unit.rules.conftest import Load, MakeFigures, MakePortfolio

Judged = Callable[..., Judgement]
TODAY = date(2026, 11, 23)
STANDARDS = """
standards:
  - {id: A-1, title: Has an owner, level: item, severity: major, flag: no-owner, require: {owner: present}}
  - id: A-2
    title: Few lack a due date
    level: project
    severity: minor
    share: {of: items, among: {phase: doing}, where: {due: absent}}
    limit: {fail_above: 20%}
    flag: no-due
    flag_offenders: true
"""


def item(standard: str, id_: str) -> Accepted:
    return Accepted(standard, "t", id_, TODAY)


def node(standard: str, path: str) -> Accepted:
    return Accepted(standard, "", path, TODAY)


@pytest.fixture
def portfolio(make_portfolio: MakePortfolio) -> Portfolio:
    rows = [{"owner": None, "due": None}, {"owner": None, "due": TODAY}, {"owner": "ann", "due": TODAY}]
    return make_portfolio(rows)


@pytest.fixture
def judged(load: Load, portfolio: Portfolio, make_figures: MakeFigures) -> Judged:
    def of(*baseline: Accepted, waivers: tuple[Waiver, ...] = (), only: str = STANDARDS) -> Judgement:
        past = Past(baseline=baseline, waivers=waivers)
        figures = make_figures(portfolio)
        return judge(load(only), portfolio, figures, today=TODAY, calendar=Calendar(), past=past)

    return of


def found(judgement: Judgement) -> list[tuple[str, int | None, bool, bool]]:
    return judgement.findings.select("standard", "item", "offender", "baselined").rows()


def test_nothing_is_accepted_without_a_baseline(judged: Judged) -> None:
    assert found(judged()) == [
        ("A-1", 0, False, False),
        ("A-1", 1, False, False),
        ("A-2", None, False, False),
        ("A-2", 0, True, False),
    ]


def test_an_accepted_failure_of_an_item_is_marked_by_tracker_id_and_standard(judged: Judged) -> None:
    marked = found(judged(item("A-1", "1"), item("A-2", "0"), Accepted("A-1", "other", "0", TODAY)))
    assert [row for row in marked if row[3]] == [("A-1", 1, False, True)]


def test_with_a_node_its_offenders_are_accepted(judged: Judged) -> None:
    marked = found(judged(node("A-2", "P/G/A")))
    assert [row for row in marked if row[3]] == [("A-2", None, False, True), ("A-2", 0, True, True)]


def test_what_is_waived_counts_as_waived_and_not_as_accepted(judged: Judged, portfolio: Portfolio) -> None:
    waiver = Waiver("A-1", Scope(item="K-0"), "r", "a", TODAY)
    judgement = judged(item("A-1", "0"), item("A-1", "1"), waivers=(waiver,))
    assert judgement.findings.filter(pl.col("standard") == "A-1")["baselined"].to_list() == [False, True]
    counts = scores(judgement, portfolio).counts
    assert (counts.waived, counts.baselined, counts.failed[Severity.MAJOR]) == (1, 1, 0)


def test_an_accepted_failure_stays_a_failure_in_both_scores(judged: Judged, portfolio: Portfolio) -> None:
    bare, accepted = judged(), judged(item("A-1", "0"), item("A-1", "1"), node("A-2", "P/G/A"))
    both = ["compliance", "with_waivers"]
    assert scores(bare, portfolio).nodes[both].equals(scores(accepted, portfolio).nodes[both])
    counts = scores(accepted, portfolio).counts
    assert (sum(counts.failed.values()), counts.baselined, counts.items_failing) == (0, 3, 0)
    assert open_failures(accepted, portfolio).is_empty()
    assert open_failures(bare, portfolio).select("standard", "tracker", "id").rows() == [
        ("A-1", "t", "0"),
        ("A-1", "t", "1"),
        ("A-2", "", "P/G/A"),
    ]


def test_the_finding_says_so(judged: Judged, portfolio: Portfolio, make_figures: MakeFigures) -> None:
    judgement = judged(item("A-1", "1"))
    rows = describe(judgement, portfolio, make_figures(portfolio), judgement.findings.head(2))
    assert [(one.key, one.baselined) for one in rows] == [("K-0", False), ("K-1", True)]


def test_what_has_become_of_it(judged: Judged, portfolio: Portfolio) -> None:
    accepted = (
        item("A-1", "0"),
        item("A-1", "1"),
        item("A-1", "2"),
        item("A-1", "99"),
        item("B-9", "0"),
        node("A-2", "P/G/A"),
        node("A-2", "P/G/Gone"),
    )
    waiver = Waiver("A-1", Scope(item="K-0"), "r", "a", TODAY)
    assert standings(judged(*accepted, waivers=(waiver,)), portfolio, accepted) == (
        Standing.WAIVED,
        Standing.FAILING,
        Standing.FIXED,
        Standing.GONE,
        Standing.NOT_JUDGED,
        Standing.FAILING,
        Standing.GONE,
    )
    assert [one for one in Standing if one.is_settled] == [Standing.FIXED, Standing.GONE]


def test_what_cannot_be_told_is_not_fixed(load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures) -> None:
    portfolio = make_portfolio([{"owner": None, "scope": 0}], hidden={"owner": [0]})
    accepted = (item("A-1", "0"), item("A-1", "99"))
    nodes = frames.Nodes(portfolio.nodes.with_columns(pl.lit(False).alias("complete")))
    past = Past(baseline=accepted)
    unread = Portfolio(
        **{name: getattr(portfolio, name) for name in Portfolio.__slots__ if name != "nodes"},
        nodes=nodes,
    )
    judgement = judge(load(STANDARDS), unread, make_figures(unread), today=TODAY, calendar=Calendar(), past=past)
    assert standings(judgement, unread, accepted) == (Standing.UNKNOWN, Standing.UNKNOWN)


def test_what_is_switched_off_where_it_stands_was_not_judged(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    fine = {"owner": "ann", "due": TODAY, "node": 3}
    portfolio = make_portfolio([{"owner": None, "due": TODAY}, fine, fine])
    off = [{"enabled": False, "only": {"project": "A"}}, {"enabled": False, "only": {"item": "K-2"}}]
    standards = load(STANDARDS, override={"A-1": off, "A-2": off[:1]})
    accepted = (item("A-1", "0"), item("A-1", "1"), item("A-1", "2"), node("A-2", "P/G/A"), node("A-2", "P/G/B"))
    judgement = judge(standards, portfolio, make_figures(portfolio), today=TODAY, calendar=Calendar(), past=Past())
    assert standings(judgement, portfolio, accepted) == (
        Standing.NOT_JUDGED,
        Standing.FIXED,
        Standing.NOT_JUDGED,
        Standing.NOT_JUDGED,
        Standing.FIXED,
    )


LINKED = """
standards:
  - {id: L-1, title: Waits for nothing hidden, level: item, subject: link, severity: minor, require: {visible: true}}
"""


@pytest.mark.parametrize(("complete", "standing"), [(True, Standing.FIXED), (False, Standing.UNKNOWN)])
def test_a_link_that_is_gone_is_settled_only_where_all_links_were_read(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures, *, complete: bool, standing: Standing
) -> None:
    portfolio = make_portfolio([{"complete": complete}])
    judgement = judge(load(LINKED), portfolio, make_figures(portfolio), today=TODAY, calendar=Calendar(), past=Past())
    assert standings(judgement, portfolio, (item("L-1", "0"),)) == (standing,)
