"""When the next request may go: one limiter for all workers of a tracker. It sends nothing and never looks at a clock
but the one it is given.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.policy import Holds, Policy

_NUMBER: Final = re.compile(r"/\d+(?=[/.?]|$)")
_ISSUE: Final = re.compile(r"/issues?/(\d+)(?=[/.?]|$)")
_FIRST_BACK_OFF: Final = 2.0
_LONGEST_BACK_OFF: Final = 30.0
_SLOW_FOR: Final = 10.0
_SLOWER: Final = 4


@dataclass(frozen=True, slots=True)
class About:
    """What a request is about, as far as limits go: a kind of address with its method, and an issue if it is of one."""

    endpoint: str
    issue: str | None = None

    @classmethod
    def of(cls, method: str, path: str) -> About:
        """`PUT /rest/api/3/issue/10001` is about that kind of address, and about issue 10001."""
        issue = _ISSUE.search(path)
        return cls(f"{method} {_NUMBER.sub('/*', path.partition('?')[0])}", issue.group(1) if issue else None)


@dataclass(slots=True)
class _Clock:
    """A clock that has moved by at least what was slept."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    _ahead: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> float:
        return self.monotonic() + self._ahead

    def nap(self, seconds: float) -> None:
        until = self.now() + seconds
        self.sleep(seconds)
        with self._lock:
            self._ahead += max(0.0, until - self.now())


class Limiter:
    """Turns, holds and the end of patience. Safe to be asked by many threads at once.

    `waited` is how many seconds of the run were spent waiting because the tracker wanted it or failed.
    """

    def __init__(
        self, host: str, policy: Policy, sleep: Callable[[float], None], monotonic: Callable[[], float]
    ) -> None:
        self._host = host
        self._policy = policy
        self._clock = _Clock(monotonic, sleep)
        self._lock = threading.Lock()
        self._connections = threading.BoundedSemaphore(policy.connections)
        self._dice = random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._slot = 0.0
        self._slots: dict[str, float] = {}
        self._slow: dict[str, float] = {}
        self._holds: dict[tuple[Holds, str | None], float] = {}
        self._horizon = 0.0
        self._failed_tries = 0
        self._given_up = 0
        self._ended_because: str | None = None
        self.waited = 0.0

    @contextmanager
    def turn(self, about: About) -> Iterator[None]:
        """Waits until such a request may go, and keeps a connection for it meanwhile.

        Raises RequestError where nothing is sent any more, or the wait is longer than this run has patience for.
        """
        while True:
            self._sleep_until_due(about)
            self._connections.acquire()
            if not self._held(about) and self._ended_because is None:  # it may have become so while we waited
                break
            self._connections.release()
        try:
            yield
        finally:
            self._connections.release()

    def hold(self, about: About, what: Holds, seconds: float) -> None:
        """Nothing that this is about is sent for so many seconds and a moment: not all workers come back at once."""
        with self._lock:
            now = self._clock.now()
            until, key = now + seconds + self._dice.random(), _key(about, what)
            self._holds = {one: end for one, end in self._holds.items() if end > now}
            self._holds[key] = max(until, self._holds.get(key, until))
        if what is Holds.ENDPOINT:
            self.slow(about)

    def slow(self, about: About) -> None:
        """Such requests go at a quarter of the rate for some seconds: the tracker's own limit is near."""
        with self._lock:
            self._slow[about.endpoint] = self._clock.now() + _SLOW_FOR

    def back_off(self, tries: int) -> float:
        """Seconds to wait after so many tries of one request, where the tracker does not say: 2, 4, 8 … ± 30 %."""
        with self._lock:
            wait = _FIRST_BACK_OFF * 2.0 ** (tries - 1) * self._dice.uniform(0.7, 1.3)
        return min(_LONGEST_BACK_OFF, wait)

    def pause(self, seconds: float) -> None:
        """Waits. Raises RequestError where that is longer than this run has patience for."""
        if seconds <= 0:
            return
        with self._lock:
            self._spend(seconds, alone=False)
        self._clock.nap(seconds)

    def answered(self) -> None:
        """A request had a usable answer."""
        with self._lock:
            self._failed_tries = self._given_up = 0

    def failed(self) -> None:
        """A try had none; after many in a row nothing more is sent."""
        with self._lock:
            self._failed_tries += 1
            if self._failed_tries >= self._policy.failures * self._policy.tries:
                self._end(f"{self._failed_tries} tries in a row had no usable answer")

    def gave_up(self) -> None:
        """A request had none after all its tries."""
        with self._lock:
            self._given_up += 1
            if self._given_up >= self._policy.failures:
                self._end(f"{self._given_up} requests in a row had no usable answer")

    def _sleep_until_due(self, about: About) -> None:
        while True:
            with self._lock:
                if self._ended_because is not None:
                    raise RequestError(f"{self._host} is asked nothing more in this run: {self._ended_because}")
                left, alone = self._left(about)
                if left > 0:
                    self._spend(left, alone=alone)
                    wait = left
                else:
                    wait = self._reserve(about)
            if wait > 0:
                self._clock.nap(wait)
            if left <= 0:
                return

    def _left(self, about: About) -> tuple[float, bool]:
        """Seconds for which this is held, and whether only its issue is."""
        now = self._clock.now()
        holds = {what: self._holds.get(_key(about, what), now) - now for what in Holds}
        longest = max(holds, key=lambda what: holds[what])
        return holds[longest], longest is Holds.ISSUE

    def _held(self, about: About) -> bool:
        with self._lock:
            return self._left(about)[0] > 0

    def _reserve(self, about: About) -> float:
        """Seconds until the slot that this request has from now on."""
        now = self._clock.now()
        interval = 1 / self._policy.per_second
        slot = max(self._slot, now)
        self._slot = slot + interval
        if self._slow.get(about.endpoint, now) > now:
            slot = max(slot, self._slots.get(about.endpoint, now))
            self._slots[about.endpoint] = slot + interval * _SLOWER
        return slot - now

    def _spend(self, seconds: float, *, alone: bool) -> None:
        now = self._clock.now()
        more = max(0.0, now + seconds - max(self._horizon, now))
        if self.waited + more > self._policy.patience:
            if not alone:
                self._end(f"it asked us to wait {seconds:.0f} seconds")
            raise RequestError(
                f"{self._host} wants us to wait {seconds:.0f} seconds, longer than this run may; run again later"
            )
        self.waited += more
        self._horizon = max(self._horizon, now + seconds)

    def _end(self, why: str) -> None:
        self._ended_because = self._ended_because or why


def _key(about: About, what: Holds) -> tuple[Holds, str | None]:
    return what, {Holds.ALL: None, Holds.ENDPOINT: about.endpoint, Holds.ISSUE: about.issue}[what]
