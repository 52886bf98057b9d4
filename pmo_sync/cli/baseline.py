"""`pmo-sync baseline …`: failures that are accepted as they stand, so that only new ones fail a check."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {
    "create": ("pmo_sync.cli.baseline_create", "Accept today's failures; only new ones fail a check then."),
    "prune": ("pmo_sync.cli.baseline_prune", "Take out what has been fixed."),
    "show": ("pmo_sync.cli.baseline_show", "Every accepted failure, and what has become of it."),
}


@click.command("baseline", cls=LazyGroup, entries=COMMANDS, short_help="Accept today's failures; show, prune them.")
def command() -> None:
    """Accept today's failures, look at them, and take out what was fixed. Writes baseline.yaml and nothing else."""
