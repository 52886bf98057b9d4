"""`pmo-sync plan`: what would be written and why, what is held. Writes nothing to any tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import Console, chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.model.change import Plan


@click.command("plan", cls=Command, short_help="Show what would be written, why, and what is held.")
@click.option("--snapshot", metavar="ID", help="Plan from this snapshot in place of a pull.")
@click.option("--offline", is_flag=True, help="Plan from the latest snapshots; contact nothing.")
@click.option("--all", "everything", is_flag=True, help="All rows.")
@options("folder", "format_", "output", "status_date", "fail_on", "tracker")
def command(run: Run, *, snapshot: str | None, offline: bool, everything: bool) -> int:
    """Show what would be written, why, and what is held; with -o FILE also save the plan for `apply`.

    Ends with 0 with or without changes, with 3 when something could not be read whole.
    """
    from pmo_sync.cli.check import failing, snapshots
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import write
    from pmo_sync.pipeline.evaluate import evaluate

    with progress(run) as report:
        context_ = context(run, project(run), report, offline=offline, snapshot=snapshot)
        evaluation = evaluate(context_, snapshots(context_))
        plan = write.plan(context_, evaluation)
    console, saved = run.console, None
    if run.output is not None:
        console.data(encoded(plan), run.output)
        saved = str(run.output)
    if saved != "-":
        show(console, plan, chosen(run.format_), saved=saved, everything=everything, again=context_.again)
    codes = [exit_codes.FINDINGS] if failing(evaluation, run.fail_on) else []
    if not evaluation.complete:
        from pmo_sync.report.terminal import causes
        from pmo_sync.report.view import trackers_of

        cause = causes(trackers_of(evaluation.snapshots))
        console.complain(f"INCOMPLETE: {cause}. The plan leaves alone what was not read.")
        codes.append(exit_codes.INCOMPLETE)
    return exit_codes.first(codes)


def encoded(plan: Plan) -> str:
    """The plan as a document that is harmless on a terminal and decodes to the same plan."""
    from pmo_sync.plan.codec import encode
    from pmo_sync.report.escape import json_text

    return json_text(encode(plan).decode())


def show(
    console: Console, plan: Plan, format_: Format, *, saved: str | None, everything: bool, again: str = ""
) -> None:
    """Puts a plan on stdout in one format; `again` names the project in the commands it advises."""
    from pmo_sync.report import json, plan_text
    from pmo_sync.report.table import render

    match format_:
        case Format.JSON:
            console.data(encoded(plan))
        case Format.JSONL:
            console.data(json.lines(plan_text.change_line(change) for change in plan.changes))
        case Format.TABLE | Format.LINES:
            console.data(plan_text.plan(plan, console.style(), everything=everything, saved=saved, again=again))
        case Format.CSV | Format.MARKDOWN:
            console.data(render(plan_text.table(plan.changes), format_, console.style()))
