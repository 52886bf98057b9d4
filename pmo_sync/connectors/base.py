"""What a connector must, may and should do. The conformance suite in tests/ proves it for each one in the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

from pydantic import SecretStr

from pmo_sync.connectors.policy import Policy
from pmo_sync.model.change import Change, Outcome, Target, Value
from pmo_sync.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Needs:
    """What a pull is for.

    Attributes:
        columns: the vocabulary columns (and `fields.x`) that loaded standards, figures and structure read.
        holidays: the days off it will be judged with.
        people: the entries of `people` in pmo.yaml for this tracker, and of `bots`: ids, logins or names of accounts.
        remember: nothing here knows what we last wrote there: the tracker is asked for its own notes, item by item if
            it has no other way.
        label_prefix: of our labels; empty where any label may be ours.
        fresh: ids of items that we may have written to since the snapshot that a pull goes on from: where a search
            does not show them newer than it, they are read by id.
        history: the columns of FROM_HISTORY that something asks for: where no field gives them, the history of edits
            is read; and every other column of which somebody asks how often it changed.
    """

    columns: frozenset[str]
    holidays: tuple[date, ...] = ()
    people: frozenset[str] = frozenset()
    remember: bool = False
    label_prefix: str = ""
    fresh: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Since:
    """What a pull goes on from: a snapshot that is whole, and from when on changes are read, by the tracker's clock
    (what it shows late is allowed for already).
    """

    previous: Snapshot
    watermark: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of long work, for a person who waits: what is done, how many of how many (None = not known yet), and for
    how many seconds of the run nothing was asked because the tracker wanted so or failed.
    """

    what: str
    done: int
    total: int | None
    waited: float = 0.0


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """How one target stands now: its `updated` text and the values of the places we may write, by channel and name.

    `exists` is false when it is gone or not visible; `closed` when nothing may be written to it. Links are not looked
    at here: whoever writes one looks first.
    """

    target: Target
    updated: str | None
    fields: dict[str, Value] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    exists: bool = True
    closed: bool = False


FIELD: Final = "field"
"""The subject of the lines, one for each field of the tracker, that `doctor --fields` shows."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One line of `doctor`: what was looked at, whether it is well (None = cannot be told), and how to mend it."""

    subject: str
    ok: bool | None
    text: str
    remedy: str | None = None


class Credentials(Protocol):
    """Who we are at one tracker. `user` is None where the tracker tells by the token alone."""

    @property
    def user(self) -> str | None: ...

    @property
    def token(self) -> SecretStr: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All that `connect(name, options, surroundings)` of a connector takes from the outside.

    Attributes:
        secret: who we are there; asked once at most.
        now: the clock, UTC.
        sleep: how to wait, in seconds.
        folder: of the project; paths in the options start there.
        owner: the owner_id of pmo.yaml.
        policy: how hard the tracker is asked; None where the options say it.
        monotonic: seconds that pass, from any start.
    """

    secret: Callable[[], Credentials]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    folder: Path
    owner: str = "pmo"
    policy: Policy | None = None
    monotonic: Callable[[], float] = time.monotonic


class Connector(Protocol):
    """One tracker, after its identity has been proven. Every method may raise a PmoError and nothing else foreign.

    Must: never write in `pull`, `look` or `probe`; never follow a redirect; never report a change as written that it
    has not read back; never touch a field or label that the change does not name.
    """

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        ...

    @property
    def writes(self) -> int:
        """How many of them were sent to change something."""
        ...

    @property
    def server_time(self) -> datetime | None:
        """The tracker's clock as it last told; None where it tells none."""
        ...

    def pull(self, needs: Needs, report: Report, since: Since | None = None) -> Snapshot:
        """Everything in scope, now; with `since` all projects, and of the items those that changed since
        (`model.merge` makes one snapshot of both). A part that cannot be read whole is marked in SCOPES and in
        `manifest.problems`; only a failure of identity or permission for everything raises.
        """
        ...

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        """How the targets stand now, in the order asked."""
        ...

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carries out changes that all have one target, in one request where the tracker can; one outcome each."""
        ...

    def probe(self) -> list[Probe]:
        """What `doctor` prints: each line says how to mend what it finds."""
        ...

    def close(self) -> None:
        """Lets go of connections. Idempotent."""
        ...
