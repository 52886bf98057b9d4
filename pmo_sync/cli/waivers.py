"""`pmo-sync waivers …`: the waivers that stand in the file."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {"list": ("pmo_sync.cli.waivers_list", "Every waiver: until when, and whether it is still needed.")}


@click.command("waivers", cls=LazyGroup, entries=COMMANDS, short_help="List the waivers and how they stand.")
def command() -> None:
    """List the waivers and how they stand. Nothing here contacts a tracker."""
