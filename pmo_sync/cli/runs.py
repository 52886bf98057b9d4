"""`pmo-sync runs`: the ledger of runs, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options

if TYPE_CHECKING:
    from pmo_sync.report.table import Table
    from pmo_sync.state.ledger import Run as Run_


@click.command("runs", cls=Command, short_help="List the runs in the ledger.")
@options("folder", "format_", "output", "status_date")
def command(run: Run) -> int:
    """List the runs in the ledger, the newest first: when, what became of them, what they wrote."""
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.history import runs
    from pmo_sync.report.table import render

    found = runs(context(run, project(run), lambda _: None))
    format_ = chosen(run.format_, run.output)
    run.console.data(render(_table(found), format_, run.console.style()), run.output)
    if not found:
        run.console.say("no run yet: pmo-sync sync makes the first")
    return exit_codes.CLEAN


def _table(runs: Sequence[Run_]) -> Table:
    from pmo_sync.model.change import Result
    from pmo_sync.report.numbers import iso
    from pmo_sync.report.table import Table

    ends = tuple(result.value for result in Result)
    headings = ("run", "command", "started", "finished", "status", "exit_code", "failures", *ends, "plan", "version")
    records = tuple(
        (
            each.id,
            each.command,
            iso(each.started.replace(microsecond=0)),
            None if each.finished is None else iso(each.finished.replace(microsecond=0)),
            each.status,
            each.exit_code,
            each.failures,
            *(each.counts.get(end, 0) for end in ends),
            each.plan_digest,
            each.version,
        )
        for each in runs
    )
    return Table("runs", headings, records)
