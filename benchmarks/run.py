"""`make bench`: each figure as a ratio or against its target, both sides in this one run. CPU time and medians, unless
a line says seconds of the clock. `--million` adds a run without changes over 1,000,000 items, which takes minutes.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import core, extraction, kept, startup, unchanged
from benchmarks.figure import Line


def parts(*, million: bool) -> list[Callable[[], list[Line]]]:
    """What is measured, in order."""
    return [startup.run, core.run, kept.run, partial(unchanged.run, million=million), extraction.run]


def lines(*, million: bool) -> Iterator[Line]:
    """Every figure, told as soon as it is known."""
    for part in parts(million=million):
        for line in part():
            print(line, flush=True)
            yield line


def main() -> int:
    """Prints every figure; 0 when each limit is met. A target that is missed is told and fails nothing."""
    start = time.perf_counter()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; CPU time, medians")
    found = list(lines(million="--million" in sys.argv[1:]))
    missed = sum(not line.met for line in found)
    load = f"load {os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{len(found)} figures, {missed} missed; {time.perf_counter() - start:.0f} s, {load}")
    return 1 if any(line.binding and not line.met for line in found) else 0


if __name__ == "__main__":
    sys.exit(main())
