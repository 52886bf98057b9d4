"""`pmo-sync rules test`: the cases that standards carry, run by the same evaluator as everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.report.style import Style
    from pmo_sync.report.table import Table
    from pmo_sync.rules.cases import CaseResult


_WHY: Final = {
    "pass": "what is required holds",
    "fail": "what is required does not hold",
    "n/a": "`kinds` or `applies_to` is false, or `unless` is true",
    "unknown": "something it looks at is empty or not visible",
}


@click.command("test", cls=Command, short_help="Run the cases of the standards.")
@click.argument("standards", nargs=-1, metavar="[STANDARD]...")
@options("folder", "format_", "output")
def command(run: Run, *, standards: tuple[str, ...]) -> int:
    """Run the cases of all standards, or of those named, with the standards' own values.

    Ends with 1 when a case gets another verdict than it asks for, or a standard has no case that passes or fails.
    """
    from pmo_sync.cli.start import project
    from pmo_sync.pipeline.standards import load_standards, standard
    from pmo_sync.report.table import render
    from pmo_sync.rules.cases import run_cases, without_both

    project_ = project(run)
    chosen_ = [standard(project_, name) for name in standards] if standards else load_standards(project_)
    results, lacking = run_cases(chosen_), without_both(chosen_)
    format_, console = chosen(run.format_, run.output), run.console
    if format_ in {Format.TABLE, Format.LINES}:
        console.data(_page(results, lacking, len(chosen_), console.style()), run.output)
    else:
        console.data(render(_table(results), format_, console.style()), run.output)
    well = all(result.passed for result in results) and not lacking
    return exit_codes.CLEAN if well else exit_codes.FINDINGS


def _page(results: Sequence[CaseResult], lacking: Sequence[str], standards: int, style: Style) -> str:
    """The cases that went wrong, the standards that lack one, and the count."""
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import plural

    wrong = [result for result in results if not result.passed]
    lines = [
        f"{style.bad('✗')} {clean(each.standard)} case {each.number}: asks for {each.expected.word}, "
        f"gets {each.got.word} ({_WHY[each.got.word]})  {style.dim(clean(str(each.source)))}"
        for each in wrong
    ]
    lines += [f"{style.bad('✗')} {clean(name)} has no case that passes, or none that fails" for name in lacking]
    told = "all as they ask" if not wrong else f"{len(wrong)} not as asked"
    lines.append(f"{plural(len(results), 'case')} of {plural(standards, 'standard')}: {told}")
    return "".join(f"{line}\n" for line in lines)


def _table(results: Sequence[CaseResult]) -> Table:
    from pmo_sync.report.table import Table

    records = tuple(
        (each.standard, each.number, each.expected.word, each.got.word, each.passed, str(each.source))
        for each in results
    )
    return Table("cases", ("standard", "case", "expected", "got", "passed", "source"), records)
