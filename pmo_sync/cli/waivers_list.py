"""`pmo-sync waivers list`: every waiver of the file, how long it lasts and whether it is still needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.pipeline.waive import Standing
    from pmo_sync.report.table import Table


@click.command("list", cls=Command, short_help="Every waiver: until when, and whether it is still needed.")
@click.option("--snapshot", metavar="ID", help="Look at this snapshot in place of the latest.")
@options("folder", "format_", "output", "status_date")
def command(run: Run, *, snapshot: str | None) -> int:
    """List every waiver by its last day, with its state: active, expires soon (within 7 days), expired, not needed (all
    that it covers meets the standard), standard is off there, matches nothing.

    Whether one is needed is judged by the latest snapshots; nothing is contacted.
    """
    from pmo_sync.cli.latest import latest_kept
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.waive import standing
    from pmo_sync.report.table import render

    context_ = context(run, project(run), lambda _: None, snapshot=snapshot)
    evaluation = latest_kept(run, context_) if context_.project.waivers else None
    stood = standing(context_, evaluation)
    format_ = chosen(run.format_, run.output)
    run.console.data(render(_table(stood), format_, run.console.style()), run.output)
    if not stood:
        run.console.say(f"{context_.project.settings.waivers} holds no waiver")
    elif evaluation is None:
        run.console.say("no snapshot is kept, so it cannot be told which are needed: pmo-sync pull")
    elif format_ is Format.TABLE and not evaluation.complete:
        run.console.say("not all was read, so it cannot be told which are needed")
    return exit_codes.CLEAN


def _table(stood: Sequence[Standing]) -> Table:
    from pmo_sync.pipeline.waive import scope_text
    from pmo_sync.report.table import Table

    headings = ("standard", "scope", "until", "days_left", "state", "reason", "owner", "approver")
    records = tuple(
        (
            each.waiver.standard,
            scope_text(each.waiver),
            each.waiver.until.isoformat(),
            each.days_left,
            each.state.value,
            each.waiver.reason,
            each.waiver.owner,
            each.waiver.approver,
        )
        for each in stood
    )
    return Table("waivers", headings, records)
