"""What people read of a verdict: message and evidence, and every clause with the value it saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Accepted, Past, Waiver
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.rules.describe import describe
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.explain import explain
from pmo_sync.rules.scores import counts_of_items, counts_of_nodes, scores
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.waivers import WaiverState, check_waivers, waiver_notices, waiver_states

TODAY = date(2026, 11, 23)
Load = Callable[..., tuple[Standard, ...]]
MakePortfolio = Callable[..., Portfolio]
MakeFigures = Callable[..., Figures]
HYG_01 = """\
standards:
  - id: HYG-01
    title: Work due soon has an owner
    level: item
    kinds: [task, milestone]
    severity: major
    values: {horizon: 10 working days}
    applies_to: {any: [{phase: doing}, {phase: todo, due: {on_or_before: {column: today, plus: {value: horizon}}}}]}
    require: {owner: present}
    unless: {labels: {any_of: [pull]}}
    flag: no-owner
    message: "{key} is due {due} and has no owner ({horizon})"
    fix: Assign somebody.
    escalate: [{to: critical, when: {due: {before: today}}}]
"""


def run(standards: Any, portfolio: Portfolio, figures: Figures, past: Past | None = None, **more: Any) -> Any:
    return judge(standards, portfolio, figures, today=TODAY, calendar=Calendar(), past=past or Past(), **more)


def test_a_finding_has_message_evidence_and_place(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    waiver = Waiver("HYG-01", Scope(project="B"), "r", "a", TODAY)
    items = [
        {"phase": "todo", "due": date(2026, 11, 27), "owner": None, "labels": []},
        {"phase": "todo", "due": None, "owner": None, "labels": []},
        {"phase": "doing", "due": date(2026, 11, 2), "owner": "", "labels": [], "node": 3, "url": "https://t/3"},
    ]
    portfolio = make_portfolio(items)
    figures = make_figures(portfolio)
    judgement = run(load(HYG_01), portfolio, figures, Past(waivers=(waiver,)))
    first, second, third = describe(judgement, portfolio, figures, judgement.findings)
    assert first.message == "K-0 is due 2026-11-27 and has no owner (10 working days)"
    assert list(first.evidence.items()) == [("phase", "todo"), ("due", date(2026, 11, 27)), ("owner", None)]
    assert (first.tracker, first.id, first.key, first.path) == ("t", "0", "K-0", ("P", "G", "A"))
    assert (first.severity, first.verdict, first.flag) == (Severity.MAJOR, Verdict.FAIL, "pmo-no-owner")
    assert (first.fix, first.since, first.waiver, first.mode) == ("Assign somebody.", TODAY, None, Mode.CONTROLLING)
    assert second.verdict is Verdict.UNKNOWN
    assert second.message.startswith("K-1: it cannot be told for want of due, owner whether this holds")
    assert (third.severity, third.waiver, third.url) == (Severity.CRITICAL, waiver, "https://t/3")
    # In the order of the rows that are asked for.
    again = describe(judgement, portfolio, figures, judgement.findings.reverse(), label_prefix="x-")
    assert [one.key for one in again] == ["K-2", "K-1", "K-0"]
    assert again[0].flag == "x-no-owner"


def test_a_finding_of_a_node_has_no_key_and_a_share_its_counters(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    text = """\
standards:
  - id: X-1
    title: Items have dates
    level: project
    severity: major
    share: {of: items, where: {due: absent}}
    limit: {fail_above: 10%}
"""
    portfolio = make_portfolio([{"due": None}, {"due": TODAY}, {"due": None, "scope": 1}], hidden={"due": [1]})
    figures = make_figures(portfolio)
    judgement = run(load(text), portfolio, figures)
    (found,) = describe(judgement, portfolio, figures, judgement.findings)
    assert (found.level, found.key, found.flag, found.path) == (Level.PROJECT, None, None, ("P", "G", "A"))
    assert found.message == "1 of 2, 1 unknown: Items have dates"
    assert found.evidence == {"offenders": 1, "population": 2, "missing": 1, "share": 0.5}


def test_explain_shows_each_clause_with_what_it_saw(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    portfolio = make_portfolio([{"phase": "todo", "due": date(2026, 11, 20), "owner": None, "labels": []}])
    figures = make_figures(portfolio)
    (standard,) = load(HYG_01)
    found = explain(standard, portfolio, figures, today=TODAY, calendar=Calendar(), past=Past(), item=0)
    assert (found.name, found.verdict, found.severity) == ("K-0", Verdict.FAIL, Severity.CRITICAL)
    assert [(one.part, one.depth, one.text, one.seen, one.result) for one in found.clauses] == [
        ("kinds", 0, "task, milestone", "task", True),
        ("applies_to", 0, "any of", None, True),
        ("applies_to", 1, "phase = doing", "todo", False),
        ("applies_to", 1, "all of", None, True),
        ("applies_to", 2, "phase = todo", "todo", True),
        (
            "applies_to",
            2,
            "due on or before today + 10 working days (2026-12-07)",
            date(2026, 11, 20),
            True,
        ),
        ("unless", 0, "labels any of pull", [], False),
        ("require", 0, "owner present", None, False),
        ("escalate", 0, "due before today (2026-11-23)", date(2026, 11, 20), True),
    ]
    assert found.finding is not None
    assert found.finding.message.startswith("K-0 is due")


def test_explain_counts_relatives_and_says_what_cannot_be_seen(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    text = """\
standards:
  - id: X-1
    title: T
    level: [project, item]
    severity: minor
    require: {children: {none: {phase: doing}}, links: {any: {}}}
"""
    portfolio = make_portfolio([{}, {"phase": None}, {"phase": "done"}])
    figures = make_figures(portfolio)
    (standard,) = load(text)
    arguments: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
    found = explain(standard, portfolio, figures, node=2, **arguments)
    assert found.name == "P/G/A"
    assert [(one.text, one.seen, one.result) for one in found.clauses if one.part == "require"] == [
        ("none of children with phase = doing", "1 of 3, 1 unknown", False),
        ("any of links", "cannot be seen", None),
    ]
    programme = explain(standard, portfolio, figures, node=1, **arguments)
    assert programme.verdict is None
    with pytest.raises(UsageError, match="X-1 judges project"):
        explain(load(text.replace("[project, item]", "project"))[0], portfolio, figures, item=0, **arguments)


SHARE = """\
standards:
  - id: X-1
    title: Few are overdue
    level: {level}
    severity: minor
    share: {{of: {of}, among: {among}, where: {where}}}
    limit: {{fail_above: 0%}}
"""


def test_explain_names_the_members_of_a_share(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    nodes: list[dict[str, Any]] = [
        {"level": "portfolio", "name": "P", "due": None},
        {"level": "programme", "name": "G", "parent": 0, "due": None},
        {"level": "project", "name": "A", "parent": 1, "due": date(2026, 11, 2)},
    ]
    late, blind = {"due": date(2026, 11, 2)}, {"due": None}
    items = [
        {**late, "key": "K-9"},
        {**late, "key": "K-1", "tracker": "u", "title": "Vault", "node": 1},
        {**blind, "key": "K-5", "node": 1},
        {**late, "phase": "done", "node": 1},
        {"due": date(2026, 12, 2), "node": 1},
    ]
    links = [
        {"source": 0, "target": 1, "lag_working_days": -1},
        {"source": 1, "target": 2, "lag_working_days": 0},
        {"source": 2, "target": 4, "lag_working_days": None},
    ]
    portfolio = make_portfolio(items, nodes=nodes, links=links)
    figures = make_figures(portfolio)

    def names(of: str, **words: str) -> tuple[list[str], list[str]]:
        text = {"level": "programme", "among": "{phase: [todo, doing]}", "where": "{due: {before: today}}", **words}
        (standard,) = load(SHARE.format(of=of, **text))
        given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(), "past": Past()}
        found = explain(standard, portfolio, figures, node=1, **given)
        assert found.share["offenders"] == len(found.offenders)
        assert found.share["missing"] == len(found.missing)
        return [one.name for one in found.offenders], [one.name for one in found.missing]

    assert names("items") == (["K-1", "K-9"], ["K-5"])
    assert names("children") == (["K-1", "P/G/A"], ["K-5"])
    tied = names("links", among="{type: FS}", where="{lag_working_days: {lt: 0}}")
    assert tied == (["K-9 → K-1 (FS)"], ["K-5 → K-4 (FS)"])


def test_compliance_is_weighted_and_rolls_up(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    """The worked example: 10 minor passed, 1 major and 1 critical failed, the critical one waived: 10/21, 10/13."""
    entry = (
        "  - {{id: {id}, title: T, level: item, severity: {severity}, kinds: [{kind}], require: {{owner: present}}}}\n"
    )
    text = "standards:\n" + "".join(
        entry.format(id=id_, severity=severity, kind=kind)
        for id_, severity, kind in (("A", "minor", "task"), ("B", "major", "risk"), ("C", "critical", "issue"))
    )
    items = [{"owner": "ann"}] * 10 + [{"owner": None, "kind": "risk"}, {"owner": None, "kind": "issue", "node": 3}]
    waiver = Waiver("C", Scope(project="B"), "r", "a", TODAY)
    portfolio = make_portfolio(items)
    judgement = run(load(text), portfolio, make_figures(portfolio), Past(waivers=(waiver,)))
    found = scores(judgement, portfolio)
    whole = found.nodes.row(0, named=True)
    assert whole["compliance"] == pytest.approx(10 / 21)
    assert whole["with_waivers"] == pytest.approx(10 / 13)
    assert (whole["passed"], whole["failed"], whole["waived"], whole["not_applicable"]) == (10, 2, 1, 24)
    assert found.nodes["compliance"].to_list() == [pytest.approx(10 / 21)] * 2 + [pytest.approx(10 / 13), 0.0]
    assert found.nodes["with_waivers"].to_list()[3] is None
    assert found.counts.failed == {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 0, Severity.INFO: 0}
    assert (found.counts.waived, found.counts.items, found.counts.items_failing) == (1, 12, 1)
    assert found.shares().columns == ["node", "compliance"]


def test_compliance_of_nothing_is_nothing(make_portfolio: MakePortfolio, make_figures: MakeFigures) -> None:
    portfolio = make_portfolio()
    found = scores(run((), portfolio, make_figures(portfolio)), portfolio)
    assert found.nodes["compliance"].to_list() == [None] * 4


@pytest.mark.parametrize(
    ("rule", "until", "owner", "expected"),
    [
        ("{max_age: 30 days}", date(2026, 12, 23), None, None),
        ("{max_age: 30 days}", date(2026, 12, 24), None, "more than 30 days"),
        ("{max_age: 30 days}", date(2026, 11, 1), None, None),  # expired: counts for nothing, is not too long
        ("{max_age: 10 working days}", date(2026, 12, 8), None, "more than 10 working days"),
        ("{max_age: 0 days}", date(2026, 11, 23), None, "takes no waiver"),
        ("{requires: [owner]}", date(2027, 12, 8), None, "asks for the owner"),
        ("{requires: [owner, reason]}", date(2027, 12, 8), "ann", None),
    ],
)
def test_waivers_respect_their_standard(
    load: Load, rule: str, until: date, owner: str | None, expected: str | None
) -> None:
    standards = load(HYG_01 + f"    waiver: {rule}\n")
    found = check_waivers(standards, [Waiver("HYG-01", Scope(), "reason", "who", until, owner)], TODAY)
    assert len(found) == (expected is not None)
    assert expected is None or expected in found[0].message


def test_waivers_that_end_soon_or_cover_no_failure_are_announced(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    items = [
        {"owner": None, "labels": []},
        {"owner": "ann", "labels": []},
        {"labels": [], "owner": None, "phase": None},
    ]
    waivers = (
        Waiver("HYG-01", Scope(item="K-0"), "r", "a", date(2026, 11, 30)),
        Waiver("HYG-01", Scope(item="K-1"), "r", "a", date(2026, 12, 1)),
        Waiver("HYG-01", Scope(item="K-2"), "r", "a", date(2026, 12, 1)),  # unknown: it may still be needed
        Waiver("HYG-01", Scope(project="B"), "r", "a", date(2026, 11, 22)),  # expired
        Waiver("OTHER", Scope(), "r", "a", date(2027, 1, 1)),  # not judged
    )
    portfolio = make_portfolio(items)
    judgement = run(load(HYG_01), portfolio, make_figures(portfolio), Past(waivers=waivers))
    assert [notice.text for notice in waiver_notices(judgement, portfolio)] == [
        "the waiver of HYG-01 for item K-0 ends on 2026-11-30",
        "the waiver of HYG-01 for item K-1 is not needed any more: everything it covers meets it",
    ]


def test_waivers_that_ended_are_named_while_what_they_cover_fails(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    bare: dict[str, Any] = {"owner": None, "labels": []}
    portfolio = make_portfolio(
        [bare, {**bare, "owner": "ann"}, {**bare, "phase": None}, bare, bare, {**bare, "node": 3}]
    )
    ended = date(2026, 11, 22)
    waivers = (
        Waiver("HYG-01", Scope(item="K-0"), "r", "a", date(2026, 11, 2)),
        Waiver("HYG-01", Scope(item="K-1"), "r", "a", ended),  # it passes
        Waiver("HYG-01", Scope(item="K-2"), "r", "a", ended),  # it is unknown
        Waiver("HYG-01", Scope(item="K-3"), "r", "a", ended),  # it is waived again
        Waiver("HYG-01", Scope(item="K-3"), "r", "a", date(2027, 1, 1)),
        Waiver("HYG-01", Scope(item="K-4"), "r", "a", ended),  # it is in the baseline
        Waiver("HYG-01", Scope(project="B"), "r", "a", ended),
    )
    past = Past(waivers=waivers, baseline=(Accepted("HYG-01", "t", "4", TODAY),))
    standards, figures = load(HYG_01), make_figures(portfolio)
    (notice,) = waiver_notices(run(standards, portfolio, figures, past), portfolio)
    assert (notice.code, notice.count) == ("waiver-ended", 2)
    assert notice.text == (
        "2 waivers ended, and their failures count again: "
        "HYG-01 for project B (on 2026-11-22), HYG-01 for item K-0 (on 2026-11-02)"
    )
    many = Past(waivers=tuple(Waiver("HYG-01", Scope(), "r", "a", date(2026, 11, day)) for day in range(1, 13)))
    (notice,) = waiver_notices(run(standards, portfolio, figures, many), portfolio)
    assert "HYG-01 for everything (on 2026-11-12), " in notice.text
    assert notice.text.endswith("(on 2026-11-03) and 2 more")


@pytest.mark.parametrize(
    ("enabled", "only", "scope", "expected"),
    [
        (True, {"project": "B"}, {"project": "B"}, WaiverState.STANDARD_OFF),
        (True, {"project": "B"}, {"programme": "G"}, WaiverState.NOT_NEEDED),
        (True, {"tracker": "t"}, {"project": "A"}, WaiverState.STANDARD_OFF),
        (True, {"tracker": "u"}, {"project": "A"}, WaiverState.NOT_NEEDED),
        (True, {"tracker": "t"}, {"item": "K-1"}, WaiverState.STANDARD_OFF),
        (False, {"project": "B"}, {"project": "A"}, WaiverState.STANDARD_OFF),
        (False, {"project": "B"}, {"project": "B"}, WaiverState.NOT_NEEDED),
        (True, {"project": "B"}, {"item": "K-9"}, WaiverState.MATCHES_NOTHING),
    ],
)
def test_a_waiver_where_the_standard_is_off_is_not_called_met(
    load: Load,
    make_portfolio: MakePortfolio,
    make_figures: MakeFigures,
    enabled: bool,
    only: dict[str, str],
    scope: dict[str, str],
    expected: WaiverState,
) -> None:
    there = {"enabled": not enabled, "only": only}
    standards = load(HYG_01 + f"    enabled: {str(enabled).lower()}\n", override={"HYG-01": there})
    portfolio = make_portfolio([{"owner": "ann", "labels": []}, {"owner": "ben", "labels": [], "node": 3}])
    past = Past(waivers=(Waiver("HYG-01", Scope(**scope), "r", "a", date(2027, 1, 1)),))
    judgement = run(standards, portfolio, make_figures(portfolio), past)
    assert waiver_states(judgement, portfolio) == (expected,)
    says_off = ["the standard is off there" in notice.text for notice in waiver_notices(judgement, portfolio)]
    assert says_off == [expected is WaiverState.STANDARD_OFF]


def test_a_waiver_for_what_its_standard_never_judges_is_not_called_off(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    text = HYG_01.replace("level: item", "level: project").replace("    kinds: [task, milestone]\n", "")
    portfolio = make_portfolio([{"owner": "ann", "labels": []}])
    past = Past(waivers=(Waiver("HYG-01", Scope(item="K-0"), "r", "a", date(2027, 1, 1)),))
    judgement = run(load(text + "    enabled: false\n"), portfolio, make_figures(portfolio), past)
    assert waiver_states(judgement, portfolio) == (WaiverState.ACTIVE,)


def test_counts_of_a_part_and_of_the_rest_add_up(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    items = [
        {"owner": "ann"},
        {"owner": None, "phase": "doing"},
        {"owner": None, "phase": "doing", "node": 3},
        {"owner": None, "phase": "done", "node": 3},
    ]
    portfolio = make_portfolio(items)
    waiver = Waiver("HYG-01", Scope(project="B"), "r", "a", TODAY)
    judgement = run(load(HYG_01), portfolio, make_figures(portfolio), Past(waivers=(waiver,)), keep_verdicts=True)
    whole = scores(judgement, portfolio).counts
    node = portfolio.nodes["node"].to_list()
    one, rest = counts_of_nodes(judgement, portfolio, node[3:]), counts_of_nodes(judgement, portfolio, node[:3])
    assert (one.waived, sum(one.failed.values()), one.items, one.items_failing) == (1, 0, 2, 0)
    assert whole.without(one) == rest
    assert (rest.failed[Severity.MAJOR], rest.items, rest.items_failing) == (1, 2, 1)
    assert counts_of_items(judgement, [2, 3, 3]) == one
    assert counts_of_items(judgement, [0, 1, 2, 3]) == whole


def test_items_cannot_be_counted_without_their_verdicts(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    portfolio = make_portfolio([{"owner": "ann"}])
    with pytest.raises(ValueError, match="keeps its verdicts"):
        counts_of_items(run(load(HYG_01), portfolio, make_figures(portfolio)), [0])
