"""The stories of the demo portfolio come out of the real rooms: pull, structure, figures, rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.export import connect
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.figures.compute import compute
from pmo_sync.model.finding import Finding
from pmo_sync.model.past import Past
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import Mode, Severity, Verdict
from pmo_sync.pipeline import demo
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import pull
from pmo_sync.rules.describe import describe
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.language import parse
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.demo import keep_token, point_to, write_demo
from pmo_sync.settings.folder import Project, load
from pmo_sync.structure.build import build
from tests.demo_as_file import write_demo_as_file
from tests.surroundings import Clock, surroundings

MONDAY = date(2026, 11, 23)


@cache
def findings(today: date) -> tuple[Finding, ...]:
    with TemporaryDirectory() as scratch:
        write_demo_as_file(Path(scratch), today=today)
        return tuple(found(load(Path(scratch)), today))


def found(project: Project, today: date) -> Iterable[Finding]:
    settings = project.settings
    options = settings.trackers["bank"]
    assert isinstance(options, ExportOptions)
    clock = Clock(datetime.combine(today, time(8), UTC))
    tracker = connect("bank", options, surroundings(clock, folder=project.folder))
    snapshot = tracker.pull(Needs(columns=frozenset({*VOCABULARY, "fields.reg_date"})), lambda _: None)
    portfolio = build(
        [snapshot],
        settings.structure,
        portfolio_name=settings.structure.portfolio.name or "",
        appetite=settings.risk_appetite,
    )
    days, _ = calendar(settings)
    figures = compute(
        portfolio, settings.rollup, today=today, calendar=days, currency=settings.currency, waivers=project.waivers
    )
    judgement = judge(
        parse(project.standards, settings.standards, custom=project.custom, texts=project.texts),
        portfolio,
        figures,
        today=today,
        calendar=days,
        past=Past(waivers=project.waivers),
        modes=settings.modes,
        mode=settings.mode,
        min_coverage=settings.rollup.min_coverage,
    )
    return describe(judgement, portfolio, figures, judgement.findings)


def failures(today: date = MONDAY) -> list[Finding]:
    return [one for one in findings(today) if one.verdict is Verdict.FAIL]


def of(project: str, standard: str) -> list[Finding]:
    return [one for one in failures() if one.path[-1] == project and one.standard == standard]


def test_there_is_something_to_see_and_not_too_much() -> None:
    assert len(failures()) == 37
    assert 1 <= sum(one.verdict is Verdict.UNKNOWN for one in findings(MONDAY)) <= 10


def test_one_project_is_perfect() -> None:
    assert [one for one in findings(MONDAY) if "Customer view" in one.path] == []


def test_the_paused_project_is_left_alone() -> None:
    assert [one for one in findings(MONDAY) if "Branch tablets" in one.path] == []


@pytest.mark.parametrize(
    ("project", "standard", "keys"),
    [
        ("Instant payments", "HYG-09", ["PAY-13", "PAY-14", "PAY-18"]),
        ("Instant payments", "HYG-01", ["PAY-18", "PAY-20"]),
        ("Instant payments", "BNK-03", [None]),
        ("Account opening", "BNK-02", [None]),
        ("Identity checks", "BNK-04", ["KYC-12"]),
        ("Identity checks", "RSK-02", ["KYC-25"]),
        ("Identity checks", "HYG-02", ["KYC-16"]),
        ("Card tokenisation", "HYG-08", ["CRD-16", "CRD-18"]),
        ("Fraud screening", "RSK-01", ["FRD-22"]),
        ("Fraud screening", "RSK-03", ["FRD-23"]),
        ("Fraud screening", "RSK-04", [None]),
        ("Warehouse move", "GOV-01", [None]),
        ("Regulatory reporting", "HYG-04", ["REG-11"]),
        ("Regulatory reporting", "HYG-12", ["REG-13"]),
        ("Regulatory reporting", "GOV-05", ["REG-28"]),
        ("Regulatory reporting", "GOV-09", ["REG-26"]),
    ],
)
def test_a_planted_story_is_found(project: str, standard: str, keys: list[str | None]) -> None:
    assert sorted((one.key for one in of(project, standard)), key=str) == keys


def test_a_reported_green_above_red_data_is_critical_and_only_reported() -> None:
    (one,) = of("Instant payments", "STA-03")
    assert (one.severity, one.mode) == (Severity.CRITICAL, Mode.SUPPORTIVE)
    assert one.message == "reported green, data says red"


def test_work_without_an_owner_that_is_overdue_weighs_more() -> None:
    assert {one.key: one.severity for one in of("Instant payments", "HYG-01")} == {
        "PAY-18": Severity.CRITICAL,
        "PAY-20": Severity.MAJOR,
    }


def test_one_waiver_is_about_to_expire() -> None:
    waived = {one.key: one.waiver for one in failures() if one.waiver is not None}
    assert set(waived) == {"DWH-16", "FRD-23"}
    soon = waived["DWH-16"]
    assert soon is not None
    assert (soon.until - MONDAY).days == 5


@pytest.mark.parametrize("today", [date(2026, 11, 28), date(2027, 6, 2)])
def test_the_stories_are_the_same_on_another_day(today: date) -> None:
    told = sorted((one.standard, one.key or "", one.path, one.severity) for one in failures(today))
    assert told == sorted((one.standard, one.key or "", one.path, one.severity) for one in failures())


def test_the_tracker_tells_the_same_stories_as_the_file(tmp_path: Path) -> None:
    write_demo(tmp_path, today=MONDAY)
    with Sandbox(Flavour.CLOUD) as tracker:
        tracker.load(demo.planted(tmp_path))
        (tmp_path / ".pmo-sync").mkdir(exist_ok=True)
        keep_token(tmp_path, tracker.writer.token)
        point_to(tmp_path, tracker.url)
        context = Context(
            load(tmp_path), MONDAY, now=lambda: datetime(2026, 11, 23, 8, tzinfo=UTC), sleep=lambda _: None
        )
        evaluation = evaluate(context, pull(context).snapshots)
        by_tracker = describe(
            evaluation.judgement, evaluation.portfolio, evaluation.figures, evaluation.judgement.findings
        )
    assert evaluation.complete
    assert [told(one) for one in by_tracker if told(one) not in map(told, findings(MONDAY))] == []
    assert [told(one) for one in findings(MONDAY) if told(one) not in map(told, by_tracker)] == []
    levels = evaluation.portfolio.nodes["level"].cast(pl.String).to_list()
    assert {level: levels.count(level) for level in levels} == {"portfolio": 1, "programme": 3, "project": 9}


def told(one: Finding) -> tuple[object, ...]:
    return (one.verdict, one.standard, one.key, one.path, one.severity, one.mode, one.message, one.waiver is not None)
