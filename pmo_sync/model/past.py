"""Past: everything earlier that a run may know, read before the core starts, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Marks
from pmo_sync.model.options import Scope
from pmo_sync.model.source import Source


@dataclass(frozen=True, slots=True)
class Waiver:
    """A dated, reasoned, approved permission not to meet a standard. `until` is inclusive."""

    standard: str
    scope: Scope
    reason: str
    approver: str
    until: date
    owner: str | None = None
    source: Source | None = None

    def in_date(self, today: date) -> bool:
        """False from the day after `until`: then it counts for nothing anywhere."""
        return today <= self.until


@dataclass(frozen=True, slots=True)
class Approval:
    """The recorded yes to one content of one standard."""

    standard: str
    fingerprint: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Accepted:
    """One failure of the baseline: today's debt, accepted as it stood on a day.

    `tracker` and `id` are those of the item; of a node the tracker is empty and the id its path as text. `text` is what
    stands beside the id for people.
    """

    standard: str
    tracker: str
    id: str
    on: date
    text: str | None = None
    reason: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class LastRun:
    """Counts of the last good run: what the guards measure against."""

    run: str
    items: dict[str, int]  # per tracker
    failures: int
    marks: int  # how many were wanted


@dataclass(frozen=True, slots=True)
class Past:
    """Frozen before the core starts; two runs with the same Past, snapshot, settings and date give the same bytes."""

    failing_since: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.FAILING_SINCE))
    written: Marks = field(default_factory=lambda: Marks(frames.empty(frames.MARKS)))
    approvals: tuple[Approval, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    baseline: tuple[Accepted, ...] = ()
    known_targets: frozenset[str] = frozenset()  # trackers that a run has written to, or was allowed to, before
    last_run: LastRun | None = None
