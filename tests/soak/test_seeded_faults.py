"""Many seeds of faults, up to one answer in two: nothing wrong is ever written, and the next run mends the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.command_line import Clock, in_process
from tests.faults.faulty_redmine import FaultyRedmine
from tests.faults.seeded import RATES, Tally, in_order, one_seed
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

SEEDS = 200


def test_many_seeds_of_faults(
    server: FaultyRedmine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figure: Say,
) -> None:
    clock, tally = Clock(), Tally()
    with in_process(monkeypatch, capsys, clock) as run:
        world = in_order(server, tmp_path / "in-order", run)
        for seed in range(100, 100 + SEEDS):
            one_seed(seed, world, tmp_path / f"seed-{seed}", run, clock, tally)
    assert tally.seeds == SEEDS
    faults = tally.faults.total() - tally.faults["truth"]
    reads, writes = (f"{min(part):.0%} to {max(part):.0%}" for part in zip(*RATES, strict=True))
    figure("seeds of faults", f"{SEEDS} seeds; {reads} of reads, {writes} of writes go wrong: {faults} faults")
    figure("  in one run", f"{tally.requests} requests, {tally.written} writes; {tally.at_once} seeds done at once")
    figure("  wrong, removed, too early", "0 wrong values, 0 writes from what was not read, 0 before Retry-After")
    codes = ", ".join(f"exit {code}: {times}" for code, times in sorted(tally.codes.items()))
    figure("  exit codes", f"{codes}; a clean run mends all, a third writes 0")
