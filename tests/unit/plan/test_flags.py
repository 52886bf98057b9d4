from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pmo_sync.model.change import AddLabel, Held, HeldReason, RemoveLabel, SetField
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.words import Level, Mode
from pmo_sync.plan.build import make_plan
from pmo_sync.plan.inputs import FlagSource
from pmo_sync.plan.marks import foreign
from pmo_sync.plan.options import GuardOptions, WriteOptions
from tests.unit.plan.world import FIELD_NAME, STANDARDS, Item, World, approvals, item

FLAGS = WriteOptions(flags=FIELD_NAME)
LABELS = WriteOptions(labels=True)


def flags_world(**more: Any) -> World:
    world = World(options=FLAGS, **more)
    world.flags_field({"1": None, "2": None, "3": None})
    return world


def test_an_empty_flags_field_takes_the_flags_sorted() -> None:
    world = flags_world(failing=[("1", "HYG-08", "major"), ("1", "HYG-01", "critical")])
    plan = make_plan(world.inputs()).plan
    assert plan.changes == (SetField(item("1"), FIELD_NAME, None, ("no-owner", "quiet"), ("HYG-01", "HYG-08")),)
    assert plan.held == ()
    assert plan.guards == ()
    assert plan.preconditions[0].updated == "2026-11-20T09:30:00Z"


def test_what_stands_as_wanted_is_no_change() -> None:
    world = flags_world(failing=[("1", "HYG-01", "major")])
    world.flags_field({"1": ("no-owner",)})
    plan = make_plan(world.inputs()).plan
    assert (plan.changes, plan.held) == ((), ())


@pytest.mark.parametrize(
    "finding",
    [{"waiver": 0}, {"baselined": True}, {"ripe": False}, {"mode": "supportive"}, {"verdict": 3}],
    ids=["waived", "baselined", "unripe", "supportive", "unknown"],
)
def test_what_is_no_open_failure_is_not_flagged(finding: dict[str, Any]) -> None:
    world = flags_world(failing=[("1", "HYG-01", "critical")], finding=finding)
    assert make_plan(world.inputs()).plan.changes == ()


def test_an_offender_is_flagged() -> None:
    world = flags_world(failing=[("1", "HYG-01", "major")], finding={"offender": True})
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_below_flag_from_is_not_flagged() -> None:
    world = flags_world(failing=[("1", "HYG-01", "minor")])
    assert make_plan(world.inputs()).plan.changes == ()
    world.options = WriteOptions(flags=FIELD_NAME, flag_from="minor")
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_no_more_than_max_flags_worst_first_then_by_id() -> None:
    failing = [("1", one.standard, "major") for one in STANDARDS[:3]] + [("1", "RSK-01", "critical")]
    world = flags_world(failing=failing)
    world.options = WriteOptions(flags=FIELD_NAME, max_flags=2)
    change = make_plan(world.inputs()).plan.changes[0]
    assert isinstance(change, SetField)
    assert change.after == ("no-owner", "no-response")


def test_a_fixed_failure_takes_its_flag_away() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["no-owner","quiet"]'})
    world.flags_field({"1": ("no-owner", "quiet")})
    world.failing = [("1", "HYG-08", "major")]
    plan = make_plan(world.inputs()).plan
    assert plan.changes == (SetField(item("1"), FIELD_NAME, ("no-owner", "quiet"), ("quiet",), ("HYG-01",)),)


def test_a_value_nobody_can_prove_is_ours_holds_the_item() -> None:
    world = flags_world()
    world.flags_field({"1": ("no-owner",), "2": ("my note",)})
    held = make_plan(world.inputs()).plan.held
    assert [(one.target, one.reason) for one in held] == [
        (item("1"), HeldReason.NOT_OURS),
        (item("2"), HeldReason.NOT_OURS),
    ]


def test_take_over_writes_over_what_we_cannot_prove() -> None:
    world = flags_world(failing=[("1", "HYG-08", "major")])
    world.options = WriteOptions(flags=FIELD_NAME, take_over=True)
    world.flags_field({"1": ("no-owner",)})
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_an_edit_by_a_person_is_held_and_overwritten_only_by_policy() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["quiet"]'})
    world.flags_field({"1": ("no-owner",)})
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert plan.held == (Held(item("1"), "field", FIELD_NAME, ("no-owner",), None, HeldReason.EDITED, ()),)
    world.options = WriteOptions(flags=FIELD_NAME, on_conflict="overwrite")
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_overwrite_spares_a_value_that_no_flag_knows() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["quiet"]'})
    world.flags_field({"1": ("please call me",)})
    world.options = WriteOptions(flags=FIELD_NAME, on_conflict="overwrite")
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert plan.held[0].reason is HeldReason.NOT_OURS


def test_a_flag_of_a_standard_that_is_gone_goes_when_we_wrote_it() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["old-flag"]'})
    world.flags_field({"1": ("old-flag",)})
    change = make_plan(world.inputs()).plan.changes[0]
    assert isinstance(change, SetField)
    assert change.after is None


def test_a_standard_that_is_off_loses_its_flags() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["no-owner"]'})
    world.flags_field({"1": ("no-owner",)})
    world.failing = [("1", "HYG-01", "major")]
    world.more["flags"] = (replace(STANDARDS[0], enabled=False), *STANDARDS[1:])
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_a_text_field_with_our_flags_in_another_order_is_equal() -> None:
    world = flags_world(failing=[("1", "HYG-01", "major"), ("1", "HYG-08", "major")])
    world.fields[item("1").kind, "1", FIELD_NAME] = "quiet, no-owner"
    plan = make_plan(world.inputs()).plan
    assert (plan.changes, plan.held) == ((), ())


# --- preview --------------------------------------------------------------------------------------------------------


def test_an_unapproved_standard_is_held_and_the_rest_is_applied() -> None:
    world = flags_world(failing=[("1", "HYG-01", "major"), ("1", "HYG-08", "critical"), ("2", "HYG-08", "major")])
    world.past["approvals"] = approvals(*STANDARDS[:2])
    plan = make_plan(world.inputs()).plan
    assert plan.changes == (SetField(item("1"), FIELD_NAME, None, ("no-owner",), ("HYG-01",)),)
    assert [(one.target, one.wanted, one.reason, one.because) for one in plan.held] == [
        (item("1"), ("quiet",), HeldReason.PREVIEW, ("HYG-08",)),
        (item("2"), ("quiet",), HeldReason.PREVIEW, ("HYG-08",)),
    ]


def test_a_flag_of_a_changed_standard_that_stands_stays_and_counts() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["quiet"]'})
    world.flags_field({"1": ("quiet",)})
    world.failing = [("1", "HYG-01", "major"), ("1", "HYG-02", "major")]
    world.options = WriteOptions(flags=FIELD_NAME, max_flags=2)
    world.past["approvals"] = approvals(*STANDARDS[:2])
    plan = make_plan(world.inputs()).plan
    assert plan.changes == (SetField(item("1"), FIELD_NAME, ("quiet",), ("no-owner", "quiet"), ("HYG-01",)),)
    assert [(one.observed, one.wanted, one.because) for one in plan.held] == [(("quiet",), None, ("HYG-08",))]


def test_another_content_needs_another_approval() -> None:
    world = flags_world(failing=[("1", "HYG-01", "major")])
    world.more["flags"] = (replace(STANDARDS[0], fingerprint="sha256:new"), *STANDARDS[1:])
    assert make_plan(world.inputs()).plan.changes == ()
    world.more["first_run"] = "apply"
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_too_many_new_marks_of_one_standard_hold_it_alone() -> None:
    failing = [(id_, "HYG-08", "critical") for id_ in "123"] + [("1", "HYG-01", "major")]
    world = flags_world(failing=failing)
    world.options = WriteOptions(flags=FIELD_NAME, max_flags=1)
    world.more["guards"] = GuardOptions(max_new_per_standard=2)
    plan = make_plan(world.inputs()).plan
    assert plan.changes == (SetField(item("1"), FIELD_NAME, None, ("no-owner",), ("HYG-01",)),)
    assert {one.reason for one in plan.held} == {HeldReason.TOO_MANY_NEW}
    assert len(plan.held) == 3


# --- where nothing may be written -----------------------------------------------------------------------------------


def test_incomplete_and_closed_are_held_as_numbers() -> None:
    world = flags_world(items=[Item("1", complete=False), Item("2", "p2"), Item("3", "p2")], closed={"p2"})
    world.failing = [("1", "HYG-01", "major"), ("2", "HYG-01", "major"), ("3", "HYG-01", "major")]
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(one.target.key, one.reason) for one in plan.held] == [
        ("1 item", HeldReason.INCOMPLETE),
        ("2 items", HeldReason.CLOSED),
    ]


def test_items_without_the_field_are_held_once_and_only_when_flagged() -> None:
    world = World(options=FLAGS, failing=[("2", "HYG-01", "major"), ("3", "HYG-01", "major")])
    world.flags_field({"1": None})
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(one.target.key, one.name, one.reason) for one in plan.held] == [
        ("2 items", FIELD_NAME, HeldReason.NOT_WRITABLE)
    ]


def test_supportive_parts_get_nothing_and_lose_nothing() -> None:
    world = flags_world(items=[Item("1"), Item("2", "p2")], written={("item", "1", "field", FIELD_NAME): '["quiet"]'})
    world.flags_field({"1": ("quiet",)})
    world.failing = [("2", "HYG-01", "major")]
    world.more["modes"] = (ModeEntry(project="p1", mode=Mode.SUPPORTIVE),)
    plan = make_plan(world.inputs()).plan
    assert [change.target for change in plan.changes] == [item("2")]
    assert plan.held == ()


def test_a_standard_raised_by_name_is_kept_up_in_a_supportive_part() -> None:
    world = flags_world(written={("item", "1", "field", FIELD_NAME): '["no-owner","quiet"]'})
    world.flags_field({"1": ("no-owner", "quiet")})
    world.more |= {"mode": Mode.SUPPORTIVE, "modes": (ModeEntry(standard="HYG-01", mode=Mode.CONTROLLING),)}
    change = make_plan(world.inputs()).plan.changes[0]
    assert isinstance(change, SetField)
    assert change.after == ("quiet",)


@pytest.mark.parametrize(
    ("modes", "standards"),
    [
        ((ModeEntry(standard="HYG-01", project="p2", mode=Mode.CONTROLLING),), STANDARDS),
        (
            (ModeEntry(project="p1", mode=Mode.SUPPORTIVE),),
            (FlagSource("HYG-01", "no-owner", "sha256:1", mode=Mode.CONTROLLING),),
        ),
    ],
    ids=["raised elsewhere", "lowered here"],
)
@pytest.mark.parametrize("options", [FLAGS, LABELS], ids=["field", "labels"])
def test_a_supportive_part_loses_nothing_of_what_is_kept_up_elsewhere(
    options: WriteOptions, modes: tuple[ModeEntry, ...], standards: tuple[FlagSource, ...]
) -> None:
    world = World(options=options, items=[Item("1"), Item("2", "p2")])
    world.labels = [("1", "pmo-no-owner"), ("1", "pmo-action"), ("2", "pmo-no-owner"), ("2", "pmo-action")]
    world.flags_field({"1": ("no-owner",), "2": ("no-owner",)})
    world.written = {("item", id_, "field", FIELD_NAME): '["no-owner"]' for id_ in ("1", "2")}
    world.more |= {"modes": modes, "flags": standards, "mode": standards[0].mode or Mode.SUPPORTIVE}
    plan = make_plan(world.inputs()).plan
    assert {change.target for change in plan.changes} == {item("2")}
    assert plan.held == ()


def test_what_waits_for_a_yes_is_not_told_of_a_supportive_part() -> None:
    world = flags_world(items=[Item("1"), Item("2", "p2")], written={})
    world.flags_field({"1": ("no-owner",), "2": ("no-owner",)})
    world.past = {}
    world.more |= {
        "mode": Mode.SUPPORTIVE,
        "modes": (ModeEntry(standard="HYG-01", project="p2", mode=Mode.CONTROLLING),),
    }
    assert [held.target for held in make_plan(world.inputs()).plan.held] == [item("2")]


@pytest.mark.parametrize(("incomplete", "moved"), [({"Core"}, set()), ({"p1"}, {"2", "3"}), (set(), {"1", "2", "3"})])
def test_the_share_of_a_part_that_was_not_read_whole_moves_no_flag_of_its_members(
    incomplete: set[str], moved: set[str]
) -> None:
    """The flag on 1 and 2 would go, as their nodes pass now; 3 offends in a node that fails."""
    share = FlagSource("SCH-01", "no-logic", "sha256:s", shared=frozenset({Level.PROGRAMME, Level.PROJECT}))
    world = flags_world(items=[Item("1"), Item("2", "p2"), Item("3", "p2")], node_incomplete=incomplete)
    world.flags_field({"1": ("no-logic",), "2": ("no-logic",), "3": None})
    world.written = {("item", id_, "field", FIELD_NAME): '["no-logic"]' for id_ in ("1", "2")}
    world.failing = [("3", "SCH-01", "major")]
    world.finding = {"offender": True}
    world.more |= {"flags": (share,), "first_run": "apply"}
    assert {change.target.id for change in make_plan(world.inputs()).plan.changes} == moved


@pytest.mark.parametrize(("incomplete", "moved"), [(set(), {"1", "3"}), ({"p2"}, set())])
def test_a_flag_that_rests_on_relatives_stays_where_the_tracker_was_not_read_whole(
    incomplete: set[str], moved: set[str]
) -> None:
    """The flag on 1 would go and that of 3 come; with a part of the tracker unread nobody knows."""
    looks_below = FlagSource("HYG-12", "parent-disagrees", "sha256:s", related=True)
    world = flags_world(items=[Item("1"), Item("2", "p2"), Item("3", "p2")], node_incomplete=incomplete)
    world.flags_field({"1": ("parent-disagrees",), "3": None})
    world.written = {("item", "1", "field", FIELD_NAME): '["parent-disagrees"]'}
    world.failing = [("3", "HYG-12", "major")]
    world.more |= {"flags": (looks_below,), "first_run": "apply"}
    assert {change.target.id for change in make_plan(world.inputs()).plan.changes} == moved


# --- labels ---------------------------------------------------------------------------------------------------------


def test_labels_are_added_with_the_summary_flag() -> None:
    world = World(options=LABELS, failing=[("1", "HYG-01", "major")])
    assert make_plan(world.inputs()).plan.changes == (
        AddLabel(item("1"), "pmo-action", ("HYG-01",)),
        AddLabel(item("1"), "pmo-no-owner", ("HYG-01",)),
    )


def test_labels_known_by_name_are_taken_off_without_a_ledger_and_others_are_left() -> None:
    labels = ["pmo-no-owner", "pmo-action", "pmo-friend", "PMO-no-owner", "urgent"]
    world = World(options=LABELS, labels=[("1", label) for label in labels])
    inputs = world.inputs()
    assert make_plan(inputs).plan.changes == (
        RemoveLabel(item("1"), "pmo-action", ("HYG-01",)),
        RemoveLabel(item("1"), "pmo-no-owner", ("HYG-01",)),
    )
    assert foreign(inputs).get_column("name").to_list() == ["pmo-friend"]


def test_a_label_that_a_person_took_off_is_held_not_put_again() -> None:
    world = World(options=LABELS, failing=[("1", "HYG-01", "major")], labels=[("1", "pmo-action")])
    world.written = {("item", "1", "label", name): "true" for name in ("pmo-no-owner", "pmo-action")}
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(one.name, one.reason) for one in plan.held] == [("pmo-no-owner", HeldReason.EDITED)]


def test_a_label_that_a_person_took_off_when_it_had_to_go_is_agreed() -> None:
    world = World(options=LABELS)
    world.written = {("item", "1", "label", "pmo-no-owner"): "true"}
    planned = make_plan(world.inputs())
    assert (planned.plan.changes, planned.plan.held) == ((), ())
    assert planned.agreed.select("name", "value").rows() == [("pmo-no-owner", None)]


def test_a_label_of_a_standard_that_is_gone_goes_when_we_wrote_it() -> None:
    world = World(options=LABELS, labels=[("1", "pmo-old"), ("2", "pmo-old")])
    world.written = {("item", "1", "label", "pmo-old"): "true"}
    assert make_plan(world.inputs()).plan.changes == (RemoveLabel(item("1"), "pmo-old", ()),)


def test_the_flag_of_an_approved_standard_that_is_not_loaded_is_ours() -> None:
    world = World(options=LABELS, labels=[("1", "pmo-old-01")])
    world.past["approvals"] = approvals(*STANDARDS, replace(STANDARDS[0], standard="OLD-01"))
    assert make_plan(world.inputs()).plan.changes == (RemoveLabel(item("1"), "pmo-old-01", ()),)


def test_an_unapproved_label_is_held_by_name() -> None:
    world = World(options=LABELS, failing=[("1", "HYG-08", "major")])
    world.past["approvals"] = ()
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert plan.held == (Held(item("1"), "label", "pmo-quiet", None, "true", HeldReason.PREVIEW, ("HYG-08",)),)
