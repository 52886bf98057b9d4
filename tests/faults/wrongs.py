"""What can go wrong between a client and its tracker, by name, and the dice that choose. Knows nothing of pmo_sync."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

WAIT = 7
"""Seconds of a Retry-After, unless an order says how many."""
LISTS = ("issues", "projects", "values")
JSON = {"Content-Type": "application/json; charset=utf-8"}
_QUESTIONS = ("/search", "/bulkfetch", "/approximate-count", "/jql/", "/permissions/check")

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; of its credentials a hash."""

    number: int
    at: datetime
    method: str
    path: str
    body: bytes
    account: str

    @property
    def writes(self) -> bool:
        """Whether it is to change something; a question that is too long for an address is none."""
        return self.method != "GET" and not any(part in self.path for part in _QUESTIONS)

    @property
    def place(self) -> str:
        return self.path.partition("?")[0]


@dataclass(frozen=True)
class Answer:
    """What goes back. `end` is how: `all` of it, a `cut` body, a `drip`, a `hang` or `nothing`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    end: str = "all"


class Chooser(Protocol):
    """What a request is answered with: the name of a fault, empty for the truth; and a number for its details."""

    def __call__(self, asked: Asked, times: int) -> tuple[str, int]: ...


@dataclass
class Order:
    """From the (skip + 1)-th request that fits on, `times` times, this fault. `seconds` is what a Retry-After says."""

    fault: str
    method: str = ""
    part: str = ""
    times: int = 10**6
    skip: int = 0
    seconds: int = WAIT

    def fits(self, asked: Asked) -> bool:
        """Whether it strikes now; counts down."""
        if (self.method and asked.method != self.method) or self.part not in asked.path or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


REFUSALS = ("401", "403", "404", "409", "422", "429", "429 date", "429 zero", "429 bare", "429 odd", "500", "502",
            "503", "503 date", "504", "302")  # fmt: skip
SILENT = ("dropped", "hangs")
"""The tracker is not asked, and there is no answer."""
LOST = ("done and lost", "done and hangs", "done and 500", "done and 504", "done and cut", "done and a page")
"""The tracker does it, and the answer does not say so."""
FALSE = ("login page", "empty", "null", "garbage", "yes and not done")
"""The tracker is not asked, and there is an answer with 200, or 204."""
LIES = ("short", "no rows", "half", "one twice", "again", "reversed", "no token", "no field", "stale", "fewer", "more",
        "no number", "clamped", "another")  # fmt: skip
"""The tracker's own answer, well formed and untrue. `reversed` and `one twice` leave nothing out; `clamped` says itself
that a page is shorter than was asked for; `another` answers about another issue."""
STRANGER = "stranger"
"""From this request on the tracker does not know us, and answers with what is public."""
SPOILT = ("cut", "drips")
NO_ANSWER = "X-No-Answer"
"""The header by which a proxy that `tells` of silence says that a client's wait was in vain, without the wait."""
SLOW = frozenset({"drips"})
"""They cost real time, so that no dice choose them."""


def rows_of(body: Any) -> tuple[str, list[Any]]:
    """The name and the rows of the list that an answer is; an empty name where it is none."""
    if isinstance(body, dict):
        for name in LISTS:
            if isinstance(body.get(name), list):
                return name, body[name]
    return "", []


def decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def altered(lie: str, content: bytes, number: int, before: bytes) -> bytes:
    """The answer with a lie in it; what is no list stays as it is, unless it is to be `another`."""
    body = decoded(content)
    name, rows = rows_of(body)
    if not name or lie == "another":
        return content if name or lie != "another" or before == b"{}" else before
    at = number % len(rows) if rows else 0
    if lie == "no token":
        body.pop("nextPageToken", None)
    elif lie in ("fewer", "more"):
        for total in {"total", "total_count"} & body.keys():
            body[total] = max(0, body[total] + {"fewer": -1, "more": 3}[lie])
    elif lie == "clamped":
        least = max(1, len(rows) // 2)
        for limit in {"limit", "maxResults"} & body.keys():
            body |= {limit: least, name: rows[:least]}
    elif lie == "no field":
        body[name] = [_without_a_field(row, number) if n == at else row for n, row in enumerate(rows)]
    else:
        body[name] = {
            "no number": rows[:at] + [_without_its_number(row) for row in rows[at : at + 1]] + rows[at + 1 :],
            "short": rows[:at] + rows[at + 1 :],
            "no rows": [],
            "half": rows[: len(rows) // 2],
            "one twice": rows + rows[at : at + 1],
            "again": rows_of(decoded(before))[1] or rows,
            "reversed": rows[::-1],
        }[lie]
    return json.dumps(body).encode()


def _without_its_number(row: Any) -> Any:
    return {name: value for name, value in row.items() if name != "id"} if isinstance(row, dict) else row


def _without_a_field(row: Json, number: int) -> Json:
    if isinstance(row.get("fields"), dict):
        kept = sorted(row["fields"])
        return row | {"fields": {name: row["fields"][name] for name in kept if name != kept[number % len(kept)]}}
    return {name: value for name, value in row.items() if name != "custom_fields"}


@dataclass(frozen=True)
class Dice:
    """Faults by seed: a share `reading` of the questions and `writing` of the changes go wrong.

    Each decision is a hash of the seed, the request and how often it came, so that it does not hang on their order.
    `denying` adds 401, 403 and the end of our key; `more` adds what only this tracker does.
    """

    seed: int
    reading: float
    writing: float
    denying: bool = False
    more: Callable[[Asked], Sequence[str]] = lambda _asked: ()

    def __call__(self, asked: Asked, times: int) -> tuple[str, int]:
        """The fault of this request."""
        what = f"{self.seed} {asked.method} {asked.path} {times}"
        dice = hashlib.sha256(what.encode()).digest()
        if int.from_bytes(dice[:4]) >= (self.writing if asked.writes else self.reading) * 2**32:
            return "", 0
        names = self._faults(asked)
        return names[int.from_bytes(dice[4:8]) % len(names)], int.from_bytes(dice[8:12])

    def _faults(self, asked: Asked) -> list[str]:
        refused = [one for one in REFUSALS if one not in ("400", "401", "403", "404", "409", "422")]
        names = [*refused, *(["401", "403", STRANGER] if self.denying else []), *self.more(asked), "login page"]
        if asked.writes:
            names += ["409", "422", *SILENT, *LOST, "yes and not done"]
        else:
            names += [*SILENT, *SPOILT, *LIES, "empty", "null", "garbage"]
        return [one for one in names if one not in SLOW]
