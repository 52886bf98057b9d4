from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pmo_sync.model.change import Guard
from pmo_sync.model.past import LastRun
from pmo_sync.plan.build import make_plan
from pmo_sync.plan.guards import LEAST
from pmo_sync.plan.options import GuardOptions, WriteOptions
from tests.unit.plan.world import FIELD_NAME, TRACKER, Item, World


def many(number: int, *, failing: int = 0, last: int | None = None, marks: int = 0, **more: Any) -> World:
    """So many items with an empty flags field, some failing; the last good run saw `last` items."""
    world = World(items=[Item(str(one)) for one in range(number)], options=WriteOptions(flags=FIELD_NAME), **more)
    world.flags_field({one.id: None for one in world.items})
    world.failing = [(str(one), "HYG-01", "major") for one in range(failing)]
    if last is not None:
        world.past["last_run"] = LastRun("2026-11-20-0612-7f3a", {TRACKER: last}, 0, marks)
    return world


def guards(world: World) -> list[str]:
    return [guard.name for guard in make_plan(world.inputs()).plan.guards]


def test_an_empty_pull_is_refused_but_nothing_to_nothing_is_not() -> None:
    assert guards(many(0, last=40)) == ["EmptyPull"]
    assert guards(many(0, last=0)) == []
    assert guards(many(0)) == []


@pytest.mark.parametrize(("items", "refused"), [(79, ["ShrunkenPull"]), (80, []), (100, []), (200, [])])
def test_a_pull_smaller_than_the_share_is_refused(items: int, refused: list[str]) -> None:
    assert guards(many(items, last=100)) == refused


def test_an_empty_pull_is_refused_even_when_no_share_is_asked() -> None:
    world = many(0, last=40)
    world.more["guards"] = GuardOptions(min_items=0.0)
    assert guards(world) == ["EmptyPull"]


def test_what_was_not_read_whole_is_no_shrunken_pull() -> None:
    assert guards(many(10, last=100, complete=False)) == []


@pytest.mark.parametrize(("failing", "refused"), [(30, []), (31, ["TooMuchChange"])])
def test_more_changes_than_the_share_are_refused(failing: int, refused: list[str]) -> None:
    world = many(100, failing=failing, last=100)
    assert guards(world) == refused


def test_a_handful_is_never_too_many() -> None:
    assert guards(many(LEAST, failing=LEAST, last=LEAST)) == []
    assert guards(many(LEAST + 1, failing=LEAST + 1, last=LEAST + 1)) == ["TooMuchChange"]


def test_the_message_says_what_was_seen_the_limit_and_the_causes() -> None:
    (guard,) = make_plan(many(100, failing=40, last=100).inputs()).plan.guards
    assert guard == Guard(
        "TooMuchChange",
        "this plan changes 40 of 100 items and projects; the limit is 30 "
        "(guards.max_changes: 30% of the items of the last good run, 2026-11-20-0612-7f3a)",
        ("HYG-01: 40",),
    )


def test_taking_most_marks_away_is_refused_even_on_few_items() -> None:
    world = many(1000, last=1000, marks=60)
    gone = {str(one): ("no-owner",) for one in range(25)}
    world.flags_field(gone)
    world.written = {("item", id_, "field", FIELD_NAME): '["no-owner"]' for id_ in gone}
    (guard,) = make_plan(world.inputs()).plan.guards
    assert guard.name == "TooMuchChange"
    assert "takes away 25 of 60 marks; the limit is 20" in guard.message
    assert guard.causes == ("HYG-01: 25",)


def test_a_new_target_is_refused_unless_the_first_run_applies() -> None:
    world = many(3, failing=1)
    world.known = False
    assert guards(world) == ["FirstRun"]
    world.more["first_run"] = "apply"
    assert guards(world) == []


def test_a_new_target_without_changes_refuses_nothing() -> None:
    world = many(3)
    world.known = False
    assert guards(world) == []


def test_items_of_silent_projects_send_no_mail() -> None:
    world = World(
        items=[Item("1"), Item("2", project="p2"), Item("3", project="p2")], options=WriteOptions(labels=True)
    )
    world.failing = [(id_, "HYG-01", "major") for id_ in ("1", "2", "3")]
    world.more |= {"mails_per_item": {TRACKER: 1}}

    def mails(*silent: str) -> tuple[int, tuple[str, ...]]:
        inputs = world.inputs()
        snapshot = inputs.snapshots[0]
        manifest = replace(snapshot.manifest, silent_projects=silent)
        plan = make_plan(replace(inputs, snapshots=(replace(snapshot, manifest=manifest),))).plan
        return plan.expected_mails, plan.silent

    assert mails() == (3, ())
    assert mails("p2") == (1, ())
    assert mails("p1", "p2") == (0, (TRACKER,))
    world.more["mails_per_item"] = {}
    assert mails("p1", "p2") == (0, ()), "a tracker that never sends mail suppresses none"


def test_mails_count_once_for_each_item_and_are_limited() -> None:
    world = many(10, failing=4)
    world.more |= {"mails_per_item": {TRACKER: 2}, "guards": GuardOptions(max_mails=8)}
    plan = make_plan(world.inputs()).plan
    assert (plan.expected_mails, plan.guards) == (8, ())
    world.more["guards"] = GuardOptions(max_mails=7)
    assert guards(world) == ["TooManyMails"]
