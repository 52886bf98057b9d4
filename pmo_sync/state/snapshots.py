"""Snapshots on disk: one folder each, Parquet per frame and a manifest; written once, whole or not at all.

`<state>/snapshots/<tracker>/<id>/{manifest.json, items.parquet, …}`. Ids sort by time, so history is a listing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import msgspec
import polars as pl

from pmo_sync.errors import StateError, UsageError
from pmo_sync.model.frames import MARKS, PROJECTS, PULLED, Marks, SchemaError, empty
from pmo_sync.model.snapshot import FORMAT_VERSION, Manifest, Snapshot
from pmo_sync.state.files import plain_errors, private_file, private_folder, settle_file, settle_folder

_MANIFEST: Final = "manifest.json"
_FRAMES: Final = ("items", "scopes", "projects", "links", "changes", "marks", "remembered", "accounts", "sprints")
_SINCE_2: Final = frozenset({"remembered", "accounts"})
"""Frames that a snapshot of format 1 has not: there they are empty."""
_IF_ANY: Final = frozenset({"sprints"})
"""Frames that are kept only where they have rows."""
_NARROWED: Final = {"items": PULLED, "projects": PROJECTS}
"""Frames that carry vocabulary columns beside their schema."""
_PULL: Final = "take a new one: pmo-sync pull"


class _Head(msgspec.Struct):
    format_version: int


def save(snapshot: Snapshot, root: Path) -> Path:
    """Keeps a snapshot below the state folder and gives its folder; after a crash it is there whole or not at all.

    Raises StateError when it cannot be written, or when one of this id is there already.
    """
    place = _place(root, snapshot.manifest.tracker, snapshot.manifest.id)
    draft = place.parent / f".{place.name}.{os.getpid()}"
    if place.exists():
        raise StateError(f"a snapshot {snapshot.manifest.id} is kept already at {place}", advice=_PULL)
    private_folder(place.parent)
    with plain_errors(f"the snapshot {snapshot.manifest.id} could not be kept"):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            _write(snapshot, draft)
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        settle_folder(place.parent)
    return place


def _write(snapshot: Snapshot, folder: Path) -> None:
    for name in _FRAMES:
        frame: pl.DataFrame = getattr(snapshot, name)
        if name in _IF_ANY and frame.is_empty():
            continue
        path = folder / f"{name}.parquet"
        frame.write_parquet(path, compression="zstd", statistics=False)
        settle_file(path)
    private_file(folder / _MANIFEST, msgspec.json.format(msgspec.json.encode(snapshot.manifest), indent=1) + b"\n")
    settle_folder(folder)


def load(
    root: Path, tracker: str, snapshot_id: str | None = None, *, columns: Collection[str] | None = None
) -> Snapshot:
    """A kept snapshot of a tracker: the one of this id, else the latest. With `columns` its items and projects have
    only these, as far as they were kept, beside what every snapshot has; and it has no marks.

    Raises UsageError when there is none, StateError when it is damaged or was written by a newer version.
    """
    found = ids(root, tracker)
    chosen = snapshot_id if snapshot_id is not None else (found[-1] if found else None)
    if chosen is None:
        raise UsageError(f'no snapshot of tracker "{tracker}" is kept', advice=_PULL)
    if chosen not in found:
        newest = f"; the latest is {found[-1]}" if found else ""
        raise UsageError(f'no snapshot "{chosen}" of tracker "{tracker}" is kept{newest}', advice=_PULL)
    place = _place(root, tracker, chosen)
    manifest = _manifest(place)
    kept = [name for name in _FRAMES if manifest.format_version > 1 or name not in _SINCE_2]
    kept = [name for name in kept if name not in _IF_ANY or (place / f"{name}.parquet").exists()]
    if columns is not None:
        kept = [name for name in kept if name not in {"marks", "remembered"}]
    frames = {name: _frame(place, f"{name}.parquet", _wanted(name, columns)) for name in kept}
    if columns is not None:
        frames |= {"marks": empty(MARKS), "remembered": empty(MARKS)}
    try:
        marks, remembered = Marks(frames.pop("marks")), Marks(frames.pop("remembered", empty(MARKS)))
        manifest = replace(manifest, format_version=FORMAT_VERSION)
        return Snapshot(manifest, **frames, marks=marks, remembered=remembered)
    except SchemaError as error:
        raise _damaged(place, str(error)) from None


def manifest(root: Path, tracker: str, snapshot_id: str) -> Manifest:
    """What one kept snapshot says of itself, without reading its frames. Raises StateError when it is damaged."""
    return _manifest(_place(root, tracker, snapshot_id))


def ids(root: Path, tracker: str) -> list[str]:
    """The ids of a tracker's kept snapshots, oldest first; nothing is opened."""
    folder = _tracker_folder(root, tracker)
    if not folder.is_dir():
        return []
    with plain_errors(f"the snapshots in {folder} cannot be listed"):
        return sorted(unquote(entry.name) for entry in folder.iterdir() if not entry.name.startswith("."))


def trackers(root: Path) -> list[str]:
    """The trackers that snapshots are kept of, by name."""
    folder = root / "snapshots"
    if not folder.is_dir():
        return []
    with plain_errors(f"the snapshots in {folder} cannot be listed"):
        return sorted(unquote(entry.name) for entry in folder.iterdir() if not entry.name.startswith("."))


def _manifest(place: Path) -> Manifest:
    try:
        data = (place / _MANIFEST).read_bytes()
        version = msgspec.json.decode(data, type=_Head).format_version
        if version > FORMAT_VERSION:
            raise StateError(
                f"the snapshot {place} is of a newer version (format {version}, this one reads {FORMAT_VERSION})",
                advice="use the newer version, or take a new snapshot: pmo-sync pull",
            )
        return msgspec.json.decode(data, type=Manifest)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise _damaged(place, f"{_MANIFEST}: {_first_line(error)}") from None


def _wanted(frame: str, columns: Collection[str] | None) -> frozenset[str] | None:
    """The columns to read of a frame; None: all of them."""
    schema = _NARROWED.get(frame)
    return None if columns is None or schema is None else frozenset(columns) | schema.keys()


def _frame(place: Path, name: str, columns: frozenset[str] | None = None) -> pl.DataFrame:
    try:
        if columns is None:
            return pl.read_parquet(place / name)
        held = pl.read_parquet_schema(place / name)
        return pl.read_parquet(place / name, columns=[column for column in held if column in columns])
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _damaged(place, f"{name}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _damaged(place: Path, why: str) -> StateError:
    return StateError(
        f"the snapshot {place} is damaged ({why})", advice="move that folder away; pmo-sync pull takes a new one"
    )


def _tracker_folder(root: Path, tracker: str) -> Path:
    return root / "snapshots" / _safe(tracker)


def _place(root: Path, tracker: str, snapshot_id: str) -> Path:
    return _tracker_folder(root, tracker) / _safe(snapshot_id)


def _safe(name: str) -> str:
    """A name as one part of a path, whatever it holds: never hidden, never above its folder."""
    text = quote(name, safe=" ")
    return "%2E" + text[1:] if text.startswith(".") else text
