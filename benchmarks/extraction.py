"""Reading a whole tracker, up to the frames of a snapshot, against the client libraries' own way up to their objects.

Each reading is a process of its own, in turn; the tracker is a third one, which answers from ready bytes over plain
HTTP on this machine. What is counted begins after imports and the first contact.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

ITEMS = 20_000
MANY = 100_000
LATENCY = 0.05
RUNS = 3
_NAMES = {"jira-dc": "Jira DC", "jira-cloud": "Jira Cloud", "redmine": "Redmine"}


@dataclass(frozen=True)
class Run:
    """One reading: CPU in microseconds per item, seconds, peak memory of the process in MiB."""

    cpu: float
    wall: float
    memory: float


@contextmanager
def tracker(count: int) -> Iterator[str]:
    """The address of a tracker of so many items."""
    command = [sys.executable, "-m", "benchmarks.tracker", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


def read(url: str, who: str, kind: str, connections: int, count: int) -> Run:
    """One reading in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reading", who, kind, url, str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found, cpu, wall, memory = json.loads(done.stdout)
    assert found == count, f"{who} read {found} of {count} items"
    return Run(cpu / count * 1e6, wall, memory / 1024)


def _median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(getattr(run, name) for run in runs) for name in ("cpu", "wall", "memory")))


def _line(what: str, ratio: float, limit: float, detail: str, *, at_least: bool = False) -> str:
    met = ratio >= limit if at_least else ratio <= limit
    sign = "≥" if at_least else "≤"
    return f"{what:<42} {ratio:5.2f}  (target {sign} {limit:.2f}, {'met' if met else 'MISSED'}; {detail})"


def _cpu(url: str, kind: str, limit: float, *, whole: bool = False) -> list[str]:
    """CPU per item against the library, without latency."""
    runs: dict[tuple[str, int], list[Run]] = {}
    suffix = "-all" if whole else ""
    sides = [("ours", 1), ("peer", 1)] if whole else [("ours", 1), ("ours", 2 if kind == "redmine" else 8), ("peer", 1)]
    for _ in range(1 if whole else RUNS):
        for who, connections in sides:
            runs.setdefault((who, connections), []).append(read(url, who + suffix, kind, connections, ITEMS))
    peer = _median(runs["peer", 1])
    lines = []
    for who, connections in sides[:-1]:
        mine = _median(runs[who, connections])
        detail = f"{mine.cpu:.0f} and {peer.cpu:.0f} µs, {mine.memory:.0f} and {peer.memory:.0f} MiB"
        what = f"{_NAMES[kind]}: CPU per item{', all fields' if whole else ''}, {connections} conn."
        lines.append(_line(what, mine.cpu / peer.cpu, limit, detail))
    return lines


def _speed(url: str, kind: str, limit: float | None, connections: int) -> str:
    """Seconds against the library, one request after the other, at LATENCY."""
    _slow(url, LATENCY)
    mine = read(url, "ours", kind, connections, ITEMS)
    peer = read(url, "peer", kind, 1, ITEMS)
    _slow(url, 0)
    what, detail = (
        f"{_NAMES[kind]}: times as fast, 50 ms, {connections} conn.",
        f"{mine.wall:.1f} and {peer.wall:.1f} s",
    )
    if limit is None:
        return f"{what:<42} {peer.wall / mine.wall:5.2f}  (no target; {detail})"
    return _line(what, peer.wall / mine.wall, limit, detail, at_least=True)


def _slow(url: str, seconds: float) -> None:
    requests.get(f"{url}/latency", {"seconds": str(seconds)}, timeout=10).raise_for_status()


def run() -> list[str]:
    """One line for each figure, with its target."""
    with tracker(ITEMS) as url:
        lines = _cpu(url, "jira-dc", 1 / 3) + _cpu(url, "jira-cloud", 1 / 3) + _cpu(url, "redmine", 1 / 2)
        lines += _cpu(url, "jira-dc", 1 / 6, whole=True)
        lines += [_speed(url, "jira-dc", 6, 8), _speed(url, "jira-cloud", 5, 8), _speed(url, "redmine", None, 2)]
        few = read(url, "ours", "jira-dc", 8, ITEMS)
    with tracker(MANY) as url:
        many = read(url, "ours", "jira-dc", 8, MANY)
    detail = f"{many.memory:.0f} and {few.memory:.0f} MiB, the process with its imports included"
    lines.append(_line("Jira DC: memory, 100,000 against 20,000", many.memory / few.memory, 1.25, detail))
    return lines
