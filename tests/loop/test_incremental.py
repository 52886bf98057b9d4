"""Runs that read only what has changed: what people did, and what we did ourselves while the index was behind."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.loop.conftest import Bank, Clock


def data_line(bank: Bank, *words: str) -> str:
    ran = bank.run("check", "--fail-on", "never", "--format", "table", *words)
    assert ran.code == 0, str(ran)
    return next(line for line in ran.out.splitlines() if "Data:" in line)


@pytest.mark.parametrize("lag", [0, 120, 3 * 3600])
def test_our_own_writes_never_look_undone(world: Bank, clock: Clock, lag: int) -> None:
    world.tracker.knobs.index_lag = lag
    assert world.run("sync").code == 0
    assert world.writes()
    for minutes in (1, 90, 180):
        mark = world.mark()
        clock.moment += timedelta(minutes=minutes)
        ran = world.run("sync")
        assert ran.code == 0, str(ran)
        assert world.writes(mark) == []
        assert world.run("plan", "-o", str(world.folder / "plan.json")).code == 0
        held = json.loads((world.folder / "plan.json").read_text("utf-8"))["held"]
        assert not [one for one in held if "edited" in one["reason"]]
        assert world.store.amiss() == []


def test_people_edit_between_runs_and_only_that_is_read(world: Bank, clock: Clock) -> None:
    assert world.run("sync").code == 0
    clock.moment += timedelta(hours=13)
    assert world.run("sync").code == 0
    clock.moment += timedelta(hours=1)
    target = next(key for key in world.store.every() if world.store.flags(key) == {"no-owner"})
    world.tracker.person(world.login("ann")).set(target, "assignee", world.login("ann"))
    mark = world.mark()
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    assert not world.store.ours(target)
    assert len(world.writes(mark)) >= 1


def test_check_says_what_was_read_when(world: Bank, clock: Clock) -> None:
    assert "pulled" in data_line(world)
    assert "changes since" not in data_line(world, "--full")
    clock.moment += timedelta(hours=1)
    assert "changes since" in data_line(world)
    assert "whole at" in data_line(world)
    assert "changes since" not in data_line(world, "--full")
    refused = world.run("check", "--full", "--offline")
    assert refused.code == 2, str(refused)


def test_what_is_deleted_leaves_with_the_next_whole_pull(world: Bank, clock: Clock) -> None:
    assert world.run("sync").code == 0
    target = next(key for key in world.store.every() if world.store.flags(key) == {"overdue"})
    world.tracker.person(world.login("ben")).delete(target)
    clock.moment += timedelta(hours=1)
    assert world.run("sync").code == 0
    assert target in world.run("check", "--all", "--format", "json").out
    assert world.run("sync", "--full").code == 0
    assert target not in world.run("check", "--all", "--format", "json").out
    assert world.store.amiss() == []
