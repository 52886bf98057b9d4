"""`pmo-sync check`: pull, judge, print findings. Writes nothing to any tracker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.connectors.base import Report
    from pmo_sync.model.finding import Finding
    from pmo_sync.model.snapshot import Snapshot
    from pmo_sync.pipeline.context import Context
    from pmo_sync.pipeline.evaluate import Evaluation
    from pmo_sync.report.view import CheckView


@dataclass(frozen=True, slots=True)
class Asked:
    """What `check` alone takes."""

    keys: tuple[str, ...]
    from_file: Path | None
    standards: tuple[Path, ...]
    snapshot: str | None
    offline: bool
    everything: bool
    items: bool


@click.command("check", cls=Command, short_help="Judge the portfolio by the standards and print findings.")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option(
    "--from",
    "from_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Judge items.jsonl, or an export of Jira or Redmine; no pmo.yaml.",
)
@click.option(
    "--standards",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE...",
    help="With --from: these standards in place of pack core.",
)
@click.option("--snapshot", metavar="ID", help="Judge this snapshot in place of a pull.")
@click.option("--offline", is_flag=True, help="Judge the latest snapshots; contact nothing.")
@click.option("--all", "everything", is_flag=True, help="All rows, and unknown verdicts too.")
@click.option("--items", is_flag=True, help="JSON: figures of every item too.")
@options("folder", "format_", "output", "status_date", "fail_on", "tracker", "node", "full", fail_on="major")
def command(run: Run, **given: Any) -> int:  # noqa: ANN401 - click's own options, read into Asked at once
    """Judge the portfolio by the standards and print findings; with KEYs only those items.

    Ends with 1 when an open finding is at or above --fail-on, with 3 when something could not be read whole.
    """
    asked = _asked(given)
    if run.full and (asked.offline or asked.snapshot):
        raise click.UsageError("--full reads the trackers: leave out --offline and --snapshot")
    with progress(run) as report:
        evaluation = _evaluate(run, asked, report)
        view = _view(run, asked, evaluation)
    for warning in (*evaluation.warnings, *_clashes(evaluation)):
        run.console.say(f"warning: {warning}")
    _show(run, asked, view)
    codes = [exit_codes.FINDINGS] if _fails(view.findings, run.fail_on) else []
    codes += [] if view.complete else [exit_codes.INCOMPLETE]
    return exit_codes.first(codes)


def _clashes(evaluation: Evaluation) -> tuple[str, ...]:
    """One line about standards that nobody can meet together, if there are any."""
    from pmo_sync.report.numbers import plural
    from pmo_sync.rules.conflicts import Clash, conflicts

    found = [one for one in conflicts(evaluation.judgement.standards) if one.clash is not Clash.ALIKE]
    if not found:
        return ()
    told = plural(len(found), "contradiction or double", "contradictions or doubles")
    return (f"{told} among the standards: pmo-sync rules validate",)


def _asked(given: dict[str, Any]) -> Asked:
    """The options; a shell's `--standards *.yaml` gives the rest of the files as KEYs, so they are put back."""
    asked = Asked(**given)
    if asked.standards and asked.from_file is None:
        raise click.UsageError("--standards goes with --from FILE; a project folder names its files in pmo.yaml")
    if asked.from_file is not None and (asked.offline or asked.snapshot):
        raise click.UsageError("--from FILE is read afresh each time: leave out --offline and --snapshot")
    if not asked.standards:
        return asked
    files = [key for key in asked.keys if key.endswith((".yaml", ".yml"))]
    keys = tuple(key for key in asked.keys if key not in files)
    return Asked(**(given | {"keys": keys, "standards": (*asked.standards, *map(Path, files))}))


def _evaluate(run: Run, asked: Asked, report: Report) -> Evaluation:
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.evaluate import evaluate

    project_ = project(run, from_file=asked.from_file, standards=asked.standards)
    context_ = context(run, project_, report, offline=asked.offline, snapshot=asked.snapshot)
    return evaluate(context_, snapshots(context_), verdicts=bool(asked.keys))


def snapshots(context: Context) -> Sequence[Snapshot]:
    """A fresh pull, or what is kept when the run is offline or names a snapshot."""
    from pmo_sync.pipeline.pull import pull, stored

    if context.offline or context.snapshot is not None:
        return stored(context)
    return pull(context).snapshots


def _view(run: Run, asked: Asked, evaluation: Evaluation) -> CheckView:
    from pmo_sync.cli.views import check_view
    from pmo_sync.pipeline.finding import findings

    found = findings(evaluation, include_unknown=asked.everything, keys=asked.keys, node=run.node, limit=None)
    return check_view(evaluation, found, keys=asked.keys, node=run.node, items=asked.items, repeat=_repeat(run, asked))


def _repeat(run: Run, asked: Asked) -> str:
    """The options that name the same data again."""
    import shlex

    given = (
        ("-C", run.folder),
        ("--from", asked.from_file),
        *(("--standards", file) for file in asked.standards),
        ("--snapshot", asked.snapshot),
        ("--status-date", run.status_date),
    )
    return "".join(f" {option} {shlex.quote(str(value))}" for option, value in given if value is not None)


def _show(run: Run, asked: Asked, view: CheckView) -> None:
    from pmo_sync.report import csv, json, markdown, terminal

    console, format_ = run.console, chosen(run.format_, run.output)
    match format_:
        case Format.JSON:
            text: str | Iterator[str] = json.check_pieces(view)
        case Format.JSONL:
            text = json.check_line_pieces(view)
        case Format.CSV:
            text = csv.findings(view.findings)
        case Format.MARKDOWN:
            text = markdown.check(view, everything=asked.everything)
        case Format.LINES:
            warning = terminal.incomplete(view)
            text = terminal.lines(view.findings) + (f"{warning}\n" if warning else "")
        case Format.TABLE:
            text = terminal.check(view, console.style(), everything=asked.everything, verbose=run.verbose)
        case _:
            assert_never(format_)
    console.data(text, run.output)
    if format_ is Format.LINES or run.output is not None:
        console.say(terminal.summary(view, console.talk_style(), warn=run.output is not None))


def failing(evaluation: Evaluation, fail_on: str) -> bool:
    """True when the evaluation has an open failure at or above a severity; `never` looks at nothing."""
    from pmo_sync.pipeline.finding import findings

    if fail_on == "never":
        return False
    return _fails(findings(evaluation, include_unknown=False, keys=(), node=None, limit=None), fail_on)


def _fails(findings: Sequence[Finding], fail_on: str) -> bool:
    """True when an open failure is as severe as asked: neither waived nor baselined."""
    from pmo_sync.model.words import Severity, Verdict

    if fail_on == "never":
        return False
    threshold = Severity(fail_on).rank
    return any(
        each.verdict is Verdict.FAIL and each.waiver is None and not each.baselined and each.severity.rank >= threshold
        for each in findings
    )
