"""`pmo-sync doctor`: looks at each tracker as its account, and says how to mend what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import chosen
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.report.formats import Format

if TYPE_CHECKING:
    from pmo_sync.connectors.base import Probe
    from pmo_sync.report.style import Style
    from pmo_sync.report.table import Table

_EACH_FIELD: Final = "field"
_OF_FIELDS: Final = frozenset({_EACH_FIELD, "fields", "contact"})
_HEADINGS: Final = ("tracker", "subject", "ok", "text", "remedy")


@click.command("doctor", cls=Command, short_help="Look at credentials, permissions and fields; say how to mend them.")
@click.option("--fields", is_flag=True, help="List the fields of each tracker that pmo.yaml may name, and no more.")
@options("folder", "format_", "output", "tracker", "status_date")
def command(run: Run, *, fields: bool) -> int:
    """Look at each tracker as its account: identity, permissions, fields, words, and whether the site is as we assume.

    Each line that is not well says how to mend it.

    Ends with 4 when a tracker refuses us, or something is missing there that a run needs. Writes nothing.
    """
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.doctor import doctor
    from pmo_sync.report.table import render

    project_ = project(run)
    with progress(run) as report:
        found = doctor(context(run, project_, report))
    probes = {name: [one for one in lines if _is_shown(one, fields=fields)] for name, lines in found.items()}
    if fields:
        probes = {name: lines for name, lines in probes.items() if lines}
    console, format_ = run.console, chosen(run.format_, run.output)
    if format_ is Format.TABLE:
        console.data(_page(probes, console.style()), run.output)
    else:
        console.data(render(_table(probes), format_, console.style()), run.output)
    bad = any(probe.ok is False for name in project_.settings.trackers for probe in found.get(name, ()))
    return exit_codes.ACCESS if bad else exit_codes.CLEAN


def _is_shown(probe: Probe, *, fields: bool) -> bool:
    """Whether a line is of what was asked for: every field is many lines."""
    return probe.subject in _OF_FIELDS if fields else probe.subject != _EACH_FIELD


def _table(probes: Mapping[str, Sequence[Probe]]) -> Table:
    from pmo_sync.report.table import Table

    records = tuple(
        (tracker, probe.subject, probe.ok, probe.text, probe.remedy)
        for tracker, found in probes.items()
        for probe in found
    )
    return Table("probes", _HEADINGS, records)


def _page(probes: Mapping[str, Sequence[Probe]], style: Style) -> str:
    """One line for each probe with its mark, the remedies below it."""
    from pmo_sync.report.escape import clean, pad

    lines = []
    for tracker, found in probes.items():
        lines.append(style.bold(clean(tracker)))
        wide = max((len(clean(probe.subject)) for probe in found), default=0)
        for probe in found:
            mark = {True: style.good("✓"), False: style.bad("✗"), None: style.dim("–")}[probe.ok]  # noqa: RUF001
            lines.append(f"  {mark} {pad(clean(probe.subject), wide)}  {clean(probe.text)}")
            if probe.remedy is not None:
                lines.append(f"    {' ' * wide}  {style.warn('→')} {clean(probe.remedy)}")
    return "".join(f"{line}\n" for line in lines)
