from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from pmo_sync.model.change import HeldReason, SetField, TargetKind
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.model.words import Mode, Rag
from pmo_sync.plan.build import make_plan
from pmo_sync.plan.inputs import TrackerWrites
from pmo_sync.plan.options import WriteOptions
from pmo_sync.plan.summaries import summaries
from pmo_sync.plan.words import figure_text, flags_in, rag_words, same
from tests.unit.plan.world import Item, World, item, project

PROJECT = TargetKind.PROJECT
HEALTH = WriteOptions(fields={"health": "PMO health"})
WORDS = rag_words({})


def health_world() -> World:
    """Nodes: portfolio, programme, p1, p2; two projects that have the field."""
    world = World(items=[Item("1"), Item("2", "p2")], options=HEALTH)
    world.figures = {"computed_rag": [Rag.RED, Rag.RED, Rag.AMBER_GREEN, None], "progress": [None, 0.4, 0.625, 0.411]}
    world.fields = {(PROJECT, "p1", "PMO health"): None, (PROJECT, "p2", "PMO health"): None}
    return world


def test_health_is_written_to_the_tracker_projects_of_a_node_in_its_words() -> None:
    world = health_world()
    change = SetField(project("p1"), "PMO health", None, "Amber/Green", ("roll-up",))
    assert make_plan(world.inputs()).plan.changes == (change,)
    world.values = {"reported_rag": {"from": "green", "Gelbgrün": "amber_green", "Gelb": "amber"}}
    changed = make_plan(world.inputs()).plan.changes[0]
    assert isinstance(changed, SetField)
    assert changed.after == "Gelbgrün"


def test_a_colour_nobody_can_tell_empties_what_we_wrote() -> None:
    world = health_world()
    world.fields[PROJECT, "p2", "PMO health"] = "Green"
    world.written = {("project", "p2", "field", "PMO health"): '"Green"'}
    changes = make_plan(world.inputs()).plan.changes
    assert SetField(project("p2"), "PMO health", "Green", None, ("roll-up",)) in changes


def test_a_home_item_takes_the_summary_in_place_of_the_project() -> None:
    world = health_world()
    world.homes = {"p1": "1", "Core": "2"}
    world.fields |= {(TargetKind.ITEM, "1", "PMO health"): None, (TargetKind.ITEM, "2", "PMO health"): None}
    changes = make_plan(world.inputs()).plan.changes
    assert [(change.target, change.after) for change in changes if isinstance(change, SetField)] == [
        (item("1"), "Amber/Green"),
        (item("2"), "Red"),
    ]


def test_a_home_in_one_tracker_is_the_only_place_for_projects_of_both() -> None:
    world = health_world()
    world.homes = {"p1": "1"}
    inputs = world.inputs()
    theirs = inputs.portfolio.node_projects.with_columns(tracker=pl.lit("mirror"))
    portfolio = replace(inputs.portfolio, node_projects=pl.concat([inputs.portfolio.node_projects, theirs]))
    writes = {**inputs.writes, "mirror": TrackerWrites(HEALTH)}
    wanted = summaries(replace(inputs, portfolio=portfolio, writes=writes))
    assert set(wanted.select("tracker", "target_kind", "target_id").rows()) == {
        ("plant", "item", "1"),
        ("plant", "project", "p2"),
        ("mirror", "project", "p2"),
    }


def test_shares_and_scores_are_whole_per_cent() -> None:
    world = health_world()
    world.options = WriteOptions(fields={"progress": "Progress", "compliance": "Compliance"})
    world.fields = {(PROJECT, name, field): None for name in ("p1", "p2") for field in ("Progress", "Compliance")}
    world.more["scores"] = pl.DataFrame(
        {"node": [0, 1, 2, 3], "compliance": [0.5, 0.5, 0.875, 1.0]}, schema_overrides={"node": pl.UInt32}
    )
    changes = make_plan(world.inputs()).plan.changes
    assert [(c.target.id, c.field, c.after) for c in changes if isinstance(c, SetField)] == [
        ("p1", "Compliance", "88"),
        ("p1", "Progress", "63"),
        ("p2", "Compliance", "100"),
        ("p2", "Progress", "41"),
    ]


def test_a_figure_that_is_not_built_wants_nothing() -> None:
    world = health_world()
    world.options = WriteOptions(fields={"cpi": "PMO health"})
    world.fields[PROJECT, "p1", "PMO health"] = "Green"
    plan = make_plan(world.inputs()).plan
    assert (plan.changes, plan.held) == ((), ())


def test_a_person_s_edit_of_a_summary_is_held() -> None:
    world = health_world()
    world.fields[PROJECT, "p1", "PMO health"] = "Green"
    world.written = {("project", "p1", "field", "PMO health"): '"Red"'}
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(h.target, h.observed, h.wanted, h.reason) for h in plan.held] == [
        (project("p1"), "Green", "Amber/Green", HeldReason.EDITED)
    ]


def test_a_value_that_stood_there_before_us_is_held_unless_taken_over() -> None:
    world = health_world()
    world.fields[PROJECT, "p1", "PMO health"] = "Green"
    assert make_plan(world.inputs()).plan.held[0].reason is HeldReason.NOT_OURS
    world.options = WriteOptions(fields=HEALTH.fields, take_over=True)
    assert len(make_plan(world.inputs()).plan.changes) == 1


def test_an_edit_that_came_to_what_we_want_is_agreed_and_ours_again() -> None:
    world = health_world()
    world.fields[PROJECT, "p1", "PMO health"] = "Amber/Green"
    world.written = {("project", "p1", "field", "PMO health"): '"Red"'}
    planned = make_plan(world.inputs())
    assert (planned.plan.changes, planned.plan.held) == ((), ())
    assert planned.agreed.get_column("value").to_list() == ['"Amber/Green"']
    world.written = {}
    assert make_plan(world.inputs()).agreed.is_empty()


def test_a_project_without_the_field_is_held_once() -> None:
    world = health_world()
    world.figures["computed_rag"] = [Rag.RED] * 4
    world.fields = {}
    held = make_plan(world.inputs()).plan.held
    assert [(one.target.key, one.reason) for one in held] == [("2 projects", HeldReason.NOT_WRITABLE)]


def test_closed_projects_are_held_and_incomplete_nodes_counted() -> None:
    world = health_world()
    world.figures["computed_rag"] = [Rag.RED] * 4
    world.closed = {"p1"}
    world.node_incomplete = {"p2"}
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(one.target.key, one.reason) for one in plan.held] == [
        ("1 project", HeldReason.INCOMPLETE),
        ("P1", HeldReason.CLOSED),
    ]


def test_supportive_mode_writes_no_summary() -> None:
    world = health_world()
    world.more["mode"] = Mode.SUPPORTIVE
    assert make_plan(world.inputs()).plan.changes == ()
    world.more["modes"] = (
        ModeEntry(standard="HYG-01", mode=Mode.CONTROLLING),
        ModeEntry(project="p1", mode=Mode.CONTROLLING),
        ModeEntry(programme="Core", mode=Mode.SUPPORTIVE),
    )
    assert [change.target for change in make_plan(world.inputs()).plan.changes] == [project("p1")]


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (None, ColumnType.MONEY, None),
        (1234567.891, ColumnType.MONEY, "1234567.89"),
        (1200.0, ColumnType.MONEY, "1200"),
        (100.0, ColumnType.HOURS, "100"),
        (0.996, ColumnType.SHARE, "99"),  # never all of it while something is left
        (1.0, ColumnType.SHARE, "100"),
        (1.004, ColumnType.SHARE, "100"),
        (-0.001, ColumnType.MONEY, "0"),
        (2.675, ColumnType.HOURS, "2.68"),
        (float("nan"), ColumnType.HOURS, None),
        (7, ColumnType.INTEGER, "7"),
        (0.0, ColumnType.SHARE, "0"),
        (0.005, ColumnType.SHARE, "1"),
        (date(2027, 2, 12), ColumnType.DATE, "2027-02-12"),
        (datetime(2027, 2, 12, 8, 5, tzinfo=UTC), ColumnType.TIME, "2027-02-12T08:05:00Z"),
        (True, ColumnType.BOOLEAN, "1"),
        (False, ColumnType.BOOLEAN, "0"),
        ("yes", ColumnType.TEXT, "yes"),
        ("grey", ColumnType.ENUM, "Grey"),
    ],
)
def test_figures_as_fields_take_them(value: object, type_: ColumnType, text: str | None) -> None:
    assert figure_text(value, type_, WORDS) == text


def test_health_words_go_before_those_of_the_reported_colour() -> None:
    words = rag_words({"health": {"OK": "green"}, "reported_rag": {"Grün": "green", "Gelb": "amber", "Ocker": "amber"}})
    assert (words[Rag.GREEN], words[Rag.AMBER], words[Rag.RED]) == ("OK", "Gelb", "Red")


def test_values_that_mean_the_same() -> None:
    assert same("41", "41.00")
    assert same(("b", "a"), ("a", "b"))
    assert same(None, "")
    assert not same("41", "41 %")
    assert not same("1e1", "10")
    assert not same("a", ("a",))
    assert flags_in("b, a;c  a") == ("a", "b", "c")
