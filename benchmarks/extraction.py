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

from benchmarks.figure import Figure, Line, spread
from benchmarks.started import environment

ITEMS = 20_000
MANY = 100_000
EDITS = 10
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
def tracker(count: int, edits: int = 1) -> Iterator[str]:
    """The address of a tracker of so many items, each edited so often."""
    command = [sys.executable, "-m", "benchmarks.tracker", str(count), str(edits)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


def read(url: str, who: str, kind: str, connections: int, count: int) -> Run:
    """One reading in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reading", who, kind, url, str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    found, cpu, wall, memory = json.loads(done.stdout)
    assert found == count, f"{who} read {found} of {count} items"
    return Run(cpu / count * 1e6, wall, memory / 1024)


def _median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(getattr(run, name) for run in runs) for name in ("cpu", "wall", "memory")))


def _cpu(url: str, kind: str, limit: float, *, whole: bool = False) -> list[Line]:
    """CPU per item against the library, without latency; both sides in turn."""
    runs: dict[tuple[str, int], list[Run]] = {}
    suffix = "-all" if whole else ""
    sides = [("ours", 1), ("peer", 1)] if whole else [("ours", 1), ("ours", 2 if kind == "redmine" else 8), ("peer", 1)]
    for _ in range(RUNS):
        for who, connections in sides:
            runs.setdefault((who, connections), []).append(read(url, who + suffix, kind, connections, ITEMS))
    peer = _median(runs["peer", 1])
    lines: list[Line] = []
    for who, connections in sides[:-1]:
        mine = _median(runs[who, connections])
        pairs = [one.cpu / other.cpu for one, other in zip(runs[who, connections], runs["peer", 1], strict=True)]
        detail = (
            f"{mine.cpu:.0f} and {peer.cpu:.0f} µs, {mine.memory:.0f} and {peer.memory:.0f} MiB; {spread(pairs, 3)}"
        )
        what = f"{_NAMES[kind]}: CPU per item{', all fields' if whole else ''}, {connections} conn."
        lines.append(Figure(what, statistics.median(pairs), limit, detail, digits=3))
    return lines


def _speed(url: str, kind: str, limit: float, connections: int) -> Line:
    """Seconds against the library, one request after the other, at LATENCY; ours, which is quick, more than once."""
    with slowed(url, LATENCY):
        mine = [read(url, "ours", kind, connections, ITEMS).wall for _ in range(RUNS)]
        peer = read(url, "peer", kind, 1, ITEMS).wall
    detail = f"{statistics.median(mine):.1f} and {peer:.1f} s; {spread([peer / one for one in mine], 1)}"
    what = f"{_NAMES[kind]}: times as fast, 50 ms, {connections} conn."
    return Figure(what, peer / statistics.median(mine), limit, detail, "≥")


def _memory(few_url: str, many_url: str) -> list[Line]:
    """What memory grows by, five times the items; and against what the libraries take for as many."""
    lines: list[Line] = []
    for kind, connections in (("jira-dc", 8), ("jira-cloud", 8), ("redmine", 2)):
        few = _median([read(few_url, "ours", kind, connections, ITEMS) for _ in range(RUNS)]).memory
        many = _median([read(many_url, "ours", kind, connections, MANY) for _ in range(RUNS)]).memory
        name = _NAMES[kind]
        detail = f"{many:.0f} and {few:.0f} MiB, the process with its imports included"
        lines.append(Figure(f"{name}: memory, {MANY:,} against {ITEMS:,}", many / few, 1.25, detail))
        if kind == "jira-dc":
            peer = read(many_url, "peer", kind, 1, MANY).memory
            what = f"{name}: memory, {MANY:,} items, against the library"
            lines.append(Figure(what, many / peer, 1 / 5, f"{many:.0f} and {peer:.0f} MiB"))
    return lines


def _histories() -> list[Line]:
    """What memory grows by with every edit of three times the items."""
    lines: list[Line] = []
    with tracker(ITEMS, EDITS) as few_url, tracker(3 * ITEMS, EDITS) as many_url:
        for kind in ("jira-dc", "jira-cloud"):
            few = read(few_url, "ours-past", kind, 8, ITEMS).memory
            many = read(many_url, "ours-past", kind, 8, 3 * ITEMS).memory
            what = f"{_NAMES[kind]}: memory with {EDITS} edits each, {3 * ITEMS:,} against {ITEMS:,}"
            lines.append(Figure(what, many / few, 1.6, f"{many:.0f} and {few:.0f} MiB"))
    return lines


@contextmanager
def slowed(url: str, seconds: float) -> Iterator[None]:
    """Every answer of the tracker takes so much longer."""
    _slow(url, seconds)
    yield
    _slow(url, 0)


def _slow(url: str, seconds: float) -> None:
    requests.get(f"{url}/latency", {"seconds": str(seconds)}, timeout=10).raise_for_status()


def run() -> list[Line]:
    """One line for each figure, with its target."""
    with tracker(ITEMS) as url, tracker(MANY) as many:
        lines = _cpu(url, "jira-dc", 1 / 3) + _cpu(url, "jira-cloud", 1 / 3) + _cpu(url, "redmine", 1 / 2)
        lines += _cpu(url, "jira-dc", 1 / 6, whole=True)
        lines += [_speed(url, "jira-dc", 6, 8), _speed(url, "jira-cloud", 5, 8)]
        lines += _memory(url, many)
    return lines + _histories()


if __name__ == "__main__":
    print("\n".join(map(str, run())))
