"""The sandbox as its users hold it: start, load, edit as a person, look at what happened."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pmo_sync.errors import UsageError
from pmo_sync.sandbox.answering import Answerer
from pmo_sync.sandbox.hand import Hand
from pmo_sync.sandbox.knobs import Knobs
from pmo_sync.sandbox.loading import Loader
from pmo_sync.sandbox.records import Entry, Flavour, LogEntry, RemoteLink
from pmo_sync.sandbox.routes import Router
from pmo_sync.sandbox.seed import Seed
from pmo_sync.sandbox.server import Server
from pmo_sync.sandbox.store import Store, moment
from pmo_sync.sandbox.users import READER, WRITER, Door, visitor


@dataclass(frozen=True, slots=True)
class IssueState:
    """An issue as the store has it, for tests; also readable as a mapping of its attributes.

    `fields` holds what is not empty by field id: options as their text, people as account ids, issues as ids.
    """

    id: str
    key: str
    project: str
    labels: tuple[str, ...]
    fields: dict[str, object]
    properties: dict[str, object]
    remote_links: tuple[RemoteLink, ...]
    history: tuple[Entry, ...]
    updated: datetime

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)


def _utc_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _why(error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "another program uses that port"
    return (isinstance(error, OSError) and error.strerror) or "there is no such port"


class Sandbox:
    """A tracker. Serves between `start` and `close`, on 127.0.0.1 only; also a context manager.

    `state` keeps everything in one SQLite file; without it a private one is removed at `close`. `now` is the clock of
    the server (aware), `zone` the profile time zone of its two visitors, `port` 0 any that is free.
    """

    def __init__(
        self,
        flavour: Flavour,
        *,
        state: Path | None = None,
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        zone: str = "Asia/Kolkata",
    ) -> None:
        self.flavour = flavour
        self.knobs = Knobs()
        self.store = Store(state, flavour, now or _utc_now)
        self._zone = zone
        self._port = port
        self._server: Server | None = None
        self.writer = visitor(self.store, WRITER, zone)
        self.reader = visitor(self.store, READER, zone)
        door = Door(self.store, (self.writer, self.reader))
        self._answer = Answerer(self.store, self.knobs, door, Router(flavour), zone)

    def start(self) -> None:
        """It answers. Raises UsageError where the port is taken; starting twice is no error."""
        if self._server is not None:
            return
        try:
            self._server = Server(self._port, self._answer, self.store.now)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"The sandbox cannot listen on 127.0.0.1:{self._port}: {_why(error)}",
                advice="Name another port with --port.",
            ) from error
        self._port = self._server.server_port
        self._answer.url = self.url
        self._server.start()

    def close(self) -> None:
        """It answers no more; what it holds is in the state file. Closing twice is no error."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_empty(self) -> bool:
        """Whether it has no issue."""
        return not self.store.issues

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def load(self, seed: Seed) -> None:
        """The seed is there, at once visible to searches. Raises UsageError naming what it lacks; then nothing is."""
        with self.store.writing() as batch:
            Loader(self.store, self._zone, batch).load(seed)
        self.store.settle()

    def person(self, login: str) -> Hand:
        """Edits as that person would on the web pages. Raises UsageError for nobody."""
        account = self.store.catalogue.account(login)
        if account is None:
            raise UsageError(f'Nobody here signs in as "{login}"', advice="Add the account to the seed.")
        return Hand(self.store, account, self._zone)

    def issue(self, key_or_id: str) -> IssueState:
        """How the issue stands. Raises KeyError for none."""
        found = self.store.issue(key_or_id)
        if found is None:
            raise KeyError(key_or_id)
        fields = {id_: _readable(self.store, id_, value) for id_, value in found.values.items()}
        return IssueState(
            str(found.id),
            found.key,
            self.store.catalogue.projects[found.project].key,
            found.labels,
            fields,
            dict(found.properties),
            found.remote_links,
            found.history,
            moment(found.updated),
        )

    @property
    def log(self) -> list[LogEntry]:
        """Every request there was, the oldest first."""
        return list(self.store.log)

    @property
    def writes(self) -> list[LogEntry]:
        """The requests that changed something."""
        return [entry for entry in self.store.log if entry.is_write]

    @property
    def mails(self) -> dict[str, int]:
        """How many notifications were sent, by key of the issue; issues without any are not in it."""
        with self.store.lock:
            issues = self.store.issues
            return {issues[id_].key: count for id_, count in self.store.mails.items() if id_ in issues}


def _readable(store: Store, id_: str, value: object) -> object:
    field = store.catalogue.fields.get(id_)
    if field is None or field.kind not in ("select", "multiselect"):
        return value
    names = {one.id: one.name for one in field.options}
    if isinstance(value, list):
        return [names[one] for one in value]
    return names[value] if isinstance(value, int) else value
