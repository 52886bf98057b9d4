"""`pmo-sync baseline prune`: what has been fixed leaves the baseline, so that it cannot come back unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress

if TYPE_CHECKING:
    from pmo_sync.pipeline.baseline import Pruned
    from pmo_sync.report.json import Json


@click.command("prune", cls=Command, short_help="Take out what has been fixed.")
@click.option("--snapshot", metavar="ID", help="Look at this snapshot in place of the latest.")
@options("folder", "format_", "status_date")
def command(run: Run, *, snapshot: str | None) -> int:
    """Take out of baseline.yaml what is known to be fixed or gone. What cannot be told stays, and is counted.

    Looks at the latest snapshots, and pulls where there are none. Ends with 3 when something could not be read whole.
    """
    from pmo_sync.cli.baseline_table import baseline_table
    from pmo_sync.cli.latest import latest
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import baseline
    from pmo_sync.report.table import answer

    with progress(run) as report:
        context_ = context(run, project(run), report, snapshot=snapshot)
        evaluation = latest(run, context_)
        pruned = baseline.prune(context_, evaluation)
    file = context_.project.settings.baseline
    gone: list[Json] = [
        {"standard": one.standard, "tracker": one.tracker or None, "id": one.id, "state": how.value}
        for one, how in pruned.gone
    ]
    kept: dict[str, Json] = {how.value: number for how, number in pruned.kept.items()}
    content: dict[str, Json] = {"file": file, "removed": gone, "kept": kept}
    run.console.data(answer(_page(pruned, file), content, baseline_table(pruned.gone), chosen(run.format_)))
    if not evaluation.complete:
        run.console.complain("INCOMPLETE: what was not read stays; do this again after a whole pull.")
        return exit_codes.INCOMPLETE
    return exit_codes.CLEAN


def _page(pruned: Pruned, file: str) -> str:
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import count, plural

    lines = [f"  {how.value}  {clean(one.standard)}  {clean(one.text or one.id)}" for one, how in pruned.gone]
    kept = ", ".join(f"{count(number)} {how.value}" for how, number in pruned.kept.items())
    done = f"took {plural(len(pruned.gone), 'failure')} out of {clean(file)}" if pruned.gone else "nothing to take out"
    lines.append(f"{done}; {plural(sum(pruned.kept.values()), 'stays', 'stay')}" + (f": {kept}" if kept else ""))
    return "".join(f"{line}\n" for line in lines)
