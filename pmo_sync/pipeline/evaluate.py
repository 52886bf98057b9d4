"""From snapshots to verdicts: one pure evaluation, with the Past that was read before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Notice, Portfolio
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.assess import assess
from pmo_sync.pipeline.context import Context, status_date
from pmo_sync.pipeline.past import read_past
from pmo_sync.pipeline.pull import with_others
from pmo_sync.pipeline.standards import load_standards
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.scores import Scores, scores
from pmo_sync.rules.waivers import check_waivers, waiver_notices
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.folder import Project

if TYPE_CHECKING:
    from pmo_sync.state.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that follows from (snapshots, settings, status date, Past), and nothing else.

    `tracker` is the one that the run is about; None means all.
    """

    project: Project
    status_date: date
    snapshots: tuple[Snapshot, ...]
    portfolio: Portfolio
    figures: Figures
    judgement: Judgement
    scores: Scores
    past: Past
    complete: bool
    notices: tuple[Notice, ...]
    warnings: tuple[str, ...]
    tracker: str | None = None


def evaluate(
    context: Context, snapshots: Sequence[Snapshot], ledger: Ledger | None = None, *, verdicts: bool = False
) -> Evaluation:
    """Portfolio, figures and verdicts for the status date, of the snapshots and, where the run is about one tracker, of
    what is kept of the others. `verdicts`: the judgement keeps the verdict of every item.

    Raises ConfigurationError for a mistake in the standards, or a waiver longer than its standard allows.
    """
    project, settings = context.project, context.project.settings
    standards = load_standards(project)
    days, warnings = calendar(settings)
    # A day in the past is judged with the waivers of today: their length is counted from when they stand in the file.
    granted = max(context.status_date, status_date(project, context.now()))
    if problems := check_waivers(standards, project.waivers, granted, days):
        raise ConfigurationError(problems, project.texts)
    snapshots = with_others(context, snapshots)
    past = read_past(context, snapshots, ledger)
    keep_verdicts = verdicts or any(tracker.write.link for tracker in settings.trackers.values())
    found = assess(project, standards, snapshots, context.status_date, past, keep_verdicts=keep_verdicts)
    return Evaluation(
        project=project,
        status_date=context.status_date,
        snapshots=snapshots,
        portfolio=found.portfolio,
        figures=found.figures,
        judgement=found.judgement,
        scores=scores(found.judgement, found.portfolio),
        past=past,
        complete=all(snapshot.manifest.complete for snapshot in snapshots),
        notices=(*found.portfolio.notices, *waiver_notices(found.judgement, found.portfolio)),
        warnings=warnings,
        tracker=context.tracker,
    )
