"""An evaluation of what is kept, for commands that look again: they pull only where there is nothing to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmo_sync.errors import UsageError

if TYPE_CHECKING:
    from pmo_sync.cli.options import Run
    from pmo_sync.pipeline.context import Context
    from pmo_sync.pipeline.evaluate import Evaluation


def latest(run: Run, context: Context) -> Evaluation:
    """Of the snapshot that is named, else the latest; else of a fresh pull. Says which."""
    from pmo_sync.pipeline.evaluate import evaluate
    from pmo_sync.pipeline.pull import pull

    if context.project.short:
        return evaluate(context, pull(context).snapshots)
    kept = latest_kept(run, context)
    return evaluate(context, pull(context).snapshots) if kept is None else kept


def latest_kept(run: Run, context: Context) -> Evaluation | None:
    """Of the snapshot that is named, else the latest; None where none is kept. Contacts nothing."""
    from pmo_sync.pipeline.evaluate import evaluate
    from pmo_sync.pipeline.pull import stored
    from pmo_sync.report.numbers import minute

    try:
        snapshots = stored(context)
    except UsageError:
        if context.snapshot is not None:
            raise
        return None
    oldest = min(snapshot.manifest.pulled_at for snapshot in snapshots)
    run.console.say(f"from the snapshot of {minute(oldest)}; a fresh one: pmo-sync pull")
    return evaluate(context, snapshots)
