"""`pmo-sync sandbox serve`: the tracker alone."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {"serve": ("pmo_sync.cli.sandbox_serve", "Serve a small Jira on this computer until Ctrl-C.")}


@click.command("sandbox", cls=LazyGroup, entries=COMMANDS, short_help="Serve a small Jira for tests of your own.")
def command() -> None:
    """Serve a small, stateful Jira on this computer, for trying things and for tests of your own."""
