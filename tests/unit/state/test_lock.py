from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import msgspec
import pytest

from pmo_sync.errors import StateError
from pmo_sync.state.lock import Holder, Lock, LockedError, acquire

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def take(root: Path, break_lock: str | None = None) -> Lock:
    return acquire(root, command="sync", now=NOW, break_lock=break_lock)


def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


def leave(root: Path, **what: object) -> None:
    """A lock that somebody left behind."""
    usual = {"id": "abcd1234", "pid": os.getpid(), "host": os.uname().nodename, "started": "then", "command": "sync"}
    (root / "lock").write_bytes(msgspec.json.encode(usual | what))


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    with take(tmp_path) as lock:
        assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600
        with pytest.raises(
            LockedError, match=f"sync writes since 2026-11-23T06:00:00.*process {os.getpid()} on "
        ) as caught:
            take(tmp_path)
        assert caught.value.exit_code == 5
        assert caught.value.advice is not None
        assert f"--break-lock {lock.holder.id}" in caught.value.advice
    take(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_process_here_is_taken_over(tmp_path: Path) -> None:
    leave(tmp_path, pid=dead_pid())
    with take(tmp_path) as lock:
        assert lock.holder.pid == os.getpid()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell when a process began")
def test_a_number_that_another_process_has_now_is_a_dead_holder(tmp_path: Path) -> None:
    leave(tmp_path, born="another-boot:1")
    take(tmp_path).release()


def test_the_lock_of_another_host_is_broken_only_by_its_id(tmp_path: Path) -> None:
    leave(tmp_path, host="elsewhere", pid=dead_pid())
    with pytest.raises(LockedError, match="on elsewhere"):
        take(tmp_path)
    with pytest.raises(LockedError):
        take(tmp_path, "ffff0000")
    with take(tmp_path, "abcd1234") as lock:
        assert lock.holder.host != "elsewhere"


def test_a_lock_nobody_can_read_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff")
    with pytest.raises(LockedError, match="cannot be read") as caught:
        take(tmp_path)
    assert caught.value.advice == "if no other run is writing, remove that file"


def test_a_take_over_that_was_cut_short_names_what_to_remove(tmp_path: Path) -> None:
    leave(tmp_path, pid=dead_pid())
    (tmp_path / ".lock-abcd1234.taken").touch()
    with pytest.raises(LockedError, match="taking over") as caught:
        take(tmp_path)
    assert ".lock-abcd1234.taken" in str(caught.value.advice)


def test_release_leaves_the_lock_of_somebody_else(tmp_path: Path) -> None:
    lock = take(tmp_path)
    leave(tmp_path, id="other")
    lock.release()
    assert msgspec.json.decode((tmp_path / "lock").read_bytes(), type=Holder).id == "other"


def test_of_many_at_once_one_gets_a_dead_lock(tmp_path: Path) -> None:
    number = 8
    for _ in range(10):
        leave(tmp_path, pid=dead_pid())
        barrier = Barrier(number)

        def contend(_: int, barrier: Barrier = barrier) -> Lock | None:
            barrier.wait()
            try:
                return take(tmp_path)
            except LockedError:
                return None

        with ThreadPoolExecutor(number) as pool:
            locks = [lock for lock in pool.map(contend, range(number)) if lock is not None]
        assert len(locks) == 1
        locks[0].release()


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(StateError, match="cannot be used"):
        take(tmp_path / "state")
