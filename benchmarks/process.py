"""What one command took, as a process of its own.

The peak that the operating system counts for a process begins with that of the process which started it. So commands
are started by a small one, this file, and a process that tells its own peak reads it where it begins with itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Used:
    """Exit code, seconds, CPU seconds, peak MiB, bytes on stdout, and the end of stderr."""

    code: int
    wall: float
    cpu: float
    memory: float
    bytes: int
    said: str


def peak() -> float:
    """The most memory that this process has had since its program began, in MiB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def used(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Used:
    """Runs the command to its end, with so much more in its environment."""
    starter = [sys.executable, str(Path(__file__)), *command]
    every = {**os.environ, **(environment or {})}
    return Used(*json.loads(subprocess.run(starter, check=True, capture_output=True, text=True, env=every).stdout))


def main() -> None:
    """Runs the command that is given and prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        out, talk = Path(folder) / "out", Path(folder) / "talk"
        start = time.perf_counter()
        with out.open("wb") as stdout, talk.open("wb") as stderr:
            process = subprocess.Popen(sys.argv[1:], stdout=stdout, stderr=stderr)
            _, status, taken = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu, memory = taken.ru_utime + taken.ru_stime, taken.ru_maxrss / 1024
        said = talk.read_text("utf-8")[-500:]
        print(json.dumps([process.returncode, wall, cpu, memory, out.stat().st_size, said]))


if __name__ == "__main__":
    main()
