"""`pmo-sync levels`: how mature each project and programme is, and what is missing for the next level."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, day, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.pipeline.evaluate import Evaluation
    from pmo_sync.pipeline.levels import Ladder, NodeLevel
    from pmo_sync.report.json import Json
    from pmo_sync.report.table import Table
    from pmo_sync.rules.levels import Met

_SHOWN: Final = 3
_NONE: Final = "none"


@click.command("levels", cls=Command, short_help="How mature each project is, and what the next level asks for.")
@click.option("--since", callback=day, metavar="DATE", help="Compare with the newest reading until this day.")
@click.option("--snapshot", metavar="ID", help="Look at this snapshot in place of the latest.")
@options("folder", "format_", "output", "status_date", "node")
def command(run: Run, *, since: date | None, snapshot: str | None) -> int:
    """Show the level that each project and programme has proven, what is missing for the next, and the trend.

    Which standards make a level stands under `levels:` in the packs and files of standards. The trend is against the
    newest whole snapshot of a day before, judged by today's standards. Looks at the latest snapshots, and pulls where
    there are none. No person has a level.
    """
    from pmo_sync.cli.latest import latest
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.levels import ladder, levels_of
    from pmo_sync.report import json
    from pmo_sync.report.table import render

    project_ = project(run)
    levels_of(project_)
    with progress(run) as report:
        context_ = context(run, project_, report, snapshot=snapshot)
        evaluation = latest(run, context_)
        found = ladder(context_, evaluation, node=run.node, since=since)
    format_, style = chosen(run.format_, run.output), run.console.style()
    titles = {one.id: one.title for one in evaluation.judgement.standards}
    match format_:
        case Format.JSON:
            text = json.document(_document(found, evaluation, titles))
        case Format.JSONL:
            text = json.lines(_node(each, titles) for each in found.nodes)
        case Format.TABLE:
            text = render(_table(found), format_, style) + "".join(_below(run, found, titles))
        case _:
            text = render(_table(found), format_, style)
    run.console.data(text, run.output)
    if format_ is Format.TABLE and run.node is None:
        run.console.say("one of them with every standard that is missing: pmo-sync levels --node PATH")
    return exit_codes.CLEAN if evaluation.complete else exit_codes.INCOMPLETE


def _table(found: Ladder) -> Table:
    from pmo_sync.model.portfolio import path_text
    from pmo_sync.report.table import Table

    headings = ("node", "kind", "level", "with_waivers", "trend", "next", "missing")
    records = tuple(
        (
            path_text(each.path),
            each.kind,
            _level(each, each.card.reached),
            _level(each, each.card.with_waivers),
            each.trend,
            None if each.card.following is None else each.card.following.level.name,
            _missing(each),
        )
        for each in found.nodes
    )
    return Table("levels", headings, records)


def _level(each: NodeLevel, name: str | None) -> str:
    if not each.card.complete:
        return "not read whole"
    return (name or _NONE) if each.card.is_judged else "nothing judged"


def _missing(each: NodeLevel) -> str | None:
    following = each.card.following
    if following is None:
        return None
    shown = [f"{one.standard} {_wanted(one)}" for one in following.missing[:_SHOWN]]
    more = len(following.missing) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])]) or None


def _wanted(one: Met) -> str:
    """`2 more of 14`; where unknown verdicts decide, how many of them."""
    from pmo_sync.report.numbers import count

    if one.holds is None:
        return f"{count(one.unknown)} unknown of {count(one.judged)}"
    return f"{count(one.needed)} more of {count(one.judged)}"


def _below(run: Run, found: Ladder, titles: dict[str, str]) -> Iterator[str]:
    """What each level means, what the trend compares with, and for one branch every standard that is missing."""
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import percent

    yield "\n"
    first = found.nodes[0]
    if run.node is not None and first.card.following is not None:
        step = first.card.following
        yield f"For {clean(step.level.name)}, at least {percent(step.level.at_least)} of each must pass:\n"
        for one in step.missing:
            said = f"{one.passed} pass, {one.failed} fail, {one.unknown} unknown: {_wanted(one)}"
            yield f"  {clean(one.standard)}  {clean(titles.get(one.standard, ''))}: {said}\n"
        yield "\n"
    for level in found.levels:
        if level.means:
            yield f"{clean(level.name)}: {clean(level.means)}\n"
    if found.compared_with is not None:
        yield f"trend: against the reading of {found.compared_with}, by today's standards\n"


def _document(found: Ladder, evaluation: Evaluation, titles: dict[str, str]) -> dict[str, Json]:
    levels: list[Json] = [
        {"name": each.name, "means": each.means, "at_least": each.at_least, "standards": list(each.standards)}
        for each in found.levels
    ]
    return {
        "status_date": evaluation.status_date.isoformat(),
        "complete": evaluation.complete,
        "compared_with": None if found.compared_with is None else found.compared_with.isoformat(),
        "levels": levels,
        "nodes": [_node(each, titles) for each in found.nodes],
    }


def _node(each: NodeLevel, titles: dict[str, str]) -> dict[str, Json]:
    card = each.card
    missing: list[Json] = [
        {
            "standard": one.standard,
            "title": titles.get(one.standard),
            "passed": one.passed,
            "failed": one.failed,
            "waived": one.waived,
            "unknown": one.unknown,
            "needed": one.needed,
            "holds": one.holds,
        }
        for one in (() if card.following is None else card.following.missing)
    ]
    return {
        "path": list(each.path),
        "kind": each.kind,
        "complete": card.complete,
        "judged": card.is_judged,
        "level": card.reached,
        "with_waivers": card.with_waivers,
        "next": None if card.following is None else card.following.level.name,
        "missing": missing,
        "before": each.before,
        "trend": each.trend,
    }
