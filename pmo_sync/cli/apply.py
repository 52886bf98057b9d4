"""`pmo-sync apply PLAN`: writes exactly one saved plan, or refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

import click

from pmo_sync.cli.command import Command
from pmo_sync.cli.console import Console, chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.apply.outcome import StalePlanError
    from pmo_sync.errors import RefusedError
    from pmo_sync.model.change import Outcome, Plan

_SHOWN: Final = 20


@click.command("apply", cls=Command, short_help="Write exactly one saved plan, or refuse.")
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--allow",
    metavar="DIGEST",
    help="Let the plan of this digest past its guards, once, and approve what it holds as a preview.",
)
@click.option("--skip-stale", is_flag=True, help="Leave out what changed after the plan was made; write the rest.")
@options("folder", "format_", "output", "break_lock", "status_date")
def command(run: Run, *, plan_file: Path, allow: str | None, skip_stale: bool) -> int:
    """Write exactly the saved PLAN, or refuse it.

    Ends with 5 when an item changed after the plan was made (nothing is written then), a guard refuses or somebody
    else holds the lock, with 3 when some changes failed, with 4 when all that failed did so for want of permission.
    """
    from pmo_sync.apply.outcome import StalePlanError
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import write

    plan, project_ = read(plan_file), project(run)
    with progress(run) as report:
        context_ = context(run, project_, report)
        try:
            result = write.apply(context_, plan, allow=allow, skip_stale=skip_stale, break_lock=run.break_lock)
        except StalePlanError as error:
            raise _stale(error, plan, plan_file) from None
    show(run.console, result.outcomes, chosen(run.format_, run.output), run_id=result.run, output=run.output)
    if result.approved:
        names = ", ".join(result.approved)
        run.console.say(f"approved by --allow: {names} (in {project_.settings.approvals}; they may flag from now on)")
    return result.exit_code


def _stale(error: StalePlanError, plan: Plan, file: Path) -> RefusedError:
    """The refusal with a line for each target that moved, and the command that writes the rest."""
    import shlex

    from pmo_sync.errors import RefusedError
    from pmo_sync.report.numbers import count, plural

    targets = len({change.target for change in plan.changes})
    head = (
        f"{count(len(error.stale))} of {plural(targets, 'target')} changed after the plan was made; nothing was written"
    )
    moved = [f"{each.target.key}  {each.what}" for each in error.stale[:_SHOWN]]
    if len(error.stale) > _SHOWN:
        moved.append(f"… {count(len(error.stale) - _SHOWN)} more")
    rest = f"make a new plan, or apply what is still valid: pmo-sync apply {shlex.quote(str(file))} --skip-stale"
    return RefusedError("\n".join([head, *moved]), advice=rest, code=error.code)


def read(file: Path) -> Plan:
    """The plan of a file. Raises UsageError when it is none, or was changed by hand."""
    from pmo_sync.errors import UsageError
    from pmo_sync.plan.codec import decode

    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", advice="make one: pmo-sync plan -o FILE") from None
    return decode(content, name=str(file))


def show(
    console: Console,
    outcomes: tuple[Outcome, ...],
    format_: Format,
    *,
    run_id: str,
    output: Path | None,
) -> None:
    """Puts the outcomes and their totals on stdout or into a file."""
    from pmo_sync.report import json
    from pmo_sync.report import outcomes as report
    from pmo_sync.report.table import render

    match format_:
        case Format.JSON:
            content: dict[str, json.Json] = {
                "run": run_id,
                "totals": dict(report.totals(outcomes)),
                "outcomes": [report.outcome_json(outcome) for outcome in outcomes],
            }
            text = json.document(content)
        case Format.JSONL:
            text = json.lines(report.outcome_json(outcome) for outcome in outcomes)
        case Format.TABLE | Format.LINES:
            text = report.text(outcomes, console.style(), run=run_id)
        case Format.CSV | Format.MARKDOWN:
            text = render(report.table(outcomes), format_, console.style())
        case _:
            assert_never(format_)
    console.data(text, output)
