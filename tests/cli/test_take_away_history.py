"""What the history of edits and the sprints of a Jira tell is judged the same from a file that was taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import Seed, SeedChange, SeedField, SeedSprint
from tests.cli.conftest import Run
from tests.unit.connectors.jira_sites import seed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = ("--status-date", "2026-11-23")
STANDARDS = """\
standards:
  - {id: DUE, title: The due date holds, level: item, severity: major,
     require: {not: {due: {changed: {within: 90 days, at_least: 2}}}}}
  - {id: EVER, title: Its owner was changed, level: item, severity: major, require: {owner: {changed: {at_least: 1}}}}
  - {id: SEEN, title: A person was there, level: item, severity: major, require: {last_human_change: {within: 20 days}}}
  - {id: MOVES, title: It moves, level: item, severity: major, require: {status_since: {within: 20 days}}}
  - {id: AIM, title: An active sprint has a goal, level: project, subject: sprint, severity: major,
     applies_to: {sprint_state: active}, require: {sprint_goal: present}}
"""
PART = """\
  - {id: PART, title: It is part of something, level: project, severity: major, require: {project_category: present}}
"""
SETTINGS = """\
version: 1
owner_id: away
trackers:
  bank: {{{tracker}}}
structure:
  programme: [{{tracker: bank, by: project_category}}]
  project: [{{tracker: bank, by: project}}]
standards: {{packs: [], files: [standards.yaml]}}
"""


def lively() -> Seed:
    """Issues that people edit at different times, of which every other is in a sprint."""
    plain = seed(20)
    sprints = (SeedSprint(7, "Seven", start=NOW, goal="Pay by phone"), SeedSprint(8, "Eight", start=NOW))
    issues = [
        replace(
            issue,
            fields={**issue.fields, **({"Sprint": [sprints[number // 2 % 2]]} if number % 2 else {})},
            history=[
                SeedChange(NOW - timedelta(days=15 * back), "ann", *edit)
                for back in range(1, number % 4 + 1)
                for edit in (("duedate", f"2026-12-{back:02}", None), ("assignee", None, "ann"))[: 1 + number % 2]
            ],
        )
        for number, issue in enumerate(plain.issues)
    ]
    return replace(plain, issues=issues, fields=(*plain.fields, SeedField("Sprint", "sprint")))


@pytest.fixture(params=list(Flavour))
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of standards that need history, sprints and projects, and the Jira that it reads."""
    folder = tmp_path / "live"
    folder.mkdir()
    with Sandbox(request.param, now=lambda: NOW) as tracker:
        tracker.load(lively())
        monkeypatch.setenv("TOKEN", tracker.reader.token)
        (folder / "standards.yaml").write_text(STANDARDS, encoding="utf-8")
        kind, user = ("jira-cloud", tracker.reader.login) if request.param is Flavour.CLOUD else ("jira-dc", "null")
        jira = f'kind: {kind}, url: "{tracker.url}", user: {user}, token: "${{TOKEN}}"'
        (folder / "pmo.yaml").write_text(SETTINGS.format(tracker=jira), encoding="utf-8")
        yield folder


def verdicts(pmo: Run, *words: str) -> dict[tuple[str, ...], Any]:
    """Standard, key and place below the portfolio → verdict and what is said; and how much passed."""
    done = pmo("check", "--format", "json", "--items", "--all", *DAY, *words)
    assert done.returncode in {0, 1}, done.stderr
    found = json.loads(done.stdout)
    said: dict[tuple[str, ...], Any] = {("passed",): found["summary"]["pass"]}
    for one in found["findings"]:
        said.setdefault((one["standard"], str(one["key"]), *one["path"][1:]), []).append(
            (one["verdict"], one["message"])
        )
    return said


def test_history_and_sprints_are_judged_the_same_from_the_file(pmo: Run, live: Path, tmp_path: Path) -> None:
    before = verdicts(pmo, "-C", str(live))
    file = tmp_path / "away.jsonl"
    assert pmo("pull", "-C", str(live), "-o", str(file)).returncode == 0
    after = verdicts(pmo, "--from", str(file), "--standards", str(live / "standards.yaml"))
    assert after == before
    told = {(key[0], verdict) for key, listed in before.items() if key[1:] for verdict, _ in listed}
    assert told == {(standard, "fail") for standard in ("DUE", "EVER", "SEEN", "MOVES", "AIM")}
    assert before["passed",]


def test_projects_are_judged_the_same_in_a_folder_that_reads_the_file(pmo: Run, live: Path, tmp_path: Path) -> None:
    (live / "standards.yaml").write_text(STANDARDS + PART, encoding="utf-8")
    before = verdicts(pmo, "-C", str(live))
    assert {key[1:]: listed[0][0] for key, listed in before.items() if key[0] == "PART"} == {("None", "Core"): "fail"}
    assert pmo("pull", "-C", str(live), "-o", str(tmp_path / "away.jsonl")).returncode == 0
    (live / "pmo.yaml").write_text(SETTINGS.format(tracker="kind: export, path: ../away.jsonl"), encoding="utf-8")
    assert verdicts(pmo, "-C", str(live)) == before


def test_without_its_history_and_sprints_the_same_file_tells_less(pmo: Run, live: Path, tmp_path: Path) -> None:
    file = tmp_path / "away.jsonl"
    assert pmo("pull", "-C", str(live), "-o", str(file)).returncode == 0
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    items = [{name: value for name, value in line.items() if name != "history"} for line in lines if "id" in line]
    file.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    after = verdicts(pmo, "--from", str(file), "--standards", str(live / "standards.yaml"))
    assert {verdict for key, listed in after.items() if key[0] in ("DUE", "EVER") for verdict, _ in listed} == {
        "unknown"
    }
    assert not [key for key in after if key[0] == "AIM"]
