"""What an answer does to the requests after it: told by a line without a network and a clock that only sleeps move."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest
import requests
import urllib3

from pmo_sync.connectors.policy import Policy, Repeat
from pmo_sync.connectors.transport import RequestError, Transport
from tests.unit.connectors.jira_answers import BASE, NOW, Asked, Line, Told

ANY = msgspec.json.Decoder(object)
JSON = {"Content-Type": "application/json"}


@dataclass
class World:
    """A transport, and when each request went."""

    answers: dict[str, list[Told]]
    at: float = 0.0
    sent: list[tuple[float, str]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def answer(self, asked: Asked) -> Told:
        self.sent.append((self.at, asked.path))
        waiting = self.answers.get(asked.path, [])
        return waiting.pop(0) if waiting else Told({})

    def transport(self, policy: Policy = Policy(per_second=1e9)) -> Transport:  # noqa: B008 - it is frozen
        session = requests.Session()
        session.mount("https://", Line(self.answer))
        return Transport(session, BASE, policy=policy, now=lambda: NOW, sleep=self.sleep, monotonic=lambda: self.at)

    def first(self, path: str, after: int = 0) -> float:
        return [at for at, one in self.sent if one == path][after]


def refused(**headers: str) -> Told:
    return Told({}, 429, JSON | {name.replace("_", "-"): value for name, value in headers.items()})


def put(transport: Transport, path: str) -> None:
    transport.write("PUT", path, b"{}", repeat=Repeat.WRITE, there=lambda: False)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry_After": "7"}, 7, 8.1),
        ({"Retry_After": "Mon, 23 Nov 2026 09:00:40 GMT"}, 40, 41.1),
        ({"X_RateLimit_Reset": "2026-11-23T09:00:30Z"}, 30, 31.1),
        ({"Retry_After": "0", "X_RateLimit_Interval_Seconds": "60", "X_RateLimit_FillRate": "10"}, 6, 7.1),
        ({"Retry_After": "0"}, 1.4, 2.7),
        ({}, 1.4, 2.7),
        ({"X_RateLimit_Reset": "soon", "X_RateLimit_FillRate": "0", "X_RateLimit_Interval_Seconds": "x"}, 1.4, 2.7),
    ],
)
def test_the_wait_after_too_many_requests(headers: dict[str, str], least: float, most: float) -> None:
    world = World({"/a": [refused(**headers)]})
    world.transport().read("/a", ANY)
    assert least <= world.first("/a", 1) <= most


@pytest.mark.parametrize(
    ("reason", "waits"),
    [
        ("jira-quota-global-based", {"/issue/1", "/issue/2", "/x"}),
        ("jira-quota-tenant-based", {"/issue/1", "/issue/2", "/x"}),
        ("something-new", {"/issue/1", "/issue/2", "/x"}),
        ("jira-burst-based", {"/issue/1", "/issue/2"}),
        ("jira-per-issue-on-write", {"/issue/1"}),
    ],
)
def test_who_waits_depends_on_the_reason(reason: str, waits: set[str]) -> None:
    for path in ("/issue/1", "/issue/2", "/x"):
        told = refused(Retry_After="50", RateLimit_Reason=reason)
        world = World({"/issue/1": [told]})
        transport = world.transport(Policy(per_second=1e9, tries=1))
        with pytest.raises(RequestError):
            put(transport, "/issue/1")
        put(transport, path)
        at = world.sent[-1][0]
        assert at >= 50 if path in waits else at < 1


def test_near_its_limit_a_tracker_is_asked_more_slowly() -> None:
    world = World({"/a": [Told({}, 200, JSON | {"X-RateLimit-NearLimit": "true"})]})
    transport = world.transport(Policy(per_second=10))
    for _ in range(3):
        transport.read("/a", ANY)
    assert world.first("/a", 2) - world.first("/a", 1) == pytest.approx(0.4, abs=0.01)


def test_a_server_that_died_is_asked_no_more_than_twenty_times_in_all() -> None:
    world = World({"/a": [Told({}, 503)] * 99})
    transport = world.transport()
    for _ in range(9):
        with pytest.raises(RequestError):
            transport.read("/a", ANY)
    assert len(world.sent) == 12
    assert transport.waited <= 3 * (2 + 4 + 8) * 1.3


def test_where_a_fifth_fails_there_are_less_than_half_as_many_again() -> None:
    dice = random.Random(7)  # noqa: S311 - the same faults each time
    world = World({f"/{number}": [] for number in range(1000)})
    faults = [Told({}, 503), Told({}, 429), Told(b"<html>", 200, {"Content-Type": "text/html"}), Told({}, 500)]

    def answer(_: Asked) -> Told:
        return dice.choice(faults) if dice.random() < 0.2 else Told({})

    world.answer = answer  # type: ignore[method-assign, assignment]
    transport = world.transport(Policy(per_second=1e9, patience=1e9))
    answered = 0
    for number in range(1000):
        with suppress(RequestError):
            answered += transport.read(f"/{number}", ANY) == {}
    assert answered >= 990
    assert 1.2 * 1000 < transport.requests < 1.5 * 1000


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", '"windows-1252"'])
def test_json_in_another_encoding_is_no_answer(charset: str) -> None:
    told = Told({}, 200, {"Content-Type": f"application/json; charset={charset}"})
    with pytest.raises(RequestError, match="another encoding than UTF-8"):
        World({"/a": [told] * 4}).transport().read("/a", ANY)


@pytest.mark.parametrize(
    "kind", ["application/json;charset=UTF-8", "application/json; charset='utf8'", "application/json"]
)
def test_json_in_utf_8_is(kind: str) -> None:
    told = Told({"a": "ü"}, 200, {"Content-Type": kind})
    assert World({"/a": [told]}).transport().read("/a", ANY) == {"a": "ü"}


def test_bytes_that_are_no_utf_8_are_no_answer() -> None:
    told = Told(b'{"a": "\xfc"}', 200, JSON)
    with pytest.raises(RequestError, match="cannot be read"):
        World({"/a": [told] * 4}).transport().read("/a", ANY)


def test_the_line_below_the_client_is_the_one_of_the_lock_file() -> None:
    lock = tomllib.loads((Path(__file__).parents[3] / "uv.lock").read_text(encoding="utf-8"))
    locked = {one["name"]: one["version"] for one in lock["package"] if "version" in one}
    assert locked["urllib3"] == version("urllib3") == vars(urllib3)["__version__"]
    assert "niquests" not in locked


def test_many_threads_are_counted_right() -> None:
    from pmo_sync.connectors.pool import asking

    transport = World({}).transport()

    def ask(number: int) -> Callable[[], object]:
        return lambda: transport.read(f"/{number}", ANY)

    with asking([ask(number) for number in range(200)], 8) as answers:
        assert list(answers) == [{}] * 200
    assert transport.requests == 200
    assert transport.writes == 0
