"""Reading a list in pages and knowing whether it was read whole. A list that is not whole says why.

Pages overlap by one row. A row that leaves the list moves all later ones forward; without the overlap one of them
would fall between two pages, and the count would not tell (one gone, one new). A page that does not overlap is asked
for again from further back.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.pool import asking


class Row(Protocol):
    """What has an immutable number, or one as text."""

    @property
    def id(self) -> int | str: ...


R = TypeVar("R", bound=Row)
K = TypeVar("K")

PAGE: Final = 100
MOST_ROWS: Final = 5_000_000
_FURTHEST: Final = 64


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One answer: its rows in the order they came, how many the list has in all, and how many one answer holds."""

    rows: Sequence[R]
    total: int
    size: int = PAGE


@dataclass(slots=True)
class Reading(Generic[K]):
    """Rows by id, or what was kept of them; `problem` is None when they are all there were. `moving`: it is that the
    list did not stand still.
    """

    rows: dict[int, K] = field(default_factory=dict)
    problem: str | None = None
    moving: bool = False


class _IrregularError(Exception):
    """A page that contradicts the one before it, or itself."""


def read_all(
    fetch: Callable[[int], Page[R]],
    *,
    by_id: bool,
    seen: Callable[[int, int], None] = lambda _done, _total: None,
    connections: int = 1,
) -> Reading[R]:
    """As `read_and_keep`, keeping the rows themselves."""
    return read_and_keep(fetch, _themselves, by_id=by_id, seen=seen, connections=connections)


def _themselves(rows: Sequence[R]) -> Sequence[R]:
    return rows


def read_and_keep(
    fetch: Callable[[int], Page[R]],
    keep: Callable[[Sequence[R]], Sequence[K]],
    *,
    by_id: bool,
    seen: Callable[[int, int], None] = lambda _done, _total: None,
    connections: int = 1,
) -> Reading[K]:
    """All rows of a list, read twice at most. Rows read so far are kept when it does not end well.

    Of the rows of a page `keep` gives what is kept of each, such as its place on a shelf; it is called page by page,
    in their order, and again for pages that are read again: the later row of an id counts.

    `fetch` takes an offset; `by_id` says that the tracker sorts by id, which lets us prove that no row was skipped.
    With several `connections` it is called by as many threads for pages that are known to come.
    Raises DeniedError when the tracker no longer knows who we are; everything else ends in `problem`.
    """
    reading: Reading[K] = Reading()
    problem = ""
    for _ in range(2):
        rows: dict[int, K] = {}
        try:
            total = _through(fetch, keep, rows, seen, by_id=by_id, connections=connections)
        except _IrregularError as error:
            problem = str(error)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            reading.rows |= rows
            reading.problem = error.message
            return reading
        else:
            if len(rows) == total:
                return Reading(rows)
            problem = f"{len(rows)} different rows came where the tracker counts {total}"
        reading.rows |= rows
    reading.problem, reading.moving = f"{problem}, twice", True
    return reading


def _through(
    fetch: Callable[[int], Page[R]],
    keep: Callable[[Sequence[R]], Sequence[K]],
    rows: dict[int, K],
    seen: Callable[[int, int], None],
    *,
    by_id: bool,
    connections: int,
) -> int:
    """Fills `rows` and gives the last total. Raises _IrregularError at a page that cannot be right."""
    first = fetch(0)
    coming = deque(_to_come(first) if connections > 1 else ())
    with asking([partial(fetch, offset) for offset in coming], connections) as pages:

        def page_at(offset: int) -> Page[R]:
            if coming and coming[0] == offset:
                coming.popleft()
                return next(pages)
            return first if offset == 0 else fetch(offset)

        return _follow(page_at, keep, rows, seen, by_id=by_id)


def _to_come(first: Page[R]) -> range:
    """Offsets of the pages that must follow, if nothing changes meanwhile."""
    step = max(len(first.rows) - 1, 1)
    return range(step, min(first.total, MOST_ROWS) - 1, step) if first.rows else range(0)


def _follow(
    page_at: Callable[[int], Page[R]],
    keep: Callable[[Sequence[R]], Sequence[K]],
    rows: dict[int, K],
    seen: Callable[[int, int], None],
    *,
    by_id: bool,
) -> int:
    offset, last, back = 0, -1, 1
    while True:
        page = page_at(offset)
        ids = [int(row.id) for row in page.rows]
        end = offset + len(ids)
        _check(ids, page, offset, by_id=by_id)
        if offset and ids[0] not in rows and not (by_id and ids[0] <= last):
            if back > _FURTHEST:
                raise _IrregularError(f"rows moved before the page at {offset}")
            offset, back = max(0, offset - back), back * 2
            continue
        before, back = len(rows), 1
        rows.update(zip(ids, keep(page.rows), strict=True))
        seen(len(rows), page.total)
        if end >= page.total:
            return page.total
        if len(rows) == before or len(rows) > MOST_ROWS:
            raise _IrregularError(f"the page at {offset} holds nothing new")
        last = ids[-1]
        offset = end - 1


def _check(ids: list[int], page: Page[R], offset: int, *, by_id: bool) -> None:
    expected = min(page.size, max(0, page.total - offset))
    if len(ids) < expected or (offset and not ids):
        raise _IrregularError(f"the page at {offset} has {len(ids)} rows where {expected} were due")
    if len(set(ids)) < len(ids):
        raise _IrregularError(f"the page at {offset} holds a row twice")
    if by_id and any(a > b for a, b in itertools.pairwise(ids)):
        raise _IrregularError(f"the page at {offset} is not in order")
