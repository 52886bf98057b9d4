"""The real command line as a process of its own, as a scheduler starts it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.faulty_redmine import KEY
from tests.faults.plant import TODAY

_KEPT: Final = ("PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR")


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (minus the signal that killed it), what it said and what it took."""

    code: int
    out: bytes
    err: str
    wall: float = 0
    cpu: float = 0
    peak: float = 0  # MB resident

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out.decode()[-2000:]}\n--- stderr\n{self.err[-3000:]}"

    @property
    def cost(self) -> str:
        """The figures in words."""
        return f"{self.wall:.1f} s wall, {self.cpu:.1f} s CPU, peak {self.peak:.0f} MB"


def begin(*words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """`pmo-sync WORDS`, started."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "pmo_sync", *words],
        env={**kept, "PLANT_KEY": KEY, "CI": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process: subprocess.Popen[bytes]) -> Ended:
    """What became of it, once it has ended."""
    out, err = process.communicate()
    found = Ended(process.returncode, out, err.decode())
    assert "Traceback" not in found.err, str(found)
    assert "error[unexpected]" not in found.err, str(found)
    assert KEY not in found.err + found.out.decode()
    return found


def sync(folder: Path) -> tuple[str, ...]:
    """The words of a `sync` of this folder as on TODAY."""
    return ("sync", "-C", str(folder), "--status-date", TODAY.isoformat())


def measured(where: Path, *words: str) -> Ended:
    """`pmo-sync WORDS` from beginning to end, with its wall and CPU seconds and peak memory. Output goes by files."""
    out, err = where / "stdout", where / "stderr"
    begun = time.perf_counter()
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [sys.executable, "-m", "pmo_sync", *words],
            env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, "CI": "1"},
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=to_err,
        )
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, out.read_bytes(), err.read_text(), wall, _cpu(used), used.ru_maxrss / 1024)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
