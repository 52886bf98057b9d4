"""The sprints of a Jira of either flavour, as far as the verdict on their goals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from pmo_sync.connectors.base import Needs
from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Past
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.words import Verdict
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import Standard
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import SeedField, SeedSprint
from pmo_sync.settings.yaml import parse as parse_yaml
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions
from tests.unit.connectors.jira_sites import pull, seed

START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
WITH_GOAL = SeedSprint(7, "Seven", start=START, goal="Pay by phone, and by card")
WITHOUT = SeedSprint(8, "Eight", start=START)
NEXT = SeedSprint(9, "Nine", state="future")
PLACES = StructureOptions.model_validate({"project": [{"tracker": "j", "by": "project"}]})
GOALS = """
standards:
  - id: AGI-01
    title: An active sprint has a goal
    level: project
    subject: sprint
    severity: minor
    applies_to: {sprint_state: active}
    require: {sprint_goal: present}
"""


def standards() -> tuple[Standard, ...]:
    tree = parse_yaml(GOALS, "s.yaml")
    assert isinstance(tree, Fields)
    entries = tree.get("standards")
    assert isinstance(entries, Entries)
    return parse(
        [StandardSource(None, "s.yaml", node) for node in entries.items if isinstance(node, Fields)],
        StandardsOptions(),
        custom={},
    )


def pulled(flavour: Flavour, *wanted: str) -> Snapshot:
    """Of a site with a field of sprints; every issue of BANK is in one of three."""
    plain = seed(40)
    issues = [
        replace(issue, fields={**issue.fields, "Sprint": [(WITH_GOAL, WITHOUT, NEXT)[number % 3]]})
        if issue.project == "BANK"
        else issue
        for number, issue in enumerate(plain.issues)
    ]
    with Sandbox(flavour) as tracker:
        tracker.load(replace(plain, issues=issues, fields=(*plain.fields, SeedField("Sprint", "sprint"))))
        return pull(tracker, Needs(frozenset(wanted)))


@pytest.mark.parametrize("flavour", list(Flavour))
def test_an_active_sprint_without_a_goal_fails(flavour: Flavour) -> None:
    snapshot = pulled(flavour, "sprint_goal", "sprint_state")
    told = snapshot.sprints.select("id", "name", "state", "start", "goal", "goal_seen").rows()
    assert told == [
        ("7", "Seven", "active", date(2026, 11, 16), "Pay by phone, and by card", True),
        ("8", "Eight", "active", date(2026, 11, 16), None, True),
        ("9", "Nine", "future", None, None, True),
    ]
    portfolio = build([snapshot], PLACES, portfolio_name="all")
    figures = compute(portfolio, RollupOptions(), today=date(2026, 11, 23), calendar=Calendar(), currency=None)
    judgement = judge(standards(), portfolio, figures, today=date(2026, 11, 23), calendar=Calendar(), past=Past())
    failed = judgement.findings.filter(pl.col("standard") == "AGI-01")
    judged = failed.join(portfolio.sprints, left_on="subject", right_on="sprint")
    assert judged.select("verdict", "name").rows() == [(Verdict.FAIL, "Eight")]


@pytest.mark.parametrize("flavour", list(Flavour))
def test_sprints_are_read_only_where_a_standard_asks_for_them(flavour: Flavour) -> None:
    assert pulled(flavour, "due").sprints.is_empty()
    both = pulled(flavour, "sprints", "sprint_state")
    assert both.sprints["name"].to_list() == ["Seven", "Eight", "Nine"]
    assert set(both.items["sprints"].explode().drop_nulls()) == {"Seven", "Eight", "Nine"}
