"""`pmo-sync rules show ID`: one standard as a page."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options


@click.command("show", cls=Command, short_help="One standard as a page: why, rule, values, fix, cases.")
@click.argument("standard", metavar="STANDARD")
@options("folder", "format_", "output", "status_date")
def command(run: Run, *, standard: str) -> int:
    """Show one standard: why it is there, whom it judges, what it asks for, its values, the fix."""
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.standards import standard as one
    from pmo_sync.report import json
    from pmo_sync.report.standard import page, standard_json
    from pmo_sync.rules.clock import Clock
    from pmo_sync.settings.calendar import calendar

    context_ = context(run, project(run), lambda _: None)
    found = one(context_.project, standard)
    days, _ = calendar(context_.project.settings)
    clock = Clock(context_.status_date, days)
    format_, style = chosen(run.format_, run.output), run.console.style()
    text = json.answer(standard_json(found, clock), format_) if format_.for_machines else page(found, clock, style)
    run.console.data(text, run.output)
    return exit_codes.CLEAN
