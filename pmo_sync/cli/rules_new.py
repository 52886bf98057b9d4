"""`pmo-sync rules new`: the skeleton of a standard, ready to be edited."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen, is_terminal
from pmo_sync.cli.options import Run, options

if TYPE_CHECKING:
    from pmo_sync.pipeline.new_standard import Written

LEVELS = ("item", "project", "programme", "portfolio")


@click.command("new", cls=Command, short_help="Write the skeleton of a standard, with cases.")
@click.argument("standard", metavar="ID")
@click.option("--title", metavar="TEXT", help="The standard as a sentence: who it is about, and what must hold.")
@click.option("--level", type=click.Choice(LEVELS), help="What is judged.  [default: item]")
@click.option("--into", metavar="FILE", help="The file to write it to.  [default: beside your own of the same letters]")
@options("folder", "format_")
def command(run: Run, *, standard: str, title: str | None, level: str | None, into: str | None) -> int:
    """Write the skeleton of a new standard with comments and cases, to be edited.

    It loads, and its cases hold, from the start. It goes to the end of the file; nothing in it is changed, and no
    standard is overwritten. On a terminal asks for what is not given, unless --no-input.
    """
    from pmo_sync.cli.start import project
    from pmo_sync.model.words import Level
    from pmo_sync.pipeline.new_standard import new_standard
    from pmo_sync.report import json

    project_ = project(run)
    if not run.no_input and is_terminal(sys.stdin) and is_terminal(sys.stderr):
        title = title or click.prompt("What must hold, as a sentence", default="", show_default=False, err=True) or None
        level = level or click.prompt("Judged is", type=click.Choice(LEVELS), default="item", err=True)
    written = new_standard(project_, standard, title=title, level=Level(level or "item"), into=into)
    place = written.file if written.standard is None else str(written.standard.place)
    format_ = chosen(run.format_)
    if format_.for_machines:
        loaded = written.standard is not None
        content: dict[str, json.Json] = {"standard": standard, "file": written.file, "place": place, "loaded": loaded}
        run.console.data(json.answer({**content, "cases": len(written.results)}, format_))
    else:
        run.console.data(f"{place}\n")
        run.console.say(_next(standard, written))
    return exit_codes.CLEAN


def _next(standard: str, written: Written) -> str:
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import plural

    if written.standard is None:
        return (
            f"wrote {standard} to {clean(written.file)}, which pmo.yaml does not read yet.\n"
            f"Add there, below `standards:`   files: [{clean(written.file)}]\n"
        )
    cases = plural(len(written.results), "case")
    return (
        f"wrote {standard}; its {cases} hold.\n"
        f"Next  edit it, and run its cases:         pmo-sync rules test {standard}\n"
        f"      who would have been flagged by it:  pmo-sync rules diff {standard}\n"
        f"      who fails it now:                   pmo-sync check\n"
        f'      let it flag:                        pmo-sync rules approve {standard} --by "…"\n'
    )
