"""The portfolio at a glance: counts add up to the findings below each node, and a bar is full only when all is met."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pmo_sync.model.finding import Finding
from pmo_sync.model.past import Waiver
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.report.portfolio import glance
from pmo_sync.report.style import Style
from pmo_sync.report.view import FigureValue, NodeRow, Score

PATHS = (("Bank",), ("Bank", "Payments"), ("Bank", "Payments", "PAY"), ("Bank", "Onboarding"))


def node(path: tuple[str, ...], share: float | None = 0.996, rag: str | None = "amber") -> NodeRow:
    figures: Mapping[str, FigureValue] = {
        "computed_rag": FigureValue(rag, 1, 0, "worst of"),
        "due": FigureValue(date(2027, 1, 1), 3, 1, "max"),
    }
    return NodeRow(path, "project", True, figures, (), None, Score(share, share, 1, 1, 0))


def finding(path: tuple[str, ...], severity: Severity, *, waived: bool = False) -> Finding:
    waiver = Waiver("HYG-01", scope=None, reason="r", approver="a", until=date(2027, 1, 1))  # type: ignore[arg-type]
    return Finding(
        standard="HYG-01",
        title="t",
        severity=severity,
        verdict=Verdict.FAIL,
        level=Level.ITEM,
        tracker="bank",
        id="1",
        key="PAY-1",
        path=path,
        message="m",
        fix="f",
        evidence={},
        url=None,
        flag=None,
        mode=Mode.CONTROLLING,
        waiver=waiver if waived else None,
        since=None,
        item_title=None,
    )


def lines(*findings: Finding) -> list[str]:
    return glance([node(path) for path in PATHS], findings, Style()).splitlines()


def test_what_is_below_a_node_counts_for_it_and_a_waived_one_apart() -> None:
    found = lines(
        finding(PATHS[2], Severity.CRITICAL),
        finding(PATHS[1], Severity.MAJOR),
        finding(PATHS[2], Severity.MAJOR, waived=True),
    )
    assert len(found) == 3  # no project
    assert "1 critical  1 major  1 waived" in found[0]
    assert "1 critical  1 major  1 waived" in found[1]
    assert "critical" not in found[2]


def test_lines_are_as_wide_as_their_columns_and_say_what_they_rest_on() -> None:
    found = lines(*[finding(PATHS[2], Severity.MINOR)] * 12)
    assert found[0] == "  Bank          ◐ amber     99 % compliant  ▇▇▇▇▇▇▇▇▇░  12 minor  3 of 4 dated"
    assert found[2] == "    Onboarding  ◐ amber     99 % compliant  ▇▇▇▇▇▇▇▇▇░            3 of 4 dated"


def test_no_data_is_said_and_an_escape_of_a_name_is_gone() -> None:
    (line,) = glance([node(("Ba\x1b[31mnk",), None, None)], [], Style()).splitlines()
    assert "no data" in line
    assert "\x1b" not in line
    assert "░░░░░░░░░░" in line


def test_all_met_is_a_full_bar_and_nothing_is_nothing() -> None:
    assert "▇▇▇▇▇▇▇▇▇▇" in glance([node(("Bank",), 1.0)], [], Style())
    assert glance([], [], Style()) == ""
