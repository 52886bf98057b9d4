"""`pmo-sync sandbox serve`: a small Jira on loopback that refuses what a real one refuses, for people's own tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.serving import until_stopped

if TYPE_CHECKING:
    from pmo_sync.sandbox import Flavour, Sandbox
    from pmo_sync.sandbox.plant import Item
    from pmo_sync.sandbox.seed import Seed

FLAVOURS: Final = ("cloud", "data-center")
_BESIDE: Final = frozenset({"sprint", "tracker_project"})
"""Keys of the lines that are no items."""


@click.command("serve", cls=Command, short_help="Serve a small Jira on this computer until Ctrl-C.")
@click.option("--flavour", type=click.Choice(FLAVOURS), default="cloud", show_default=True, help="Which Jira.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Port.  [default: a free one]")
@click.option("--chaos", metavar="SPEC", default="", help="What goes wrong: 429=0.05,503=0.01,latency=80ms.")
@click.option("--index-lag", metavar="TIME", help="How far searches are behind writes: 5s.")
@click.option(
    "--load",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Items to begin with (items.jsonl), where it has none yet.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the state here.  [default: forgotten at the end]",
)
@options()
def command(
    run: Run,
    *,
    flavour: str,
    port: int | None,
    chaos: str,
    index_lag: str | None,
    load: Path | None,
    state: Path | None,
) -> int:
    """Serve a small Jira on 127.0.0.1 until Ctrl-C; print its address, two accounts and a piece of pmo.yaml.

    The tokens are made up here and open nothing else. It keeps what is written to it, and refuses what Jira refuses.
    """
    from pmo_sync.sandbox import Flavour, Sandbox

    kind = Flavour.CLOUD if flavour == "cloud" else Flavour.DATA_CENTER
    seed = _seed(load, kind) if load is not None else None
    with Sandbox(kind, state=state, port=port or 0) as tracker:
        if seed is not None and tracker.is_empty:
            tracker.load(seed)
        tracker.knobs.chaos(",".join(filter(None, (chaos, f"lag={index_lag}" if index_lag else ""))))
        run.console.data(_page(tracker, kind))
        run.console.say("Ctrl-C stops it." if state is None else f"Ctrl-C stops it; its state is kept in {state}.")
        until_stopped()
        run.console.say("Stopped.")
    return exit_codes.CLEAN


def _seed(file: Path, flavour: Flavour) -> Seed:
    """The items of a file as Jira shows them. Raises UsageError for a file that holds anything else."""
    from pmo_sync.errors import UsageError
    from pmo_sync.sandbox.plant import plant

    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # a text may hold any other end of a line
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", advice="name another file with --load") from None
    except ValueError:
        lines = ["no text"]
    found = [_item(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    items = [one for one in found if "id" in one]
    try:
        return plant(items, flavour)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{file} holds a value of a wrong type: {error}", advice=f"find it: pmo-sync check --from {file}"
        ) from None


def _item(file: Path, number: int, line: str) -> Item:
    from pmo_sync.errors import UsageError

    try:
        item: Item | None = json.loads(line)
    except (ValueError, RecursionError):
        item = None
    is_beside = isinstance(item, dict) and "id" not in item and not _BESIDE.isdisjoint(item)
    if not isinstance(item, dict) or not (is_beside or isinstance(item.get("id"), str)):
        what = "holds no item: an item is a JSON object with an id"
        raise UsageError(
            f"{file} is no items.jsonl: its line {number} {what}", advice=f"check it: pmo-sync check --from {file}"
        )
    return item


def _page(tracker: Sandbox, flavour: Flavour) -> str:
    """The address, who may come in, and what pmo.yaml needs."""
    cloud = flavour.value == "cloud"
    rows = [
        f"A small Jira {'Cloud' if cloud else 'Data Center'} on this computer only:  {tracker.url}",
        "",
        f"  {'account':<8} {'login':<26} token",
    ]
    rows += [
        f"  {name:<8} {visitor.login:<26} {visitor.token}"
        for name, visitor in (("writer", tracker.writer), ("reader", tracker.reader))
    ]
    rows += [
        "",
        "For pmo.yaml (and, in the shell, export SANDBOX_TOKEN=…):",
        "",
        "trackers:",
        "  sandbox:",
        f"    kind: {'jira-cloud' if cloud else 'jira-dc'}",
        f"    url: {tracker.url}",
        *([f"    user: {tracker.writer.login}"] if cloud else []),
        "    token: ${SANDBOX_TOKEN}",
        "    write: {labels: true, link: true}",
    ]
    return "".join(f"{row}\n" for row in rows)
