"""One pull of one tracker, as data: what was seen, how whole it is, when. Immutable once taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Marks

FORMAT_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot says of itself.

    Attributes:
        id: name of the snapshot, unique in its tracker, sorts by time.
        tracker, kind, url: the tracker as pmo.yaml has it (url without credentials; of a file its name).
        address: of an item, for people: `{id}` or `{key}` in it stands for the item's own. Empty in files, whose items
            have their `url` themselves.
        account: who we were in the tracker; None for a file.
        pulled_at: the server's clock where it tells, UTC.
        complete: every scope was read whole.
        problems: one sentence for each scope that was not, and why.
        columns: vocabulary columns (and `fields.x`) that this snapshot holds; others were not asked for or not mapped.
            A column of FROM_HISTORY that the items have not is held as history: `changes`.
        requests: how many requests the pull took.
        holidays: the days off it is judged with.
        silent_projects: ids of projects in which a change of ours sends no mail.
        unmapped: words of the tracker that nothing maps: (column, word, how many items).
        watermark: the server's clock before the first search; None where it tells none, and in files.
        full_at: the watermark of the last pull that read everything; None where the snapshot cannot be gone on from.
        basis: fingerprint of all that shapes the rows; empty where the snapshot cannot be gone on from.
        changes_since: from when on changes were read, and everything else taken from before; None: all was read.
        noted: `remembered` holds all that the tracker's own notes say.
        journal: number of the last entry in our journal when the pull began; 0 where there was none.
        histories: columns of which `changes` holds every change, for the items whose history was read.
        format_version: of the files.
    """

    id: str
    tracker: str
    kind: str
    url: str
    account: str | None
    pulled_at: datetime
    complete: bool
    problems: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    requests: int = 0
    holidays: tuple[date, ...] = ()
    silent_projects: tuple[str, ...] = ()
    unmapped: tuple[tuple[str, str, int], ...] = ()
    watermark: datetime | None = None
    full_at: datetime | None = None
    basis: str = ""
    changes_since: datetime | None = None
    noted: bool = False
    journal: int = 0
    histories: tuple[str, ...] = ()
    address: str = ""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Frames by the schemas of `model.frames`; items and projects also carry vocabulary columns.

    `items` is PULLED, unique by id; `marks` holds what stands now in the places that write.* names, `remembered` what
    the tracker itself says that we last wrote there (empty where it keeps no such note), `accounts` who is meant by
    the entries of `people`, `sprints` those that items are in, as far as the tracker tells.
    """

    manifest: Manifest
    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.PROJECTS))
    links: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.RAW_LINKS))
    changes: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.RAW_CHANGES))
    marks: Marks = field(default_factory=lambda: Marks(frames.empty(frames.MARKS)))
    remembered: Marks = field(default_factory=lambda: Marks(frames.empty(frames.MARKS)))
    accounts: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.ACCOUNTS))
    sprints: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.RAW_SPRINTS))

    def __post_init__(self) -> None:
        for frame, schema, name in (
            (self.items, frames.PULLED, "items"),
            (self.scopes, frames.SCOPES, "scopes"),
            (self.projects, frames.PROJECTS, "projects"),
            (self.links, frames.RAW_LINKS, "links"),
            (self.changes, frames.RAW_CHANGES, "changes"),
            (self.marks, frames.MARKS, "marks"),
            (self.remembered, frames.MARKS, "remembered"),
            (self.accounts, frames.ACCOUNTS, "accounts"),
            (self.sprints, frames.RAW_SPRINTS, "sprints"),
        ):
            frames.check(frame, schema, f"{self.manifest.tracker}.{name}")
