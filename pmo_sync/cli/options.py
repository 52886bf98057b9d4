"""The options that several commands share, said once; a command names those it takes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from pmo_sync.cli.console import Console

F = TypeVar("F", bound=Callable[..., Any])
FORMATS: Final = ("table", "json", "jsonl", "csv", "md")
FAIL_ON: Final = ("info", "minor", "major", "critical", "never")
_WRITTEN: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2199


def day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """A date written as 2026-11-23, and no other way; a usage error for anything else."""
    if value is None:
        return None
    try:
        found = date.fromisoformat(value) if _WRITTEN.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2026-11-23", ctx, param)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise click.BadParameter(f"{value} is not within {_FIRST_YEAR} and {_LAST_YEAR}", ctx, param)
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """What the shared options say; those that a command does not take have their defaults."""

    folder: Path | None = None
    format_: str | None = None
    output: Path | None = None
    status_date: date | None = None
    fail_on: str = "never"
    tracker: str | None = None
    node: str | None = None
    no_input: bool = False
    quiet: bool = False
    verbose: bool = False
    log_format: str = "text"
    break_lock: str | None = None
    full: bool = False

    @property
    def console(self) -> Console:
        """Where this run talks."""
        return Console(quiet=self.quiet, log_json=self.log_format == "json")


_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS: Final[dict[str, Callable[[F], F]]] = {
    "folder": click.option(
        "-C", "folder", type=_FOLDER, metavar="DIR", help="Project folder.  [default: nearest parent with pmo.yaml]"
    ),
    "format_": click.option("--format", "format_", type=click.Choice(FORMATS), help="How to answer."),
    "output": click.option("-o", "output", type=_FILE, metavar="FILE", help="Write the answer to a file."),
    "status_date": click.option(
        "--status-date", callback=day, metavar="DATE", help="Judge as of this day.  [default: today in time_zone]"
    ),
    "fail_on": click.option(
        "--fail-on", type=click.Choice(FAIL_ON), default="never", show_default=True, help="End with 1 from here up."
    ),
    "tracker": click.option("--tracker", metavar="NAME", help="Only this tracker of pmo.yaml."),
    "node": click.option("--node", metavar="PATH", help="Only this branch: Portfolio/Programme/Project."),
    "no_input": click.option("--no-input", is_flag=True, help="Never ask anything."),
    "quiet": click.option("-q", "quiet", is_flag=True, help="No talk: data and errors only."),
    "verbose": click.option("-v", "verbose", is_flag=True, help="Say more: fixes, addresses, steps."),
    "log_format": click.option(
        "--log-format",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="Talk as text or JSON lines.",
    ),
    "full": click.option("--full", is_flag=True, help="Read everything, not only what has changed."),
    "break_lock": click.option("--break-lock", metavar="ID", help="Take over the lock of this id from another host."),
}
TALK: Final = ("no_input", "quiet", "verbose", "log_format")


def options(*names: str, fail_on: str = "never") -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Gives a command these shared options and those of TALK; its function gets one Run for all of them."""
    taken = (*names, *TALK)

    def wrap(function: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(function)
        def command(**given: Any) -> int:  # noqa: ANN401 - what click parsed
            shared = {name: given.pop(name) for name in taken}
            return function(Run(**shared), **given)

        decorated: Callable[..., int] = command
        for name in reversed(taken):
            decorated = _option(name, fail_on)(decorated)
        return decorated

    return wrap


def _option(name: str, fail_on: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    if name == "fail_on" and fail_on != "never":
        return click.option(
            "--fail-on", type=click.Choice(FAIL_ON), default=fail_on, show_default=True, help="End with 1 from here up."
        )
    return _OPTIONS[name]
