"""`pmo-sync config show`: the effective configuration."""

from __future__ import annotations

import json

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format


@click.command("show", cls=Command, short_help="Every setting, its value and (--origin) where it comes from.")
@click.option("--origin", is_flag=True, help="Tell the file and line of each value.")
@options("folder", "format_", "output")
def command(run: Run, *, origin: bool) -> int:
    """Show every setting with its value, and with --origin where it comes from. Secrets are shown by name only."""
    from pmo_sync.cli.start import project
    from pmo_sync.report.table import Cell, Table, render
    from pmo_sync.settings import show

    format_ = chosen(run.format_, run.output)
    records: list[tuple[Cell, ...]] = []
    for row in show.rows(project(run)):
        value = row.value if isinstance(row.value, str) else json.dumps(row.value, ensure_ascii=False)
        told = (row.origin_text,) if origin else ()
        records.append((row.key, value, *told, row.note))
    headings = ("key", "value", *(("origin",) if origin else ()), "note")
    table = Table("settings", headings, tuple(records))
    run.console.data(render(table, format_, run.console.style()), run.output)
    if format_ is Format.TABLE and not origin:
        run.console.say("Where each value comes from: pmo-sync config show --origin")
    return exit_codes.CLEAN
