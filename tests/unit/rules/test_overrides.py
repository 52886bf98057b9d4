"""Overrides change what a standard says, for all or for a part, and the fingerprint tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.problem import Problem
from pmo_sync.model.words import Mode, Severity
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.standard import Standard, fingerprint, needed_columns

TODAY = date(2026, 11, 23)
QUIET = """\
standards:
  - id: HYG-08
    title: Work in progress moves
    level: item
    severity: minor
    values: {quiet: 10 working days, quiet_red: 20 working days}
    applies_to: {phase: doing}
    require: {quiet_working_days: {lte: {value: quiet}}}
    escalate: [{to: major, when: {quiet_working_days: {gt: {value: quiet_red}}}}]
    flag: stale
    cases:
      - pass: {phase: doing, quiet_working_days: 10}
      - fail: {phase: doing, quiet_working_days: 11}
"""
SHARE = """\
standards:
  - id: SCH-01
    title: Tied in
    level: project
    severity: major
    share: {of: items, where: {due: absent}}
    limit: {fail_above: 5%, min_population: 20}
"""
Load = Callable[..., tuple[Standard, ...]]
Mistakes = Callable[..., list[Problem]]
MakePortfolio = Callable[..., Portfolio]
MakeFigures = Callable[..., Figures]


def test_without_an_override_nothing_is_changed(load: Load) -> None:
    (standard,) = load(QUIET)
    assert standard.own is None
    assert standard.changes == ()
    assert [(value.name, value.text) for value in standard.values] == [
        ("quiet", "10 working days"),
        ("quiet_red", "20 working days"),
    ]


def test_a_value_is_changed_by_name_and_the_others_stay(load: Load) -> None:
    (standard,) = load(QUIET, override={"HYG-08": {"values": {"quiet": "15 working days"}, "severity": "info"}})
    assert {value.name: value.text for value in standard.values} == {
        "quiet": "15 working days",
        "quiet_red": "20 working days",
    }
    assert standard.severity is Severity.INFO
    assert [(change.key, change.before, change.after) for change in standard.changes] == [
        ("values.quiet", "10 working days", "15 working days"),
        ("severity", "minor", "info"),
    ]
    assert standard.own is not None
    assert standard.own.severity is Severity.MINOR
    assert len(standard.cases) == 2


def test_the_numbers_of_a_limit_are_values_under_their_own_keys(load: Load) -> None:
    for override in ({"values": {"fail_above": "8%"}}, {"limit": {"fail_above": "8%"}}):
        (standard,) = load(SHARE, override={"SCH-01": override})
        assert standard.limit is not None
        assert (standard.limit.fail_above, standard.limit.min_population) == (0.08, 20)


def test_on_and_off(load: Load) -> None:
    assert not load(QUIET, override={"HYG-08": "off"})[0].enabled
    off = QUIET + "    enabled: false\n"
    assert not load(off)[0].enabled
    assert load(off, override={"HYG-08": "on"})[0].enabled
    assert not load(QUIET, override={"core": "off"}, pack="core")[0].enabled
    assert load(QUIET, override={"core": "off", "HYG-08": "on"}, pack="core")[0].enabled


def test_an_override_of_the_pack_lies_below_that_of_the_standard(load: Load) -> None:
    override = {"core": {"mode": "supportive", "severity": "info"}, "HYG-08": {"severity": "critical"}}
    (standard,) = load(QUIET, override=override, pack="core")
    assert (standard.mode, standard.severity) == (Mode.SUPPORTIVE, Severity.CRITICAL)


def test_a_part_of_the_portfolio_is_judged_by_its_own_variant(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    override = {
        "HYG-08": [
            {"only": {"project": "A", "item": "K-0"}, "enabled": False},
            {"only": {"project": "A"}, "values": {"quiet": "15 working days"}, "severity": "info"},
            {"only": {"programme": "G"}, "values": {"quiet": "1 working day"}},
        ]
    }
    (standard,) = load(QUIET, override=override)
    assert [variant.scopes for variant in standard.variants] == [
        (Scope(project="A", item="K-0"),),
        (Scope(project="A"),),
        (Scope(programme="G"),),
    ]
    portfolio = make_portfolio([{"node": 2}, {"node": 2}, {"node": 2}, {"node": 3}, {"node": 0}])
    figures = make_figures(portfolio, items={"quiet_working_days": [30.0, 12.0, 16.0, 2.0, 11.0]})
    judgement = judge([standard], portfolio, figures, today=TODAY, calendar=Calendar(), past=Past())
    assert judgement.findings.select("standard", "item", "severity").rows() == [
        ("HYG-08", 2, "info"),
        ("HYG-08", 3, "minor"),
        ("HYG-08", 4, "minor"),
    ]
    # The item for which it is off is not counted at all.
    assert judgement.judged.select("node", "severity", "passed", "failed").rows() == [
        (0, "minor", 0, 1),
        (2, "info", 1, 1),
        (3, "minor", 0, 1),
    ]


def test_the_first_entry_that_matches_wins(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures
) -> None:
    override = {
        "HYG-08": [{"values": {"quiet": "20 working days"}}, {"only": {"project": "A"}, "severity": "critical"}]
    }
    (standard,) = load(QUIET, override=override)
    assert standard.variants == ()
    portfolio = make_portfolio([{"node": 2}])
    figures = make_figures(portfolio, items={"quiet_working_days": [19.0]})
    judgement = judge([standard], portfolio, figures, today=TODAY, calendar=Calendar(), past=Past())
    assert judgement.findings.is_empty()


@pytest.mark.parametrize(
    ("override", "code", "message", "hint"),
    [
        ({"HYG-8": "off"}, "unknown-standard", "`HYG-8` is no standard that is loaded", "`HYG-08`"),
        ({"hyg-08": "off"}, "unknown-standard", "`hyg-08` is no standard", "`HYG-08`"),
        ({"HYG-08": {"severty": "info"}}, "unknown-key", "has no key `severty`", "`severity`"),
        ({"HYG-08": {"values": {"quite": "5 days"}}}, "unknown-value", "has no value `quite`", "`quiet`"),
        ({"HYG-08": {"values": {"quiet": "5 wrkdays"}}}, "unknown-unit", "`5 wrkdays` is no duration", None),
        ({"HYG-08": {"values": "none"}}, "wrong-type", "`values` is a mapping", None),
        ({"HYG-08": {"id": "X"}}, "unknown-key", "`id` of a standard cannot be overridden", None),
        (
            {"HYG-08": {"only": {"project": "A"}, "flag": "x"}},
            "not-for-a-part",
            "`flag` is one for the whole",
            "`only`",
        ),
        ({"HYG-08": {"severity": "hgh"}}, "unknown-word", "`severity` is one of", None),
    ],
)
def test_a_mistake_in_an_override(
    mistakes: Mistakes, override: dict[str, Any], code: str, message: str, hint: str | None
) -> None:
    found = mistakes(QUIET, override=override)
    assert [problem.code for problem in found] == [code], found
    assert message in found[0].message
    assert "standards.override" in found[0].message
    assert hint is None or hint in (found[0].hint or "")


def test_the_fingerprint_is_of_what_decides_verdicts_and_marks(load: Load) -> None:
    plain = fingerprint(load(QUIET)[0])
    assert plain.startswith("sha256:")
    same = QUIET.replace("Work in progress moves", "Other words").replace(
        "quiet_working_days: 11", "quiet_working_days: 12"
    )
    assert fingerprint(load(same + "    fix: Do it.\n    why: Because.\n    message: '{key}'\n")[0]) == plain
    others = [
        load(QUIET, override={"HYG-08": {"values": {"quiet": "11 working days"}}}),
        load(QUIET, override={"HYG-08": {"severity": "major"}}),
        load(QUIET, override={"HYG-08": {"only": {"project": "A"}, "severity": "major"}}),
        load(QUIET, override={"HYG-08": {"only": {"project": "B"}, "severity": "major"}}),
        load(QUIET.replace("flag: stale", "flag: quiet")),
        load(QUIET.replace("phase: doing}\n    require", "phase: [doing, todo]}\n    require")),
    ]
    assert len({plain, *(fingerprint(one[0]) for one in others)}) == 7


def test_needed_columns_are_words_of_the_vocabulary(load: Load) -> None:
    text = """\
standards:
  - id: X-1
    title: T
    level: item
    severity: minor
    applies_to: {owner: present, children: {any: {due: {before: {column: own_due}}}}}
    require: {quiet_working_days: {lt: 3}}
    message: "{key} of {sponsor}"
"""
    assert needed_columns(load(text)) == {"owner", "owner_active", "due", "own_due", "key", "sponsor"}
