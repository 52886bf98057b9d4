from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.limiter import About, Limiter
from pmo_sync.connectors.policy import Holds, Policy

SEARCH = About.of("POST", "/rest/api/3/search/jql")
ISSUE = About.of("PUT", "/rest/api/3/issue/10001")
OTHER = About.of("PUT", "/rest/api/3/issue/10002")
NOTE = About.of("PUT", "/rest/api/3/issue/10001/properties/pmo-sync.pmo")


@dataclass
class World:
    """A clock that only moves when somebody sleeps."""

    at: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def limiter(self, **policy: float) -> Limiter:
        return Limiter("jira.example.net", Policy(**{"per_second": 1e9, **policy}), self.sleep, lambda: self.at)  # type: ignore[arg-type]

    def wait(self, limiter: Limiter, about: About) -> float:
        """Seconds until such a request has its turn."""
        before = self.at
        with limiter.turn(about):
            return self.at - before


@pytest.fixture
def world() -> World:
    return World()


def test_what_a_request_is_about() -> None:
    assert About("PUT /rest/api/*/issue/*", "10001") == ISSUE
    assert OTHER.endpoint == ISSUE.endpoint
    assert NOTE.issue == "10001"
    assert About.of("PUT", "/issues/7.json") == About("PUT /issues/*.json", "7")
    assert About.of("GET", "/rest/api/2/project") == About("GET /rest/api/*/project", None)
    assert About.of("POST", "/jql/parse?validation=strict").endpoint == "POST /jql/parse"


def test_requests_keep_their_distance(world: World) -> None:
    limiter = world.limiter(per_second=4)
    assert [world.wait(limiter, one) for one in (SEARCH, ISSUE, SEARCH)] == pytest.approx([0, 0.25, 0.25], abs=1e-6)


@pytest.mark.parametrize(
    ("holds", "held", "free"),
    [
        (Holds.ALL, [SEARCH, ISSUE, OTHER, NOTE], []),
        (Holds.ENDPOINT, [ISSUE, OTHER], [SEARCH, NOTE]),
        (Holds.ISSUE, [ISSUE, NOTE], [SEARCH, OTHER]),
    ],
)
def test_a_hold_is_a_minimum_for_what_it_is_about_and_nothing_else(
    holds: Holds, held: list[About], free: list[About]
) -> None:
    for about in [*held, *free]:
        world = World()
        limiter = world.limiter()
        limiter.hold(ISSUE, holds, 7)
        wait = world.wait(limiter, about)
        assert 7 <= wait <= 8.1 if about in held else wait < 0.01


def test_a_shorter_hold_does_not_end_a_longer_one(world: World) -> None:
    limiter = world.limiter()
    limiter.hold(SEARCH, Holds.ALL, 20)
    limiter.hold(SEARCH, Holds.ALL, 1)
    assert world.wait(limiter, SEARCH) >= 20


def test_near_the_limit_that_endpoint_goes_slower_for_some_seconds(world: World) -> None:
    limiter = world.limiter(per_second=10)
    limiter.slow(SEARCH)
    world.wait(limiter, SEARCH)
    assert world.wait(limiter, SEARCH) == pytest.approx(0.4, abs=1e-6)
    assert world.wait(limiter, ISSUE) < 0.2
    world.at += 10
    world.wait(limiter, SEARCH)
    assert world.wait(limiter, SEARCH) == pytest.approx(0.1, abs=1e-6)


def test_waits_at_the_same_time_count_once(world: World) -> None:
    limiter = Limiter("host", Policy(patience=10), lambda _: None, lambda: world.at)
    for _ in range(4):
        limiter._spend(8, alone=False)
    assert limiter.waited == 8


def test_a_wait_longer_than_the_run_has_patience_for_ends_it(world: World) -> None:
    limiter = world.limiter(patience=300)
    limiter.hold(SEARCH, Holds.ALL, 1847)
    with pytest.raises(RequestError, match="longer than this run may"):
        world.wait(limiter, SEARCH)
    with pytest.raises(RequestError, match="asked nothing more"):
        world.wait(limiter, ISSUE)
    assert world.slept == []


def test_a_long_wait_for_one_issue_leaves_the_others_alone(world: World) -> None:
    limiter = world.limiter(patience=300)
    limiter.hold(ISSUE, Holds.ISSUE, 1847)
    with pytest.raises(RequestError, match="longer than this run may"):
        world.wait(limiter, ISSUE)
    assert world.wait(limiter, OTHER) < 0.01


def test_many_waits_use_the_patience_up(world: World) -> None:
    limiter = world.limiter(patience=30)
    limiter.pause(14)
    limiter.pause(14)
    with pytest.raises(RequestError):
        limiter.pause(14)
    assert sum(world.slept) == 28


def test_a_server_that_is_dead_is_left_alone_after_few_tries(world: World) -> None:
    limiter = world.limiter(failures=3, tries=4)
    for _ in range(11):
        limiter.failed()
    world.wait(limiter, SEARCH)
    limiter.failed()
    with pytest.raises(RequestError, match="12 tries in a row"):
        world.wait(limiter, SEARCH)


def test_an_answer_in_between_forgives_what_failed(world: World) -> None:
    limiter = world.limiter(failures=2, tries=2)
    for _ in range(3):
        limiter.failed()
        limiter.gave_up()
        limiter.answered()
    world.wait(limiter, SEARCH)


def test_back_off_doubles_with_jitter_and_has_an_end(world: World) -> None:
    limiter = world.limiter()
    for tries, usual in ((1, 2), (2, 4), (3, 8), (4, 16)):
        waits = {limiter.back_off(tries) for _ in range(50)}
        assert len(waits) > 1
        assert all(0.7 * usual <= wait <= 1.3 * usual for wait in waits)
    assert limiter.back_off(9) == 30


def test_no_more_requests_are_under_way_than_there_are_connections() -> None:
    limiter = Limiter("host", Policy(per_second=1e9, connections=3), lambda _: None, lambda: 0.0)
    full, go, most, lock, inside = threading.Event(), threading.Event(), [0], threading.Lock(), [0]

    def work() -> None:
        with limiter.turn(SEARCH):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                if inside[0] == 3:
                    full.set()
            go.wait(5)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(9)]
    for thread in threads:
        thread.start()
    assert full.wait(5)
    go.set()
    for thread in threads:
        thread.join()
    assert most == [3]
