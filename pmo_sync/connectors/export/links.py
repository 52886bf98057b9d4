"""The links of items.jsonl: each item names those that wait for it, or that it has to do with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from pmo_sync.connectors.export.lines import Line, Mistakes, Tie, shown
from pmo_sync.model import frames
from pmo_sync.model.words import DEPENDENCIES, LinkType

MOST_LAG: Final = 100_000
_LINK_HINT: Final = 'write {"type": "FS", "to": "2", "lag_working_days": 0}'


def read_links(
    lines: Iterable[Line], ids: Mapping[str, int], mistakes: Mistakes, ties: Iterable[Tie] = ()
) -> pl.DataFrame:
    """RAW_LINKS: `ties`, then what the lines say. Each item is the predecessor of what its links name under `to`, the
    successor of what they name under `from`; an id that is not in the file is not seen.

    Every link that is none is a mistake.
    """
    rows: list[Tie] = list(ties)
    for line in lines:
        given = line.values.get("links")
        if given is None:
            continue
        if not isinstance(given, list):
            mistakes.add(line.number, f"links: {shown(given)} is not a list", _LINK_HINT)
            continue
        own = str(line.values.get("id"))
        for one in given:
            link = _link(one, line, mistakes)
            if link is not None:
                end, is_first, word, lag = link
                other = end if end in ids else None
                rows.append((other, own, word, lag) if is_first else (own, other, word, lag))
    return pl.DataFrame(rows, schema=dict(frames.RAW_LINKS), orient="row")


def _link(one: object, line: Line, mistakes: Mistakes) -> tuple[str, bool, str, int | None] | None:
    """The other end, whether it comes first, the type and the lag."""
    if not isinstance(one, dict):
        mistakes.add(line.number, f"links: {shown(one)} is no link", _LINK_HINT)
        return None
    is_first = "from" in one and "to" not in one
    end, word, lag = one.get("from" if is_first else "to"), one.get("type"), one.get("lag_working_days")
    lagging = lag is None or (type(lag) is int and abs(lag) <= MOST_LAG)
    if not isinstance(end, str) or word not in tuple(LinkType) or not lagging or ("from" in one and not is_first):
        near = mistakes.near(word, tuple(LinkType)) if isinstance(word, str) and word not in tuple(LinkType) else None
        what = f"links: a link has a type, an id under `to` (or `from`) and a whole lag of at most {MOST_LAG} days"
        mistakes.add(line.number, what, near or _LINK_HINT)
        return None
    if "lag_working_days" not in one and word in DEPENDENCIES:
        lag = 0
    return end, is_first, str(word), lag
