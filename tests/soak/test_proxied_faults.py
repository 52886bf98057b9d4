"""Many seeds of faults between the command line and each kind of tracker, up to one answer in two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.proxied import FLAVOURS, Tally, in_order, one_seed
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

SEEDS = 200


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_many_seeds_of_faults(
    flavour: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figure: Say,
) -> None:
    tally = Tally()
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(1000, 1000 + SEEDS):
            one_seed(seed, world, tally)
    for name, value in tally.figures:
        figure(f"  {name}" if name else f"faults, {flavour}", value)
