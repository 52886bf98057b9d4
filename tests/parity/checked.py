"""`check` of the set, in this process, as it is typed; and the set as a file, which needs no server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pmo_sync.__main__ import main
from tests.parity import item_set, settings
from tests.parity.item_set import PEOPLE, TODAY
from tests.parity.same import Names, normalised

_OPTIONS: Final = ("--format", "json", "--all", "--items", "--status-date", TODAY.isoformat(), "--fail-on", "never")


def checked(folder: Path, names: Names) -> str:
    """What `check --format json --all --items` says there, in the names of the set."""
    out = folder / "check.json"
    with _signals_kept():
        code = main(["check", *_OPTIONS, "-C", str(folder), "-o", str(out)])
    assert code == 0
    return normalised(out.read_bytes().decode("utf-8"), names)


def of_the_file(folder: Path) -> str:
    """What it says of the set as items.jsonl, which no Jira and no Redmine has seen."""
    settings.write_folder(
        folder,
        "file",
        {"kind": "export", "path": "items.jsonl"},
        accounts={one: one for one in PEOPLE},
        waived=[item_set.key(item) for item in item_set.waived()],
    )
    item_set.write(folder / "items.jsonl")
    return checked(folder, Names("file", "file:", item_set.identity, item_set.key))


@contextmanager
def _signals_kept() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
