"""What `check` counts: what it shows, the rest in one line; and nothing is said of what was not read."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pmo_sync.cli import start
from tests.cli.test_exit_codes import REDMINE, TODAY

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_tracker_that_cannot_be_reached_is_named_once_and_nothing_is_said_of_it(
    pmo: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "time", SimpleNamespace(sleep=lambda _seconds: None))
    settings = (
        REDMINE.format(port=9)
        + "structure: {programme: none, overrides: [{item: BANK-1, portfolio: project}]}\n"
        + "risk_appetite: [{scope: {project: X}, money: 1}]\n"
    )
    (folder / "pmo.yaml").write_text(settings, encoding="utf-8")
    done = pmo("check", "--status-date", TODAY, BANK_TOKEN="key")
    assert done.returncode == 3
    assert (done.stdout + done.stderr).count("INCOMPLETE: bank not read whole (127.0.0.1 cannot be reached") == 1
    assert "BANK-1" not in done.stderr
    assert "risk_appetite" not in done.stderr
    assert "no failures" not in done.stderr
    plan = pmo("plan", "--status-date", TODAY, BANK_TOKEN="key")
    assert plan.returncode == 3
    assert "INCOMPLETE: bank not read whole (127.0.0.1 cannot be reached" in plan.stderr


@pytest.mark.parametrize("format_", ["table", "md"])
def test_the_totals_are_those_of_what_is_shown(pmo: Run, format_: str) -> None:
    pmo("pull")
    words = ("check", "--offline", "--status-date", TODAY, "--format", format_)
    branch = pmo(*words, "--node", "Digital Bank/Onboarding")
    assert branch.returncode == 0
    assert "no open failures · 1 waived" in branch.stdout.replace("\\", "")
    assert "Outside this branch: 1 critical, 2 major" in branch.stdout
    item = pmo(*words, "PAY-2")
    assert item.returncode == 1
    assert "1 critical · 1 unknown · 1 pass" in item.stdout
    assert "0 of 1 item without a failure" in item.stdout
    assert "Outside this item: 2 major" in item.stdout


def test_the_summary_of_a_branch_and_of_the_rest_make_the_whole(pmo: Run) -> None:
    pmo("pull")
    words = ("check", "--offline", "--status-date", TODAY, "--format", "json")
    whole = json.loads(pmo(*words).stdout)["summary"]
    for narrow in (("--node", "Digital Bank/Onboarding"), ("PAY-2", "ONB-1")):
        document = json.loads(pmo(*words, *narrow).stdout)
        part, rest = document["summary"], document["outside"]
        assert part["fail"] != whole["fail"]
        for name in ("pass", "unknown", "n/a", "waived"):
            assert part[name] + rest[name] == whole[name]
        assert {word: number + rest["fail"][word] for word, number in part["fail"].items()} == whole["fail"]
