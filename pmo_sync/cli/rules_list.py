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
    from pmo_sync.rules.standard import Change, Standard


@click.command("list", cls=Command, short_help="The loaded standards; --origin tells where each value comes from.")
@click.option("--origin", is_flag=True, help="One line for each value: where it stands, and what it was before.")
@click.option("--shipped", is_flag=True, help="Every standard of every shipped pack, chosen or not; no pmo.yaml.")
@options("folder", "format_", "output")
def command(run: Run, *, origin: bool, shipped: bool) -> int:
    """List the loaded standards, those that are switched off among them.

    With --origin each change by an override says whether it loosens or tightens what is asked, where that can be
    told. JSON and CSV also give why, source, fix, values and how many cases there are.
    """
    from pmo_sync.cli.start import project
    from pmo_sync.pipeline import standards as loading
    from pmo_sync.report.numbers import plural
    from pmo_sync.report.table import render

    standards = loading.shipped() if shipped else loading.load_standards(project(run))
    format_ = chosen(run.format_, run.output)
    whole = format_ in {Format.JSON, Format.JSONL, Format.CSV}
    table = _origins(standards) if origin else _facts(standards) if whole else _standards(standards)
    run.console.data(render(table, format_, run.console.style()), run.output)
    if format_ is Format.TABLE:
        on = sum(standard.enabled for standard in standards)
        run.console.say(f"{plural(len(standards), 'standard')}, {on} on. One of them: pmo-sync rules show ID")
    return exit_codes.CLEAN


def _standards(standards: Sequence[Standard]) -> Table:
    """What a person looks through."""
    from pmo_sync.report.table import Table

    headings = ("id", "severity", "level", "on", "pack", "flag", "overridden", "title")
    records = tuple(
        (
            each.id,
            each.severity.value,
            tuple(level.value for level in each.levels),
            each.enabled,
            each.pack or each.place.file,
            each.flag if each.marks_items else None,
            bool(each.changes or each.variants),
            each.title,
        )
        for each in standards
    )
    return Table("standards", headings, records)


def _facts(standards: Sequence[Standard]) -> Table:
    """What a program, or a spreadsheet, is given: everything but the conditions, which `rules show` tells."""
    from pmo_sync.model.words import Verdict
    from pmo_sync.report.table import Table

    verdicts = {"pass": Verdict.PASS, "fail": Verdict.FAIL, "unknown": Verdict.UNKNOWN, "n/a": Verdict.NOT_APPLICABLE}
    plain = _standards(standards)
    headings = (
        *plain.headings,
        "why",
        "source",
        "fix",
        "subject",
        "kinds",
        "mode",
        "values",
        "file",
        *(f"{word} cases" for word in verdicts),
    )
    records = tuple(
        (
            *record,
            each.why,
            each.reference,
            each.fix,
            None if each.subject is None else each.subject.value,
            tuple(kind.value for kind in each.kinds),
            None if each.mode is None else each.mode.value,
            tuple(f"{value.name}: {value.text}" for value in each.values),
            str(each.place),
            *(sum(case.verdict is verdict for case in each.cases) for verdict in verdicts.values()),
        )
        for each, record in zip(standards, plain.records, strict=True)
    )
    return Table("standards", tuple(heading.replace(" ", "_") for heading in headings), records)


def _origins(standards: Sequence[Standard]) -> Table:
    """One record for each standard, each of its named values, and each change by an override."""
    from pmo_sync.report.table import Cell, Table
    from pmo_sync.rules.loosened import effect

    records: list[tuple[Cell, ...]] = []
    for each in standards:
        written = f"pack {each.pack}" if each.pack else "file"
        records.append((each.id, "standard", each.title, None, None, None, written, str(each.place)))
        changed = {change.key for change in each.changes if not _only(change)}
        own = each.own or each
        records.extend(
            (each.id, f"values.{value.name}", value.text, None, None, None, written, str(value.source))
            for value in own.values
            if f"values.{value.name}" not in changed
        )
        for change in each.changes:
            place = None if change.source is None else str(change.source)
            after = next((one.standard for one in each.variants if change.only in one.scopes), each)
            told = effect(own, after, change).value
            records.append((each.id, change.key, change.after, change.before, _only(change), told, "override", place))
    return Table("origins", ("id", "key", "value", "before", "only", "effect", "from", "origin"), tuple(records))


def _only(change: Change) -> str | None:
    """For whom a change is; None: for everybody."""
    named = change.only.model_dump(exclude_none=True).items()
    return ", ".join(f"{level} {name}" for level, name in named) or None
