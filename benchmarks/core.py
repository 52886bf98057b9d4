"""1,000,000 made-up items judged by 40 standards of the catalogue, rolled up, in a process of its own; and standards on
columns alone against Cloud Custodian's value filters.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.catalogue import EPOCH, by_columns, policies
from benchmarks.figure import Figure, Line, NotMeasured, median, spread
from benchmarks.judging import COVERAGE, figures_of, portfolio
from benchmarks.portfolio import TODAY
from benchmarks.started import environment
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.words import Verdict
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.evaluate import prepare, run_frame

ITEMS = 1_000_000
PEER_ITEMS = 10_000
RUNS = 3
PEER = Path(__file__).resolve().parent.parent / ".venv-bench" / "bin" / "python"
_AGAINST_PEER = "column standards: times Cloud Custodian's speed"


def run() -> list[Line]:
    """The rules, the figures, the findings, the memory, and the ratio to the peer."""
    with tempfile.TemporaryDirectory() as folder:
        _judging("make", str(ITEMS), folder)
        told = json.loads(_judging("judge", folder, str(RUNS)))
    runs, memory, count = told["runs"], told["memory"], told["items"]
    size = f"{count:,} items × 40 standards"
    lines: list[Line] = []
    for name, limit, of in (
        ("rules", 3.0, f"{size} of the catalogue, 11 on relations, 8 shares"),
        (
            "figures",
            2.0,
            f"{count:,} items in trees of 3 levels below 3 of nodes, all {runs[0]['built']} figures of nodes",
        ),
        ("findings", 1.0, f"{runs[0]['found']:,} findings and the counts of {size}"),
    ):
        seconds = [one[name] for one in runs]
        detail = f"{of}; {spread(seconds)}"
        lines.append(Figure(f"core: {name}, CPU s", median(seconds), limit, detail))
    base = memory["bare"] + memory["data"]
    detail = (
        f"peak {memory['peak']:,.0f} MiB; bare process {memory['bare']:,.0f}, its frames {memory['data']:,.0f}, "
        f"after loading {memory['loaded']:,.0f}"
    )
    lines.append(Figure("core: peak memory against bare process and data", memory["peak"] / base, 3.0, detail))
    return [*lines, _against_peer(told["alone"], count)]


def _judging(*words: str) -> str:
    command = [sys.executable, "-m", "benchmarks.judging", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout


def _against_peer(alone: list[float], count: int) -> Line:
    """Items judged by one standard in a second of CPU, ours at full size and the peer's at its own; the offenders of
    each standard are first counted by both on the same items, and have to be as many.
    """
    if not PEER.exists():
        return NotMeasured(_AGAINST_PEER, "the bench group could not be installed (`make bench` does, with a network)")
    items, mine = _judged_alike(PEER_ITEMS)
    counts, seconds = _peer(items)
    if counts != mine:
        return NotMeasured(_AGAINST_PEER, f"the two count different offenders: {mine} and {counts}")
    standards = len(mine)
    ours = count * standards / median(alone)
    theirs = PEER_ITEMS * standards / median(seconds)
    detail = (
        f"{standards} standards, {sum(mine):,} offenders counted alike on {PEER_ITEMS:,} items; "
        f"{ours / 1e6:.0f} M item·standards per CPU s at {count:,} items ({spread(alone, 3)}) "
        f"and {theirs / 1e6:.3f} M ({spread(seconds)})"
    )
    return Figure(_AGAINST_PEER, ours / theirs, 500, detail, "≥")


def _judged_alike(count: int) -> tuple[list[dict[str, object]], list[int]]:
    """Items as plain objects for the peer, and how many of them offend against each standard."""
    whole = portfolio(count)
    figures = figures_of(whole)
    bench = prepare(by_columns(), whole, figures, Clock(TODAY, Calendar(), "UTC"))
    found = run_frame(bench, Frame.ITEM, COVERAGE)
    fails = found.select((pl.col(f"v{unit.number}") == Verdict.FAIL.value).sum() for unit in bench.units).row(0)
    frame = whole.items.with_columns(figures.items.drop("item").get_columns())
    plain = frame.select(
        pl.col(pl.String, pl.Enum, pl.Boolean, pl.Float64, pl.Int64),
        (pl.col(pl.Date) - pl.lit(EPOCH)).dt.total_days(),
    )
    return plain.to_dicts(), list(fails)


def _peer(items: list[dict[str, object]]) -> tuple[list[int], list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.json"
        path.write_text(json.dumps({"policies": policies(), "items": items}), "utf-8")
        script = str(Path(__file__).with_name("custodian.py"))
        done = subprocess.run([str(PEER), script, str(path), str(RUNS)], check=True, capture_output=True, text=True)
    counts, seconds = json.loads(done.stdout)
    return counts, seconds


if __name__ == "__main__":
    print("\n".join(map(str, run())))
