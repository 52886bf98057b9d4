"""Promises of writing: nothing of a person is lost, and nothing is called written that does not stand there."""

from __future__ import annotations

import pytest

from pmo_sync.errors import PmoError
from pmo_sync.model.change import Result
from tests.conformance.harness import NAME, STERN, Item, World, results

TOOK = {Result.WRITTEN}


class Writing:
    """Marks and fields."""

    def test_what_is_written_is_what_a_look_shows(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        outcomes = connector.write(world.flag(number, (), {world.ours}) + world.paint(number, None, "Red"))
        assert set(results(outcomes)) == TOOK
        seen = connector.look([world.target(number)])[0]
        assert world.marks_seen(connector, number) == {world.ours}
        assert seen.fields["RAG"] == "Red"

    def test_what_is_called_written_stands_in_the_tracker(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        outcomes = world.open().write(world.flag(number, (), {world.ours}) + world.paint(number, None, "Red"))
        assert set(results(outcomes)) == TOOK
        assert world.marks(number) == {world.ours}
        assert world.colour(number) == "Red"

    def test_a_second_write_of_the_same_is_unchanged_and_sends_nothing(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        connector.write(world.flag(number, (), {world.ours}) + world.paint(number, None, "Red"))
        taken, sent = world.taken(), connector.writes
        again = connector.write(world.flag(number, (), {world.ours}) + world.paint(number, None, "Red"))
        assert set(results(again)) == {Result.UNCHANGED}
        assert (world.taken(), connector.writes) == (taken, sent)

    def test_a_mark_that_is_not_there_is_removed_without_a_write(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        assert set(results(connector.write(world.flag(number, {world.ours}, ())))) == {Result.UNCHANGED}
        assert connector.writes == 0
        assert world.taken() == 0

    def test_marks_of_people_survive_ours(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        world.mark(number, world.human)
        connector = world.open()
        have = {world.human}
        assert set(results(connector.write(world.flag(number, have, have | {world.ours})))) == TOOK
        assert world.marks(number) == {world.human, world.ours}
        assert set(results(connector.write(world.flag(number, have | {world.ours}, have)))) == TOOK
        assert world.marks(number) == {world.human}

    def test_a_mark_that_a_person_sets_after_the_plan_survives(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        changes = world.flag(number, (), {world.ours})
        world.mark(number, world.human)
        assert set(results(connector.write(changes))) <= {Result.WRITTEN, Result.STALE}
        assert world.human in world.marks(number)

    def test_a_value_that_a_person_changed_after_the_plan_stands(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.edit(number, colour="Amber")
        assert results(connector.write(world.paint(number, None, "Red"))) == [Result.STALE]
        assert world.colour(number) == "Amber"
        assert connector.writes == 0

    def test_one_of_our_marks_goes_and_another_comes_together(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        connector.write(world.flag(number, (), {world.ours}))
        assert set(results(connector.write(world.flag(number, {world.ours}, {world.other})))) == TOOK
        assert world.marks(number) == {world.other}

    def test_a_field_can_be_emptied(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        world.edit(number, colour="Amber")
        assert results(world.open().write(world.paint(number, "Amber", None))) == [Result.WRITTEN]
        assert world.colour(number) is None

    def test_a_write_touches_nothing_else(self, world: World) -> None:
        number, other = world.make(Item("one", owned=True), Item("other"))
        before = world.pull().items.drop("updated", "labels", strict=False)
        world.open().write(world.flag(number, (), {world.ours}))
        assert world.pull().items.drop("updated", "labels", strict=False).equals(before)
        assert world.marks(other) == set()

    def test_a_deleted_item_is_gone_and_nothing_is_written(self, world: World) -> None:
        _, number = world.make(Item("stays"), Item("goes"))
        connector = world.open()
        world.delete(number)
        assert not connector.look([world.target(number)])[0].exists
        assert results(connector.write(world.flag(number, (), {world.ours}))) == [Result.STALE]
        assert connector.writes == 0

    def test_looks_come_in_the_order_they_were_asked(self, world: World) -> None:
        made = world.make(Item("a"), Item("b"), Item("c"))
        targets = [world.target(number) for number in (made[2], made[0], made[1])]
        assert [seen.target for seen in world.open().look(targets)] == targets

    def test_a_project_that_is_closed_is_never_written_to(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        world.freeze(number)
        connector = world.open()
        assert set(results(connector.write(world.flag(number, (), {world.ours})))) == {Result.REFUSED}
        assert world.marks(number) == set()
        assert world.taken() == 0

    def test_a_token_that_may_only_read_reads_and_is_refused_to_write(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open("reader")
        assert connector.look([world.target(number)])[0].exists
        (outcome,) = connector.write(world.flag(number, (), {world.ours}))
        assert (outcome.result, outcome.permission) == (Result.REFUSED, True)
        assert world.taken() == 0

    def test_a_right_that_is_lost_after_the_plan_is_a_refusal_that_says_so(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        connector.look([world.target(number)])
        world.forbid()
        (outcome,) = connector.write(world.flag(number, (), {world.ours}))
        assert (outcome.result, outcome.permission) == (Result.REFUSED, True)
        assert outcome.detail
        assert world.marks(number) == set()

    def test_a_change_that_is_made_and_whose_answer_is_lost_is_made_once(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.proxy.order("done and lost", method="PUT", times=1)
        assert set(results(connector.write(world.flag(number, (), {world.ours})))) == TOOK
        assert world.proxy.faults["done and lost"] == 1
        assert world.proxy.twice == []
        assert world.marks(number) == {world.ours}

    @pytest.mark.parametrize("fault", ["500", "503", "dropped", "429"])
    def test_a_change_that_is_turned_away_is_made_at_the_next_try(self, world: World, fault: str) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.proxy.order(fault, method="PUT", times=1)
        assert set(results(connector.write(world.flag(number, (), {world.ours})))) == TOOK
        assert world.marks(number) == {world.ours}

    @pytest.mark.parametrize("fault", ["yes and not done", "login page", "302"])
    def test_a_yes_that_did_nothing_is_never_called_written(self, world: World, fault: str) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.proxy.order(fault, method="PUT")
        try:
            found = results(connector.write(world.flag(number, (), {world.ours})))
        except PmoError:
            found = []
        assert not {Result.WRITTEN, Result.UNCHANGED} & set(found)
        assert world.marks(number) == set()

    def test_a_change_that_never_gets_through_ends_as_failed(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open(policy=STERN)
        world.proxy.order("500", method="PUT")
        assert results(connector.write(world.flag(number, (), {world.ours}))) == [Result.FAILED]
        assert world.marks(number) == set()

    def test_a_write_of_nothing_sends_nothing(self, world: World) -> None:
        connector = world.open()
        assert connector.write([]) == []
        assert connector.look([]) == []
        assert connector.writes == 0

    def test_targets_are_of_the_tracker_that_was_named(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        snapshot = world.pull()
        assert snapshot.manifest.tracker == NAME
        assert set(snapshot.marks.get_column("tracker")) <= {NAME}
        assert number in set(snapshot.items.get_column("id"))
