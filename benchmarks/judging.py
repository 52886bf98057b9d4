"""A made-up portfolio judged in a process of its own, so that its memory is its own: prints one JSON object.

`python -m benchmarks.judging make COUNT FOLDER` puts a portfolio into a folder; `… judge FOLDER RUNS` judges it.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.catalogue import by_columns, chosen
from benchmarks.portfolio import TODAY, snapshot, structure_options
from benchmarks.process import peak
from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.words import Mode
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.evaluate import prepare, run_frame
from pmo_sync.rules.findings import Beside, collect
from pmo_sync.rules.standard import Standard
from pmo_sync.structure.build import build

COVERAGE = 0.7
_FRAMES = ("items", "nodes", "places", "links", "changes", "node_projects")


def portfolio(count: int) -> Portfolio:
    """A made-up portfolio of so many items."""
    return build([snapshot(count)], structure_options(), portfolio_name="Bench")


def figures_of(whole: Portfolio) -> Figures:
    """Every figure of every node and item."""
    return compute(whole, RollupOptions(), today=TODAY, calendar=Calendar(), currency="GBP")


def once(whole: Portfolio, standards: tuple[Standard, ...]) -> dict[str, float]:
    """CPU seconds of the figures, of the verdicts, and of findings and counts."""
    start = time.process_time()
    figures = figures_of(whole)
    rolled = time.process_time()
    bench = prepare(standards, whole, figures, Clock(TODAY, Calendar(), "UTC"))
    verdicts = {frame: run_frame(bench, frame, COVERAGE) for frame in (Frame.ITEM, Frame.NODE)}
    judged = time.process_time()
    beside = Beside(Past(), (), Mode.CONTROLLING)
    _, findings, _ = collect(bench.subjects, bench.units, verdicts, bench.members, beside)
    end = time.process_time()
    seconds = {"figures": rolled - start, "rules": judged - rolled, "findings": end - judged}
    return seconds | {"found": findings.height, "built": len(figures.built)}


def verdicts_alone(whole: Portfolio, figures: Figures, standards: tuple[Standard, ...]) -> float:
    """CPU seconds of the verdicts on items, figures given."""
    start = time.process_time()
    bench = prepare(standards, whole, figures, Clock(TODAY, Calendar(), "UTC"))
    run_frame(bench, Frame.ITEM, COVERAGE)
    return time.process_time() - start


def _save(whole: Portfolio, folder: Path) -> None:
    """The frames as Parquet, as snapshots have them, and the rest beside."""
    empty: dict[str, Any] = {}
    for name in _FRAMES:
        frame: pl.DataFrame = getattr(whole, name)
        frame.write_parquet(folder / f"{name}.parquet", row_group_size=max(frame.height, 1))  # in one piece, as it was
        empty[name] = frame.clear()
    (folder / "rest").write_bytes(pickle.dumps(replace(whole, **empty)))


def _load(folder: Path) -> Portfolio:
    rest: Portfolio = pickle.loads((folder / "rest").read_bytes())  # noqa: S301 - written by `_save` just before
    frames: dict[str, Any] = {name: pl.read_parquet(folder / f"{name}.parquet") for name in _FRAMES}
    return replace(rest, **frames)


def _size(whole: Portfolio) -> float:
    frames: list[pl.DataFrame] = [getattr(whole, name) for name in _FRAMES]
    return sum(frame.estimated_size("mb") for frame in frames)


def main() -> None:
    """Makes a portfolio, or judges one."""
    if sys.argv[1] == "make":
        _save(portfolio(int(sys.argv[2])), Path(sys.argv[3]))
        return
    standards, bare = chosen(), peak()
    whole = _load(Path(sys.argv[2]))
    loaded = peak()
    runs = [once(whole, standards) for _ in range(int(sys.argv[3]))]
    memory = {"bare": bare, "data": _size(whole), "loaded": loaded, "peak": peak()}
    columns, figures = by_columns(), figures_of(whole)
    alone = [verdicts_alone(whole, figures, columns) for _ in range(int(sys.argv[3]))]
    print(json.dumps({"runs": runs, "memory": memory, "alone": alone, "items": whole.items.height}))


if __name__ == "__main__":
    main()
