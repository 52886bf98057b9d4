"""What is done with snapshots that are kept, as processes of their own: twelve months of 100,000 items replayed by
`rules diff`, and `check` of the last of them with every item in its answer, against `check` without.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.catalogue import IDS
from benchmarks.figure import Figure, Line
from benchmarks.portfolio import TODAY, snapshot
from benchmarks.process import Used, used
from pmo_sync.settings.packs import pack_names
from pmo_sync.state import snapshots as store

ITEMS = 100_000
MONTHS = 12
SECONDS = 60.0
_SETTINGS = """\
version: 1
trackers: {{bench: {{kind: export, path: items.jsonl}}}}
structure:
  programme: [{{tracker: bench, by: field, field: programme}}]
  project: [{{tracker: bench, by: field, field: project}}]
standards:
  packs: [{packs}]
  override: {{{overrides}}}
"""


def run() -> list[Line]:
    """The seconds of the replay, and the memory of an answer with all items against one without."""
    with tempfile.TemporaryDirectory() as name:
        folder, other = Path(name) / "now", Path(name) / "before"
        _folder(folder, "enabled: true")
        _folder(other, "enabled: true, severity: info")
        for month in range(MONTHS):
            _keep(folder, month)
        return [_replayed(folder, other), *_answers(folder)]


def _folder(folder: Path, override: str) -> None:
    folder.mkdir()
    overrides = ", ".join(f"{one}: {{{override}}}" for one in IDS)
    text = _SETTINGS.format(packs=", ".join(pack_names()), overrides=overrides)
    (folder / "pmo.yaml").write_text(text, "utf-8")


def _keep(folder: Path, month: int) -> None:
    """The same portfolio so many months ago, its dates as much earlier, so that other items fail each time."""
    back = 30 * (MONTHS - 1 - month)
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC) - timedelta(days=back)
    store.save(snapshot(ITEMS, at, shift=-(back // 2)), folder / ".pmo-sync")


def _command(folder: Path, *words: str) -> Used:
    taken = used([sys.executable, "-m", "pmo_sync", *words, "-C", str(folder), "-q"])
    assert taken.code == 0, f"{' '.join(words)} ended with {taken.code}: {taken.said}"
    return taken


def _replayed(folder: Path, other: Path) -> Line:
    taken = _command(folder, "rules", "diff", "--against", str(other), "--format", "json")
    detail = f"{len(IDS)} standards on both sides; {taken.cpu:.1f} s CPU, {taken.memory:,.0f} MiB"
    return Figure(f"rules diff: {MONTHS} snapshots of {ITEMS:,} items, s", taken.wall, SECONDS, detail)


def _answers(folder: Path) -> list[Line]:
    common = ("check", "--offline", "--fail-on", "never", "--status-date", TODAY.isoformat())
    plain = _command(folder, *common, "--format", "table")
    lines: list[Line] = []
    for what, words in _ANSWERS:
        full = _command(folder, *common, *words)
        detail = (
            f"{full.memory:,.0f} and {plain.memory:,.0f} MiB, {full.cpu:.1f} and {plain.cpu:.1f} s CPU, "
            f"{full.bytes / 1e6:.0f} MB of answer, {ITEMS:,} items"
        )
        lines.append(Figure(f"check {what}: memory against plain check", full.memory / plain.memory, 3, detail))
    return lines


_ANSWERS: Sequence[tuple[str, tuple[str, ...]]] = (("--format json --items", ("--format", "json", "--items")),)


if __name__ == "__main__":
    print("\n".join(map(str, run())))
