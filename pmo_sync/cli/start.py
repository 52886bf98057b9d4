"""From options to a Context: the clock, the environment and the wait are taken here and nowhere else."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pmo_sync.cli.options import Run

if TYPE_CHECKING:
    from pmo_sync.connectors.base import Report
    from pmo_sync.pipeline.context import Context
    from pmo_sync.settings.folder import Project


def now() -> datetime:
    """The clock, UTC."""
    return datetime.now(UTC)


def project(run: Run, *, from_file: Path | None = None, standards: Sequence[Path] = ()) -> Project:
    """The project folder of the run, or a file of items alone."""
    from pmo_sync.pipeline.context import open_project

    return open_project(run.folder, from_file=from_file, standards=standards)


def context(
    run: Run, project_: Project, report: Report, *, offline: bool = False, snapshot: str | None = None
) -> Context:
    """What the pipeline is given for this run."""
    from pmo_sync.pipeline.context import Context, status_date

    return Context(
        project=project_,
        status_date=run.status_date or status_date(project_, now()),
        now=now,
        sleep=time.sleep,
        environment=dict(os.environ),
        report=report,
        tracker=run.tracker,
        offline=offline,
        snapshot=snapshot,
        full=run.full,
        again="" if run.folder is None else f" -C {shlex.quote(str(run.folder))}",
    )
