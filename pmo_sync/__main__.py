"""Where the process starts and ends: every error becomes one sentence and an exit code, none a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import MutableMapping, Sequence
from types import FrameType
from typing import Final

import click

from pmo_sync.cli.exit_codes import INTERRUPTED, USAGE

_ALLOCATOR: Final = "_RJEM_MALLOC_CONF"
_FEW_ARENAS: Final = "narenas:2"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. SIGTERM, and a terminal that is closed, end it as Ctrl-C does."""
    few_arenas(os.environ)
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, _interrupt)
        return _run(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    finally:
        _close()


def few_arenas(environment: MutableMapping[str, str]) -> None:
    """Lets Polars, where it is loaded after this, keep its memory in two arenas in place of four for each processor.

    What one arena lets go of is of no use to another, so that each thread of a reading adds to its peak. What the
    environment says itself counts more (https://jemalloc.net/jemalloc.3.html, opt.narenas).
    """
    said = environment.get(_ALLOCATOR, "")
    if _FEW_ARENAS not in said.split(","):
        environment[_ALLOCATOR] = f"{_FEW_ARENAS},{said}".removesuffix(",")


def _run(arguments: Sequence[str] | None) -> int:
    from pmo_sync.cli.root import command
    from pmo_sync.errors import PmoError

    try:
        code = command.main(arguments, prog_name="pmo-sync", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except click.ClickException as error:
        return _usage(error)
    except PmoError as error:
        from pmo_sync.cli.command import show_error

        return show_error(error)
    except SystemExit:  # click met a reader that left early
        return 0
    except Exception as error:  # noqa: BLE001 - the last place that can turn a bug into a sentence and a log
        from pmo_sync.cli.crash import crashed

        return crashed(error)
    return code if isinstance(code, int) else 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupted() -> int:
    _say("interrupted: nothing more is written. What was written is in the ledger; run the same command to go on.\n")
    return INTERRUPTED


def _usage(error: click.ClickException) -> int:
    """A mistake on the command line, as click tells it, with the place of its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _say(f"{error.format_message()}\n")
        return USAGE
    from pmo_sync.report.escape import clean

    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "pmo-sync"
    _say(f"error[usage]: {clean(error.format_message())}\n  see: {path} --help\n")
    return USAGE


def _say(text: str) -> None:
    try:
        if sys.stderr is not None:
            sys.stderr.write(text)
    except OSError:
        return


def _close() -> None:
    """Flushes both streams; a reader that left early is no error and changes no exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # None: closed before we began
                stream.flush()
        except OSError:
            from pmo_sync.cli.console import give_up

            give_up(stream)


if __name__ == "__main__":
    sys.exit(main())
