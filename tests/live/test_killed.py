"""The server dies at the n-th write, and comes back: the next `sync` ends where an undisturbed one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.bed import oracle
from tests.live.bed.redmine import Bed
from tests.live.conftest import CLOSED, PAYMENTS, NewFolder, Synced, only

pytestmark = pytest.mark.live


@pytest.mark.parametrize(("nth", "moment"), [(1, "before"), (4, "after"), (9, "before")])
def test_after_a_kill_the_next_sync_converges(
    bed: Bed, payments: Synced, new_folder: NewFolder, tmp_path: Path, nth: int, moment: str
) -> None:
    theirs = oracle.theirs(bed)
    folder = new_folder(scope=only(*PAYMENTS, CLOSED))
    mark = bed.mark()
    bed.set_trap(nth, moment)
    interrupted = folder.run("sync", "--format", "json")
    assert not bed.alive, f"the trap did not spring at write {nth}: {bed.writes_since(mark)}"
    assert interrupted.code == 3, str(interrupted)
    bed.stop()
    bed.clear_trap()
    bed.start()

    healed = folder.run("sync", "--format", "json")
    assert healed.code == 0, str(healed)
    state, history, people = oracle.ours(bed), oracle.journals(bed), oracle.theirs(bed)
    mark = bed.mark()
    assert folder.run("sync").code == 0
    assert bed.writes_since(mark) == []

    payments.again(bed, tmp_path / "undisturbed")
    assert state == oracle.ours(bed)
    assert sorted(history) == sorted(oracle.journals(bed))
    assert people == theirs
