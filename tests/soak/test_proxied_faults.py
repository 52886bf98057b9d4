"""Many seeds of faults between the command line and each Jira, up to one answer in two."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmo_sync.sandbox import Flavour
from tests.faults.proxied import RATES, Tally, in_order, one_seed
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

SEEDS = 200


@pytest.mark.parametrize("flavour", list(Flavour), ids=lambda flavour: flavour.name.lower())
def test_many_seeds_of_faults_on_the_way_to_a_jira(
    flavour: Flavour,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figure: Say,
) -> None:
    tally = Tally()
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(1000, 1000 + SEEDS):
            one_seed(seed, world, tally)
    faults = tally.faults.total() - tally.faults["truth"]
    reads, writes = (f"{min(part):.0%} to {max(part):.0%}" for part in zip(*RATES, strict=True))
    figure(f"faults, {flavour.name.lower()}", f"{SEEDS} seeds; {reads} of reads, {writes} of writes: {faults} faults")
    figure("  in one run", f"{tally.requests} requests, {tally.changes} changes made")
    figure("  wrong, removed, too early", "0 wrong flags, 0 removals from what was not read, 0 before Retry-After")
    figure("  exit codes", ", ".join(f"exit {code}: {times}" for code, times in sorted(tally.codes.items())))
