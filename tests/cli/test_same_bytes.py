"""Same snapshot, settings, date and past: same bytes, whatever the locale, hash seed or order of rows."""

import json
import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.demo_as_file import write_demo_as_file

TODAY = date(2026, 11, 23)
CHECK = ("check", "--format", "json", "--items", "--all", "--status-date", "2026-11-23")
PLAN = ("plan", "--format", "json", "--status-date", "2026-11-23")


def run(folder: Path, *arguments: str, **environment: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "pmo_sync", *arguments, "-C", str(folder)],
        check=False,
        capture_output=True,
        env={**os.environ, **environment},
    )
    assert done.returncode in {0, 1}, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("same") / "bank"
    write_demo_as_file(place, today=TODAY)
    run(place, "pull")
    return place


@pytest.mark.parametrize("command", [CHECK, PLAN])
def test_one_snapshot_gives_one_output(folder: Path, command: tuple[str, ...]) -> None:
    outputs = {
        _without_clock(run(folder, *command, "--offline", LC_ALL=locale, PYTHONHASHSEED=seed))
        for locale, seed in (("C", "0"), ("tr_TR.UTF-8", "1"), ("de_DE.UTF-8", "2"))
    }
    assert len(outputs) == 1


def test_the_order_of_rows_changes_nothing(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    random.Random(7).shuffle(lines)  # noqa: S311 - an order, not a secret
    shuffled = tmp_path / "bank"
    write_demo_as_file(shuffled, today=TODAY)
    (shuffled / "items.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for command in (CHECK, PLAN):
        assert _content(run(folder, *command)) == _content(run(shuffled, *command))


def _without_clock(output: bytes) -> bytes:
    """The output without `made_at`: the one word that says when the plan itself was made."""
    return b"\n".join(line for line in output.split(b"\n") if b'"made_at"' not in line)


def _content(output: bytes) -> Any:
    """The output without what names the pull: its id, its time, and when the plan was made."""
    document = json.loads(output)
    for name in ("made_at", "snapshots"):
        document.pop(name, None)
    for tracker in document.get("trackers", []):
        del tracker["snapshot"], tracker["pulled_at"]
    return document
