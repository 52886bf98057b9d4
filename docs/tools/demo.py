"""`make demo`: the main job on the shipped example portfolio, command by command, as a person would type it.

Writes an editable project folder (default `pmo-demo`) and runs check, explain and plan on it.
Nothing leaves the computer.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from pmo_sync.settings.demo import write_demo

STEPS = (
    ("check", "What is missing, item by item, and what is true of every project"),
    ("explain BNK-01 --item CRD-17", "Why one of them fails, clause by clause"),
    ("explain computed_rag --node 'Digital Bank/Payments'", "Where a colour comes from"),
    ("rules approve HYG-09 --by 'head of PMO'", "A standard may flag once somebody has said yes to it"),
    ("plan", "The marks that would be written, and those that wait for a yes"),
)


def run(command: str, folder: Path, today: date) -> int:
    """Runs one command as typed and prints it with its output; returns its exit code."""
    print(f"$ pmo-sync {command}", flush=True)
    common = ["-C", str(folder), "--status-date", today.isoformat(), "--format", "table"]
    done = subprocess.run(
        [sys.executable, "-m", "pmo_sync", *shlex.split(command), *common],
        check=False,
        env={**os.environ, "COLUMNS": os.environ.get("COLUMNS", "118")},
    )
    print(flush=True)
    return done.returncode


def main() -> int:
    """Runs the steps; 0 when each ended as it should (check finds something, the others are clean)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("pmo-demo"), help="the folder that is written anew")
    parser.add_argument("--status-date", type=date.fromisoformat, default=date.today(), help="the day it is judged for")  # noqa: DTZ011 - the reader's own day
    options = parser.parse_args()
    if (options.into / "pmo.yaml").exists():
        shutil.rmtree(options.into)
    write_demo(options.into, today=options.status_date)
    codes = []
    for command, what in STEPS:
        print(f"# {what}")
        codes.append(run(command, options.into, options.status_date))
    program = Path(sys.executable).parent / "pmo-sync"
    shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    print(f"The project folder is {options.into}. Change a number in {options.into}/standards/delivery.yaml and run")
    print(f"  {shown} check -C {options.into}")
    return 0 if codes == [1, 0, 0, 0, 0] else 1


if __name__ == "__main__":
    sys.exit(main())
