"""`pmo-sync rules approve`: the recorded yes to the present content of one standard."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format


@click.command("approve", cls=Command, short_help="Say yes to a new or changed standard, so that it may flag.")
@click.argument("standard", metavar="STANDARD")
@click.option("--by", required=True, metavar="WHO", help="Who says yes, as it will stand in approvals.yaml.")
@options("folder", "format_", "status_date")
def command(run: Run, *, standard: str, by: str) -> int:
    """Say yes to the present content of STANDARD: from the next run on its marks are written.

    Appends to approvals.yaml. Another content of the standard needs another yes.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import standards
    from pmo_sync.report import json
    from pmo_sync.report.escape import clean

    context_ = context(run, project(run), lambda _: None)
    approval = standards.approve(context_, standard, by)
    if chosen(run.format_) in {Format.JSON, Format.JSONL}:
        content: dict[str, json.Json] = {
            "standard": approval.standard,
            "fingerprint": approval.fingerprint,
            "by": approval.by,
            "on": approval.on.isoformat(),
        }
        run.console.data(json.document(content))
        return exit_codes.CLEAN
    run.console.data(f"approved {clean(approval.standard)} by {clean(approval.by)}: {approval.fingerprint}\n")
    return exit_codes.CLEAN
