"""Twenty seeds of faults between the real command line and each Jira; `make soak` runs two hundred.

A client as people write it must fail the same test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pmo_sync.sandbox import Flavour
from tests.faults.naive import naive_sync
from tests.faults.proxied import Day, Tally, in_order, one_seed
from tests.faults.wrongs import Dice

SEEDS = 20
FLAVOURS = pytest.mark.parametrize("flavour", list(Flavour), ids=lambda flavour: flavour.name.lower())


@FLAVOURS
def test_whatever_goes_wrong_on_the_way_nothing_wrong_is_written(
    flavour: Flavour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(SEEDS):
            one_seed(seed, world, tally)
    assert tally.faults.total() - tally.faults["truth"] > 100
    assert set(tally.codes) >= {0, 3}
    assert tally.changes > 0


@FLAVOURS
def test_a_client_as_people_write_it_fails_the_same_test(
    flavour: Flavour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[str] = []
    codes: list[int] = []
    with in_order(flavour, tmp_path, monkeypatch, capsys) as world:
        for seed in range(1, 5):
            with world.again(f"seed-{seed}") as (tracker, _):
                day = Day(tracker, seed)
                world.proxy.begin(Dice(seed, 0.05, 0.2))
                codes.append(naive_sync(tracker, world.proxy.url, world.clock, monkeypatch))
                found += day.mistakes(world.proxy)
    assert any("people's labels" in one for one in found), found
    assert 1 in codes, "not even an error that is not of the package's own family"
