"""`pmo-sync config show` and `config schema`."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {
    "show": ("pmo_sync.cli.config_show", "Every setting, its value and (--origin) where it comes from."),
    "schema": ("pmo_sync.cli.config_schema", "The JSON Schema of pmo.yaml and of standards, for editors."),
}


@click.command("config", cls=LazyGroup, entries=COMMANDS, short_help="Show the configuration, or its JSON Schema.")
def command() -> None:
    """Show the effective configuration, or its JSON Schema."""
