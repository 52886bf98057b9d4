"""`pmo-sync rules validate`: reads the whole project folder, imports no client, contacts nothing."""

from __future__ import annotations

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.options import Run, options
from pmo_sync.report.formats import Format


@click.command("validate", cls=Command, short_help="Read the project folder and report every mistake at once.")
@options("folder", "format_", "output")
def command(run: Run) -> int:
    """Read pmo.yaml, the standards, waivers and approvals, and report every mistake at once.

    Ends with 2 when there is one. Standards that contradict each other, or say the same, are warned of. Contacts
    nothing.
    """
    from pmo_sync.cli.console import chosen
    from pmo_sync.cli.start import project
    from pmo_sync.pipeline.standards import load_standards
    from pmo_sync.report import json
    from pmo_sync.report.escape import clean
    from pmo_sync.report.numbers import plural
    from pmo_sync.rules.conflicts import conflicts

    project_ = project(run)
    standards = load_standards(project_)
    found = conflicts(standards)
    trackers, waivers = len(project_.settings.trackers), len(project_.waivers)
    if chosen(run.format_, run.output) in {Format.JSON, Format.JSONL}:
        facts: dict[str, json.Json] = {
            "errors": [],
            "warnings": [
                {
                    "code": one.clash.value,
                    "standards": [each.id for each in (one.first, one.second) if each is not None],
                    "places": [str(each.place) for each in (one.first, one.second) if each is not None],
                    "text": one.text,
                }
                for one in found
            ],
            "standards": [standard.id for standard in standards],
            "trackers": trackers,
            "waivers": waivers,
        }
        text = json.document(facts)
    else:
        text = (
            f"{plural(len(standards), 'standard')}, {plural(trackers, 'tracker')}, {plural(waivers, 'waiver')}: "
            "all valid.\n"
        )
        for one in found:
            run.console.complain(f"warning[{one.clash.value}]: {clean(one.text)}")
    run.console.data(text, run.output)
    return exit_codes.CLEAN
