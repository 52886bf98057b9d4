"""Reading a list in pages and knowing whether it was read whole. A list that is not whole says why.

Pages overlap by one row. A row that leaves the list moves all later ones forward; without the overlap one of them
would fall between two pages, and the count would not tell (one gone, one new). A page that does not overlap is asked
for again from further back.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.pool import asking
from pmo_sync.connectors.whereabouts import Whereabouts


class Row(Protocol):
    """What has an immutable number, or one as text."""

    @property
    def id(self) -> int | str: ...


R = TypeVar("R", bound=Row)
K = TypeVar("K")


class Rows(Protocol[K]):
    """What is kept of rows, by number: a dict, or Whereabouts."""

    def __len__(self) -> int: ...

    def __contains__(self, number: int, /) -> bool: ...

    def update(self, pairs: Iterable[tuple[int, K]], /) -> None: ...

    def items(self) -> Iterable[tuple[int, K]]: ...


M = TypeVar("M", bound=Rows[Any])

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
class Reading(Generic[M]):
    """Rows by id, or where they are kept; `problem` is None when they are all there were. `moving`: it is that the
    list did not stand still.
    """

    rows: M
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
) -> Reading[dict[int, R]]:
    """As `read_and_keep`, keeping the rows themselves."""
    whole, again = dict[int, R](), dict[int, R]()
    return _twice(_List(fetch, _themselves, seen, by_id, connections), Reading(whole), again)


def _themselves(rows: Sequence[R]) -> Sequence[R]:
    return rows


def read_and_keep(
    fetch: Callable[[int], Page[R]],
    keep: Callable[[Sequence[R]], Sequence[int]],
    *,
    by_id: bool,
    seen: Callable[[int, int], None] = lambda _done, _total: None,
    connections: int = 1,
) -> Reading[Whereabouts]:
    """All rows of a list, read twice at most. Rows read so far are kept when it does not end well.

    Of the rows of a page `keep` gives the place of each, such as that on a shelf; it is called page by page, in their
    order, and again for pages that are read again: the later row of an id counts.

    `fetch` takes an offset; `by_id` says that the tracker sorts by id, which lets us prove that no row was skipped.
    With several `connections` it is called by as many threads for pages that are known to come.
    Raises DeniedError when the tracker no longer knows who we are; everything else ends in `problem`.
    """
    return _twice(_List(fetch, keep, seen, by_id, connections), Reading(Whereabouts()), Whereabouts())


@dataclass(frozen=True, slots=True)
class _List(Generic[R, K]):
    """A list, and how it is read."""

    fetch: Callable[[int], Page[R]]
    keep: Callable[[Sequence[R]], Sequence[K]]
    seen: Callable[[int, int], None]
    by_id: bool
    connections: int

    def into(self, rows: Rows[K]) -> int:
        """Fills `rows` and gives the last total. Raises _IrregularError at a page that cannot be right."""
        first = self.fetch(0)
        coming = deque(_to_come(first) if self.connections > 1 else ())
        with asking([partial(self.fetch, offset) for offset in coming], self.connections) as pages:

            def page_at(offset: int) -> Page[R]:
                if coming and coming[0] == offset:
                    coming.popleft()
                    return next(pages)
                return first if offset == 0 else self.fetch(offset)

            return self._follow(page_at, rows)

    def _follow(self, page_at: Callable[[int], Page[R]], rows: Rows[K]) -> int:
        offset, last, back = 0, -1, 1
        while True:
            page = page_at(offset)
            ids = [int(row.id) for row in page.rows]
            end = offset + len(ids)
            _check(ids, page, offset, by_id=self.by_id)
            if offset and ids[0] not in rows and not (self.by_id and ids[0] <= last):
                if back > _FURTHEST:
                    raise _IrregularError(f"rows moved before the page at {offset}")
                offset, back = max(0, offset - back), back * 2
                continue
            before, back = len(rows), 1
            rows.update(zip(ids, self.keep(page.rows), strict=True))
            self.seen(len(rows), page.total)
            if end >= page.total:
                return page.total
            if len(rows) == before or len(rows) > MOST_ROWS:
                raise _IrregularError(f"the page at {offset} holds nothing new")
            last = ids[-1]
            offset = end - 1


def _twice(of: _List[R, K], reading: Reading[M], again: M) -> Reading[M]:
    """The reading of a list into `reading`, or into what is there to read it `again`."""
    problem = ""
    for rows in (reading.rows, again):
        try:
            total = of.into(rows)
        except _IrregularError as error:
            problem = str(error)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            reading.problem = error.message
            break
        else:
            if len(rows) == total:
                return Reading(rows)
            problem = f"{len(rows)} different rows came where the tracker counts {total}"
    else:
        reading.problem, reading.moving = f"{problem}, twice", True
    reading.rows.update(again.items())
    return reading


def _to_come(first: Page[R]) -> range:
    """Offsets of the pages that must follow, if nothing changes meanwhile."""
    step = max(len(first.rows) - 1, 1)
    return range(step, min(first.total, MOST_ROWS) - 1, step) if first.rows else range(0)


def _check(ids: list[int], page: Page[R], offset: int, *, by_id: bool) -> None:
    expected = min(page.size, max(0, page.total - offset))
    if len(ids) < expected or (offset and not ids):
        raise _IrregularError(f"the page at {offset} has {len(ids)} rows where {expected} were due")
    if len(set(ids)) < len(ids):
        raise _IrregularError(f"the page at {offset} holds a row twice")
    if by_id and any(a > b for a, b in itertools.pairwise(ids)):
        raise _IrregularError(f"the page at {offset} is not in order")
