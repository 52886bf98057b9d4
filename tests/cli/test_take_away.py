"""A portfolio that is taken away as items.jsonl and judged again comes out the same, whichever tracker it was in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.pipeline import demo
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.settings.demo import keep_token, point_to, write_demo
from tests.cli.conftest import Run
from tests.demo_as_file import write_demo_as_file

MONDAY = date(2026, 11, 23)
DAY = ("--status-date", str(MONDAY))
HEAD = "Summary,Issue key,Issue id,Issue Type,Status,Status Category,Project name,Due date,Assignee\n"
CARD = "Card,PAY-1,10001,Task,Doing,In Progress,Payments,20/Nov/26 12:00 AM,\n"


def verdicts(pmo: Run, folder: Path, *more: str) -> dict[str, Any]:
    """Findings and figures, without what tells one pull from another."""
    done = pmo("check", "-C", str(folder), "--format", "json", "--items", "--all", *DAY, *more)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    return {name: _bare(found[name]) for name in ("summary", "notices", "findings", "nodes", "items")}


def _bare(value: Any) -> Any:
    """Without addresses, which no file has, and without the days since when something fails."""
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in ("url", "since")}
    return [_bare(one) for one in value] if isinstance(value, list) else value


@contextmanager
def planted(folder: Path) -> Iterator[None]:
    """The demo's folder, its items in a Jira."""
    write_demo(folder, today=MONDAY)
    with Sandbox(Flavour.CLOUD) as tracker:
        tracker.load(demo.planted(folder))
        (folder / ".pmo-sync").mkdir(exist_ok=True)
        keep_token(folder, tracker.writer.token)
        point_to(folder, tracker.url)
        yield


def test_the_demo_portfolio_is_judged_the_same_from_what_was_taken_away(pmo: Run, tmp_path: Path) -> None:
    write_demo_as_file(tmp_path, today=MONDAY)
    before = verdicts(pmo, tmp_path)
    away = tmp_path / "away.jsonl"
    assert pmo("pull", "-C", str(tmp_path), "-o", str(away)).returncode == 0
    (tmp_path / "items.jsonl").unlink()
    away.rename(tmp_path / "items.jsonl")
    assert verdicts(pmo, tmp_path) == before


def test_a_jira_that_was_taken_away_is_judged_the_same_as_a_file(pmo: Run, tmp_path: Path) -> None:
    live, file = tmp_path / "live", tmp_path / "file"
    live.mkdir()
    file.mkdir()
    write_demo_as_file(file, today=MONDAY)
    with planted(live):
        before = verdicts(pmo, live)
        assert pmo("pull", "-C", str(live), "-o", str(file / "items.jsonl")).returncode == 0
    after = verdicts(pmo, file)
    assert after["summary"] == before["summary"]
    assert [_told(one) for one in after["findings"]] == [_told(one) for one in before["findings"]]
    assert after["nodes"] == before["nodes"]


def _told(finding: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(str(finding[name]) for name in ("standard", "key", "path", "verdict", "severity", "message", "waiver"))


def test_items_go_to_standard_output_alone(pmo: Run) -> None:
    done = pmo("pull", "-o", "-")
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()]


def test_several_trackers_need_a_name(pmo: Run, tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text(
        "version: 1\ntrackers:\n  a: {kind: export, path: a.jsonl}\n  b: {kind: export, path: b.jsonl}\n",
        encoding="utf-8",
    )
    (tmp_path / "a.jsonl").write_text('{"id": "1"}\n', encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"id": "1"}\n{"id": "2"}\n', encoding="utf-8")
    refused = pmo("pull", "-C", str(tmp_path), "-o", str(tmp_path / "away.jsonl"))
    assert refused.returncode == 2
    assert "-o FILE takes the items of one tracker" in refused.stderr
    assert "name it with --tracker: one of a, b" in refused.stderr
    assert not (tmp_path / "away.jsonl").exists()
    assert pmo("pull", "-C", str(tmp_path), "--tracker", "b", "-o", str(tmp_path / "away.jsonl")).returncode == 0
    assert (tmp_path / "away.jsonl").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (HEAD + CARD, 1, "PAY-1 is due 2026-11-20 and has no owner"),
        (HEAD + CARD[:-2] + "\n", 2, "export.csv:2:1"),
        ("Vorgang,Titel\nA-1,x\n", 2, 'the headings are: "Vorgang", "Titel"'),
        ('{"issues": [], "total": 3}', 3, "the search found 3 issues and the file holds 0"),
        ("a\0b\n", 2, "the file holds NUL bytes"),
    ],
)
def test_an_export_is_judged_without_a_folder_or_refused_in_a_sentence(
    pmo: Run, tmp_path: Path, content: str, code: int, said: str
) -> None:
    (tmp_path / "export.csv").write_text(content, encoding="utf-8")
    done = pmo("check", "--from", str(tmp_path / "export.csv"), *DAY)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr


def test_times_are_read_in_the_time_zone_of_the_folder(pmo: Run, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(
        f"{HEAD.strip()},Created\n{CARD.strip()},21/Nov/26 9:30 AM\n", encoding="utf-8"
    )
    settings = "version: 1\ntrackers:\n  j: {kind: export, path: export.csv}\n"
    found = []
    for zone in ("", "time_zone: Asia/Kolkata\n"):
        (tmp_path / "pmo.yaml").write_text(settings + zone, encoding="utf-8")
        found.append(json.loads(pmo("pull", "-C", str(tmp_path), "-o", "-").stdout).get("created"))
    assert found == [None, "2026-11-21T04:00:00Z"], "a file names no zone: unknown rather than wrong"
