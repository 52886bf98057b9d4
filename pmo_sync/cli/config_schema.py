"""`pmo-sync config schema`: what editors check pmo.yaml and standards with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.options import Run, options


@click.command("schema", cls=Command, short_help="The JSON Schema of pmo.yaml and of standards, for editors.")
@options("output")
def command(run: Run) -> int:
    """Print the JSON Schema (draft 7) of pmo.yaml and of files of standards.

    An editor finds it by the first line of pmo.yaml: `# yaml-language-server: $schema=.pmo-sync/schema.json`.
    """
    from pmo_sync.settings.schema import schema

    output: Path | None = run.output
    run.console.data(json.dumps(schema(), ensure_ascii=False, indent=2) + "\n", output)
    return exit_codes.CLEAN
