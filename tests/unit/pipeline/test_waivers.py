"""Granting waivers, how they stand, and that one which has run out counts nowhere, whatever the clock and the zone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.cli.views import check_view
from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline import waive, write
from pmo_sync.pipeline.context import Context, status_date
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.explain import verdict
from pmo_sync.pipeline.finding import findings
from pmo_sync.pipeline.pull import pull, stored
from pmo_sync.report import csv, markdown, terminal
from pmo_sync.report import json as as_json
from pmo_sync.report.style import Style
from pmo_sync.rules.waivers import WaiverState
from pmo_sync.settings.folder import load
from tests.unit.pipeline.conftest import STANDARDS, TODAY, Open

RULED = """
standards:
  - id: HYG-01
    title: Has an owner
    level: [item, project]
    severity: major
    flag: no-owner
    require: {owner: present}
    waiver: {max_age: 30 days, requires: [owner]}
"""
NEVER = RULED.replace("30 days", "0 days")
WISH = waive.Wish("HYG-01", "PAY-2", None, TODAY + timedelta(days=10), "why", "board", "ann")


def judged(context: Context) -> Evaluation:
    """Of the snapshots that are kept, else of new ones."""
    is_kept = (context.state / "snapshots").is_dir()
    return evaluate(context, stored(context) if is_kept else pull(context).snapshots)


def grant(context: Context, **changed: Any) -> waive.Granted:
    return waive.waive(context, judged(context), replace(WISH, **changed))


def test_a_waiver_of_an_item_says_what_will_be_different(opened: Open) -> None:
    context = opened()
    granted = grant(context, item="WEB-7")
    assert granted.written
    assert granted.waiver.scope.model_dump(exclude_none=True) == {"item": "WEB-7", "tracker": "plant"}
    assert (granted.failures, granted.flags) == (1, 1)
    assert granted.node == ("Group", "Core", "WEB")
    later = judged(opened())
    assert later.scores.counts.waived == 1
    again = waive.waive(opened(), later, replace(WISH, item="WEB-7"))
    assert not again.written


def test_a_waiver_of_a_branch_covers_it_and_nothing_else(opened: Open) -> None:
    granted = grant(opened(), item=None, node="Group/Core/WEB")
    assert granted.waiver.scope.model_dump(exclude_none=True) == {"programme": "Core", "project": "WEB"}
    assert (granted.failures, granted.beyond) == (2, ())
    assert (granted.before, granted.after) == (0.0, None), "nothing is left that is not waived"
    whole = grant(opened(), item=None, node="Group")
    assert whole.waiver.scope.model_dump(exclude_none=True) == {"portfolio": "Group"}


def test_a_waiver_of_what_passes_is_written_and_said_to_change_nothing(opened: Open) -> None:
    granted = grant(opened())
    assert (granted.written, granted.failures, granted.flags) == (True, 0, 0)
    assert granted.before == granted.after


@pytest.mark.parametrize(
    ("changed", "standards", "said", "way"),
    [
        ({"item": "PAY-99"}, RULED, "no item has the key", "PAY-2"),
        ({"item": None, "node": "Group/Cor"}, RULED, "no node has the path", "Group/Core"),
        ({"node": "Group"}, RULED, "one item or one branch", "--node PATH"),
        ({"item": None}, RULED, "one item or one branch", "--node PATH"),
        ({"until": TODAY - timedelta(days=1)}, RULED, "in the past", str(TODAY)),
        ({"until": TODAY + timedelta(days=31)}, RULED, "more than 30 days", str(TODAY + timedelta(days=30))),
        ({"owner": None}, RULED, "asks for the owner", "--owner"),
        ({"until": TODAY + timedelta(days=1)}, NEVER, "takes no waiver", "max_age"),
        ({"reason": " "}, RULED, "reason is empty", "few words"),
        ({"approver": ""}, RULED, "approver is empty", "few words"),
    ],
)
def test_what_may_not_be_is_refused_and_the_file_stays(
    opened: Open, changed: dict[str, Any], standards: str, said: str, way: str
) -> None:
    context = opened(standards=standards)
    with pytest.raises(UsageError, match=said) as caught:
        grant(context, **changed)
    assert way in (caught.value.advice or "")
    assert not (context.project.folder / "waivers.yaml").exists()


def test_an_unknown_standard_is_refused_with_the_nearest(opened: Open) -> None:
    with pytest.raises(ConfigurationError) as caught:
        grant(opened(), standard="HYG-02")
    assert "HYG-01" in str(caught.value.problems[0].hint)


def test_the_last_day_that_is_allowed_is_allowed(opened: Open) -> None:
    assert grant(opened(standards=RULED), until=TODAY + timedelta(days=30)).written
    assert grant(opened(standards=RULED), until=TODAY).written


WAIVERS = """waivers:
  - {standard: HYG-01, scope: {item: WEB-7}, reason: r, approver: a, until: 2026-12-30}
  - {standard: HYG-01, scope: {item: WEB-8}, reason: r, approver: a, until: 2026-11-27}
  - {standard: HYG-01, scope: {item: PAY-2}, reason: r, approver: a, until: 2026-12-29}
  - {standard: HYG-01, scope: {item: OLD-1}, reason: r, approver: a, until: 2026-12-28}
  - {standard: HYG-01, scope: {project: WEB}, reason: r, approver: a, until: 2026-11-19}
"""


def test_the_list_is_sorted_by_the_last_day_and_tells_every_state(opened: Open) -> None:
    context = opened()
    (context.project.folder / "waivers.yaml").write_text(WAIVERS)
    context = opened()
    stood = waive.standing(context, judged(context))
    assert [(str(one.waiver.until), one.days_left, one.state) for one in stood] == [
        ("2026-11-19", -1, WaiverState.EXPIRED),
        ("2026-11-27", 7, WaiverState.EXPIRES_SOON),
        ("2026-12-28", 38, WaiverState.MATCHES_NOTHING),
        ("2026-12-29", 39, WaiverState.NOT_NEEDED),
        ("2026-12-30", 40, WaiverState.ACTIVE),
    ]
    by_date = {one.state for one in waive.standing(context, None)}
    assert by_date == {WaiverState.EXPIRED, WaiverState.EXPIRES_SOON, WaiverState.ACTIVE}
    codes = [notice.code for notice in judged(context).notices]
    assert codes == ["waiver-ends", "waiver-matches-nothing", "waiver-not-needed"]


def everywhere(context: Context, evaluation: Evaluation) -> dict[str, bool]:
    """Whether the waiver of WEB-7 counts, as each command and report says it."""
    found = findings(evaluation)
    view = check_view(evaluation, found)
    mine = next(each for each in found if each.key == "WEB-7")
    document = json.loads(as_json.check(view))
    told = next(each for each in document["findings"] if each["key"] == "WEB-7")
    explained = verdict(context, evaluation, "HYG-01", item="WEB-7").finding
    assert explained is not None
    changes = {
        (change.target.key, getattr(change, "label", None)) for change in write.plan(context, evaluation).changes
    }
    line = next(line for line in terminal.lines(found).splitlines() if "WEB-7" in line)
    row = next(line for line in csv.findings(found).splitlines() if "WEB-7" in line)
    score = evaluation.scores.nodes.row(0, named=True)
    assert mine.verdict is Verdict.FAIL, "a waived failure is still a failure"
    return {
        "finding": mine.waiver is not None,
        "json": told["waiver"] is not None,
        "summary": document["summary"]["waived"] == 1,
        "explain": explained.waiver is not None,
        "plan": ("WEB-7", "pmo-no-owner") not in changes,
        "lines": line.startswith("waived"),
        "csv": '"2026-11-20"' in row.split('"no"')[0][-14:],
        "markdown": "| waived |" in markdown.check(view, everything=True),
        "terminal": "1 waived" in terminal.check(view, Style(), everything=True),
        "score": score["with_waivers"] > score["compliance"],
        "list": waive.standing(context, evaluation)[0].state is not WaiverState.EXPIRED,
        "figure": "WEB-7" not in expired(evaluation),
    }


def expired(evaluation: Evaluation) -> set[str]:
    items = evaluation.portfolio.items.with_columns(evaluation.figures.items["waivers_expired"])
    return {key for key, number in items.select("key", "waivers_expired").iter_rows() if number}


ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "America/New_York", "Europe/London")
LAST = date(2026, 11, 20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2026, 11, 19, 6), datetime(2026, 11, 22, 6), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_waiver_counts_until_its_last_day_is_over_in_the_zone_of_the_project(
    opened: Open, zone: str, now: datetime
) -> None:
    folder = opened().project.folder
    (folder / "waivers.yaml").write_text(
        f"waivers:\n  - {{standard: HYG-01, scope: {{item: WEB-7}}, reason: r, approver: a, until: {LAST}}}\n"
    )
    extra = f"time_zone: {zone}\nstandards: {{packs: [], files: [own.yaml], first_run: apply}}\n"
    asked = opened(extra, standards=STANDARDS)
    today = status_date(load(folder), now)
    context = replace(asked, now=lambda: now, status_date=today)
    assert today == now.astimezone(ZoneInfo(zone)).date()
    counts = everywhere(context, judged(context))
    assert set(counts.values()) == {today <= LAST}, counts
