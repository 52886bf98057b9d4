"""`pmo-sync waive`: a dated, reasoned, approved permission not to meet one standard. Writes waivers.yaml alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, day, options
from pmo_sync.cli.progress import progress
from pmo_sync.errors import UsageError

if TYPE_CHECKING:
    from pmo_sync.pipeline.context import Context
    from pmo_sync.pipeline.waive import Granted
    from pmo_sync.report.json import Json
    from pmo_sync.report.table import Table

HELP: Final = "Waive one standard for an item or a branch, until a day."


@click.command("waive", cls=Command, short_help=HELP)
@click.argument("standard", metavar="STANDARD")
@click.argument("key", required=False, metavar="[KEY]")
@click.option("--until", callback=day, metavar="DATE", help="The last day it counts.  [required]")
@click.option("--reason", metavar="TEXT", help="Why, in a few words.  [required]")
@click.option("--approver", metavar="WHO", help="Who says yes.  [required]")
@click.option("--owner", metavar="WHO", help="Who sees to it that it is not needed any more.")
@options("folder", "format_", "status_date", "tracker", "node")
def command(run: Run, **given: str | date | None) -> int:
    """Waive STANDARD for the item KEY, or for the branch --node PATH, until a day.

    Adds an entry to waivers.yaml; the rest of the file stays as it is. A waived failure is still a failure: it is shown
    apart and not flagged until that day. Looks at the latest snapshots, and pulls where there are none.
    """
    from pmo_sync.cli.latest import latest
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline import waive
    from pmo_sync.report.table import answer

    wish = waive.Wish(
        standard=str(given["standard"]),
        item=_text(given["key"]),
        node=run.node,
        until=_until(given["until"]),
        reason=_needed(given["reason"], "reason"),
        approver=_needed(given["approver"], "approver"),
        owner=_text(given["owner"]),
    )
    with progress(run) as report:
        context_ = context(run, project(run), report)
        waive.check(context_, wish)
        granted = waive.waive(context_, latest(run, context_), wish)
    run.console.data(answer(_page(granted, context_), _json(granted), _table(granted), chosen(run.format_)))
    _say_more(run, context_, granted)
    return exit_codes.CLEAN


def _page(granted: Granted, context: Context) -> str:
    """What was written down, and what is different from the next run on."""
    from pmo_sync.pipeline.waive import scope_text
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import percent, plural

    waiver, file = granted.waiver, clean(context.project.settings.waivers)
    left = (waiver.until - context.status_date).days
    lasts = f"until {waiver.until} ({plural(left, 'day')} left)"
    who = f"{clean(waiver.standard)} for {clean(scope_text(waiver))}"
    if not granted.written:
        return f"{who} is waived {lasts} already: {file} stays as it is\n"
    lines = [f"waived {who} {lasts}, approved by {clean(waiver.approver)}: added to {file}"]
    if not granted.is_on:
        lines.append(f"{clean(waiver.standard)} is switched off, so nothing changes at the next run")
    elif not granted.failures:
        lines.append("all that it covers is met, waived or accepted already, so nothing changes at the next run")
    else:
        shown = f"{plural(granted.failures, 'failure is', 'failures are')} shown as waived"
        flags = f", {plural(granted.flags, 'item carries', 'items carry')} no flag for it" if granted.flags else ""
        lines.append(f"at the next run {shown}{flags}")
        score = f"{percent(granted.before)} → {percent(granted.after)}"
        was, will_be = map(percent, granted.without)
        without = "it stays" if was == will_be else f"{was} → {will_be}"
        lines.append(f"compliance of {clean(granted.node[-1])} with waivers: {score}; without them {without}")
    return "".join(f"{line}\n" for line in lines)


def _json(granted: Granted) -> dict[str, Json]:
    waiver = granted.waiver
    return {
        "waiver": {
            "standard": waiver.standard,
            "scope": dict(waiver.scope.model_dump(exclude_none=True)),
            "reason": waiver.reason,
            "owner": waiver.owner,
            "approver": waiver.approver,
            "until": waiver.until.isoformat(),
        },
        "written": granted.written,
        "failures": granted.failures,
        "items_without_flag": granted.flags,
        "path": list(granted.node),
        "with_waivers": {"before": granted.before, "after": granted.after},
    }


def _table(granted: Granted) -> Table:
    """The waiver as one record, and what is different with it."""
    from pmo_sync.model.portfolio import path_text
    from pmo_sync.pipeline.waive import scope_text
    from pmo_sync.report.table import Cell, Table

    waiver = granted.waiver
    told: dict[str, Cell] = {
        "standard": waiver.standard,
        "scope": scope_text(waiver),
        "until": waiver.until.isoformat(),
        "reason": waiver.reason,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "written": granted.written,
        "failures": granted.failures,
        "items_without_flag": granted.flags,
        "path": path_text(granted.node),
        "with_waivers_before": granted.before,
        "with_waivers_after": granted.after,
    }
    return Table("waivers", tuple(told), (tuple(told.values()),))


def _say_more(run: Run, context: Context, granted: Granted) -> None:
    from pmo_sync.report.escape import clean

    if granted.beyond:
        run.console.say(f"note: the same names also mean {', '.join(map(clean, granted.beyond))}")
    if granted.written:
        run.console.say(f"all of them: pmo-sync waivers list{context.again}")


def _text(value: str | date | None) -> str | None:
    return None if value is None else str(value)


def _until(value: str | date | None) -> date:
    if isinstance(value, date):
        return value
    raise UsageError("a waiver needs its last day", advice="name it: --until 2026-12-24")


def _needed(value: str | date | None, name: str) -> str:
    if value is None or not str(value).strip():
        article = "an" if name[0] in "aeiou" else "a"
        raise UsageError(f"a waiver needs {article} {name}", advice=f'say it: --{name} "…"')
    return str(value)
