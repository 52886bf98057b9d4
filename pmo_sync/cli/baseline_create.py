"""`pmo-sync baseline create`: today's open failures become accepted debt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress

if TYPE_CHECKING:
    from pmo_sync.pipeline.baseline import Created
    from pmo_sync.report.json import Json


@click.command("create", cls=Command, short_help="Accept today's failures; only new ones fail a check then.")
@click.option("--reason", metavar="TEXT", help="Why they are accepted; stands in the file.")
@click.option("--standard", metavar="ID", help="Only failures of this standard.")
@click.option("--snapshot", metavar="ID", help="Accept what failed in this snapshot in place of the latest.")
@options("folder", "format_", "status_date", "tracker", "node")
def command(run: Run, *, reason: str | None, standard: str | None, snapshot: str | None) -> int:
    """Accept every failure that is open today, or those of one branch or standard, as one batch in baseline.yaml.

    They are shown apart from then on, carry no flag and fail no check; new ones do. What stands there already stays.
    Looks at the latest snapshots, and pulls where there are none. Ends with 3 when something could not be read whole.
    """
    from pmo_sync.cli.baseline_table import baseline_table
    from pmo_sync.cli.latest import latest
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import baseline
    from pmo_sync.report.table import answer
    from pmo_sync.rules.baseline import Standing

    with progress(run) as report:
        context_ = context(run, project(run), report, snapshot=snapshot)
        evaluation = latest(run, context_)
        created = baseline.create(context_, evaluation, reason=reason, node=run.node, standard_id=standard)
    file = context_.project.settings.baseline
    counts: dict[str, Json] = {severity.value: number for severity, number in created.by_severity.items()}
    content: dict[str, Json] = {"file": file, "accepted": counts, "before": created.before}
    table = baseline_table((one, Standing.FAILING) for one in created.accepted)
    run.console.data(answer(_page(created, file), content, table, chosen(run.format_)))
    if not evaluation.complete:
        run.console.complain("INCOMPLETE: what was not read is not accepted; do this again after a whole pull.")
        return exit_codes.INCOMPLETE
    return exit_codes.CLEAN


def _page(created: Created, file: str) -> str:
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import count, plural

    number = len(created.accepted)
    if not number:
        return f"nothing new to accept: {clean(file)} holds {plural(created.before, 'failure')}\n"
    parts = [f"{count(each)} {severity.value}" for severity, each in created.by_severity.items() if each]
    return (
        f"accepted {plural(number, 'failure')} in {clean(file)}: {', '.join(parts)}\n"
        "they are shown apart and carry no flag; a check fails on new ones alone\n"
    )
