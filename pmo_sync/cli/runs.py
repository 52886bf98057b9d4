"""`pmo-sync runs`: the ledger of runs, the newest first."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.options import Run, options


@click.command("runs", cls=Command, short_help="List the runs in the ledger.")
@options("folder", "format_", "output")
def command(run: Run) -> int:
    """List the runs in the ledger, the newest first: when, what became of them, what they wrote."""
    raise NotImplementedError
    return exit_codes.CLEAN
