"""The file behind the ledger: made private, opened safely, brought to the revision of this version."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from pmo_sync.errors import StateError
from pmo_sync.state.files import FILE_MODE, plain_errors, private_folder
from pmo_sync.state.tables import HEAD, revision

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_PATIENCE_SECONDS: Final = 10


def open_database(path: Path) -> Engine:
    """An engine on a ledger of the present revision: write-ahead log, every commit on disk before it returns.

    Makes the file, readable by us alone, where there is none. Raises StateError when it cannot be used, or was
    written by a newer version; a damaged file is kept aside and the error says where.
    """
    private_folder(path.parent)
    with plain_errors(f"the ledger {path} cannot be opened"):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with guarded(path), engine.begin() as connection:
            _verify(connection)
            _migrate(connection, path)
    except _DamagedError as error:
        engine.dispose()
        raise _keep_aside(path, str(error)) from None
    return engine


class _DamagedError(Exception):
    """The file is no database, or not a whole one."""


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Transactions begin where `_begin` says, so that changes of the schema are part of them as well.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _verify(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise _DamagedError(str(found))


def _migrate(connection: Connection, path: Path) -> None:
    inspector = inspect(connection)
    known = inspector.has_table("alembic_version")
    present = connection.execute(select(revision.c.version_num)).scalar() if known else None
    if present == HEAD:
        return
    if present is not None and present > HEAD:
        raise StateError(
            f"the ledger {path} was written by a newer version (revision {present}, this one knows {HEAD})",
            advice="use the newer version again, or another state.dir",
        )
    if present is None and inspector.get_table_names():
        raise _DamagedError("it holds tables and no revision")
    upgrade(connection)


def upgrade(connection: Connection) -> None:
    """Brings the ledger behind an open transaction to HEAD; nothing is lasting until the caller commits."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _DamagedError(f"its revision is none of ours: {error}") from None


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns errors of the database into a StateError, or, while opening, into the sign that the file is damaged."""
    try:
        yield
    except UnicodeDecodeError as error:
        # SQLite quotes the damage in its message, and its bytes are no text any more.
        raise _DamagedError(repr(error.object)[:200]) from None
    except (DBAPIError, sqlite3.Error) as error:  # the latter where rows are taken from the driver itself
        origin = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(origin, "sqlite_errorcode", 0) or 0
        if code & 0xFF in _DAMAGED or "decode" in str(origin):
            raise _DamagedError(str(origin)) from None
        raise StateError(
            f"the ledger {path} cannot be used: {origin}",
            advice="look at the file's owner, rights and free space, and whether another run holds it",
        ) from None


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """`guarded` for a ledger that is open: damage found late leaves the file where it is."""
    try:
        with guarded(path):
            yield
    except _DamagedError as error:
        raise StateError(
            f"the ledger {path} is damaged: {error}",
            advice="the next run keeps it aside and begins an empty one",
        ) from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """`in_use` for what only reads: values of a kind that we never wrote are damage as well."""
    try:
        with in_use(path):
            yield
    except (ValueError, TypeError, pl.exceptions.PolarsError, msgspec.MsgspecError) as error:
        raise StateError(
            f"the ledger {path} is damaged: it holds what we never wrote ({type(error).__name__})",
            advice="move it away and run again: an empty ledger begins",
        ) from None


def _keep_aside(path: Path, why: str) -> StateError:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    with plain_errors(f"the damaged ledger {path} cannot be kept aside"):
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    return StateError(
        f"the ledger {path} is damaged ({why}); it is kept aside as {aside.name}",
        advice="run again: an empty ledger begins. Flags are recognised by their names; a field that we wrote before "
        "is held until you empty it or set take_over for one run",
    )
