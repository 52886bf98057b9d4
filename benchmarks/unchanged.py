"""`sync` where nothing has changed: over 100,000 known items of either Jira, as its own process, at 50 ms latency.

Before, every flag that a first plan wants is planted in the tracker, the ledger is told that it wrote them, and a whole
run has found nothing left to write. Then the run is timed that a scheduler makes every hour.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import requests

from benchmarks.extraction import LATENCY, slowed, tracker
from benchmarks.figure import Figure, Line, median, spread
from benchmarks.process import Used, used
from pmo_sync.model import frames
from pmo_sync.model.change import AddLabel
from pmo_sync.model.frames import Marks
from pmo_sync.pipeline.context import Context, open_project, status_date
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.pipeline.pull import pull
from pmo_sync.pipeline.write import plan
from pmo_sync.state import snapshots as store
from pmo_sync.state.ledger import open_ledger

ITEMS = 100_000
MANY = 1_000_000  # as many over whole periods and whole days of issues as ITEMS
RUNS = 2
PERIOD = 1_200  # of issues, until the tracker makes the next ones as it made the first
SECONDS = 10.0
SEARCHES = 2  # one query of one window: of issues, and on Cloud one of ids
REQUESTS = 50
_SECRET = {"BANK_TOKEN": "secret"}  # of a tracker that takes any
_KINDS = {"jira-dc": "Jira DC", "jira-cloud": "Jira Cloud"}
_SETTINGS = """\
version: 1
owner_id: bench
trackers:
  bank:
    kind: {kind}
    url: {url}
    user: {user}
    token: ${{BANK_TOKEN}}
    write: {{labels: true, summary_flag: pmo-action}}
    limits: {{requests_per_second: 1000000}}
structure:
  portfolio: {{name: Bank}}
  programme: none
  project: [{{tracker: bank, by: project}}]
standards:
  packs: [core, status, risk, change, benefits, dependencies, schedule-dcma14, cost-evm, closure]
  first_run: apply
guards: {{max_changes: 100%, max_new_per_standard: 1000000, max_mails: 1000000}}
"""


Labels = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Whole:
    """A run that has read everything: what it took, and how many items there are."""

    used: Used
    items: int


def run(*, million: bool = False) -> list[Line]:
    """The seconds, searches, requests and writes of a run without changes, for both Jiras; of a million for one."""
    lines: list[Line] = []
    with tracker(ITEMS) as url:
        labels = _of_a_first_plan(url)
        for kind in _KINDS:
            lines += _measured(url, kind, labels, RUNS)
    if million:
        labels = {str(number): labels[like] for number in range(1, MANY + 1) if (like := _like(number)) in labels}
        with tracker(MANY) as url:
            lines += _measured(url, "jira-dc", labels, 1)
    return lines


def _like(number: int) -> str:
    """The issue among ITEMS that is made as this one among MANY, and stands among others made alike."""
    if number < PERIOD:
        return str(number)
    return str(number - MANY + ITEMS if number > MANY - PERIOD else PERIOD + number % PERIOD)


def _folder(name: str, url: str, kind: str) -> Path:
    user = "ann@x.net" if kind == "jira-cloud" else "ann"
    (Path(name) / "pmo.yaml").write_text(_SETTINGS.format(kind=kind, url=url, user=user), "utf-8")
    return Path(name)


def _measured(url: str, kind: str, labels: Labels, times: int) -> list[Line]:
    requests.post(f"{url}/plant", json=labels, timeout=600).raise_for_status()
    with tempfile.TemporaryDirectory() as name:
        folder = _folder(name, url, kind)
        whole = _settle(folder, labels)
        requests.get(f"{url}/counted", timeout=10)
        with slowed(url, LATENCY):
            runs = [_sync(folder) for _ in range(times)]
    asked = requests.get(f"{url}/counted", timeout=10).json()
    count = whole.items
    what = f"{_KINDS[kind]}: no-change sync, {count:,} items"
    walls = [one.wall for one in runs]
    flags = sum(map(len, labels.values()))
    detail = (
        f"{median([one.cpu for one in runs]):.1f} s CPU, {runs[0].memory:,.0f} MiB, {flags:,} flags standing; "
        f"{spread(walls, 1)}; the whole pull before: {whole.used.wall:.0f} s, {whole.used.memory:,.0f} MiB"
    )
    limits = (SECONDS, SEARCHES, REQUESTS) if count == ITEMS else (None, None, None)
    return [
        Figure(f"{what}, s of the clock", median(walls), limits[0], detail),
        Figure(f"{what}, searches", _each(asked["searches"], times), limits[1], "1 + windows", binding=True),
        Figure(f"{what}, requests", _each(asked["all"], times), limits[2], "of all kinds", binding=True),
        Figure(f"{what}, writes", asked["writes"], 0, "PUT, POST of changes, DELETE", binding=True),
    ]


def _each(asked: int, runs: int) -> int:
    """Requests of one run, when all have asked as much."""
    assert asked % runs == 0, f"{asked} requests in {runs} runs"
    return asked // runs


def _of_a_first_plan(url: str) -> Labels:
    """The labels that a first plan puts on each issue, which has none of them yet."""
    with tempfile.TemporaryDirectory() as name:
        project = open_project(_folder(name, url, "jira-dc"))
        now = datetime.now(UTC)
        context = Context(
            project=project,
            status_date=status_date(project, now),
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
            environment=dict(os.environ) | _SECRET,
        )
        labels: Labels = {}
        for change in plan(context, evaluate(context, pull(context).snapshots)).changes:
            assert isinstance(change, AddLabel), change
            labels.setdefault(change.target.id, []).append(change.label)
    return labels


def _settle(folder: Path, labels: Labels) -> Whole:
    """The ledger knows the labels, and a whole run has found nothing to write."""
    path = folder / ".pmo-sync" / LEDGER
    path.parent.mkdir(mode=0o700)
    _remember(path, labels)
    taken = _sync(folder, "--full")
    items = store.load(folder / ".pmo-sync", "bank").items.height
    return Whole(taken, items)


def _remember(path: Path, labels: Labels) -> None:
    pairs = [(number, label) for number, names in labels.items() for label in names]
    rows = pl.DataFrame(pairs, schema=["target_id", "name"], orient="row").select(
        tracker=pl.lit("bank"),
        target_kind=pl.lit("item"),
        target_id="target_id",
        channel=pl.lit("label"),
        name="name",
        value=pl.lit("true"),
    )
    now = datetime.now(UTC)
    with closing(open_ledger(path)) as ledger:
        run = ledger.start_run("sync", now=now, version="bench", configuration="bench")
        ledger.know_targets(run, frozenset({"bank"}))
        ledger.record_agreed(run, Marks(frames.check(rows, frames.MARKS, "marks")))
        ledger.finish_run(run, status="good", exit_code=0, now=now, items={"bank": len(labels)})


def _sync(folder: Path, *words: str) -> Used:
    command = [sys.executable, "-m", "pmo_sync", "sync", "-C", str(folder), "--fail-on", "never", "--format", "jsonl"]
    taken = used([*command, *words], _SECRET)
    assert taken.code == 0, f"sync ended with {taken.code}: {taken.said}"
    return taken


if __name__ == "__main__":
    print("\n".join(map(str, run(million="--million" in sys.argv))))
