"""Dividing one search into several by the moment of creation, so that each is small enough. Nothing is decided here
about what is read: windows leave no gap and do not overlap, whatever is found in them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pmo_sync.connectors.pool import asking

_FIRST: Final = datetime(1990, 1, 1)  # noqa: DTZ001 - JQL reads it in the zone of the account
_LAST: Final = datetime(2100, 1, 1)  # noqa: DTZ001
_MINUTE: Final = timedelta(minutes=1)
_SLACK: Final = 1.5
_MOST_PARTS: Final = 64


@dataclass(frozen=True, slots=True)
class Window:
    """What of a search was created from `low` to before `high` (None: without a bound), and how many there are."""

    low: datetime | None
    high: datetime | None
    count: int

    def jql(self, query: str) -> str:
        """The query within the window."""
        bounds = [f'created >= "{_text(self.low)}"'] if self.low else []
        bounds += [f'created < "{_text(self.high)}"'] if self.high else []
        return " AND ".join([*([query] if query else []), *bounds])


def divided(
    query: str,
    total: int,
    most: int,
    *,
    count: Callable[[str], int],
    edges: tuple[datetime | None, datetime | None],
    connections: int,
) -> list[Window]:
    """Windows of at most so many issues each, in order; one that holds more is a single minute.

    `count` tells how many issues a query finds, and is called by several threads. `edges` are the first and the last
    moment of creation, as far as they are known; issues beyond them are in the outermost windows.
    """
    known = edges[0] or _FIRST, (edges[1] or _LAST) + _MINUTE
    windows, whole = [Window(None, None, total)], False
    while not whole:
        parts = [_parts(window, most, known) for window in windows]
        whole = all(len(part) == 1 for part in parts)
        unknown = [one for part in parts if len(part) > 1 for one in part]
        with asking([partial(count, one.jql(query)) for one in unknown], connections) as counts:
            counted = iter([Window(one.low, one.high, found) for one, found in zip(unknown, counts, strict=True)])
        windows = [next(counted) if len(part) > 1 else one for part in parts for one in part]
    return joined(windows, most)


def _parts(window: Window, most: int, known: tuple[datetime, datetime]) -> list[Window]:
    """The window, or what it is divided into, uncounted."""
    if window.count <= most:
        return [window]
    low, high = window.low or known[0], window.high or known[1]
    number = min(math.ceil(window.count / most * _SLACK), _MOST_PARTS)
    cuts = sorted({_whole_minute(low + (high - low) / number * part) for part in range(1, number)} - {low, high})
    cuts = [cut for cut in cuts if low < cut < high]
    ends = [window.low, *cuts, window.high]
    return [Window(one, other, window.count) for one, other in itertools.pairwise(ends)]


def joined(windows: Sequence[Window], most: int) -> list[Window]:
    """Neighbours put together as long as they are small enough."""
    found: list[Window] = []
    for window in windows:
        if found and found[-1].count + window.count <= most:
            found[-1] = Window(found[-1].low, window.high, found[-1].count + window.count)
        else:
            found.append(window)
    return found


def local(text: object) -> datetime | None:
    """A moment as Jira shows it, on its own clock; None for anything else."""
    try:
        return _whole_minute(datetime.fromisoformat(text).replace(tzinfo=None)) if isinstance(text, str) else None
    except ValueError:
        return None


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
