"""Two files in one project folder, as a person works with them: one tree, one page, each tracker's own marks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.__main__ import main

Run = Callable[..., subprocess.CompletedProcess[str]]

SETTINGS = """\
version: 1
currency: GBP
trackers:
  bank: {kind: export, path: bank.jsonl, write: {labels: true, fields: {progress: PMO progress}}}
  plant: {kind: export, path: plant.jsonl, write: {flags: PMO compliance, fields: {progress: PMO progress}}}
people:
  Ann: {bank: account-7, plant: "7"}
structure:
  portfolio: {name: Digital Bank}
  programme: [{tracker: bank, by: field, field: programme}, {tracker: plant, by: field, field: programme}]
  project: [{tracker: bank, by: field, field: project}, {tracker: plant, by: field, field: project}]
  merge: [{level: programme, names: [Payments, Core banking], as: Payments}]
  homes: [{level: programme, name: Payments, tracker: bank, item: PAY-1}]
standards: {packs: [], files: [own.yaml], first_run: apply}
"""
STANDARDS = """\
standards:
  - id: DUE-01
    title: Has a due date
    level: item
    severity: major
    flag: no-due
    require: {due: present}
    message: "{key} of {owner} has no due date"
  - {id: OWN-01, title: Not of Ben, level: item, severity: info, flag: of-ben, require: {owner: {is_not: Ben}}}
"""


def _item(number: str, key: str, programme: str, project: str, **more: Any) -> dict[str, Any]:
    head = {"id": number, "key": key, "programme": programme, "project": project, "kind": "task", "phase": "doing"}
    return {**head, "due": "2026-12-01", "estimate_hours": 10, "percent_done": 0, **more}


@pytest.fixture
def pmo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in a project folder of two files; both have an item 12, and Ann works in both."""
    progress = {"fields": {"PMO progress": None}}
    flags = {"fields": {"PMO compliance": None, "PMO progress": None}}
    files = {
        "bank": [
            _item("1", "PAY-1", "Payments", "Cards", kind="summary", **progress),
            _item("12", "PAY-12", "Payments", "Cards", owner="account-7", due=None, labels=[], **progress),
        ],
        "plant": [
            _item("12", "#12", "Core banking", "Vault", owner="7", due=None, **flags),
            _item("13", "#13", "Core banking", "Vault", owner="Ann", phase="done", estimate_hours=30, **flags),
        ],
    }
    for name, rows in files.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    (tmp_path / "pmo.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(STANDARDS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        dated = () if arguments[0] in {"doctor", "pull"} else ("--status-date", "2026-11-23")
        code = main([*arguments, *dated])
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


def test_check_shows_both_trackers_under_one_programme(pmo: Run) -> None:
    run = pmo("check", "--format", "table")
    assert run.returncode == 1, run.stderr
    assert "PAY-12 of Ann has no due date" in run.stdout
    assert "#12 of Ann has no due date" in run.stdout
    found = json.loads(pmo("check", "--format", "json").stdout)
    paths = [node["path"] for node in found["nodes"]]
    assert paths == [
        ["Digital Bank"],
        ["Digital Bank", "Payments"],
        ["Digital Bank", "Payments", "Cards"],
        ["Digital Bank", "Payments", "Vault"],
    ]
    figures = found["nodes"][1]["figures"]
    assert (figures["items"]["value"], figures["estimate_hours"]["value"]) == (4, 50)
    assert figures["progress"]["value"] == 0.6
    assert [(one["tracker"], one["id"], one["message"]) for one in found["findings"]] == [
        ("bank", "12", "PAY-12 of Ann has no due date"),
        ("plant", "12", "#12 of Ann has no due date"),
    ]


def test_check_of_one_tracker_shows_its_findings_only(pmo: Run) -> None:
    pmo("pull")
    found = json.loads(pmo("check", "--format", "json", "--tracker", "plant").stdout)
    assert [(one["tracker"], one["id"]) for one in found["findings"]] == [("plant", "12")]
    assert found["nodes"][1]["figures"]["items"]["value"] == 4, "a programme is never judged by a part of it"


def test_a_plan_writes_each_tracker_in_its_way_and_the_summary_to_the_home_alone(pmo: Run) -> None:
    changes = json.loads(pmo("plan", "--format", "json").stdout)["changes"]
    told = {(one["tracker"], one["key"], one["op"], one.get("label") or one["field"]) for one in changes}
    assert told == {
        ("bank", "PAY-1", "set_field", "PMO progress"),
        ("bank", "PAY-12", "add_label", "pmo-action"),
        ("bank", "PAY-12", "add_label", "pmo-no-due"),
        ("plant", "#12", "set_field", "PMO compliance"),
    }
    text = pmo("plan").stdout
    assert "PAY-12" in text
    assert "#12" in text


def test_a_plan_of_one_tracker_names_the_other_nowhere(pmo: Run) -> None:
    pmo("pull")
    changes = json.loads(pmo("plan", "--format", "json", "--tracker", "plant").stdout)["changes"]
    assert {one["tracker"] for one in changes} == {"plant"}


def test_a_second_sync_has_nothing_to_write(pmo: Run) -> None:
    assert pmo("sync", "--fail-on", "never").returncode == 0
    again = pmo("sync", "--fail-on", "never", "--format", "json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["plan"]["changes"] == 0


def test_doctor_says_who_is_taken_for_nobody(pmo: Run) -> None:
    pmo("pull")
    told = pmo("doctor").stdout
    assert "plant has an account Ann that is not the Ann of people: here Ann (plant)" in told


def test_explain_shows_the_person_and_the_account(pmo: Run) -> None:
    pmo("pull")
    run = pmo("explain", "OWN-01", "--item", "PAY-12")
    assert "Ann (account account-7)" in run.stdout, run.stderr
    for key, seen, account in (("#12", "Ann", "7"), ("#13", "Ann (plant)", "Ann"), ("PAY-1", None, None)):
        clauses = json.loads(pmo("explain", "OWN-01", "--item", key, "--format", "json").stdout)["clauses"]
        told = {(one["seen"], one.get("account")) for one in clauses if one["column"] == "owner"}
        assert told == {(seen, account)}, key
