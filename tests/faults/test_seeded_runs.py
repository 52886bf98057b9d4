"""A few seeds of faults against the real command line; `make soak` runs many more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.command_line import Clock, in_process
from tests.faults.faulty_redmine import FaultyRedmine
from tests.faults.seeded import Tally, in_order, one_seed

SEEDS = (0, 1, 2, 3, 5, 6, 12)


@pytest.fixture
def server() -> Iterator[FaultyRedmine]:
    redmine = FaultyRedmine()
    yield redmine
    redmine.close()


def test_whatever_goes_wrong_nothing_wrong_is_written_and_the_next_run_mends_it(
    server: FaultyRedmine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, tally = Clock(), Tally()
    with in_process(monkeypatch, capsys, clock) as run:
        world = in_order(server, tmp_path / "in-order", run)
        for seed in SEEDS:
            one_seed(seed, world, tmp_path / f"seed-{seed}", run, clock, tally)
    assert tally.faults.total() > tally.faults["truth"]
    assert tally.written > 0
    assert set(tally.codes) >= {0, 3}
