"""Reading a list in pages and knowing whether it was read whole. A list that is not whole says why.

Pages overlap by one row. A row that leaves the list moves all later ones forward; without the overlap one of them
would fall between two pages, and the count would not tell (one gone, one new).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError


class Row(Protocol):
    """What has an immutable number, or one as text."""

    @property
    def id(self) -> int | str: ...


R = TypeVar("R", bound=Row)

PAGE: Final = 100
MOST_ROWS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One answer: its rows in the order they came, how many the list has in all, and how many one answer holds."""

    rows: Sequence[R]
    total: int
    size: int = PAGE


@dataclass(slots=True)
class Reading(Generic[R]):
    """Rows by id; `problem` is None when they are all there were."""

    rows: dict[int, R] = field(default_factory=dict)
    problem: str | None = None


class _IrregularError(Exception):
    """A page that contradicts the one before it, or itself."""


def read_all(
    fetch: Callable[[int], Page[R]],
    *,
    by_id: bool,
    seen: Callable[[int, int], None] = lambda _done, _total: None,
) -> Reading[R]:
    """All rows of a list, read twice at most. Rows read so far are kept when it does not end well.

    `fetch` takes an offset; `by_id` says that the tracker sorts by id, which lets us prove that no row was skipped.
    Raises DeniedError when the tracker no longer knows who we are; everything else ends in `problem`.
    """
    reading: Reading[R] = Reading()
    problem = ""
    for _ in range(2):
        rows: dict[int, R] = {}
        try:
            total = _through(fetch, rows, seen, by_id=by_id)
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
    reading.problem = f"{problem}, twice"
    return reading


def _through(
    fetch: Callable[[int], Page[R]],
    rows: dict[int, R],
    seen: Callable[[int, int], None],
    *,
    by_id: bool,
) -> int:
    """Fills `rows` and gives the last total. Raises _IrregularError at a page that cannot be right."""
    offset, last = 0, -1
    while True:
        page = fetch(offset)
        ids = [int(row.id) for row in page.rows]
        end = offset + len(ids)
        _check(ids, page, offset, by_id=by_id)
        if offset and ids[0] not in rows and not (by_id and ids[0] <= last):
            raise _IrregularError(f"rows moved before the page at {offset}")
        before = len(rows)
        rows.update(zip(ids, page.rows, strict=True))
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
