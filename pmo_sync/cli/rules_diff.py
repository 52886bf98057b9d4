"""`pmo-sync rules diff`: a change of standards, replayed over the snapshots that are kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, day, options
from pmo_sync.cli.progress import progress

if TYPE_CHECKING:
    from pmo_sync.pipeline.compared import Compared
    from pmo_sync.pipeline.context import Context
    from pmo_sync.pipeline.differences import Difference
    from pmo_sync.report.replay import DiffRow, DiffView


@click.command("diff", cls=Command, short_help="Replay a change of standards over the kept snapshots.")
@click.argument("standards", nargs=-1, metavar="[STANDARD]...")
@click.option("--standard", "more", multiple=True, metavar="ID", help="The same as naming it as an argument.")
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help='Change one standard: --set quiet="15 working days".'
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR|FILE",
    help="Compare with another project folder, or with a folder or file of standards, as the state before.",
)
@click.option("--since", callback=day, metavar="DATE", help="Only snapshots of this day or later.")
@click.option("--until", callback=day, metavar="DATE", help="Only snapshots of this day or earlier.")
@click.option("--all", "everybody", is_flag=True, help="Name every subject, not the first few.")
@options("folder", "format_", "output")
def command(  # noqa: PLR0913 - the options of the command, by name
    run: Run,
    *,
    standards: tuple[str, ...],
    more: tuple[str, ...],
    changes: tuple[str, ...],
    against: Path | None,
    since: date | None,
    until: date | None,
    everybody: bool,
) -> int:
    """Show who would have been flagged before and after a change of standards, from when to when, and how noisily.

    Judges every kept snapshot at its own day, the last of each day. Without --set and --against it compares the
    standards as they are written with what pmo.yaml overrides in them; a STANDARD that nothing overrides is
    compared with nothing. Contacts no tracker.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.errors import UsageError
    from pmo_sync.pipeline.compared import compare
    from pmo_sync.report.replay import text

    if changes and against is not None:
        raise UsageError("--set and --against do not go together", advice="use one of them")
    project_ = project(run)
    compared = compare(project_, tuple(dict.fromkeys([*standards, *more])), changes=changes, against=against)
    if not compared.differing:
        raise _nothing(compared)
    with progress(run) as report:
        view = _replayed(context(run, project_, report), compared, since, until)
    format_ = chosen(run.format_, run.output)
    run.console.data(text(view, format_, run.console.style(), everybody=everybody), run.output)
    return exit_codes.CLEAN


def _nothing(compared: Compared) -> Exception:
    from pmo_sync.errors import UsageError

    return UsageError(
        f"{compared.before} and {compared.after} judge in the same way, so there is nothing to replay",
        advice='name a standard and a change, such as: pmo-sync rules diff HYG-08 --set quiet="15 working days", '
        "or another folder with --against",
        code="no-difference",
    )


def _replayed(context: Context, compared: Compared, since: date | None, until: date | None) -> DiffView:
    from pmo_sync.pipeline.occasions import kept, occasions
    from pmo_sync.pipeline.replay import replay
    from pmo_sync.report.numbers import plural
    from pmo_sync.report.replay import APPLIED, DiffView

    asked = compared.differing
    found = kept(context, since, until)
    result = replay(occasions(context, found.days, asked), asked, context.project)
    notes = [APPLIED]
    if found.passed_over:
        notes.append(f"{plural(found.passed_over, 'earlier snapshot')} of the same days passed over.")
    if result.partly:
        days = ", ".join(day_.isoformat() for day_ in result.partly)
        notes.append(f"Not every tracker was read whole on {days}: no flag of theirs ends on such a day.")
    notes += [
        f"{lack.standard} reads `{lack.column}`, which {plural(lack.days, 'snapshot')} of {lack.tracker} "
        f"({lack.first} to {lack.last}) lack: unknown there."
        for lack in result.lacks
    ]
    if len(result.days) == 1:
        notes.append("Only one day is kept: how long and how often cannot be told yet.")
    rows = tuple(_row(one) for one in result.standards)
    same = len(compared.pairs) - len(asked)
    return DiffView(compared.before, compared.after, result.days, rows, same, tuple(notes))


def _row(one: Difference) -> DiffRow:
    from pmo_sync.pipeline.differences import written
    from pmo_sync.report.replay import DiffRow

    standard = one.pair.after or one.pair.before
    return DiffRow(
        standard=one.pair.id,
        title="" if standard is None else standard.title,
        changes=written(one.pair),
        before=one.before,
        after=one.after,
        counts=(("new", one.new), ("gone", one.gone), ("other dates", one.other_dates)),
        branches=one.branches,
        changed=one.changed,
    )
