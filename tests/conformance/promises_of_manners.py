"""Promises of manners: who we are, how often we ask, what we never do and never show."""

from __future__ import annotations

import pytest

from pmo_sync.connectors.base import Progress
from pmo_sync.errors import AccessError, IncompleteError, PmoError
from tests.conformance.harness import EVERYTHING, HASTY, STERN, Item, World

SLACK = 1e-6


class Manners:
    """Towards the tracker and towards those who read what we say."""

    def test_nothing_is_written_while_pulling_looking_and_probing(self, world: World) -> None:
        made = world.make(Item("one"), Item("two", owned=True))
        world.mark(made[0], world.ours)
        before = world.taken()
        connector = world.open()
        connector.pull(EVERYTHING, lambda _: None)
        connector.look([world.target(number) for number in made])
        connector.probe()
        assert connector.writes == 0
        assert world.taken() == before
        assert world.line is None or world.proxy.writes == []

    def test_requests_and_writes_are_counted_as_the_tracker_counts_them(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        connector.pull(EVERYTHING, lambda _: None)
        connector.write(world.flag(number, (), {world.ours}))
        assert connector.requests == len(world.proxy.log)
        assert connector.writes == len(world.proxy.writes)

    def test_a_snapshot_says_how_many_requests_it_took(self, world: World) -> None:
        world.make(Item("one"))
        connector = world.open()
        before = len(world.proxy.log)
        snapshot = connector.pull(EVERYTHING, lambda _: None)
        assert snapshot.manifest.requests == len(world.proxy.log) - before

    def test_progress_is_told_and_never_goes_beyond_its_total(self, world: World) -> None:
        world.fill()
        told: list[Progress] = []
        world.open().pull(EVERYTHING, told.append)
        assert told
        assert [step for step in told if step.total is not None and step.done > step.total] == []

    def test_closing_twice_is_no_error(self, world: World) -> None:
        world.make(Item("one"))
        connector = world.open()
        connector.pull(EVERYTHING, lambda _: None)
        connector.close()
        connector.close()

    def test_a_wrong_token_is_no_access_and_never_an_empty_tracker(self, world: World) -> None:
        world.make(Item("one"))
        with pytest.raises(AccessError) as caught:
            world.open("nobody").pull(EVERYTHING, lambda _: None)
        assert caught.value.exit_code == 4
        assert caught.value.advice

    def test_the_token_of_somebody_else_is_no_access(self, world: World) -> None:
        with pytest.raises(AccessError):
            world.open("somebody").pull(EVERYTHING, lambda _: None)

    def test_a_token_that_is_withdrawn_before_a_write_writes_nothing(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.withdraw()
        with pytest.raises(AccessError):
            connector.write(world.flag(number, (), {world.ours}))
        assert world.taken() == 0

    def test_a_token_that_is_withdrawn_before_a_pull_blames_no_scope(self, world: World) -> None:
        world.make(Item("one"))
        connector = world.open()
        world.withdraw()
        with pytest.raises(AccessError) as caught:
            connector.pull(EVERYTHING, lambda _: None)
        assert "scope" not in caught.value.message

    def test_no_secret_is_in_anything_that_is_said(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        snapshot = connector.pull(EVERYTHING, lambda _: None)
        said = [repr(connector), repr(snapshot), *(repr(probe) for probe in connector.probe())]
        said.append(repr(connector.write(world.flag(number, (), {world.ours}))))
        world.withdraw()
        with pytest.raises(AccessError) as caught:
            connector.pull(EVERYTHING, lambda _: None)
        error = caught.value
        said += [repr(error), str(error), str(error.advice), repr(error.__cause__), repr(error.__context__)]
        assert all(world.secret() not in text for text in said)

    def test_a_tracker_that_repeats_our_secret_is_not_quoted(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        world.proxy.order("echo", method="PUT")
        said = repr(connector.write(world.flag(number, (), {world.ours})))
        assert "bad request" in said
        world.proxy.order("echo", part=world.lists)
        try:
            said += repr(connector.pull(EVERYTHING, lambda _: None).manifest)
        except PmoError as error:
            said += f"{error!r} {error} {error.advice} {error.__cause__!r}"
        shown = {one for header in world.proxy.secrets for one in (header, header.rpartition(" ")[2])}
        assert shown
        assert [one for one in (world.secret(), *shown) if one in said] == []

    def test_a_request_carries_our_secret_in_its_header_only(self, world: World) -> None:
        (number,) = world.make(Item("one"))
        connector = world.open()
        connector.pull(EVERYTHING, lambda _: None)
        connector.write(world.flag(number, (), {world.ours}))
        for entry in world.proxy.log:
            assert entry.asked.account != "nobody"
            assert world.secret() not in entry.asked.path + entry.asked.body.decode()

    def test_a_redirect_is_never_followed(self, world: World) -> None:
        world.make(Item("one"))
        connector = world.open()
        world.proxy.order("302", part=world.lists)
        with_location = len(world.proxy.log)
        try:
            assert not connector.pull(EVERYTHING, lambda _: None).manifest.complete
        except PmoError as error:
            assert "elsewhere.example" in f"{error} {error.advice}"  # noqa: PT017 - either outcome keeps the promise
        assert not any("/login" in entry.asked.path for entry in world.proxy.log[with_location:])

    @pytest.mark.parametrize("fault", ["login page", "empty", "null", "garbage", "cut"])
    def test_an_answer_that_is_none_is_asked_for_again(self, world: World, fault: str) -> None:
        made = world.fill(3)
        connector = world.open()
        world.proxy.order(fault, part=world.lists, times=1)
        try:
            snapshot = connector.pull(EVERYTHING, lambda _: None)
        except IncompleteError:
            return
        assert set(snapshot.items.get_column("id")) == set(made) or not snapshot.manifest.complete

    @pytest.mark.parametrize("fault", ["500", "502", "503", "504", "dropped"])
    def test_a_short_failure_costs_another_try_and_nothing_else(self, world: World, fault: str) -> None:
        made = world.fill(3)
        connector = world.open()
        world.proxy.order(fault, part=world.lists, times=1)
        snapshot = connector.pull(EVERYTHING, lambda _: None)
        assert set(snapshot.items.get_column("id")) == set(made)
        assert snapshot.manifest.complete

    @pytest.mark.parametrize("fault", ["429", "429 date", "503", "503 date"])
    def test_nobody_is_asked_before_the_time_that_was_told(self, world: World, fault: str) -> None:
        world.fill(3)
        connector = world.open()
        world.proxy.order(fault, part=world.lists, times=2, seconds=90)
        assert connector.pull(EVERYTHING, lambda _: None).manifest.complete
        assert sum(world.clock.slept) >= 2 * 90 - SLACK
        assert world.proxy.early == 0

    @pytest.mark.parametrize("fault", ["429 zero", "429 bare", "429 odd"])
    def test_a_429_without_a_time_is_waited_for_all_the_same(self, world: World, fault: str) -> None:
        world.fill(3)
        connector = world.open()
        world.proxy.order(fault, part=world.lists, times=2)
        before = sum(world.clock.slept)
        assert connector.pull(EVERYTHING, lambda _: None).manifest.complete
        assert sum(world.clock.slept) > before

    def test_a_wait_that_is_too_long_ends_the_run_at_once(self, world: World) -> None:
        world.fill(3)
        connector = world.open(policy=STERN)
        world.proxy.order("429", part=world.lists, seconds=86_400)
        slept = sum(world.clock.slept)
        try:
            assert not connector.pull(EVERYTHING, lambda _: None).manifest.complete
        except IncompleteError as error:
            assert error.exit_code == 3  # noqa: PT017 - either outcome keeps the promise
        assert sum(world.clock.slept) - slept < 300
        assert world.proxy.early == 0

    def test_a_tracker_that_stops_answering_is_given_up_in_time(self, world: World) -> None:
        world.fill(3)
        connector = world.open()
        quick = world.open(policy=HASTY) if world.kind.startswith("jira") else connector
        world.proxy.order("dropped")
        try:
            snapshot = quick.pull(EVERYTHING, lambda _: None)
        except IncompleteError as error:
            assert error.exit_code == 3  # noqa: PT017 - either outcome keeps the promise
        else:
            assert not snapshot.manifest.complete

    def test_an_answer_that_hangs_meets_its_deadline(self, world: World) -> None:
        connector = world.open(policy=HASTY) if world.kind.startswith("jira") else world.open()
        world.fill(2)
        world.proxy.order("hangs", part=world.lists, times=1)
        snapshot = connector.pull(EVERYTHING, lambda _: None)
        assert len(snapshot.items) == 2 or not snapshot.manifest.complete

    def test_every_probe_that_is_not_well_says_how_to_mend_it(self, world: World) -> None:
        world.make(Item("one", type="Sonstiges"))
        probes = world.open().probe()
        assert probes
        assert all(probe.text for probe in probes)
        assert [probe for probe in probes if probe.ok is False and not probe.remedy] == []

    def test_a_probe_with_a_token_that_may_only_read_says_what_to_grant(self, world: World) -> None:
        world.make(Item("one"))
        probes = world.open("reader").probe()
        refused = [f"{probe.text} {probe.remedy}" for probe in probes if probe.ok is False]
        assert any("edit" in text.lower() for text in refused), refused
