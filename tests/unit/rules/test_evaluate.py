"""Verdicts, and what stands beside them: severity, mode, waiver, first day, counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import ModeEntry, Scope
from pmo_sync.model.past import Past, Waiver
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.words import Mode
from pmo_sync.rules.describe import describe
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.standard import Standard

TODAY = date(2026, 11, 23)
OWNER = """\
standards:
  - id: X-1
    title: Work in delivery has an owner
    level: item
    severity: minor
    applies_to: {phase: doing}
    require: {owner: present}
    unless: {labels: {any_of: [pull]}}
"""
Load = Callable[..., tuple[Standard, ...]]
MakePortfolio = Callable[..., Portfolio]
MakeFigures = Callable[..., Figures]
Judge = Callable[..., Judgement]


@pytest.fixture
def run(make_figures: MakeFigures) -> Judge:
    def make(
        standards: tuple[Standard, ...], portfolio: Portfolio, figures: Figures | None = None, **rest: Any
    ) -> Judgement:
        return judge(
            standards,
            portfolio,
            figures or make_figures(portfolio),
            **{"today": TODAY, "calendar": Calendar(), "past": Past(), **rest},
        )

    return make


def words(judgement: Judgement, *columns: str) -> list[tuple[Any, ...]]:
    return judgement.findings.select(columns).rows()


def counts(judgement: Judgement) -> list[tuple[Any, ...]]:
    return judgement.judged.select("node", "severity", "passed", "failed", "not_applicable", "unknown", "waived").rows()


def test_the_four_verdicts(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    portfolio = make_portfolio(
        [
            {"owner": "ann", "labels": []},
            {"owner": None, "labels": []},
            {"owner": None, "labels": [], "phase": "done"},
            {"owner": None, "labels": ["pull"]},
            {"owner": None, "labels": [], "phase": None},
            {"owner": None, "labels": None},  # an exception that cannot be seen exempts nothing
        ]
    )
    judgement = run(load(OWNER), portfolio)
    assert words(judgement, "item", "verdict") == [(1, 1), (4, 3), (5, 1)]
    assert counts(judgement) == [(2, "minor", 1, 2, 2, 1, 0)]


def test_kinds_narrow_items_first(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    standards = load(OWNER.replace("severity: minor", "severity: minor\n    kinds: [risk]"))
    items: list[dict[str, Any]] = [{"owner": None, "labels": [], "kind": kind} for kind in ("task", "risk", None)]
    assert words(run(standards, make_portfolio(items)), "item", "verdict") == [(1, 1), (2, 3)]


def test_a_column_that_cannot_be_seen_is_unknown_and_never_missing(
    load: Load, make_portfolio: MakePortfolio, run: Judge
) -> None:
    items: list[dict[str, Any]] = [{"owner": None, "labels": [], "scope": scope} for scope in (0, 1)]
    judgement = run(load(OWNER), make_portfolio(items, hidden={"owner": [1]}))
    assert words(judgement, "item", "verdict") == [(0, 1), (1, 3)]
    nowhere = run(load(OWNER), make_portfolio(items, hidden={"owner": []}))
    assert words(nowhere, "item", "verdict") == [(0, 3), (1, 3)]
    unmapped = run(load(OWNER), make_portfolio([{"labels": []}]))
    assert words(unmapped, "item", "verdict") == [(0, 3)]


@pytest.mark.parametrize(("zone", "fails"), [("UTC", True), ("Asia/Kolkata", False), ("America/New_York", True)])
def test_a_time_is_the_day_it_falls_on_in_the_projects_zone(
    load: Load, make_portfolio: MakePortfolio, run: Judge, zone: str, *, fails: bool
) -> None:
    text = OWNER.replace("require: {owner: present}", "require: {created: {newer_than: 3 days}}")
    evening = datetime(2026, 11, 19, 20, tzinfo=UTC)  # the 20th in Kolkata, four days ago elsewhere
    judgement = run(load(text), make_portfolio([{"labels": [], "created": evening}]), time_zone=zone)
    assert words(judgement, "item", "verdict") == ([(0, 1)] if fails else [])


def test_an_owner_who_has_left_is_no_owner(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    items: list[dict[str, Any]] = [
        {"owner": "ann", "labels": [], "owner_active": active} for active in (True, False, None)
    ]
    assert words(run(load(OWNER), make_portfolio(items)), "item", "verdict") == [(1, 1)]


def test_severity_escalates_to_the_highest_that_is_true(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = OWNER + (
        "    escalate: [{to: critical, when: {due: {before: today}}}, {to: major, when: {due: {within: 5 days}}},"
        " {to: info, when: {phase: doing}}]\n"
    )
    days = [None, date(2026, 11, 22), date(2026, 11, 23), date(2026, 12, 24)]
    items: list[dict[str, Any]] = [{"owner": None, "labels": [], "due": day} for day in days]
    judgement = run(load(text), make_portfolio([*items, {"owner": "ann", "labels": [], "due": days[1]}]))
    assert words(judgement, "severity") == [("minor",), ("critical",), ("major",), ("minor",)]
    # What did not fail is counted with the severity of the standard itself.
    assert counts(judgement) == [
        (2, "minor", 1, 2, 0, 0, 0),
        (2, "major", 0, 1, 0, 0, 0),
        (2, "critical", 0, 1, 0, 0, 0),
    ]


def test_for_asks_how_long_it_has_failed(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    since = pl.DataFrame(
        [("X-1", "t", "1", date(2026, 11, 20)), ("X-1", "t", "2", date(2026, 11, 19)), ("X-2", "t", "0", TODAY)],
        schema=dict(frames.FAILING_SINCE),
        orient="row",
    )
    standards = load(OWNER + "    for: 2 working days\n")
    items: list[dict[str, Any]] = [{"owner": None, "labels": []} for _ in range(3)]
    judgement = run(standards, make_portfolio(items), past=Past(failing_since=since))
    # Friday 20 and two working days are Tuesday 24; Thursday 19 and two are today.
    assert words(judgement, "item", "since", "ripe") == [
        (0, TODAY, False),
        (1, date(2026, 11, 20), False),
        (2, date(2026, 11, 19), True),
    ]
    without = run(load(OWNER), make_portfolio(items))
    assert words(without, "since", "ripe") == [(TODAY, True)] * 3


def test_a_node_has_failed_since_the_day_kept_under_its_path(
    load: Load, make_portfolio: MakePortfolio, run: Judge
) -> None:
    text = OWNER.replace("level: item", "level: project").replace("    unless: {labels: {any_of: [pull]}}\n", "")
    since = pl.DataFrame([("X-1", "", "P/G/B", date(2026, 11, 2))], schema=dict(frames.FAILING_SINCE), orient="row")
    nodes = [
        {"level": "portfolio", "name": "P", "owner": None},
        {"level": "programme", "name": "G", "parent": 0, "owner": None},
        {"level": "project", "name": "A", "parent": 1, "owner": None},
        {"level": "project", "name": "B", "parent": 1, "owner": None},
    ]
    judgement = run(load(text), make_portfolio(nodes=nodes), past=Past(failing_since=since))
    assert words(judgement, "level", "item", "node", "since") == [
        ("project", None, 2, TODAY),
        ("project", None, 3, date(2026, 11, 2)),
    ]


def waiver(until: date, **scope: str) -> Waiver:
    return Waiver("X-1", Scope(**scope), "reason", "approver", until)


def test_waivers_cover_their_scope_until_their_day(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    past = Past(
        waivers=(
            waiver(date(2026, 11, 22), project="A"),  # expired: counts for nothing
            waiver(TODAY, item="K-1"),
            waiver(date(2027, 1, 1), project="B"),
            waiver(date(2027, 1, 1), item="2"),
        )
    )
    items: list[dict[str, Any]] = [{"owner": None, "labels": [], "node": node} for node in (2, 2, 3)]
    judgement = run(load(OWNER), make_portfolio(items), past=past)
    assert words(judgement, "item", "waiver", "verdict") == [(0, None, 1), (1, 1, 1), (2, 2, 1)]
    assert counts(judgement) == [(2, "minor", 0, 2, 0, 0, 1), (3, "minor", 0, 1, 0, 0, 1)]
    assert judgement.waivers == past.waivers


@pytest.mark.parametrize(
    ("own", "entries", "general", "expected"),
    [
        (None, [], "supportive", ["supportive", "supportive"]),
        ("directive", [], "supportive", ["directive", "directive"]),
        ("supportive", [{"mode": "directive"}], "controlling", ["supportive", "supportive"]),
        ("directive", [{"mode": "supportive"}], "controlling", ["supportive", "supportive"]),
        ("supportive", [{"standard": "X-1", "mode": "directive"}], "controlling", ["directive", "directive"]),
        ("supportive", [{"standard": "Y-1", "mode": "directive"}], "controlling", ["supportive", "supportive"]),
        ("supportive", [{"pack": "core", "mode": "directive"}], "controlling", ["supportive", "supportive"]),
        (None, [{"pack": "core", "mode": "directive"}], "controlling", ["directive", "directive"]),
        (None, [{"pack": "risk", "mode": "directive"}], "controlling", ["controlling", "controlling"]),
        (None, [{"project": "B", "mode": "directive"}], "controlling", ["controlling", "directive"]),
        (
            None,
            [{"project": "B", "mode": "supportive"}, {"programme": "G", "mode": "directive"}],
            "controlling",
            ["directive", "supportive"],
        ),
        (None, [{"mode": "supportive"}, {"project": "B", "mode": "directive"}], "controlling", ["supportive"] * 2),
    ],
)
def test_modes(
    load: Load,
    make_portfolio: MakePortfolio,
    run: Judge,
    own: str | None,
    entries: list[dict[str, str]],
    general: str,
    expected: list[str],
) -> None:
    text = OWNER + (f"    mode: {own}\n" if own else "")
    items: list[dict[str, Any]] = [{"owner": None, "labels": [], "node": node} for node in (2, 3)]
    modes = tuple(ModeEntry.model_validate(entry) for entry in entries)
    judgement = run(load(text, pack="core"), make_portfolio(items), modes=modes, mode=Mode(general))
    assert [mode for (mode,) in words(judgement, "mode")] == expected


NODE = """\
standards:
  - id: X-1
    title: Spent money stays within the budget
    level: [project, programme]
    severity: major
    applies_to: {budget: {gt: 0}}
    require: {actual_cost: {lte: {column: budget}}}
"""


def test_a_pass_that_rests_on_little_is_unknown_and_a_failure_stays(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures, run: Judge
) -> None:
    portfolio = make_portfolio()
    figures = make_figures(
        portfolio,
        nodes={"budget": [100.0] * 4, "actual_cost": [50.0, 50.0, 200.0, 50.0]},
        missing={"actual_cost": [0, 1, 9, 0]},
    )
    judgement = run(load(NODE), portfolio, figures)
    # The portfolio (node 0) is no level of the standard.
    assert words(judgement, "level", "node", "verdict") == [("programme", 1, 3), ("project", 2, 1)]
    assert counts(judgement) == [
        (1, "major", 0, 0, 0, 1, 0),
        (2, "major", 0, 1, 0, 0, 0),
        (3, "major", 1, 0, 0, 0, 0),
    ]
    assert words(run(load(NODE), portfolio, figures, min_coverage=0.5), "node", "verdict") == [(2, 1)]


def test_a_figure_goes_before_the_nodes_own_column(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures, run: Judge
) -> None:
    nodes = [
        {"level": "portfolio", "name": "P"},
        {"level": "project", "name": "A", "parent": 0, "budget": 10.0, "actual_cost": 5.0},
    ]
    portfolio = make_portfolio(nodes=nodes)
    assert words(run(load(NODE), portfolio), "node") == []
    figures = make_figures(portfolio, nodes={"actual_cost": [20.0, 20.0]})
    assert words(run(load(NODE), portfolio, figures), "node", "verdict") == [(1, 1)]


def test_a_level_that_is_declared_absent_asks_nothing(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = """\
standards:
  - id: X-1
    title: Nothing is an orphan
    level: [item, project]
    severity: major
    require:
      any:
        - {level: item, ancestors: {any: {level: project}}}
        - {level: project, ancestors: {any: {level: programme}}}
"""
    nodes = [{"level": "portfolio", "name": "P"}, {"level": "project", "name": "A", "parent": 0}]
    items: list[dict[str, Any]] = [{"node": 1}, {"node": 0}]
    seen = run(load(text), make_portfolio(items, nodes=nodes))
    assert words(seen, "level", "item", "node", "verdict") == [("project", None, 1, 1), ("item", 1, 0, 1)]
    declared = run(load(text), make_portfolio(items, nodes=nodes, absent=["programme"]))
    assert words(declared, "level", "item", "verdict") == [("item", 1, 1)]
    assert counts(declared)[-1] == (1, "major", 1, 0, 1, 0, 0)


SHARE = """\
standards:
  - id: X-1
    title: Few items are overdue
    level: project
    severity: major
    share:
      of: {of}
      among: {{phase: [todo, doing]}}
      where: {{due: {{before: today}}}}
    limit: {{warn_above: 20%, fail_above: 40%, min_population: {least}}}
    flag_offenders: {flag}
    flag: late
"""
LATE, GOOD = {"due": date(2026, 11, 2)}, {"due": date(2026, 12, 2)}
BLIND: dict[str, Any] = {"due": None}
OUT = {"due": date(2026, 11, 2), "phase": "done"}


@pytest.mark.parametrize(
    ("members", "least", "expected"),
    [
        ([], 0, (2, None)),
        ([OUT, OUT], 0, (2, None)),
        ([BLIND], 0, (3, None)),
        ([GOOD] * 4 + [LATE], 0, (0, None)),  # 20 % is not above 20 %
        ([GOOD] * 3 + [LATE], 0, (1, "minor")),  # 25 % warns: one severity lower
        ([GOOD] * 3 + [LATE] * 2, 0, (1, "minor")),  # 40 % is not above 40 %
        ([GOOD] * 2 + [LATE] * 2, 0, (1, "major")),
        ([GOOD] * 2 + [LATE] * 2, 5, (1, "minor")),  # too few: one severity lower
        ([GOOD] * 3 + [LATE], 5, (1, "info")),
        ([GOOD] * 9 + [BLIND], 0, (0, None)),  # even if the missing one offended, 10 %
        ([GOOD] * 7 + [LATE] + [BLIND] * 2, 0, (3, None)),  # 1 of 8, with the missing 3 of 10
        ([LATE] * 3 + [GOOD] * 2 + [BLIND] * 5, 0, (1, "major")),  # proven, whatever is missing
        ([LATE] * 3 + [GOOD] * 7 + [BLIND] * 3, 0, (1, "minor")),  # a warning is proven, more is not
    ],
)
def test_share_standards(
    load: Load,
    make_portfolio: MakePortfolio,
    run: Judge,
    members: list[dict[str, Any]],
    least: int,
    expected: tuple[int, str | None],
) -> None:
    standards = load(SHARE.format(of="items", least=least, flag="false"))
    judgement = run(
        standards, make_portfolio([*members, {"due": None, "node": 3}, {"due": date(2027, 1, 1), "node": 3}])
    )
    verdict, severity = expected
    here = judgement.findings.filter(pl.col("node") == 2)
    if verdict in {0, 2}:
        assert here.is_empty()
        counted = judgement.judged.filter(pl.col("node") == 2).select("passed", "not_applicable").row(0)
        assert counted == ((1, 0) if verdict == 0 else (0, 1))
    else:
        assert here.select("level", "item", "verdict").rows() == [("project", None, verdict)]
        assert severity is None or here["severity"].to_list() == [severity]
    known = [one for one in members if one is not BLIND and one is not OUT]
    assert judgement.shares.filter(pl.col("node") == 2).row(0) == (
        "X-1",
        2,
        members.count(LATE),
        len(known),
        sum(one is BLIND for one in members),
    )


def test_offenders_of_a_failed_share_carry_the_flag(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    items: list[dict[str, Any]] = [
        LATE,
        GOOD,
        BLIND,
        OUT,
        {**LATE, "node": 3},
        *({**GOOD, "node": 3} for _ in range(4)),
    ]
    past = Past(waivers=(waiver(date(2027, 1, 1), item="K-0"),))
    standards = load(SHARE.format(of="items", least=0, flag="true") + "    for: 1 working day\n")
    judgement = run(standards, make_portfolio(items), past=past)
    assert words(judgement, "level", "node", "item", "verdict", "severity", "offender", "waiver", "ripe") == [
        ("project", 2, None, 1, "major", False, None, False),
        ("item", 2, 0, 1, "major", True, 0, False),
    ]
    # Offenders are no failures of their own.
    assert judgement.judged["failed"].sum() == 1


def test_the_share_of_children_counts_nodes_and_items(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = SHARE.format(of="children", least=0, flag="true").replace("level: project", "level: programme")
    nodes = [
        {"level": "portfolio", "name": "P", "due": None},
        {"level": "programme", "name": "G", "parent": 0, "due": None},
        {"level": "project", "name": "A", "parent": 1, "due": date(2026, 11, 2)},
        {"level": "project", "name": "B", "parent": 1, "due": date(2026, 12, 2)},
    ]
    items: list[dict[str, Any]] = [{**LATE, "node": 1}, {**LATE, "node": 2}, {**LATE, "node": 1, "parent": 0}]
    judgement = run(load(text), make_portfolio(items, nodes=nodes))
    assert judgement.shares.rows() == [("X-1", 1, 2, 3, 0)]
    assert words(judgement, "level", "node", "item", "offender") == [
        ("programme", 1, None, False),
        ("project", 2, None, True),
        ("item", 1, 0, True),
    ]


def test_the_share_of_links_flags_the_successor(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = """\
standards:
  - id: X-1
    title: No leads
    level: project
    severity: major
    share:
      of: links
      among: {type: [FS, SS], successor: {phase: [todo, doing]}}
      where: {lag_working_days: {lt: 0}}
    limit: {fail_above: 0%}
    flag_offenders: true
"""
    links = [
        {"source": 0, "target": 1, "lag_working_days": -1},
        {"source": 1, "target": 2, "lag_working_days": -1},  # the successor is done
        {"source": 2, "target": 0, "lag_working_days": 0},
        {"source": 0, "target": None, "lag_working_days": -1},  # cannot be seen
        {"source": 2, "target": 0, "lag_working_days": -5, "type": "relates"},
    ]
    judgement = run(load(text), make_portfolio([{}, {}, {"phase": "done"}], links=links))
    assert judgement.shares.filter(pl.col("node") == 2).rows() == [("X-1", 2, 1, 2, 1)]
    assert words(judgement, "node", "item", "offender") == [(2, None, False), (2, 1, True)]


def test_relations_that_cannot_be_observed_are_unknown(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = """\
standards:
  - id: X-1
    title: Something is linked
    level: [item, project]
    severity: minor
    require: {links: {any: {}}}
"""
    links = [{"source": 0, "target": 1}]
    nodes = [
        {"level": "portfolio", "name": "P"},
        {"level": "project", "name": "A", "parent": 0, "item": 0},
        {"level": "project", "name": "B", "parent": 0},
    ]
    items: list[dict[str, Any]] = [{"node": 1}, {"node": 1}, {"node": 1}, {"node": 1, "scope": 1}]
    judgement = run(load(text), make_portfolio(items, nodes=nodes, links=links, hidden={"links": [1]}))
    assert words(judgement, "level", "node", "item", "verdict") == [
        ("project", 2, None, 3),  # no home item, so no links to see
        ("item", 1, 2, 1),
        ("item", 1, 3, 3),
    ]


def test_findings_are_sorted_and_keep_their_schema(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    text = OWNER + OWNER.removeprefix("standards:\n").replace("X-1", "A-9").replace(
        "level: item", "level: [item, project]"
    )
    judgement = run(load(text), make_portfolio([{"owner": None, "labels": []}] * 2))
    assert words(judgement, "standard", "level", "item") == [
        ("A-9", "project", None),
        ("A-9", "project", None),
        ("A-9", "item", 0),
        ("A-9", "item", 1),
        ("X-1", "item", 0),
        ("X-1", "item", 1),
    ]
    assert judgement.findings.schema == frames.FINDINGS
    assert judgement.judged.schema == frames.JUDGED


def test_nothing_to_judge(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    for standards in ((), load(OWNER), load(SHARE.format(of="leaves", least=0, flag="true"))):
        judgement = run(standards, make_portfolio())
        assert judgement.findings.is_empty()
        assert judgement.judged["failed"].sum() == 0
    off = load(OWNER + "    enabled: false\n")
    judgement = run(off, make_portfolio([{"owner": None, "labels": []}]))
    assert judgement.judged.is_empty()
    assert judgement.findings.is_empty()


def test_ten_thousand_words_are_no_trouble(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    names = ", ".join(f"w{number}" for number in range(10_000))
    alternatives = ", ".join(f"{{owner: p{number}}}" for number in range(2_000))
    text = OWNER.replace("[pull]", f"[{names}]").replace("{owner: present}", f"{{any: [{alternatives}]}}")
    items: list[dict[str, Any]] = [{"owner": "p7", "labels": []}, {"owner": "x", "labels": []}]
    items.append({"owner": "x", "labels": ["w9999"]})
    assert words(run(load(text), make_portfolio(items)), "item", "verdict") == [(1, 1)]


_ABOVE = "level: item, severity: minor, applies_to: {kind: summary}"
TREE = f"""\
standards:
  - {{id: X-1, title: T, flag: a, {_ABOVE}, require: {{children: {{all: {{estimate_hours: present}}}}}}}}
  - {{id: X-2, title: T, flag: b, {_ABOVE}, require: {{children: {{none: {{phase: doing}}}}}}}}
  - {{id: X-3, title: T, flag: c, {_ABOVE}, require: {{children: {{count: {{gte: 1}}}}}}}}
"""


def test_what_was_not_read_is_neither_there_nor_missing(load: Load, make_portfolio: MakePortfolio, run: Judge) -> None:
    """A page of the tracker was lost: only what the seen children prove is told."""
    items: list[dict[str, Any]] = [
        {"kind": "summary", "phase": "todo"},
        {"kind": "task", "phase": "doing", "parent": 0, "estimate_hours": 8.0},
        {"kind": "task", "phase": "todo", "complete": False},
    ]
    judgement = run(load(TREE), make_portfolio(items))
    assert words(judgement, "standard", "verdict") == [("X-1", 3), ("X-2", 1), ("X-3", 3)]
    whole = [{**item, "complete": True} for item in items]
    assert words(run(load(TREE), make_portfolio(whole)), "standard", "verdict") == [("X-2", 1)]


@pytest.mark.parametrize(
    ("test", "verdict"),
    [("{gte: 20%, lte: 50%}", 3), ("{gte: 0%, lte: 100%}", 0), ("{is: 50%}", 3), ("{gt: 100%}", 1)],
)
def test_a_share_of_unknown_members_is_told_only_where_all_answers_agree(
    load: Load, make_portfolio: MakePortfolio, run: Judge, test: str, verdict: int
) -> None:
    text = (
        "standards:\n  - {id: X-1, title: T, level: item, severity: minor, applies_to: {kind: summary},"
        " require: {children: {share: {where: {points: {gt: 1}}, " + test.strip("{}") + "}}}}\n"
    )
    children = [{"kind": "task", "parent": 0, "points": None} for _ in range(3)]
    judgement = run(load(text), make_portfolio([{"kind": "summary", "points": None}, *children]))
    assert words(judgement, "verdict") == ([(verdict,)] if verdict else [])


def test_a_value_is_never_filled_in_twice(
    load: Load, make_portfolio: MakePortfolio, run: Judge, make_figures: MakeFigures
) -> None:
    text = OWNER + '    message: "{title}: {status}"\n'
    portfolio = make_portfolio([{"labels": [], "owner": None, "title": "see {status}", "status": "Open"}])
    judgement = run(load(text), portfolio)
    (found,) = describe(judgement, portfolio, make_figures(portfolio), judgement.findings)
    assert found.message == "see {status}: Open"


def test_every_verdict_on_items_is_kept_where_it_is_asked_for(
    load: Load, make_portfolio: MakePortfolio, run: Judge
) -> None:
    node = "\n  - {id: N-1, title: t, level: project, severity: minor, require: {phase: doing}}\n"
    override = {"X-1": [{"severity": "major", "only": {"project": "B"}}]}
    portfolio = make_portfolio(
        [{"owner": "ann"}, {"owner": None, "node": 3}, {"owner": None, "phase": "done"}, {"owner": "ben", "node": 3}]
    )
    standards = load(OWNER + node, override=override)
    assert run(standards, portfolio).verdicts is None
    kept = run(standards, portfolio, keep_verdicts=True).verdicts
    assert kept is not None
    assert kept.columns == ["item", frames.verdict_column("X-1")]
    assert kept.rows() == [(0, 0), (1, 1), (2, 2), (3, 0)]
    assert kept.dtypes == [frames.U32, pl.UInt8]
