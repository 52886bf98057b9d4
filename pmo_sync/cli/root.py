"""`pmo-sync` itself: its commands by name, and nothing that has to be imported for `--help`."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync import __version__
from pmo_sync.cli.lazy import LazyGroup

COMMANDS: Final = {
    "demo": ("pmo_sync.cli.demo", "See all of it at work on this computer; needs no account."),
    "pull": ("pmo_sync.cli.pull", "Take a snapshot of the trackers."),
    "check": ("pmo_sync.cli.check", "Judge the portfolio by the standards and print findings."),
    "explain": ("pmo_sync.cli.explain", "Show a standard clause by clause, or a figure child by child."),
    "plan": ("pmo_sync.cli.plan", "Show what would be written, why, and what is held."),
    "apply": ("pmo_sync.cli.apply", "Write exactly one saved plan, or refuse."),
    "sync": ("pmo_sync.cli.sync", "Pull, judge, plan and apply: the scheduled job."),
    "waive": ("pmo_sync.cli.waive", "Waive one standard for an item or a branch, until a day."),
    "waivers": ("pmo_sync.cli.waivers", "List the waivers and how they stand."),
    "baseline": ("pmo_sync.cli.baseline", "Accept today's failures; show, prune them."),
    "levels": ("pmo_sync.cli.levels", "How mature each project is, and what the next level asks for."),
    "doctor": ("pmo_sync.cli.doctor", "Look at credentials, permissions and fields; say how to mend them."),
    "rules": ("pmo_sync.cli.rules", "List, show, write, test, replay, approve standards."),
    "config": ("pmo_sync.cli.config", "Show the configuration, or its JSON Schema."),
    "runs": ("pmo_sync.cli.runs", "List the runs in the ledger."),
    "sandbox": ("pmo_sync.cli.sandbox", "Serve a small Jira for tests of your own."),
    "help": ("pmo_sync.cli.help", "Explain a topic, such as exit-codes."),
}


@click.command(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Reading is the default; only `apply` and `sync` write to your trackers. "
    "Exit codes: pmo-sync help exit-codes",
)
@click.version_option(__version__, prog_name="pmo-sync", message="%(prog)s %(version)s")
def command() -> None:
    """The standards of a project management office, applied to the trackers an organisation already has."""
