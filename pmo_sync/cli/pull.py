"""`pmo-sync pull`: takes a snapshot of each tracker and keeps it. Writes nothing to any tracker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.model.snapshot import Snapshot
    from pmo_sync.report.table import Table


@click.command("pull", cls=Command, short_help="Take a snapshot of the trackers.")
@options("folder", "format_", "output", "tracker", "full", "status_date")
def command(run: Run) -> int:
    """Take a snapshot of each tracker and keep it in the state folder; with -o FILE also write its items there.

    FILE is items.jsonl, which can be edited and judged again: pmo-sync check --from FILE. With several trackers name
    one by --tracker.

    Ends with 3 when something could not be read whole; what was read is kept and says so.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.away import taken_away
    from pmo_sync.pipeline.pull import pull
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import plural
    from pmo_sync.report.table import render

    console = run.console
    project_ = project(run)
    with progress(run) as report:
        context_ = context(run, project_, report)
        if run.output is not None:
            _one(context_.trackers())
        result = pull(context_)
    format_ = chosen(run.format_)
    if run.output is not None:
        console.data(taken_away(context_, result.snapshots[0]), run.output)
    if str(run.output) != "-":
        console.data(render(_table(result.snapshots), format_, console.style()))
    for snapshot in result.snapshots:
        manifest = snapshot.manifest
        for problem in manifest.problems:
            what = problem.removeprefix(f"{manifest.tracker}: ")
            console.complain(f"INCOMPLETE: {clean(manifest.tracker)}: {clean(what)}")
        for column, word, number in manifest.unmapped if format_ is Format.TABLE else ():
            what = f"nothing maps {clean(column)} {clean(word)!r} ({plural(number, 'item')})"
            console.say(f"note: {clean(manifest.tracker)}: {what}")
    whole = all(snapshot.manifest.complete for snapshot in result.snapshots)
    return exit_codes.CLEAN if whole else exit_codes.INCOMPLETE


def _one(trackers: Sequence[str]) -> None:
    """Raises UsageError for several trackers: an id is unique in its tracker only."""
    from pmo_sync.errors import UsageError

    if len(trackers) != 1:
        names = ", ".join(trackers)
        raise UsageError("-o FILE takes the items of one tracker", advice=f"name it with --tracker: one of {names}")


def _table(snapshots: Sequence[Snapshot]) -> Table:
    from pmo_sync.report.numbers import iso
    from pmo_sync.report.table import Table

    return Table(
        "snapshots",
        ("tracker", "kind", "items", "projects", "complete", "requests", "pulled_at", "snapshot"),
        tuple(
            (
                each.manifest.tracker,
                each.manifest.kind,
                each.items.height,
                each.projects.height,
                each.manifest.complete,
                each.manifest.requests,
                iso(each.manifest.pulled_at),
                each.manifest.id,
            )
            for each in snapshots
        ),
    )
