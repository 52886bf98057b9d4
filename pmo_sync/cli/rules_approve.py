"""`pmo-sync rules approve`: the recorded yes to the present content of standards."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format


@click.command("approve", cls=Command, short_help="Say yes to a new or changed standard, so that it may flag.")
@click.argument("ids", nargs=-1, required=True, metavar="STANDARD...")
@click.option("--by", required=True, metavar="WHO", help="Who says yes, as it will stand in approvals.yaml.")
@options("folder", "format_", "status_date")
def command(run: Run, *, ids: tuple[str, ...], by: str) -> int:
    """Say yes to the present content of each STANDARD: from the next run on its marks are written.

    Appends to approvals.yaml. Another content of the standard needs another yes. As JSON one yes is an object, several
    are a list under `approvals`.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import standards
    from pmo_sync.report import json
    from pmo_sync.report.escape import clean

    context_ = context(run, project(run), lambda _: None)
    approvals = standards.approve(context_, ids, by)
    if chosen(run.format_) in {Format.JSON, Format.JSONL}:
        told: list[json.Json] = [
            {"standard": each.standard, "fingerprint": each.fingerprint, "by": each.by, "on": each.on.isoformat()}
            for each in approvals
        ]
        only = told[0]
        content = only if len(told) == 1 and isinstance(only, dict) else {"approvals": told}
        run.console.data(json.document(content))
        return exit_codes.CLEAN
    for each in approvals:
        run.console.data(f"approved {clean(each.standard)} by {clean(each.by)}: {each.fingerprint}\n")
    return exit_codes.CLEAN
