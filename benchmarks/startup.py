"""What `pmo-sync --help` takes against the least a click program takes: whole processes in turn, CPU seconds."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

from benchmarks.figure import Figure, Line, spread

LIMIT = 1.5
RUNS = 15


def cpu_seconds(arguments: list[str]) -> float:
    """User and system seconds of one process, as the operating system counted them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run() -> list[Line]:
    """One line: the median of the ratios, pair by pair, and the limit."""
    pairs = []
    for _ in range(RUNS + 1):
        ours = cpu_seconds(["-m", "pmo_sync", "--help"])
        peer = cpu_seconds(["-c", "import click"])
        pairs.append((ours, peer))
    ratios = [ours / peer for ours, peer in pairs[1:]]
    ours, peer = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    detail = f"medians {ours * 1000:.0f} and {peer * 1000:.0f} ms; {spread(ratios)}"
    what = "--help against python -c 'import click'"
    return [Figure(what, statistics.median(ratios), LIMIT, detail, binding=True)]
