"""Files that are only ours: written whole or not at all, readable by nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pmo_sync.errors import StateError

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def private_folder(folder: Path) -> Path:
    """The folder, made with its parents where it was missing, for nobody but us. Raises StateError."""
    with plain_errors(f"the state folder {folder} cannot be used"):
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    return folder


def private_file(path: Path, content: bytes) -> None:
    """A new file with this content, on disk when the call returns. Raises FileExistsError when it is there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def settle_file(path: Path) -> None:
    """Makes a written file private, and sure to be on disk."""
    path.chmod(FILE_MODE)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle_folder(folder: Path) -> None:
    """Makes what was added to or renamed in a folder sure to be on disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def plain_errors(what: str) -> Iterator[None]:
    """Turns an error of the file system into a StateError that says what could not be done, and what to look at."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StateError(
            f"{what}: {reason}",
            advice="look at the folder's owner, rights and free space, or set state.dir in pmo.yaml",
        ) from None
