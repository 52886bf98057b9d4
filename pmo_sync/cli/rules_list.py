"""`pmo-sync rules list`: the loaded standards, and with --origin what overrides made of them."""

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
    from pmo_sync.report.table import Table
    from pmo_sync.rules.standard import Standard


@click.command("list", cls=Command, short_help="The loaded standards; --origin tells where each value comes from.")
@click.option("--origin", is_flag=True, help="One line for each value: where it stands, and what it was before.")
@options("folder", "format_", "output")
def command(run: Run, *, origin: bool) -> int:
    """List the loaded standards, those that are switched off among them."""
    from pmo_sync.cli.start import project
    from pmo_sync.pipeline.standards import load_standards
    from pmo_sync.report.numbers import plural
    from pmo_sync.report.table import render

    standards = load_standards(project(run))
    table = _origins(standards) if origin else _standards(standards)
    format_ = chosen(run.format_, run.output)
    run.console.data(render(table, format_, run.console.style()), run.output)
    if format_ is Format.TABLE:
        on = sum(standard.enabled for standard in standards)
        run.console.say(f"{plural(len(standards), 'standard')}, {on} on. One of them: pmo-sync rules show ID")
    return exit_codes.CLEAN


def _standards(standards: Sequence[Standard]) -> Table:
    from pmo_sync.report.table import Table

    headings = ("id", "severity", "level", "on", "pack", "flag", "overridden", "title")
    records = tuple(
        (
            each.id,
            each.severity.value,
            tuple(level.value for level in each.levels),
            each.enabled,
            each.pack or each.place.file,
            each.flag,
            bool(each.changes or each.variants),
            each.title,
        )
        for each in standards
    )
    return Table("standards", headings, records)


def _origins(standards: Sequence[Standard]) -> Table:
    """One record for each standard, each of its named values, and each change by an override."""
    from pmo_sync.report.table import Cell, Table

    records: list[tuple[Cell, ...]] = []
    for each in standards:
        records.append((each.id, "standard", each.title, None, None, str(each.place)))
        changed = {change.key for change in each.changes if not change.only.model_dump(exclude_none=True)}
        records.extend(
            (each.id, f"values.{value.name}", value.text, None, None, str(value.source))
            for value in each.values
            if f"values.{value.name}" not in changed
        )
        for change in each.changes:
            only = ", ".join(f"{level} {name}" for level, name in change.only.model_dump(exclude_none=True).items())
            place = None if change.source is None else str(change.source)
            records.append((each.id, change.key, change.after, change.before, only or None, place))
    return Table("origins", ("id", "key", "value", "before", "only", "origin"), tuple(records))
