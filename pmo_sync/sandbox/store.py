"""The state: decoded issues in memory, every change first in a SQLite file. One writer at a time; readers copy lists.

A batch is applied whole or not at all. Superseded versions of issues are kept for the lagging index.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from pmo_sync.errors import StateError
from pmo_sync.sandbox.records import Catalogue, Flavour, Issue, Link, LogEntry

TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS issues (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS links (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS former_keys (key TEXT PRIMARY KEY, issue INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mails (issue INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""
KEPT_VERSIONS = 200_000


@dataclass(slots=True)
class Batch:
    """Changes that belong together; None instead of an issue or link: gone."""

    issues: dict[int, Issue | None] = field(default_factory=dict)
    links: dict[int, Link | None] = field(default_factory=dict)
    former_keys: dict[str, int] = field(default_factory=dict)
    mails: Counter[int] = field(default_factory=Counter)
    catalogue: Catalogue | None = None

    def __bool__(self) -> bool:
        return bool(self.issues or self.links or self.former_keys or self.mails or self.catalogue is not None)


@dataclass(frozen=True, slots=True)
class Superseded:
    """How an issue stood until `at`; None: it did not exist."""

    at: datetime
    id: int
    issue: Issue | None


class Store:
    """Raises StateError where the file is no sandbox, one of the other flavour, or in use."""

    def __init__(self, path: Path | None, flavour: Flavour, now: Callable[[], datetime]) -> None:
        self.flavour = flavour
        self.now = now
        self.lock = threading.RLock()
        self.revision = 0
        self.catalogue = Catalogue()
        self.issues: dict[int, Issue] = {}
        self.keys: dict[str, int] = {}
        self.by_project: dict[int, dict[int, Issue]] = {}
        self.links_of: dict[int, dict[int, Link]] = {}
        self.links: dict[int, Link] = {}
        self.children: dict[int, set[int]] = {}
        self.mails: Counter[int] = Counter()
        self.log: list[LogEntry] = []
        self._superseded: deque[Superseded] = deque(maxlen=KEPT_VERSIONS)
        self._thread = threading.local()
        self._folder = None if path else tempfile.TemporaryDirectory(prefix="pmo-sync-sandbox-")
        self.path = path or Path(self._folder.name if self._folder else "") / "state.sqlite"
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, timeout=1, check_same_thread=False, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StateError(
                f"{self.path} cannot be opened: {error}", advice="Name a file in a folder that is there and yours."
            ) from error
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # what is in memory must be what is in the file
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'OFF' if self._folder else 'NORMAL'}")
            connection.executescript(TABLES)
            self._read(connection)
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            connection.close()
            if "locked" in str(error):
                raise StateError(f"{self.path} is in use by another sandbox", advice="Close it first.") from error
            raise StateError(
                f"{self.path} is no state of a sandbox: {error}", advice="Name another file, or none."
            ) from error
        except StateError:
            connection.close()
            raise
        return connection

    def _read(self, connection: sqlite3.Connection) -> None:
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        if meta.setdefault("flavour", self.flavour.value) != self.flavour.value:
            raise StateError(
                f"{self.path} holds a sandbox of flavour {meta['flavour']}, not {self.flavour.value}",
                advice="Start it with its own flavour, or name another file.",
            )
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('flavour', ?)", (self.flavour.value,))
        if "catalogue" in meta:
            self.catalogue = msgspec.json.decode(meta["catalogue"], type=Catalogue)
        issues, links = msgspec.json.Decoder(Issue), msgspec.json.Decoder(Link)
        self.keys.update(connection.execute("SELECT key, issue FROM former_keys").fetchall())
        for (body,) in connection.execute("SELECT body FROM issues ORDER BY id"):
            self._index(issues.decode(body))
        for (body,) in connection.execute("SELECT body FROM links ORDER BY id"):
            self._link(links.decode(body))
        self.mails.update(dict(connection.execute("SELECT issue, count FROM mails").fetchall()))
        entries = msgspec.json.Decoder(LogEntry)
        self.log.extend(entries.decode(body) for (body,) in connection.execute("SELECT body FROM log ORDER BY number"))

    def close(self) -> None:
        """Everything is in the file; a private one is gone. Closing twice is no error."""
        with self.lock:
            self._connection.close()
            if self._folder is not None:
                self._folder.cleanup()

    def meta(self, name: str, make: Callable[[], str]) -> str:
        """The word kept under a name; made and kept the first time."""
        with self.lock:
            row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            if row is None:
                row = (make(),)
                self._connection.execute("INSERT INTO meta VALUES (?, ?)", (name, row[0]))
            return str(row[0])

    @contextmanager
    def writing(self) -> Iterator[Batch]:
        """The only writer until the block ends; the batch is then applied whole. An error in the block: nothing is."""
        with self.lock:
            batch = Batch()
            yield batch
            if batch:
                self._persist(batch)
                self._apply(batch)
                self._thread.writes = self.writes_of_thread() + 1

    def writes_of_thread(self) -> int:
        """How many batches the calling thread has applied."""
        return int(getattr(self._thread, "writes", 0))

    def _persist(self, batch: Batch) -> None:
        run = self._connection
        run.execute("BEGIN")
        try:
            encode = msgspec.json.encode
            kept = [(id_, encode(one)) for id_, one in batch.issues.items() if one is not None]
            run.executemany("INSERT OR REPLACE INTO issues VALUES (?, ?)", kept)
            run.executemany("DELETE FROM issues WHERE id = ?", [(i,) for i, one in batch.issues.items() if one is None])
            tied = [(id_, encode(one)) for id_, one in batch.links.items() if one is not None]
            run.executemany("INSERT OR REPLACE INTO links VALUES (?, ?)", tied)
            run.executemany("DELETE FROM links WHERE id = ?", [(i,) for i, one in batch.links.items() if one is None])
            run.executemany("INSERT OR REPLACE INTO former_keys VALUES (?, ?)", batch.former_keys.items())
            mails = [(id_, self.mails[id_] + count) for id_, count in batch.mails.items()]
            run.executemany("INSERT OR REPLACE INTO mails VALUES (?, ?)", mails)
            if batch.catalogue is not None:
                body = encode(batch.catalogue).decode()
                run.execute("INSERT OR REPLACE INTO meta VALUES ('catalogue', ?)", (body,))
            run.execute("COMMIT")
        except BaseException:
            run.execute("ROLLBACK")
            raise

    def _apply(self, batch: Batch) -> None:
        at = self.now()
        if batch.catalogue is not None:
            self.catalogue = batch.catalogue
        for id_, issue in batch.issues.items():
            self._superseded.append(Superseded(at, id_, self.issues.get(id_)))
            self._forget(id_)
            if issue is not None:
                self._index(issue)
        self.keys.update(batch.former_keys)
        for id_, link in batch.links.items():
            gone = self.links.pop(id_, None)
            for end in (gone.source, gone.target) if gone else ():
                self.links_of[end].pop(id_, None)
            if link is not None:
                self._link(link)
        self.mails.update(batch.mails)
        self.revision += 1

    def _forget(self, id_: int) -> None:
        old = self.issues.pop(id_, None)
        if old is not None:
            self.keys.pop(old.key, None)
            self.by_project[old.project].pop(id_, None)
            self.children.get(_parent(old), set()).discard(id_)

    def _index(self, issue: Issue) -> None:
        self.issues[issue.id] = issue
        self.keys[issue.key] = issue.id
        self.by_project.setdefault(issue.project, {})[issue.id] = issue
        if _parent(issue):
            self.children.setdefault(_parent(issue), set()).add(issue.id)

    def _link(self, link: Link) -> None:
        self.links[link.id] = link
        for end in (link.source, link.target):
            self.links_of.setdefault(end, {})[link.id] = link

    def issue(self, key_or_id: str) -> Issue | None:
        """By id, key or a former key, whatever its case."""
        if key_or_id.isascii() and key_or_id.isdigit() and len(key_or_id) < 19:  # noqa: PLR2004 - fits a long
            return self.issues.get(int(key_or_id))
        return self.issues.get(self.keys.get(key_or_id.upper(), 0))

    def before(self, lag_seconds: float) -> dict[int, Issue | None]:
        """The issues that looked different so long ago, as they looked then; None: not there yet."""
        if lag_seconds <= 0:
            return {}
        limit = self.now() - timedelta(seconds=lag_seconds)
        older: dict[int, Issue | None] = {}
        with self.lock:
            for one in reversed(self._superseded):
                if one.at <= limit:
                    break
                older[one.id] = one.issue
        return older

    def settle(self) -> None:
        """The index has caught up with everything so far."""
        with self.lock:
            self._superseded.clear()

    def record(self, entry: Callable[[int], LogEntry]) -> None:
        """One more request in the log."""
        with self.lock:
            one = entry(len(self.log) + 1)
            self._connection.execute("INSERT INTO log VALUES (?, ?)", (one.number, msgspec.json.encode(one)))
            self.log.append(one)


def _parent(issue: Issue) -> int:
    parent = issue.values.get("parent")
    return parent if isinstance(parent, int) else 0


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime."""
    return round(moment.timestamp() * 1000)


def moment(epoch_milliseconds: int) -> datetime:
    """The other way, in UTC."""
    return datetime.fromtimestamp(epoch_milliseconds / 1000, UTC)
