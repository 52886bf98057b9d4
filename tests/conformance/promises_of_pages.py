"""Promises of reading lists whole: what pages may do, and what then becomes of a snapshot."""

from __future__ import annotations

import pytest

from pmo_sync.errors import AccessError, PmoError
from pmo_sync.model.snapshot import Snapshot
from tests.conformance.harness import EVERYTHING, Item, World
from tests.faults.proxy import Proxy
from tests.faults.wrongs import Asked


def ids(snapshot: Snapshot) -> list[str]:
    return snapshot.items.get_column("id").to_list()


def whole_or_told(snapshot: Snapshot, world: World) -> bool:
    """True when everything was read, once; else the snapshot must say that it was not."""
    found = ids(snapshot)
    assert len(found) == len(set(found))
    whole = set(found) == world.ids()
    assert whole or not snapshot.manifest.complete
    assert snapshot.manifest.complete == (not snapshot.manifest.problems)
    return whole


def between_pages(proxy: Proxy, part: str, act: object, at: int = 2) -> None:
    """Calls `act` once, before the at-th request of the list is answered."""
    count = 0

    def before(asked: Asked) -> None:
        nonlocal count
        if part in asked.path and "/project" not in asked.path:
            count += 1
            if count == at:
                act()  # type: ignore[operator]

    proxy.before = before


class Pages:
    """Lists, page by page."""

    def test_more_items_than_a_page_holds_are_all_read(self, world: World) -> None:
        made = world.fill()
        snapshot = world.pull()
        assert sorted(ids(snapshot), key=int) == made
        assert snapshot.manifest.complete
        assert snapshot.scopes.get_column("complete").all()

    def test_an_empty_tracker_is_a_whole_snapshot_without_items(self, world: World) -> None:
        snapshot = world.pull()
        assert ids(snapshot) == []
        assert snapshot.manifest.complete

    @pytest.mark.parametrize("lie", ["short", "half", "no rows"])
    def test_a_page_with_rows_left_out_is_made_good_or_told(self, world: World, lie: str) -> None:
        world.fill()
        world.proxy.order(lie, part=world.lists, times=1)
        whole_or_told(world.pull(), world)
        assert world.proxy.faults[lie] == 1

    def test_pages_that_always_leave_out_rows_are_never_a_whole_snapshot(self, world: World) -> None:
        world.fill()
        world.proxy.order("half", part=world.lists)
        assert not whole_or_told(world.pull(), world) or world.kind == "jira-cloud"

    def test_the_same_page_again_is_made_good_or_told(self, world: World) -> None:
        world.fill()
        world.proxy.order("again", part=world.lists, times=1, skip=1)
        whole_or_told(world.pull(), world)

    def test_pages_that_overlap_give_each_row_once(self, world: World) -> None:
        world.fill()
        world.proxy.order("one twice", part=world.lists, times=1)
        whole_or_told(world.pull(), world)

    def test_rows_in_another_order_make_no_difference_or_are_told(self, world: World) -> None:
        world.fill()
        straight = world.pull()
        world.proxy.order("reversed", part=world.lists, times=2)
        shuffled = world.pull()
        if whole_or_told(shuffled, world):
            assert shuffled.items.equals(straight.items)

    def test_a_count_that_is_too_small_ends_no_list_early(self, world: World) -> None:
        world.fill()
        world.proxy.order("fewer", part=world.lists, times=1)
        whole_or_told(world.pull(), world)

    def test_a_page_token_that_expires_begins_the_list_again(self, world: World) -> None:
        made = world.fill()
        world.proxy.order("400", part=world.lists, times=1, skip=1)
        snapshot = world.pull()
        assert sorted(ids(snapshot), key=int) == made
        assert snapshot.manifest.complete

    def test_a_page_without_the_token_of_the_next_is_made_good_or_told(self, world: World) -> None:
        world.fill()
        world.proxy.order("no token", part=world.lists, times=1)
        whole_or_told(world.pull(), world)

    def test_an_item_that_is_deleted_between_pages_hides_no_other(self, world: World) -> None:
        made = world.fill()
        between_pages(world.proxy, world.lists, lambda: world.delete(made[0]))
        found = world.pull()
        assert set(made[1:]) <= set(ids(found)) or not found.manifest.complete

    def test_an_item_that_moves_in_the_order_between_pages_is_one_row(self, world: World) -> None:
        made = world.fill()
        between_pages(world.proxy, world.lists, lambda: world.edit(made[1], title="touched meanwhile"))
        assert whole_or_told(world.pull(), world)

    def test_an_item_that_is_made_between_pages_disturbs_no_other(self, world: World) -> None:
        made = world.fill()
        between_pages(world.proxy, world.lists, lambda: world.make(Item("late")))
        found = world.pull()
        assert set(made) <= set(ids(found)) or not found.manifest.complete

    def test_a_token_that_is_withdrawn_between_pages_is_no_short_list(self, world: World) -> None:
        world.fill()
        connector = world.open()
        between_pages(world.proxy, world.lists, world.withdraw)
        with pytest.raises(AccessError) as caught:
            connector.pull(EVERYTHING, lambda _: None)
        assert caught.value.exit_code == 4

    @pytest.mark.parametrize("status", ["401", "403"])
    def test_a_right_that_is_lost_between_pages_is_no_short_list(self, world: World, status: str) -> None:
        world.fill()
        connector = world.open()
        world.proxy.order(status, part=world.lists, skip=1)
        try:
            snapshot = connector.pull(EVERYTHING, lambda _: None)
        except PmoError as error:
            assert isinstance(error, AccessError)  # noqa: PT017 - either outcome keeps the promise
        else:
            assert not snapshot.manifest.complete

    def test_a_list_of_projects_that_cannot_be_read_makes_nothing_whole(self, world: World) -> None:
        world.make(Item("one"), Item("two", place=1))
        connector = world.open()
        world.proxy.order("500", part="/project")
        try:
            snapshot = connector.pull(EVERYTHING, lambda _: None)
        except PmoError:
            return
        assert not snapshot.manifest.complete
        assert not snapshot.scopes.get_column("complete").any()
