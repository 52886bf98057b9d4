"""A `sync` is killed before, in and after each of its writes: the next one ends where an undisturbed one does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.pipeline.past import LEDGER
from pmo_sync.state.ledger import open_ledger
from tests.faults import plant
from tests.faults.command_line import Clock, Run, for_redmine
from tests.faults.faulty_redmine import Act, Asked, Entry, FaultyRedmine, Normal, Reply
from tests.faults.process import begin, ended, sync
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

MOMENTS: Final = ("before it is done", "after it is done", "after it is answered")


class Trap:
    """Kills a process (-9) at one moment of its n-th write."""

    def __init__(self, nth: int, moment: str) -> None:
        self.nth, self.moment = nth, moment
        self.process: subprocess.Popen[bytes] | None = None
        self.seen = 0

    def __call__(self, asked: Asked) -> Act | None:
        if self.seen == self.nth and self.moment == "after it is answered":
            return self._kill
        if asked.method == "GET":
            return None
        self.seen += 1
        return self._kill if self.seen == self.nth and self.moment != "after it is answered" else None

    def _kill(self, _asked: Asked, normal: Normal) -> Reply:
        if self.moment == "after it is done":
            normal()
        assert self.process is not None
        self.process.kill()
        return Reply(silent=True)


def test_killed_at_every_write(
    server: FaultyRedmine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figure: Say,
) -> None:
    with for_redmine(monkeypatch, capsys, Clock()) as run:
        undisturbed, entries, marks = _undisturbed(server, tmp_path / "undisturbed", run)
        points = [(nth, moment) for nth in range(1, len(server.applied) + 1) for moment in MOMENTS]
        for nth, moment in points:
            trap = Trap(nth, moment)
            folder = _fresh(server, tmp_path / f"{nth}-{MOMENTS.index(moment)}")
            server.chaos = trap
            trap.process = begin(*sync(folder))
            killed = ended(trap.process)
            server.chaos = lambda _asked: None
            told = f"killed at write {nth}, {moment}: {killed}"
            assert killed.code == -9, told
            assert len(server.applied) == nth - (moment == "before it is done"), told

            healed = run(folder, "sync")
            assert healed.code == 0, f"{healed}\nafter {told}"
            assert plant.standing(server) == undisturbed, f"{healed}\nafter {told}"
            assert sorted(server.journal, key=repr) == entries, f"{healed}\nafter {told}"
            sent = len(server.writes())
            assert run(folder, "sync").code == 0
            assert len(server.writes()) == sent, told
            assert _marks(folder) == marks, told
    assert len(points) == 3 * len(entries_by_request(entries))
    figure("kill -9 of a process", f"{len(points)} kills at {len(points) // 3} writes: before, after, answered")
    figure("  after the next run", "all as undisturbed; 0 values set twice, 0 lost; a third run writes 0")


def entries_by_request(entries: list[Entry]) -> set[str]:
    """The targets of the entries: each is written by one request."""
    return {entry.path for entry in entries}


def _fresh(server: FaultyRedmine, folder: Path) -> Path:
    plant.build(server)
    server.asked, server.applied, server.journal = [], [], []
    return plant.write_settings(folder, server)


def _undisturbed(
    server: FaultyRedmine, folder: Path, run: Run
) -> tuple[dict[plant.Place, str], list[Entry], list[tuple[str, ...]]]:
    """What stands in the end, what was set on the way, and what the ledger holds, when nothing comes between."""
    assert run(_fresh(server, folder), "sync").code == 0
    standing = plant.standing(server)
    assert standing == plant.wanted(server)
    assert not any(entry.idle for entry in server.journal)
    return standing, sorted(server.journal, key=repr), _marks(folder)


def _marks(folder: Path) -> list[tuple[str, ...]]:
    """What the ledger holds as last written; its chain is whole."""
    ledger = open_ledger(folder / ".pmo-sync" / LEDGER)
    try:
        assert ledger.verify()[1] is None
        return ledger.written().rows()
    finally:
        ledger.close()
