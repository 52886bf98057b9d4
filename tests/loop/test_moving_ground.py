"""Scopes that are empty, issues that are cloned, moved and deleted while we work, trackers that break off."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from pmo_sync.connectors.transport import Repeat, Transport
from pmo_sync.sandbox import Flavour
from pmo_sync.sandbox.seed import Seed, SeedField
from tests.loop import bank
from tests.loop.conftest import Bank, NewBank


def test_an_empty_scope_on_the_first_run_writes_nothing(world: Bank) -> None:
    world.edit_settings("    user:", '    scope: "project = PAY and labels = nobody-has-this"\n    user:')
    first = world.run("sync")
    assert first.code == 0, str(first)
    assert world.writes() == []


def test_an_empty_scope_after_a_good_run_is_refused(world: Bank) -> None:
    assert world.run("sync").code == 0
    mark = world.mark()
    world.edit_settings("    user:", '    scope: "project = PAY and labels = nobody-has-this"\n    user:')
    ran = world.run("sync")
    assert ran.code == 5, str(ran)
    assert world.writes(mark) == []
    assert world.store.amiss() == []


def test_a_clone_that_carries_our_note_and_labels_is_judged_by_itself(world: Bank) -> None:
    assert world.run("sync").code == 0
    original = next(key for key in world.store.every() if world.store.flags(key) == {"no-owner"})
    clone = world.store.clone(original)
    assert world.store.note(clone) == world.store.note(original)
    assert world.store.labels(clone) >= world.store.ours(original)
    world.tracker.person(world.login("ann")).set(clone, "assignee", world.login("ann"))
    assert world.run("sync").code == 0
    assert not world.store.ours(clone)
    assert world.store.ours(original)
    assert world.store.amiss() == []


@pytest.mark.parametrize("by_plan", [True, False])
def test_an_issue_that_moves_between_plan_and_apply(world: Bank, by_plan: bool) -> None:
    target = next(key for key in world.store.every() if key.startswith("PAY") and world.store.flags(key) == {"overdue"})
    number = world.tracker.issue(target).id
    hand = world.tracker.person(world.login("ben"))
    if by_plan:
        plan = str(world.folder / "plan.json")
        assert world.run("plan", "-o", plan).code == 0
        hand.move(target, "DAT")
        ran = world.run("apply", plan)
        assert ran.code == 5, str(ran)
        assert world.writes() == []
    else:
        assert world.run("sync").code == 0
        hand.move(target, "DAT")
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    assert world.store.ours(world.tracker.issue(number).key) == {"pmo-overdue", "pmo-action"}


def test_an_issue_that_is_deleted_between_plan_and_apply(world: Bank) -> None:
    target = next(key for key in world.store.every() if world.store.flags(key) == {"overdue"})
    plan = str(world.folder / "plan.json")
    assert world.run("plan", "-o", plan).code == 0
    world.tracker.person(world.login("ben")).delete(target)
    applied = world.run("apply", plan)
    assert applied.code == 5, str(applied)
    assert world.writes() == []
    skipping = world.run("apply", plan, "--skip-stale")
    assert skipping.code in (0, 3), str(skipping)
    assert world.run("sync", "--full").code == 0
    assert world.store.amiss() == []


class _Killed(BaseException):
    """The process is gone."""


def _killing(nth: int, moment: str) -> Callable[[Transport, Any], Any]:
    """Sends requests as usual; at the n-th write the process ends, before or after it is carried out."""
    exchange, sent = Transport._exchange, count(1)

    def send(self: Transport, request: Any) -> Any:
        last = request.repeat is not Repeat.READ and next(sent) == nth
        if last and moment == "before":
            raise _Killed
        answer = exchange(self, request)
        if last:
            raise _Killed
        return answer

    return send


def _end(world: Bank) -> dict[str, tuple[set[str], str]]:
    """Labels and our note of every issue, whatever the port of the sandbox."""
    notes = {key: repr(world.store.note(key)).replace(world.tracker.url, "") for key in world.store.every()}
    return {key: (world.store.labels(key), note) for key, note in notes.items()}


def _one_project(flavour: Flavour) -> Seed:
    seed = bank.seed(flavour)
    kept = ("PAY-1", "PAY-2", "PAY-3", "PAY-5", "PAY-13")
    return dataclasses.replace(
        seed,
        projects=[one for one in seed.projects if one.key == "PAY"],
        fields=[_in_pay(one) for one in seed.fields],
        issues=[one for one in seed.issues if one.key in kept],
    )


def _in_pay(field: SeedField) -> SeedField:
    return dataclasses.replace(field, hidden_for=frozenset(place for place in field.hidden_for if place[0] == "PAY"))


def test_killed_before_or_after_each_write_and_run_again(
    new_bank: NewBank, flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both moments of each write on Cloud; on Data Center, which shares the writer, each write at one of them."""
    undisturbed = new_bank(_one_project(flavour), "undisturbed")
    assert undisturbed.run("sync").code == 0
    assert undisturbed.store.amiss() == []
    all_writes = len(undisturbed.writes())
    assert all_writes >= 5
    end = _end(undisturbed)
    cases = [(nth, moment) for nth in range(1, all_writes + 1) for moment in ("before", "after")]
    for nth, moment in cases if flavour is Flavour.CLOUD else cases[0::4] + cases[3::4]:
        world = new_bank(_one_project(flavour), f"killed-{nth}-{moment}")
        with monkeypatch.context() as patch:
            patch.setattr(Transport, "_exchange", _killing(nth, moment))
            with pytest.raises(_Killed):
                world.run("sync")
        healed = world.run("sync")
        assert healed.code == 0, str(healed)
        assert world.store.amiss() == [], f"killed {moment} write {nth}"
        mark = world.mark()
        assert world.run("sync").code == 0
        assert world.writes(mark) == [], f"killed {moment} write {nth}"
        assert _end(world) == end, f"killed {moment} write {nth}"
        world.tracker.close()


@pytest.mark.parametrize("kind", ["drop", "lost", "429"])
def test_an_answer_that_is_lost_or_refused_is_no_second_write(world: Bank, kind: str) -> None:
    world.tracker.knobs.chaos(f"{kind}=0.2,seed=3")
    ran = world.run("sync")
    assert ran.code in (0, 3), str(ran)
    world.tracker.knobs.faults.clear()
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    for key in world.store.every():
        assert len(world.store.links(key)) <= 1


def test_a_search_that_lags_behind_our_own_writes_makes_no_second_write(world: Bank) -> None:
    assert world.run("sync").code == 0
    world.tracker.knobs.index_lag = 900
    mark = world.mark()
    behind = world.run("sync")
    assert behind.code == 0, str(behind)
    assert world.writes(mark) == []
    world.tracker.knobs.index_lag = 0
    assert world.run("sync").code == 0
    assert world.writes(mark) == []
    assert world.store.amiss() == []
