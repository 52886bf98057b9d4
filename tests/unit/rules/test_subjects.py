"""Links, sprints and persons' weeks as what is judged: verdicts, findings, explanations, waivers, marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pmo_sync.errors import UsageError
from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import ModeEntry, Scope
from pmo_sync.model.past import Past, Waiver
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.words import Mode, Verdict
from pmo_sync.rules.describe import describe
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.explain import explain
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.language import needed_histories
from pmo_sync.rules.scores import counts_of_items, scores
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.waiting import NO_ROWS, waiting

TODAY = date(2026, 11, 23)
Load = Callable[..., tuple[Standard, ...]]
MakePortfolio = Callable[..., Portfolio]
MakeFigures = Callable[..., Figures]
LATE = """\
standards:
  - id: X-1
    title: Predecessors finish in time
    level: item
    subject: link
    severity: major
    applies_to: {successor: {phase: [todo, doing]}, predecessor: {phase: {is_not: dropped}}}
    require: {slack_working_days: {gte: 0}}
    escalate: [{to: critical, when: {crosses_project: true}}]
    flag: late
    message: "{predecessor} leaves {slack_working_days} days for {successor}"
"""
GOAL = """\
standards:
  - id: X-2
    title: An active sprint has a goal
    level: project
    subject: sprint
    severity: minor
    applies_to: {sprint_state: active}
    require: {sprint_goal: present}
    message: "{name} of {path} has no goal"
"""
WEEKS = """\
standards:
  - id: X-3
    title: Nobody is planned beyond capacity
    level: portfolio
    subject: person_week
    severity: minor
    applies_to: {person: present}
    require: {weeks_over_capacity: {lt: 2}}
"""
ITEMS: list[dict[str, Any]] = [
    {"phase": "doing"},
    {"phase": "todo"},
    {"phase": "todo", "node": 3},
    {"phase": "done"},
]
LINKS: list[dict[str, Any]] = [
    {"source": 0, "target": 1},  # late
    {"source": 0, "target": 2, "crosses_project": True},  # late, over the border
    {"source": 3, "target": 1},  # in time
    {"source": 0, "target": 3},  # what waits is done
    {"source": None, "target": 1},  # unknown
    {"source": 1, "target": None},  # unknown
    {"source": 0, "target": 1, "type": "relates"},  # no dependency
    {"source": 3, "target": 2, "type": "SS"},  # late, from done work
]
SLACK = [-2.0, -1.0, 3.0, -9.0, None, None, -9.0, -4.0]


@pytest.fixture
def portfolio(make_portfolio: MakePortfolio) -> Portfolio:
    return make_portfolio(ITEMS, links=LINKS)


@pytest.fixture
def figures(portfolio: Portfolio, make_figures: MakeFigures) -> Figures:
    return replace(make_figures(portfolio), links=pl.DataFrame({"slack_working_days": SLACK}))


def run(standards: tuple[Standard, ...], portfolio: Portfolio, figures: Figures, **more: Any) -> Judgement:
    given = {"today": TODAY, "calendar": Calendar(), "past": Past(), **more}
    return judge(standards, portfolio, figures, **given)


def rows(judgement: Judgement, *columns: str) -> list[tuple[Any, ...]]:
    return judgement.findings.select(columns).rows()


def sprints(*given: dict[str, Any]) -> pl.DataFrame:
    told = [{"sprint": n, "node": 2, "tracker": "t", "id": f"{n}", "scope": 0, **one} for n, one in enumerate(given)]
    return pl.DataFrame(told, schema=dict(frames.SPRINTS))


# --- links ----------------------------------------------------------------------------------------------------------
def test_each_dependency_link_is_judged_and_reported_at_its_successor(
    load: Load, portfolio: Portfolio, figures: Figures
) -> None:
    judgement = run(load(LATE), portfolio, figures)
    fail, unknown = Verdict.FAIL, Verdict.UNKNOWN
    assert sorted(rows(judgement, "subject", "item", "node", "level", "verdict", "severity", "ripe")) == [
        (0, 1, 2, "item", fail, "major", True),
        (1, 2, 3, "item", fail, "critical", True),
        (4, 1, 2, "item", unknown, "major", False),
        (5, 1, 2, "item", unknown, "major", False),  # at the end that is seen
        (7, 2, 3, "item", fail, "major", True),
    ]
    counted = judgement.judged.select("node", "severity", "passed", "failed", "not_applicable", "unknown").rows()
    assert sorted(counted) == [(2, "major", 1, 1, 1, 2), (3, "critical", 0, 1, 0, 0), (3, "major", 0, 1, 0, 0)]


def test_a_failing_link_without_a_seen_successor_marks_nothing(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    portfolio = make_portfolio([{}], links=[{"source": 0, "target": None, "lag_working_days": 9}])
    text = LATE.replace("{slack_working_days: {gte: 0}}", "{lag_working_days: {lte: 5}}")
    text = text.replace("applies_to: {successor: {phase: [todo, doing]}, predecessor", "applies_to: {predecessor")
    judgement = run(load(text), portfolio, make_figures(portfolio))
    assert rows(judgement, "item", "verdict", "ripe") == [(0, Verdict.FAIL, False)]


def test_the_finding_names_both_ends(load: Load, portfolio: Portfolio, figures: Figures) -> None:
    judgement = run(load(LATE), portfolio, figures)
    found = {one.message: one for one in describe(judgement, portfolio, figures, judgement.findings)}
    late = found["K-0 leaves -2 days for K-1"]
    assert (late.key, late.flag, late.path) == ("K-1", "pmo-late", ("P", "G", "A"))
    assert late.evidence == {"predecessor": "K-0", "successor": "K-1", "slack_working_days": -2.0}
    unseen = next(one for one in found.values() if one.evidence["predecessor"] is None)
    assert "for want of predecessor, slack_working_days" in unseen.message


def test_waivers_modes_scopes_and_first_days_are_those_of_the_successor(
    load: Load, portfolio: Portfolio, figures: Figures
) -> None:
    waiver = Waiver("X-1", Scope(project="B"), "r", "a", TODAY)
    since = pl.DataFrame(
        {"standard": ["X-1"], "tracker": ["t"], "id": ["1"], "since": [date(2026, 11, 2)]},
        schema=dict(frames.FAILING_SINCE),
    )
    modes = (ModeEntry(standard="X-1", project="A", mode=Mode.SUPPORTIVE),)
    override = {"X-1": [{"severity": "minor", "only": {"project": "A"}}]}
    judgement = run(
        load(LATE, override=override),
        portfolio,
        figures,
        past=Past(waivers=(waiver,), failing_since=since),
        modes=modes,
    )
    failures = judgement.findings.filter(pl.col("verdict") == Verdict.FAIL)
    assert sorted(failures.select("subject", "waiver", "mode", "since", "severity").rows()) == [
        (0, None, "supportive", date(2026, 11, 2), "minor"),
        (1, 0, "controlling", TODAY, "critical"),
        (7, 0, "controlling", TODAY, "major"),
    ]


def test_compliance_and_the_counts_of_an_item_hold_its_links(
    load: Load, portfolio: Portfolio, figures: Figures
) -> None:
    judgement = run(load(LATE), portfolio, figures, keep_verdicts=True)
    assert judgement.verdicts is not None
    assert judgement.verdicts["verdict of X-1"].to_list() == [None, Verdict.FAIL, Verdict.FAIL, Verdict.NOT_APPLICABLE]
    assert counts_of_items(judgement, [2]).items_failing == 1
    assert counts_of_items(judgement, [0, 1, 2, 3]) == scores(judgement, portfolio).counts
    one = counts_of_items(judgement, [1])  # of its five links one is late, one in time, two cannot be told
    assert (one.passed, sum(one.failed.values()), one.unknown, one.not_applicable) == (1, 1, 2, 0)
    by_node = scores(judgement, portfolio).nodes
    assert by_node.filter(pl.col("node") == 2).select("passed", "failed", "unknown").row(0) == (1, 1, 2)


def test_links_of_an_item_see_both_ends_and_the_figure(load: Load, portfolio: Portfolio, figures: Figures) -> None:
    text = """\
standards:
  - id: X-9
    title: Nothing late
    level: item
    severity: minor
    require: {links: {none: {successor: {phase: todo}, predecessor: {phase: doing}, slack_working_days: {lt: 0}}}}
"""
    judgement = run(load(text), portfolio, figures)
    fails = judgement.findings.filter(pl.col("verdict") == Verdict.FAIL)
    assert fails["item"].to_list() == [0, 1, 2]


def test_explain_shows_the_worst_link_and_names_the_others(load: Load, portfolio: Portfolio, figures: Figures) -> None:
    (standard,) = load(LATE)
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    found = explain(standard, portfolio, figures, item=1, **given)
    assert (found.name, found.subject, found.verdict) == ("K-1", "K-0 → K-1 (FS)", Verdict.FAIL)
    assert found.others == (
        ("? → K-1 (FS)", Verdict.UNKNOWN),
        ("K-1 → ? (FS)", Verdict.UNKNOWN),
        ("K-3 → K-1 (FS)", Verdict.PASS),
    )
    seen = {(each.part, each.column): each.seen for each in found.clauses if each.column}
    assert seen["require", "slack_working_days"] == -2.0
    phases = [each.seen for each in found.clauses if each.column == "phase"]
    assert phases == ["todo", "doing"]
    assert found.finding is not None
    assert found.finding.evidence["predecessor"] == "K-0"


def test_explain_says_where_there_is_nothing_to_judge(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    portfolio = make_portfolio([{}])
    figures = make_figures(portfolio)
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    with pytest.raises(UsageError, match="judges links, and there is none here"):
        explain(load(LATE)[0], portfolio, figures, item=0, **given)
    with pytest.raises(UsageError, match="X-1 judges item"):
        explain(load(LATE)[0], portfolio, figures, node=0, **given)
    with pytest.raises(UsageError, match="persons' weeks") as caught:
        explain(load(WEEKS)[0], portfolio, figures, node=0, **given)
    assert caught.value.advice == NO_ROWS


# --- sprints and weeks ------------------------------------------------------------------------------------------------
def test_a_sprint_is_reported_on_its_project_and_marks_nothing(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    told = sprints(
        {"name": "Sprint 1", "sprint_state": "active", "sprint_goal": "Pay by phone"},
        {"name": "Sprint 2", "sprint_state": "active", "node": 3},
        {"name": "Sprint 3", "sprint_state": "closed"},
        {"name": "Sprint 4", "sprint_state": "active", "scope": 1},
    )
    portfolio = replace(make_portfolio([]), sprints=told)
    figures = make_figures(portfolio)
    judgement = run(load(GOAL), portfolio, figures)
    assert rows(judgement, "level", "item", "node", "subject", "verdict") == [
        ("project", None, 2, 3, Verdict.UNKNOWN),
        ("project", None, 3, 1, Verdict.FAIL),
    ]
    found = describe(judgement, portfolio, figures, judgement.findings)
    assert found[1].message == "Sprint 2 of P/G/B has no goal"
    assert (found[1].flag, found[1].key) == (None, None)
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    shown = explain(load(GOAL)[0], portfolio, figures, node=2, **given)
    assert (shown.subject, shown.verdict) == ("Sprint 4", Verdict.UNKNOWN)
    assert shown.others == (("Sprint 1", Verdict.PASS), ("Sprint 3", Verdict.NOT_APPLICABLE))


def test_what_is_said_of_a_persons_week_names_nobody(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    weeks = pl.DataFrame(
        [{"week": 0, "node": 0, "person": "zoe", "monday": TODAY, "available_hours": 40.0, "absences": []}],
        schema=dict(frames.PERSON_WEEKS),
    )
    portfolio = replace(make_portfolio([]), person_weeks=weeks)
    figures = make_figures(portfolio)
    judgement = run(load(WEEKS), portfolio, figures)
    (found,) = describe(judgement, portfolio, figures, judgement.findings)
    assert found.verdict is Verdict.UNKNOWN
    assert "zoe" not in repr(found)
    assert found.waits_for == (
        "this version does not compute weeks_over_capacity, which takes a table of the hours that people have",
    )
    assert found.message.endswith(found.waits_for[0])
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    shown = explain(load(WEEKS)[0], portfolio, figures, node=0, **given)
    assert "zoe" not in repr(shown)
    assert [each.waits_for for each in shown.clauses if each.part == "require"] == [found.waits_for[0]]


def test_without_rows_nothing_is_judged(load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures) -> None:
    portfolio = make_portfolio([{}])
    judgement = run(load(GOAL) + load(WEEKS) + load(LATE), portfolio, make_figures(portfolio))
    assert judgement.findings.is_empty()
    assert judgement.judged.is_empty()


# --- what is waited for, what is asked for --------------------------------------------------------------------------
def test_a_standard_says_what_it_waits_for(load: Load) -> None:
    text = LATE.replace("subject: link\n    ", "").replace("slack_working_days: {gte: 0}", "total_float: {gte: 0}")
    text = text.replace("successor: {phase: [todo, doing]}, predecessor: {phase: {is_not: dropped}}", "phase: todo")
    text = text.replace("crosses_project: true", "slip_working_days: {gt: 3}").replace("{predecessor} leaves", "")
    text = text.replace("{slack_working_days} days for {successor}", "")
    said = waiting(load(text)[0])
    assert len(said) == 1  # the slip of an item is computed
    assert said[0].startswith("this version does not compute total_float, which takes a schedule")
    assert waiting(load(LATE)[0]) == ()
    assert waiting(load(WEEKS)[0])[-1] == NO_ROWS


def test_the_histories_that_are_asked_for(load: Load) -> None:
    text = OWNER.format(require="{children: {none: {owner: {changed: {at_least: 1}}}}}")
    override = {"X-5": {"unless": {"due": {"changed": {"within": "9 days"}}}, "only": {"project": "A"}}}
    assert needed_histories(load(text)) == {"owner"}
    assert needed_histories(load(text, override=override)) == {"owner", "due"}
    assert needed_histories(load(LATE)) == frozenset()


OWNER = """\
standards:
  - id: X-5
    title: A standard
    level: item
    severity: minor
    require: {require}
"""


def test_a_node_has_the_history_of_the_item_it_is(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    nodes = [
        {"level": "portfolio", "name": "P", "parent": None},
        {"level": "project", "name": "A", "parent": 0, "item": 0},
        {"level": "project", "name": "B", "parent": 0, "item": 1},
        {"level": "project", "name": "C", "parent": 0},
    ]
    portfolio = make_portfolio([{"node": 1}, {"node": 2}], nodes=nodes)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    told = [(0, "created", now), (0, "due", now), (1, "due", now)]  # of the second item nobody says that all was read
    whole = [(*row, None, None, None, False) for row in told]
    changes = frames.Changes(pl.DataFrame(whole, schema=dict(frames.CHANGES), orient="row"))
    text = OWNER.format(require="{due: {changed: {within: 5 days}}}").replace("level: item", "level: project")
    known = replace(portfolio, changes=changes, histories={"due": None})
    judgement = run(load(text), known, make_figures(known))
    assert rows(judgement, "node", "verdict") == [(2, Verdict.UNKNOWN), (3, Verdict.UNKNOWN)]
    other = replace(known, histories={"due": frozenset({"elsewhere"})})
    assert run(load(text), other, make_figures(other)).findings.height == 3
    none = replace(known, histories={})
    assert run(load(text), none, make_figures(none)).findings.height == 3
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    for one, node, is_read in ((known, 1, True), (known, 2, False), (other, 1, False), (none, 1, False)):
        clause = explain(load(text)[0], one, make_figures(one), node=node, **given).clauses[-1]
        assert (clause.result is None, clause.waits_for is None) == (not is_read, is_read)
        assert is_read or "the history of due" in str(clause.waits_for)


def test_the_ends_of_the_network_are_left_out(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    text = """\
standards:
  - id: X-6
    title: Tied
    level: [project, programme]
    severity: minor
    share: {of: leaves, where: {predecessors: {count: {lt: 1}}}, exempt: [first_start, last_finish]}
    limit: {fail_above: 0%}
    flag: untied
    flag_offenders: true
"""
    day = date(2026, 11, 2)
    items = [
        {"start": day, "due": date(2026, 12, 1)},  # first of A, with the next
        {"start": day, "due": date(2026, 12, 4)},  # both ends
        {"start": date(2026, 11, 3), "due": date(2026, 12, 3)},
        {"start": None, "due": None},  # no date, no end
        {"start": date(2026, 11, 9), "due": date(2026, 12, 9), "node": 3},  # the only one of B
    ]
    portfolio = make_portfolio(items)
    judgement = run(load(text), portfolio, make_figures(portfolio))
    counted = {row[0]: row[1:] for row in judgement.shares.select("node", "offenders", "population").iter_rows()}
    assert counted == {1: (2, 2), 2: (2, 2), 3: (0, 0)}
    offenders = judgement.findings.filter("offender")["item"].to_list()
    assert offenders == [2, 3]
