"""Whole outputs, by text. What the clock decides is replaced; PMO_SYNC_GOLDEN=write writes them anew."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
TODAY = "2026-11-23"
GOLDEN = Path(__file__).parent / "golden"

COMMANDS = {
    "check.txt": ("check", "--format", "table"),
    "check-all-verbose.txt": ("check", "--format", "table", "--all", "-v"),
    "check-lines.txt": ("check",),
    "check.json": ("check", "--format", "json", "--items"),
    "check.jsonl": ("check", "--format", "jsonl"),
    "check.csv": ("check", "--format", "csv"),
    "check.md": ("check", "--format", "md"),
    "check-node.txt": ("check", "--format", "table", "--node", "Digital Bank/Onboarding"),
    "explain-item.txt": ("explain", "OWN-01", "--item", "PAY-1"),
    "explain-waived.txt": ("explain", "DUE-01", "--item", "ONB-1"),
    "explain-standard.txt": ("explain", "DUE-01"),
    "explain-figure.txt": ("explain", "progress", "--node", "Digital Bank/Payments"),
    "plan.txt": ("plan",),
    "plan.json": ("plan", "--format", "json"),
    "plan.csv": ("plan", "--format", "csv"),
    "sync.txt": ("sync",),
    "rules-list.txt": ("rules", "list", "--format", "table"),
    "rules-show.txt": ("rules", "show", "DUE-01"),
    "rules-test.txt": ("rules", "test"),
    "pull.txt": ("pull", "--format", "table"),
    "doctor.txt": ("doctor", "--format", "table"),
}
WITHOUT_DATE = {"pull", "doctor", "rules list", "rules test"}


_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<instant>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "<minute>"),
    (re.compile(r"\d{8}T\d{6}Z-\d{6}"), "<snapshot>"),
    (re.compile(r"\d{4}-\d\d-\d\d-\d{4}-[0-9a-f]{4}"), "<run>"),
)


def settled(text: str) -> str:
    """The text without what the clock decides."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_whole_output(name: str, pmo: Run) -> None:
    words = COMMANDS[name]
    dated = () if words[0] in WITHOUT_DATE or " ".join(words[:2]) in WITHOUT_DATE else ("--status-date", TODAY)
    done = pmo(*words, *dated)
    shown = settled(done.stdout + "--- stderr, exit code " + str(done.returncode) + "\n" + done.stderr)
    golden = GOLDEN / name
    if os.environ.get("PMO_SYNC_GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md"])
def test_no_title_reaches_the_terminal_as_a_command(form: str, pmo: Run) -> None:
    done = pmo("check", "--format", form, "--all", "-v", "--status-date", TODAY)
    assert "\x1b" not in done.stdout + done.stderr
    assert "[2Jtest" in done.stdout or "PAY-2" in done.stdout


def test_same_snapshot_same_bytes_in_any_locale(pmo: Run, folder: Path) -> None:
    pmo("pull")
    words = ("check", "--offline", "--format", "json", "--items", "--status-date", TODAY)
    answers = {pmo(*words).stdout}
    for number, locale in enumerate(("C", "tr_TR.UTF-8", "de_DE.UTF-8")):
        done = subprocess.run(
            [sys.executable, "-m", "pmo_sync", *words],
            capture_output=True,
            cwd=folder,
            env=os.environ | {"LC_ALL": locale, "PYTHONHASHSEED": str(number), "PYTHONUTF8": "1"},
            check=False,
        )
        assert done.returncode == 1
        answers.add(done.stdout.decode())
    assert len(answers) == 1


def test_every_setting_tells_where_it_comes_from(pmo: Run) -> None:
    rows = dict(line.split("\t", 1) for line in pmo("config", "show", "--origin").stdout.splitlines())
    assert rows["currency"].split("\t")[:2] == ["GBP", "pmo.yaml:2"]
    assert rows["label_prefix"].split("\t")[:2] == ["pmo-", "default"]
    assert pmo("config", "show").stdout.splitlines()[0].startswith("version\t1")


def test_the_schema_is_json_and_names_its_draft(pmo: Run) -> None:
    assert "draft-07" in json.loads(pmo("config", "schema").stdout)["$schema"]


def test_a_yes_is_recorded_once_and_told(pmo: Run, folder: Path) -> None:
    said = json.loads(pmo("rules", "approve", "OWN-01", "--by", "head of PMO", "--format", "json").stdout)
    assert said["standard"] == "OWN-01"
    assert said["fingerprint"] in (folder / "approvals.yaml").read_text(encoding="utf-8")
    unknown = pmo("rules", "approve", "OWN-1", "--by", "x")
    assert unknown.returncode == 2
    assert "OWN-01" in unknown.stderr


def test_several_are_approved_at_once_or_none(pmo: Run, folder: Path) -> None:
    ids = [line.split("\t")[0] for line in pmo("rules", "list").stdout.splitlines()][:2]
    before = (folder / "approvals.yaml").read_bytes() if (folder / "approvals.yaml").exists() else b""
    assert pmo("rules", "approve", *ids, "NONE-01", "--by", "x").returncode == 2
    assert ((folder / "approvals.yaml").read_bytes() if (folder / "approvals.yaml").exists() else b"") == before
    said = json.loads(pmo("rules", "approve", *ids, "--by", "x", "--format", "json").stdout)
    assert [each["standard"] for each in said["approvals"]] == ids


SHARE = """standards:
  - id: LATE-01
    title: Little of what is open is late
    level: programme
    severity: minor
    share: {of: items, among: {phase: [todo, doing]}, where: {due: {before: today}}}
    limit: {warn_above: 0.5%, fail_above: 5%}
    for: 3 working days
    cases:
      - pass: {items: [{phase: todo, due: today}]}
      - fail: {items: [{phase: todo, due: today - 1 days}]}
"""


def test_a_share_is_explained_by_whom_it_counts_and_a_path_may_be_as_check_prints_it(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "late.yaml").write_text(SHARE, encoding="utf-8")
    said = pmo("explain", "LATE-01", "--node", "Digital Bank / Payments", "--format", "table").stdout
    assert "Counts      items with phase in todo, doing\n" in said
    assert "Offends     due before today" in said
    assert "Fails       above 5 %, one severity lower above 0.5 %\n" in said
    assert "Flag after  3 working days\n" in said
    assert "\nDigital Bank/Payments\n" in said


def test_levels_are_not_offered_where_there_is_no_project_folder(pmo: Run) -> None:
    said = pmo("check", "--from", "items.jsonl", "--format", "table").stdout
    assert "Levels of " in said
    assert "pmo-sync levels" not in said


def test_a_case_that_is_not_as_asked_is_1_and_shown(pmo: Run, folder: Path) -> None:
    file = folder / "standards" / "delivery.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("- n/a: {phase: todo, owner: null}", "- pass: {phase: todo}"), encoding="utf-8")
    done = pmo("rules", "test", "OWN-01")
    assert done.returncode == 1
    assert "OWN-01 case 3: asks for pass, gets n/a" in done.stdout
