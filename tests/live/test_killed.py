"""The server dies at the n-th write, and comes back: the next `sync` ends where an undisturbed one does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from tests.live.bed import oracle
from tests.live.bed.redmine import Bed
from tests.live.conftest import Folder, NewFolder, Synced

pytestmark = pytest.mark.live


def _converges(bed: Bed, undisturbed: Synced, folder: Folder, tmp_path: Path) -> None:
    """One more `sync` mends what is left, another finds nothing to do, and all is as if nothing had happened."""
    people = oracle.theirs(bed)
    healed = folder.run("sync", "--format", "json")
    assert healed.code == 0, str(healed)
    state, history = oracle.ours(bed), oracle.journals(bed)
    assert oracle.theirs(bed) == people
    mark = bed.mark()
    assert folder.run("sync").code == 0
    assert bed.writes_since(mark) == []
    undisturbed.again(bed, tmp_path / "undisturbed")
    assert state == oracle.ours(bed)
    assert sorted(history) == sorted(oracle.journals(bed))  # nothing twice, nothing lost


def _come_back(bed: Bed) -> None:
    bed.stop()
    bed.clear_trap()
    bed.start()


@pytest.mark.parametrize(("nth", "moment"), [(1, "after"), (5, "before")])
def test_killed_and_started_again_after_the_run(
    bed: Bed, few: Synced, new_folder: NewFolder, tmp_path: Path, nth: int, moment: str
) -> None:
    folder, theirs, mark = new_folder(), oracle.theirs(bed), bed.mark()
    bed.set_trap(nth, moment)
    interrupted = folder.run("sync", "--format", "json")
    assert not bed.alive, f"the trap did not spring at write {nth}: {bed.writes_since(mark)}"
    assert interrupted.code == 3, str(interrupted)
    _come_back(bed)
    assert len(bed.writes_since(mark)) <= nth  # the last one may have died before it was logged
    assert oracle.theirs(bed) == theirs
    _converges(bed, few, folder, tmp_path)


def test_killed_and_started_again_during_the_run(bed: Bed, few: Synced, new_folder: NewFolder, tmp_path: Path) -> None:
    folder, theirs = new_folder(), oracle.theirs(bed)
    bed.set_trap(3, "after")
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(folder.run_alone, "sync", "--format", "json")
        while bed.alive and not running.done():
            wait([running], timeout=0.05)
        assert not bed.alive, f"the trap did not spring: {running.result()}"
        _come_back(bed)
        interrupted = running.result()
    assert interrupted.code in (0, 3), str(interrupted)
    assert oracle.theirs(bed) == theirs
    _converges(bed, few, folder, tmp_path)
