"""Ten `sync` are started at once on one state folder: one writes, the others leave with a sentence."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.pipeline.past import LEDGER
from pmo_sync.state.ledger import open_ledger
from tests.faults import plant
from tests.faults.faulty_redmine import Act, Asked, FaultyRedmine, Normal, Reply
from tests.faults.process import Ended, begin, ended, sync
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

MANY: Final = 10
ROUNDS: Final = 3
SENTENCE: Final = re.compile(
    r"error\[locked\]: (sync writes since \S+ \(process \d+ on \S+\)|another process is taking)"
)
Before = Callable[[FaultyRedmine, Path], None]


class Gate:
    """Holds the first write until the others have left, so that they meet a run in full work."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, asked: Asked) -> Act | None:
        return None if asked.method == "GET" else self._hold

    def _hold(self, _asked: Asked, normal: Normal) -> Reply:
        assert self.opened.wait(25), "the others did not leave"
        return normal()


def nothing(_server: FaultyRedmine, folder: Path) -> None:
    """The folder has no state yet."""
    assert not (folder / ".pmo-sync").exists()


def killed_holder(server: FaultyRedmine, folder: Path) -> None:
    """A run was killed at its first request, and left its lock."""
    holder = begin(*sync(folder))

    def kill(_asked: Asked, _normal: Normal) -> Reply:
        holder.kill()
        return Reply(silent=True)

    server.chaos = lambda _asked: kill
    assert ended(holder).code == -9
    assert (folder / ".pmo-sync" / "lock").exists()


@pytest.mark.parametrize("before", [nothing, killed_holder])
def test_one_writes_and_the_others_leave(server: FaultyRedmine, tmp_path: Path, figure: Say, before: Before) -> None:
    lost = 0
    for number in range(ROUNDS):
        plant.build(server)
        server.applied, server.journal = [], []
        folder = plant.write_settings(tmp_path / str(number), server)
        before(server, folder)
        server.chaos = gate = Gate()
        found = _start_many(folder, gate)
        told = "\n".join(map(str, found))
        winners = [one for one in found if one.code == 0]
        losers = [one for one in found if one.code != 0]
        assert len(winners) == 1, told
        assert {one.code for one in losers} == {5}, told
        assert all(SENTENCE.search(one.err) for one in losers), told
        assert plant.standing(server) == plant.wanted(server)
        assert len({asked.path for asked in server.applied}) == len(server.applied), "a target was written twice"
        assert _runs(folder) == ["good"] + ["running"] * (before is killed_holder)
        lost += len(losers)
    left = " on the lock of a killed run" if before is killed_holder else ""
    figure(f"{MANY} sync at once", f"{ROUNDS} rounds{left}: {ROUNDS} wrote, {lost} left with 5 and a sentence")


def _start_many(folder: Path, gate: Gate) -> list[Ended]:
    processes = [begin(*sync(folder)) for _ in range(MANY)]
    found: list[Ended] = []

    def wait(number: int) -> None:
        found.append(ended(processes[number]))
        if len(found) == MANY - 1:
            gate.opened.set()

    waiting = [threading.Thread(target=wait, args=(number,)) for number in range(MANY)]
    for one in waiting:
        one.start()
    for one in waiting:
        one.join()
    assert len(found) == MANY
    return found


def _runs(folder: Path) -> list[str]:
    """How the runs in the ledger ended, the newest first; one that was killed never ended."""
    ledger = open_ledger(folder / ".pmo-sync" / LEDGER)
    try:
        return [run.status for run in ledger.runs()]
    finally:
        ledger.close()
