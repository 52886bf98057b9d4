"""What users of the sandbox turn: latency, faults, a lagging index, a hook between requests."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pmo_sync.errors import UsageError

STATUSES = {"401", "403", "404", "429", "500", "502", "503", "504"}
SPOILS = {"drop", "lost", "html", "short", "empty", "repeat"}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|)")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request before it is handled."""

    method: str
    path: str
    user: str | None
    body: bytes


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong with some requests.

    Attributes:
        kind: a status that is answered instead of handling the request; `html`, a login page instead, with 200;
            `drop`, handled and the connection closed without an answer; `lost`, handled and answered with 504;
            of searches: `short`, half a page; `empty`, a page without issues; `repeat`, Cloud: the token that
            was sent comes back, Data Center: the page begins with the issue before it.
        rate: the share of matching requests it hits.
        times: how often it strikes at most; None: for ever.
        skip: how many matching requests it lets pass first.
        method: the verb it hits; empty: any.
        path: a regular expression to be found in path and query.
        retry_after: the header of a 429 or 503; None: no header.
    """

    kind: str
    rate: float = 1.0
    times: int | None = None
    skip: int = 0
    method: str = ""
    path: str = ""
    retry_after: str | None = "1"

    def __post_init__(self) -> None:
        if self.kind not in STATUSES | SPOILS:
            raise UsageError(
                f'There is no fault "{self.kind}"', advice=f"Use one of {', '.join(sorted(STATUSES | SPOILS))}."
            )

    def hits(self, method: str, path: str, chance: random.Random) -> bool:
        """Whether it strikes now; counts down."""
        if (self.method and self.method != method) or not re.search(self.path, path) or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.rate < 1 and chance.random() >= self.rate:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Knobs:
    """Changed at any time; the next request feels it.

    Attributes:
        latency: seconds every request waits.
        index_lag: seconds by which searches are behind.
        page_cap: the most issues of a page on Data Center.
        result_window: how many results Data Center lets page through.
        token_seconds: how long a page token of Cloud lives.
        bulk_polls: how often a bulk edit says RUNNING before it says COMPLETE.
        faults: tried in order; the first that strikes wins.
        before: called with each request before it is handled.
        seed: where chance begins, so that faults with a rate strike the same requests again.
    """

    latency: float = 0.0
    index_lag: float = 0.0
    page_cap: int = 1000
    result_window: int = 10_000
    token_seconds: float = 7 * 86_400
    bulk_polls: int = 1
    faults: list[Fault] = field(default_factory=list)
    before: Callable[[Incoming], None] | None = None
    seed: int = 1
    revoked: set[str] = field(default_factory=set)
    _chance: random.Random | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def revoke(self, token: str) -> None:
        """From the next request on the token is worth nothing."""
        self.revoked.add(token)

    def chaos(self, spec: str) -> None:
        """Turns knobs as `429=0.05,drop=0.01,latency=80ms,lag=30s,seed=7` says. Raises UsageError; then none is."""
        faults: list[Fault] = []
        seconds: dict[str, float] = {}
        seed = self.seed
        for part in filter(None, (one.strip() for one in spec.split(","))):
            name, _, value = part.partition("=")
            if name in ("latency", "lag"):
                seconds[name] = _seconds(name, value)
            elif name == "seed" and value.isdecimal():
                seed = int(value)
            else:
                faults.append(Fault(name, rate=_rate(name, value)))
        self.faults.extend(faults)
        self.latency = seconds.get("latency", self.latency)
        self.index_lag = seconds.get("lag", self.index_lag)
        self.seed, self._chance = seed, None

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request."""
        with self._lock:
            if self._chance is None:
                self._chance = random.Random(self.seed)  # noqa: S311 - chance that repeats, no secret
            chance = self._chance
            return next((one for one in self.faults if one.hits(method, path, chance)), None)


def _seconds(name: str, text: str) -> float:
    match = _SECONDS.fullmatch(text)
    if match is None:
        raise UsageError(f'"{text}" is no {name}', advice="Write a number and its unit: 80ms or 2s.")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise UsageError(f'"{text}" is no share for {name}', advice=f"Write {name}=0.05 for one request in twenty.")
    return rate
