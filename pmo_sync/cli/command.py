"""A command as this project has it: returns its exit code, and turns an error into a sentence (and JSON if asked)."""

from __future__ import annotations

from typing import Any

import click

from pmo_sync.errors import PmoError


class Command(click.Command):
    """A click command whose function returns the exit code of the process."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """The exit code; a PmoError is shown here, because here the format asked for is known."""
        try:
            return super().invoke(ctx)
        except PmoError as error:
            as_data = None if ctx.params.get("output") else ctx.params.get("format_")
            return show_error(error, as_data=as_data, log_json=ctx.params.get("log_format") == "json")


def show_error(error: PmoError, *, as_data: str | None = None, log_json: bool = False) -> int:
    """Shows the error on stderr, as text or as one JSON line; where data is `json` or `jsonl`, as that on stdout too.

    Returns its exit code.
    """
    from pmo_sync.cli.console import Console, log_line
    from pmo_sync.report import errors

    console = Console()
    if as_data == "json":
        console.data(errors.json(error))
    elif as_data == "jsonl":
        console.data(errors.json_lines(error))
    if log_json:
        log_line("error", code=error.code, message=error.message, advice=error.advice, exit_code=error.exit_code)
        return error.exit_code
    text = errors.text(error, console.talk_style())
    console.complain(f"{text.rstrip()}\n")
    return error.exit_code
