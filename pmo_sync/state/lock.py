"""One writer for each state folder: a lock file that says who, and that outlives no process of this machine."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from pmo_sync.errors import RefusedError
from pmo_sync.state.files import plain_errors, private_file, private_folder

_NAME: Final = "lock"
_TRIES: Final = 20


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock. `born` tells a process from a later one with the same number, where the system can."""

    id: str
    pid: int
    host: str
    started: str
    command: str
    born: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held; `release` it, or use it in a `with`."""

    path: Path
    holder: Holder

    def release(self) -> None:
        """Lets the next one in. Idempotent; a lock that somebody else took over is left alone."""
        if _read(self.path) == self.holder:
            with suppress(FileNotFoundError):
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class LockedError(RefusedError):
    """Another process writes. Exit 5; nothing was written. `holder` is None where the lock file cannot be read."""

    code = "locked"

    def __init__(self, message: str, *, advice: str, holder: Holder | None) -> None:
        super().__init__(message, advice=advice)
        self.holder = holder


def acquire(root: Path, *, command: str, now: datetime, break_lock: str | None = None) -> Lock:
    """The right to write with this state folder, until released.

    The lock of a process of this machine that is dead is taken over; any other only when `break_lock` is its id.
    Raises LockedError that says who holds it, since when, and how to break it; StateError when the folder cannot be
    used.
    """
    path = private_folder(root) / _NAME
    mine = Holder(secrets.token_hex(4), os.getpid(), socket.gethostname(), now.isoformat(), command, _born(os.getpid()))
    for _ in range(_TRIES):
        if _create(path, mine):
            return Lock(path, mine)
        other = _read(path)
        if other is None and not path.exists():
            continue
        if other is None or not (other.id == break_lock or _is_dead(other)):
            raise _locked(path, other)
        _take_away(path, other)
    raise _locked(path, _read(path))


def _create(path: Path, holder: Holder) -> bool:
    """True when the lock is ours. The file appears with its content, never empty, where the system has hard links."""
    draft = path.with_name(f".{_NAME}-{holder.id}")
    with plain_errors(f"the lock {path} cannot be made"):
        try:
            private_file(draft, msgspec.json.encode(holder))
            try:
                os.link(draft, path)
            except FileExistsError:
                return False
            except OSError:
                private_file(path, msgspec.json.encode(holder))
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
    return True


def _take_away(path: Path, other: Holder) -> None:
    """Removes the lock of this holder and no other's: only one process at a time may try, and it looks again first."""
    marker = path.with_name(f".{_NAME}-{other.id}.taken")
    with plain_errors(f"the lock {path} cannot be taken over"):
        try:
            private_file(marker, b"")
        except FileExistsError:
            raise LockedError(
                f"another process is taking over the lock {path}",
                advice=f"try again; if none is, remove {marker}",
                holder=other,
            ) from None
    try:
        if _read(path) == other:
            path.unlink(missing_ok=True)
    finally:
        marker.unlink(missing_ok=True)


def _read(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        return None


def _is_dead(holder: Holder) -> bool:
    """True only for a process of this machine that is sure to be gone."""
    # Elsewhere than on POSIX signal 0 is no harmless question.
    if holder.host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    born = _born(holder.pid)
    return born is not None and holder.born is not None and born != holder.born


def _born(pid: int) -> str | None:
    """When a process began: ticks since a boot, with the boot's id; None where the system does not tell."""
    try:
        # The second field, the name, is in brackets and may hold anything: what follows the last bracket is fixed.
        ticks = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, IndexError):
        return None
    return f"{boot}:{ticks}"


def _locked(path: Path, holder: Holder | None) -> LockedError:
    if holder is None:
        return LockedError(
            f"the lock {path} cannot be read", advice="if no other run is writing, remove that file", holder=None
        )
    return LockedError(
        f"{holder.command} writes since {holder.started} (process {holder.pid} on {holder.host})",
        advice=f"wait for it; if it is gone for sure: --break-lock {holder.id}",
        holder=holder,
    )
