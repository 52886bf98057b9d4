"""`pmo-sync rules …`: the standards themselves. None of these contacts a tracker."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {
    "list": ("pmo_sync.cli.rules_list", "The loaded standards; --origin tells where each value comes from."),
    "show": ("pmo_sync.cli.rules_show", "One standard as a page: why, rule, values, fix, cases."),
    "validate": ("pmo_sync.cli.rules_validate", "Read the project folder and report every mistake at once."),
    "test": ("pmo_sync.cli.rules_test", "Run the cases of the standards."),
    "new": ("pmo_sync.cli.rules_new", "Write the skeleton of a standard, with cases."),
    "diff": ("pmo_sync.cli.rules_diff", "Replay a change of standards over the kept snapshots."),
    "approve": ("pmo_sync.cli.rules_approve", "Say yes to a new or changed standard, so that it may flag."),
}
HELP: Final = "List, show, write, test, replay, approve standards."


@click.command("rules", cls=LazyGroup, entries=COMMANDS, short_help=HELP)
def command() -> None:
    """List, show, write, validate, test, replay and approve standards. Nothing here contacts a tracker."""
