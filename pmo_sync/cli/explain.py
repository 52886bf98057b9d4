"""`pmo-sync explain`: a standard clause by clause on one subject, or a figure child by child."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.latest import latest
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.errors import UsageError

if TYPE_CHECKING:
    from pmo_sync.pipeline.context import Context
    from pmo_sync.report.json import Json


@click.command("explain", cls=Command, short_help="Show a standard clause by clause, or a figure child by child.")
@click.argument("name", metavar="STANDARD|FIGURE")
@click.option("--item", metavar="KEY", help="The item to look at, by key or id.")
@click.option(
    "--from",
    "from_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Look at items.jsonl, or an export of Jira or Redmine; no pmo.yaml.",
)
@click.option(
    "--standards",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="With --from: these standards in place of pack core.",
)
@click.option("--snapshot", metavar="ID", help="Look at this snapshot in place of the latest.")
@options("folder", "format_", "output", "status_date", "tracker", "node")
def command(
    run: Run, *, name: str, item: str | None, from_file: Path | None, standards: tuple[Path, ...], snapshot: str | None
) -> int:
    """Show a STANDARD clause by clause with the values it saw on --item KEY or --node PATH, and the way out.

    Or show a FIGURE of --node PATH: its formula, what each child gives, what is missing. Looks at the latest
    snapshots, and pulls where there are none.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.explain import is_figure
    from pmo_sync.report import json

    project_ = project(run, from_file=from_file, standards=standards)
    with progress(run) as report:
        context_ = context(run, project_, report, snapshot=snapshot)
        explained = _figure(run, context_, name) if is_figure(name) else _standard(run, context_, name, item)
    format_ = chosen(run.format_, run.output)
    text = json.answer(explained.content, format_) if format_.for_machines else explained.page
    run.console.data(text, run.output)
    return exit_codes.CLEAN


@dataclass(frozen=True, slots=True)
class _Explained:
    """One explanation for people and for machines."""

    page: str
    content: dict[str, Json]


def _standard(run: Run, context: Context, name: str, item: str | None) -> _Explained:
    """A standard on one subject; without a subject the standard alone."""
    from pmo_sync.pipeline.explain import figures, verdict
    from pmo_sync.pipeline.standards import standard
    from pmo_sync.report import explain
    from pmo_sync.report.standard import page, standard_json
    from pmo_sync.rules.clock import Clock
    from pmo_sync.settings.calendar import calendar

    clock = Clock(context.status_date, calendar(context.project.settings)[0])
    style = run.console.style()
    one = standard(context.project, name, or_else=figures())
    if item is None and run.node is None:
        return _Explained(page(one, clock, style), standard_json(one, clock))
    found = verdict(context, latest(run, context), name, item=item, node=run.node)
    return _Explained(explain.page(found, clock, style), explain.explanation_json(found))


def _figure(run: Run, context: Context, name: str) -> _Explained:
    from pmo_sync.pipeline.explain import figure
    from pmo_sync.report import explain_figure as report

    if run.node is None:
        raise UsageError(f"{name} is a figure of a node", advice=f"name one: pmo-sync explain {name} --node PATH")
    found = figure(latest(run, context), name, run.node)
    return _Explained(report.page(found, run.console.style()), report.explanation_json(found))
