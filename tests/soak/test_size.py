"""A file of 100,000 items from `check --from` and `sync`: what is found is counted a second time; time and memory are
told and not judged.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.faults import plant
from tests.faults.plant import TODAY
from tests.faults.process import Ended, measured
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

ITEMS: Final = 100_000
BROKEN: Final = 1_000
PROGRAMMES: Final = 20
PROJECTS: Final = 200
DAY: Final = ("--status-date", TODAY.isoformat())
WATCHED: Final = {"HYG-01": "no-owner", "HYG-04": "dates-reversed", "HYG-09": "overdue"}
SETTINGS: Final = """\
version: 1
trackers:
  big: {kind: export, path: items.jsonl, write: {labels: true, summary_flag: pmo-action}}
structure:
  portfolio: {name: Big}
  programme: [{tracker: big, by: field, field: programme}]
  project: [{tracker: big, by: field, field: project}]
standards: {packs: [core], first_run: apply}
guards: {max_new_per_standard: 100000}
"""


def write_items(path: Path) -> Counter[str]:
    """A file of sound items, a few of them spoilt; how many break each watched standard."""
    dice = random.Random(11)  # noqa: S311 - made-up data
    broken = frozenset(dice.sample(range(ITEMS), BROKEN))
    found: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as file:
        for number in range(ITEMS):
            item = _item(number, dice, spoilt=number in broken)
            file.write(json.dumps(item) + "\n")
            flags = plant.flags(_as_issue(item))
            found.update(standard for standard, flag in WATCHED.items() if flag in flags)
            found["items"] += bool(flags)
    return found


def _item(number: int, dice: random.Random, *, spoilt: bool) -> dict[str, Any]:
    project = number % PROJECTS
    start = TODAY - timedelta(days=dice.randint(0, 60))
    item: dict[str, Any] = {
        "id": f"{number + 1}",
        "key": f"BIG-{number + 1}",
        "title": f"Work {number + 1}",
        "issue_type": "Task",
        "kind": "task",
        "programme": f"Programme {project % PROGRAMMES}",
        "project": f"Project {project}",
        "status": "In Progress",
        "phase": dice.choice(["todo", "doing", "done"]),
        "owner": f"person-{dice.randint(1, 500)}",
        "owner_active": True,
        "labels": ["kept"] if number % 3 else [],
        "start": start.isoformat(),
        "due": (TODAY + timedelta(days=dice.randint(0, 90))).isoformat(),
        "estimate_hours": dice.choice([4, 8, 16]),
        "last_human_change": f"{TODAY - timedelta(days=1)}T09:00:00Z",
    }
    if spoilt:
        item["phase"] = "doing"
        fault = dice.choice(["owner", "due", "start"])
        item[fault] = {
            "owner": None,
            "due": (start - timedelta(days=1)).isoformat(),
            "start": (TODAY + timedelta(days=120)).isoformat(),
        }[fault]
    return item


def _as_issue(item: dict[str, Any]) -> dict[str, Any]:
    """The item as the model of the plant reads it."""
    status = {"todo": "New", "doing": "In Progress", "done": "Closed"}[item["phase"]]
    owner = {} if item["owner"] is None else {"assigned_to": item["owner"]}
    return {"status": {"name": status}, "start_date": item["start"], "due_date": item["due"], **owner}


def test_a_hundred_thousand_items(tmp_path: Path, figure: Say) -> None:
    folder = tmp_path / "big"
    folder.mkdir()
    items = folder / "items.jsonl"
    expected = write_items(items)

    check = measured(tmp_path, "check", "--from", str(items), "--format", "json", "--fail-on", "never", *DAY)
    assert check.code == 0, str(check)
    document = json.loads(check.out)
    found = Counter(one["standard"] for one in document["findings"] if one["verdict"] == "fail")
    assert {name: found[name] for name in WATCHED} == {name: expected[name] for name in WATCHED}
    figures = document["nodes"][0]["figures"]
    assert (figures["items"]["value"], figures["overdue"]["value"]) == (ITEMS, expected["HYG-09"])

    (folder / "pmo.yaml").write_text(SETTINGS, encoding="utf-8")
    first = measured(tmp_path, "sync", "-C", str(folder), "--format", "json", *DAY)
    assert first.code == 0, str(first)
    wanted = {f"pmo-{flag}": expected[name] for name, flag in WATCHED.items()} | {"pmo-action": expected["items"]}
    assert json.loads(first.out)["totals"]["written"] == sum(wanted.values())
    marks = _marks(folder)
    assert marks == wanted
    second = measured(tmp_path, "sync", "-C", str(folder), "--format", "json", *DAY)
    assert second.code == 0, str(second)
    assert json.loads(second.out)["plan"]["changes"] == 0
    assert _marks(folder) == marks

    size = items.stat().st_size / 1e6
    figure(f"{ITEMS:,} items in a file", f"{size:.0f} MB, {expected['items']} items to flag")
    for name, ran in (("check --from", check), (f"sync, {_changes(first)} writes", first), ("sync, 0 writes", second)):
        figure(f"  {name}", ran.cost)


def _changes(ran: Ended) -> int:
    return int(json.loads(ran.out)["plan"]["changes"])


def _marks(folder: Path) -> Counter[str]:
    with (folder / "items.marks.csv").open(encoding="utf-8", newline="") as file:
        return Counter(row["name"] for row in csv.DictReader(file))
