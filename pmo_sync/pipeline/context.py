"""What a run is given: the project folder, the day, and the world outside as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pmo_sync.connectors.base import Progress, Report
from pmo_sync.errors import UsageError
from pmo_sync.settings.folder import Project, find, load, load_short


def _silent(_: Progress) -> None:
    """For callers who want no progress."""


@dataclass(frozen=True, slots=True)
class Context:
    """One run. Nothing below the pipeline reads a clock, the environment or a terminal: it comes from here.

    Attributes:
        project: the project folder, read and validated.
        status_date: the day everything is judged for.
        now: the clock, UTC.
        sleep: how to wait, in seconds.
        environment: where secrets are looked up.
        report: takes progress.
        tracker: only this tracker is contacted; None means all.
        offline: nothing is contacted; the latest snapshots serve.
        snapshot: the id of the snapshot that serves in place of a pull.
        full: everything is read, not only what has changed.
        again: the options that name the project folder again, for commands that a message advises.
    """

    project: Project
    status_date: date
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    report: Report = _silent
    tracker: str | None = None
    offline: bool = False
    snapshot: str | None = None
    full: bool = False
    again: str = ""

    @property
    def state(self) -> Path:
        """The folder of ledger and snapshots; it may not exist yet."""
        return self.project.folder / self.project.settings.state.dir

    def trackers(self) -> list[str]:
        """Names of the trackers this run is about, in the order of pmo.yaml. Raises UsageError for an unknown one
        and where there is none at all.
        """
        names = list(self.project.settings.trackers)
        if not names:
            advice = "add one below `trackers:`, or check a file alone: pmo-sync check --from FILE"
            raise UsageError("pmo.yaml names no tracker, so there is nothing to read", advice=advice)
        if self.tracker is None:
            return names
        if self.tracker not in names:
            known = ", ".join(names)
            where = "a file of items" if self.project.short else "pmo.yaml"
            raise UsageError(f'{where} has no tracker "{self.tracker}"', advice=f"use one of: {known}")
        return [self.tracker]


def open_project(folder: Path | None, *, from_file: Path | None = None, standards: Sequence[Path] = ()) -> Project:
    """The project of a folder (None: the nearest parent of the current one with pmo.yaml), or a file of items alone.

    Raises ConfigurationError with every mistake found.
    """
    if from_file is not None:
        return load_short(from_file, standards)
    return load(folder if folder is not None else find(Path.cwd()))


def status_date(project: Project, now: datetime) -> date:
    """Today in the project's time zone."""
    return now.astimezone(ZoneInfo(project.settings.time_zone)).date()
