"""Twenty seeds of faults between the real command line and each kind of tracker; `make soak` runs two hundred.

A client as people write it must fail the same test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.naive import naive_sync
from tests.faults.proxied import FLAVOURS, Day, Tally, in_order, one_seed
from tests.faults.wrongs import Dice

SEEDS = 20


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_whatever_goes_wrong_on_the_way_nothing_wrong_is_written(
    flavour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(SEEDS):
            one_seed(seed, world, tally)
    assert tally.faults.total() - tally.faults["truth"] > 100
    assert set(tally.codes) >= {0, 3, 4}
    assert tally.changes > 0
    assert 0 < tally.alone < SEEDS / 2


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_client_as_people_write_it_fails_the_same_test(
    flavour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[str] = []
    codes: list[int] = []
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(1, 5):
            with world.again(f"seed-{seed}") as (side, _):
                day = Day(side, seed, world.proxy)
                world.proxy.begin(Dice(seed, 0.05, 0.2))
                world.proxy.connections = 1
                with day.goes_on():
                    codes.append(naive_sync(side, world.proxy.url, world.clock, monkeypatch))
                found += day.mistakes()
    assert any(one.startswith("people's part") or "stands as" in one for one in found), found
    assert 1 in codes, "not even an error that is not of the package's own family"
