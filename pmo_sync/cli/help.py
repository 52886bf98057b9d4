"""`pmo-sync help TOPIC`: what is the same for all commands."""

from __future__ import annotations

from typing import Final

import click

from pmo_sync.cli.command import Command
from pmo_sync.cli.exit_codes import CLEAN, MEANING, PRECEDENCE


def _exit_codes() -> str:
    lines = [f"{code:>4}  {MEANING[code]}" for code in sorted(MEANING)]
    order = ", ".join(str(code) for code in PRECEDENCE)
    return "\n".join(["What pmo-sync ends with:", "", *lines, "", f"Several at once: the first of {order}.", ""])


def _formats() -> str:
    return (
        "--format table   for people: what a terminal gets unless another format is asked for\n"
        "--format json    one document, with schema_version\n"
        "--format jsonl   one JSON object per line\n"
        "--format csv     for spreadsheets; no cell can become a formula\n"
        "--format md      Markdown, for a step summary\n"
        "Without --format a pipe gets one line per record with tabs between its fields;\n"
        "with -o FILE the ending of the name decides.\n"
        "Data goes to stdout, talk to stderr. NO_COLOR and TERM=dumb switch colour off, CI switches progress off.\n"
    )


def _paths() -> str:
    return (
        "PATH is the names from the portfolio down, joined by /:  Digital Bank/Payments/PAY\n"
        "A / in a name is written \\/ and a \\ as \\\\.\n"
    )


TOPICS: Final = {"exit-codes": _exit_codes, "formats": _formats, "paths": _paths}


@click.command("help", cls=Command, short_help="Explain a topic, such as exit-codes.")
@click.argument("topic", type=click.Choice(list(TOPICS)), required=False, metavar="TOPIC")
def command(topic: str | None) -> int:
    """Explain a topic: exit-codes, formats or paths."""
    if topic is None:
        click.echo("Topics: " + ", ".join(TOPICS) + ". For a command: pmo-sync COMMAND --help")
    else:
        click.echo(TOPICS[topic](), nl=False)
    return CLEAN
