"""Faults by seed: each request is answered truly, refused, answered and lost, or lied to. Knows nothing of pmo_sync.

Each decision is a hash of (seed, request, how often it came), so that it does not hang on the order of requests.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from tests.faults.faulty_redmine import (
    Act,
    Asked,
    FaultyRedmine,
    Json,
    Normal,
    Reply,
    altered,
    as_json,
    dripping,
    page,
    raw,
    status,
    then,
    truncated,
)

WAIT: Final = 7


def dropped(_asked: Asked, _normal: Normal) -> Reply:
    """Not done, and no answer."""
    return Reply(silent=True)


def slow(_asked: Asked, _normal: Normal) -> Reply:
    """Not done, and no answer in time."""
    return Reply(hang=0.3)


def done_and(reply: Reply) -> Act:
    """Done, and the answer does not say so."""

    def act(_asked: Asked, normal: Normal) -> Reply:
        normal()
        return copy.deepcopy(reply)

    return act


def _rows(change: Callable[[list[Json]], list[Json]]) -> Act:
    def alter(body: Json) -> None:
        name = next(key for key, value in body.items() if isinstance(value, list))
        body[name] = change(body[name])

    return altered(alter)


def _total(by: int) -> Act:
    def alter(body: Json) -> None:
        body["total_count"] = max(0, body["total_count"] + by)

    return altered(alter)


def _without_number(rows: list[Json]) -> list[Json]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows[:1]] + rows[1:]


_PAGE: Final = {"Content-Type": "text/html"}
REFUSED: Final[Mapping[str, Act]] = {
    **{str(code): status(code) for code in (500, 502, 503, 504, 429)},
    "429 and an unreadable wait": status(429, Retry_After="soon"),
    "302": status(302, Location="https://elsewhere.example/login"),
    "dropped": dropped,
    "slow": slow,
}
READ: Final[Mapping[str, Act]] = {
    "login page": page(),
    "empty": raw(b""),
    "null": raw(b"null"),
    "garbage": raw(b'{"issues": [{'),
    "truncated": truncated,
}
LISTED: Final[Mapping[str, Act]] = {
    "404": status(404),
    "drips": dripping,
    "short": _rows(lambda rows: rows[:-1]),
    "no rows": _rows(lambda rows: rows[:0]),
    "half": _rows(lambda rows: rows[: len(rows) // 2]),
    "one skipped": _rows(lambda rows: rows[: len(rows) // 3] + rows[len(rows) // 3 + 1 :]),
    "one twice": _rows(lambda rows: [*rows[:1], *rows[:-1]]),
    "reordered": _rows(lambda rows: rows[::-1]),
    "a row without its number": _rows(_without_number),
    "counts more": _total(3),
    "counts less": _total(-1),
}
WRITTEN: Final[Mapping[str, Act]] = {
    "done and lost": done_and(Reply(silent=True)),
    "done and slow": done_and(Reply(hang=0.3)),
    "done and 500": then(500),
    "done and 504": then(504),
    "done and 409": then(409),
    "done and 302": done_and(Reply(302, b"", {**_PAGE, "Location": "https://elsewhere.example/login"})),
    "done and a page": done_and(Reply(200, b"<html>Sign in</html>", _PAGE)),
    "409": status(409),
    "422": lambda _asked, _normal: as_json({"errors": ["Subject cannot be blank"]}, 422),
    "yes and not done": lambda _asked, _normal: Reply(204),
}


@dataclass
class Chaos:
    """Answers a share `reading` of the GETs and `writing` of the PUTs wrongly. `denying` adds 401 and 403.

    `seen` are the issues and projects that a true row was sent of; `too_early` counts requests that came before a
    Retry-After had passed; `answered` counts answers by name, "truth" among them.
    """

    redmine: FaultyRedmine
    seed: int
    reading: float
    writing: float
    now: Callable[[], datetime]
    denying: bool = False
    answered: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, int]] = field(default_factory=set)
    too_early: int = 0
    lied_to: set[str] = field(default_factory=set)
    _times: Counter[str] = field(default_factory=Counter)
    _until: datetime | None = None

    def __post_init__(self) -> None:
        """Keeps how things stand now, to tell it later as if it were still so."""
        self._before = copy.deepcopy((self.redmine.issues, self.redmine.projects))

    @property
    def faults(self) -> int:
        return self.answered.total() - self.answered["truth"]

    @property
    def denied(self) -> bool:
        return bool(self.answered["401"] or self.answered["403"])

    def __call__(self, asked: Asked) -> Act:
        """What to answer this request with."""
        moment = self.now()
        if self._until is not None and moment < self._until:
            self.too_early += 1
        what = f"{asked.method} {asked.path} {sorted(asked.query.items())}"
        self._times[what] += 1
        dice = hashlib.sha256(f"{self.seed} {what} {self._times[what]}".encode()).digest()
        rate = self.reading if asked.method == "GET" else self.writing
        if int.from_bytes(dice[:4]) >= rate * 2**32:
            self.answered["truth"] += 1
            return self._witnessed
        acts = self._acts(asked)
        name = sorted(acts)[int.from_bytes(dice[4:8]) % len(acts)]
        self.answered[name] += 1
        return acts[name]

    def _acts(self, asked: Asked) -> Mapping[str, Act]:
        acts = {**REFUSED, "429 and seconds": self._wait, "503 and a date": self._wait_until}
        if asked.method != "GET":
            acts |= WRITTEN
        elif asked.path in {"/issues.json", "/projects.json"}:
            acts |= {**READ, **{name: self._seen_in(act) for name, act in LISTED.items()}}
        else:
            acts |= READ
            if asked.path.startswith(("/issues/", "/projects/")):
                acts |= {"as it was": self._as_it_was, "another": self._another}
        if self.denying:
            acts["401"] = status(401)
            if asked.method != "GET" or asked.path in {"/issues.json", "/projects.json", "/users/current.json"}:
                acts["403"] = status(403)
        return acts

    def _wait(self, _asked: Asked, _normal: Normal) -> Reply:
        self._until = self.now() + timedelta(seconds=WAIT)
        return Reply(429, b"", {**_PAGE, "Retry-After": str(WAIT)})

    def _wait_until(self, _asked: Asked, _normal: Normal) -> Reply:
        date = self.now().replace(microsecond=0)
        self._until = date + timedelta(seconds=WAIT)
        named = {"Date": format_datetime(date, usegmt=True), "Retry-After": format_datetime(self._until, usegmt=True)}
        return Reply(503, b"", {**_PAGE, **named})

    def _witnessed(self, asked: Asked, normal: Normal) -> Reply:
        reply = normal()
        self._see(asked, reply)
        return reply

    def _seen_in(self, act: Act) -> Act:
        def witnessed(asked: Asked, normal: Normal) -> Reply:
            reply = act(asked, normal)
            self._see(asked, reply)
            return reply

        return witnessed

    def _see(self, asked: Asked, reply: Reply) -> None:
        kind = asked.path.strip("/").removesuffix(".json")
        if asked.method == "GET" and kind in {"issues", "projects"} and reply.status == 200 and not reply.drip:
            self.seen |= {(kind, row["id"]) for row in json.loads(reply.body)[kind] if "id" in row}

    def _as_it_was(self, asked: Asked, normal: Normal) -> Reply:
        return self._one_of(self._before[0], self._before[1], asked, 0) or normal()

    def _another(self, asked: Asked, normal: Normal) -> Reply:
        return self._one_of(self.redmine.issues, self.redmine.projects, asked, 1) or normal()

    def _one_of(self, issues: Mapping[int, Json], projects: list[Json], asked: Asked, shift: int) -> Reply | None:
        self.lied_to.add(asked.path)
        kind, _, number = asked.path.strip("/").removesuffix(".json").partition("/")
        rows = list(issues.values()) if kind == "issues" else projects
        for place, row in enumerate(rows):
            if str(row["id"]) == number:
                return as_json({kind.removesuffix("s"): rows[(place + shift) % len(rows)]})
        return None
