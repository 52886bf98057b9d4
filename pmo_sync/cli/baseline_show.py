"""`pmo-sync baseline show`: the accepted failures, and what has become of each."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format


@click.command("show", cls=Command, short_help="Every accepted failure, and what has become of it.")
@click.option("--snapshot", metavar="ID", help="Look at this snapshot in place of the latest.")
@options("folder", "format_", "output", "status_date")
def command(run: Run, *, snapshot: str | None) -> int:
    """List every accepted failure with its day, reason and state: failing, waived, fixed, gone, unknown, not judged.

    The state is judged by the latest snapshots; nothing is contacted.
    """
    from pmo_sync.cli.baseline_table import baseline_table
    from pmo_sync.cli.latest import latest_kept
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.baseline import show
    from pmo_sync.report.table import render

    context_ = context(run, project(run), lambda _: None, snapshot=snapshot)
    accepted = context_.project.baseline
    evaluation = latest_kept(run, context_) if accepted else None
    stood = [(one, None) for one in accepted] if evaluation is None else show(context_, evaluation)
    format_ = chosen(run.format_, run.output)
    run.console.data(render(baseline_table(stood), format_, run.console.style()), run.output)
    settled = sum(how is not None and how.is_settled for _, how in stood)
    if not stood:
        run.console.say(f"{context_.project.settings.baseline} holds nothing: pmo-sync baseline create")
    elif evaluation is None:
        run.console.say("no snapshot is kept, so it cannot be told what is fixed: pmo-sync pull")
    elif format_ is Format.TABLE and settled:
        run.console.say(f"{settled} of {len(stood)} are fixed or gone: pmo-sync baseline prune")
    return exit_codes.CLEAN
