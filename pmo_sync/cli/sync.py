"""`pmo-sync sync`: pull, judge, plan, guards, apply. The scheduled job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen, log_line
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.pipeline.write import SyncResult


@click.command("sync", cls=Command, short_help="Pull, judge, plan and apply: the scheduled job.")
@options("folder", "format_", "output", "status_date", "fail_on", "tracker", "full", "break_lock")
def command(run: Run) -> int:
    """Pull, judge, plan and apply in one go, under a lock; a second run with nothing changed writes nothing.

    Ends with 3 when something could not be read whole or some changes failed, with 4 when what failed did so for want
    of permission, with 5 when a guard refuses or somebody else holds the lock.
    """
    from pmo_sync.cli.check import failing
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import write

    project_ = project(run)
    with progress(run) as report:
        context_ = context(run, project_, report)
        result = write.sync(context_, break_lock=run.break_lock)
    _show(run, result, context_.again)
    codes = list(result.exit_codes)
    if failing(result.evaluation, run.fail_on):
        codes.append(exit_codes.FINDINGS)
    code, reasons = exit_codes.first(codes), exit_codes.reasons(codes)
    if run.log_format == "json":
        log_line("finished", run_id=result.run, exit_code=code)
    elif reasons:
        run.console.say(f"ends with {reasons}")
    return code


def _show(run: Run, result: SyncResult, again: str) -> None:
    """The data on stdout; the talk as text, or as JSON lines that all carry the run's id."""
    from pmo_sync.cli.views import check_view
    from pmo_sync.report import outcomes, plan_text, terminal
    from pmo_sync.report.json import Json, document, summary

    console, view = run.console, check_view(result.evaluation, ())
    applied = result.applied.outcomes
    if run.log_format == "json":
        _log(
            result,
            dict(outcomes.totals(applied)),
            {severity.value: number for severity, number in view.summary.failed.items()},
        )
    if chosen(run.format_, run.output) in {Format.JSON, Format.JSONL}:
        content: dict[str, Json] = {
            "run": result.run,
            "status_date": view.status_date.isoformat(),
            "complete": view.complete,
            "summary": summary(view.summary),
            "plan": {"digest": result.plan.digest, "changes": len(result.plan.changes), "held": len(result.plan.held)},
            "totals": dict(outcomes.totals(applied)),
            "outcomes": [outcomes.outcome_json(outcome) for outcome in applied],
        }
        console.data(document(content), run.output)
        return
    if run.log_format == "json":
        return
    style = console.style()
    parts = [
        plan_text.plan(result.plan, style, everything=run.verbose, again=again),
        outcomes.text(applied, style, run=result.run),
        terminal.summary(view, style),
    ]
    console.data("\n".join(parts), run.output)


def _log(result: SyncResult, totals: dict[str, int], failed: dict[str, int]) -> None:
    for snapshot in result.evaluation.snapshots:
        manifest = snapshot.manifest
        if result.evaluation.tracker in {None, manifest.tracker}:  # the others are kept from earlier runs
            log_line(
                "pulled",
                run_id=result.run,
                tracker=manifest.tracker,
                items=snapshot.items.height,
                complete=manifest.complete,
                requests=manifest.requests,
                snapshot=manifest.id,
            )
        for problem in manifest.problems:
            log_line("incomplete", run_id=result.run, tracker=manifest.tracker, problem=problem)
    log_line("checked", run_id=result.run, **{f"failed_{severity}": number for severity, number in failed.items()})
    plan = result.plan
    log_line("planned", run_id=result.run, digest=plan.digest, changes=len(plan.changes), held=len(plan.held))
    log_line("applied", run_id=result.run, **totals)
