"""The links of items.jsonl: each item names those that wait for it, or that it has to do with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from pmo_sync.connectors.export.lines import Line, Mistakes, shown
from pmo_sync.model import frames
from pmo_sync.model.problem import suggestion
from pmo_sync.model.words import DEPENDENCIES, LinkType

MOST_LAG: Final = 100_000
_LINK_HINT: Final = 'write {"type": "FS", "to": "2", "lag_working_days": 0}'


def read_links(lines: Iterable[Line], ids: Mapping[str, int], mistakes: Mistakes) -> pl.DataFrame:
    """RAW_LINKS: each item is the predecessor of what its links name; an id that is not in the file is not seen.

    Every link that is none is a mistake.
    """
    rows: list[tuple[str | None, str | None, str, int | None]] = []
    for line in lines:
        given = line.values.get("links")
        if given is None:
            continue
        if not isinstance(given, list):
            mistakes.add(line.number, f"links: {shown(given)} is not a list", _LINK_HINT)
            continue
        source = line.values.get("id")
        for one in given:
            link = _link(one, line, mistakes)
            if link is not None:
                target, word, lag = link
                rows.append((str(source), target if target in ids else None, word, lag))
    return pl.DataFrame(rows, schema=dict(frames.RAW_LINKS), orient="row")


def _link(one: object, line: Line, mistakes: Mistakes) -> tuple[str, str, int | None] | None:
    if not isinstance(one, dict):
        mistakes.add(line.number, f"links: {shown(one)} is no link", _LINK_HINT)
        return None
    target, word, lag = one.get("to"), one.get("type"), one.get("lag_working_days")
    lagging = lag is None or (type(lag) is int and abs(lag) <= MOST_LAG)
    if not isinstance(target, str) or word not in tuple(LinkType) or not lagging:
        near = suggestion(word, tuple(LinkType)) if isinstance(word, str) and word not in tuple(LinkType) else None
        what = f"links: a link has a type, an id under `to` and a whole lag of at most {MOST_LAG} days"
        mistakes.add(line.number, what, near or _LINK_HINT)
        return None
    if lag is None and word in DEPENDENCIES:
        lag = 0
    return target, str(word), lag
