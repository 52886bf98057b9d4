"""One small check, made by hand: a programme with two projects, five findings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pmo_sync.model.figure_names import NODE_FIGURES, NOT_BUILT
from pmo_sync.model.finding import Finding
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Waiver
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.report.view import CheckView, FigureValue, NodeRow, Score, Summary, TrackerRow

TODAY = date(2026, 11, 23)


def make_finding(standard: str, severity: Severity, key: str | None, message: str) -> Finding:
    return Finding(
        standard=standard,
        title=f"Title of {standard}",
        severity=severity,
        verdict=Verdict.FAIL,
        level=Level.ITEM if key else Level.PROJECT,
        tracker="bank" if key else None,
        id="100" if key else None,
        key=key,
        path=("Digital Bank", "Payments", "PAY"),
        message=message,
        fix="Set it.",
        evidence={"phase": "doing", "due": None, "start": date(2026, 11, 2), "estimate_hours": 40.0},
        url="https://bank.example.net/browse/PAY-12" if key else None,
        flag="pmo-no-due-date",
        mode=Mode.CONTROLLING,
        waiver=None,
        since=date(2026, 11, 20),
        item_title="Card tokenisation" if key else None,
    )


@pytest.fixture
def finding() -> Callable[[str, Severity, str | None, str], Finding]:
    return make_finding


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    waiver = Waiver("DEP-01", Scope(), "supplier is late", "the PMO lead", date(2026, 11, 26))
    waived = replace(make_finding("DEP-01", Severity.CRITICAL, "PAY-12", "waits for PAY-31"), waiver=waiver)
    unknown = replace(make_finding("HYG-10", Severity.MINOR, "PAY-31", "no history"), verdict=Verdict.UNKNOWN)
    return (
        waived,
        make_finding("BNK-01", Severity.MAJOR, "PAY-12", "PAY-12 has no target date"),
        make_finding("RSK-01", Severity.MAJOR, None, "PAY carries 3 high risks"),
        unknown,
        replace(unknown, key="PAY-32", id="102"),
        make_finding("HYG-07", Severity.MINOR, "PAY-12", "components are empty"),
        replace(
            make_finding("BNK-01", Severity.CRITICAL, "PAY-40", "PAY-40 has no target date"),
            id="140",
            item_title="\x1b[2JEvil [bold]title\nsecond line",
        ),
    )


def node(path: tuple[str, ...], level: str, **values: FigureValue) -> NodeRow:
    nothing = FigureValue(None, 0, 0, NOT_BUILT)
    score = Score(10 / 21, 10 / 13, 10, 2, 1)
    return NodeRow(path, level, True, dict.fromkeys(NODE_FIGURES, nothing) | values, ("overdue_share",), "12 %", score)


@pytest.fixture
def view(findings: tuple[Finding, ...]) -> CheckView:
    colour = FigureValue("amber", 1, 0, "worst_of")
    progress = FigureValue(0.625, 2, 3, "estimate")
    due = FigureValue(date(2026, 11, 27), 2, 0, "max")
    items = FigureValue(4, 4, 0, "count")
    hours = FigureValue(64, 2, 0, "sum")
    return CheckView(
        run=None,
        status_date=TODAY,
        complete=True,
        trackers=(TrackerRow("bank", True, 4, "s1", datetime(2026, 11, 23, 6, 12, tzinfo=UTC), 5),),
        summary=Summary(
            passed=1890,
            failed={Severity.CRITICAL: 1, Severity.MAJOR: 2, Severity.MINOR: 1},
            unknown=2,
            not_applicable=240,
            waived=1,
            items=4,
            items_failing=2,
        ),
        findings=findings,
        nodes=(
            node(("Digital Bank",), "portfolio", items=items, computed_rag=colour),
            node(("Digital Bank", "Payments"), "programme", items=items, progress=progress),
            node(("Digital Bank", "Payments", "PAY"), "project", items=items, due=due, estimate_hours=hours),
        ),
    )
