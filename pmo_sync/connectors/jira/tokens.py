"""Reading a search of Jira Cloud: pages that lead from one to the next, so several chains of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec

from pmo_sync.connectors.answers import INVALID_REQUEST, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.jira.asking import ordered
from pmo_sync.connectors.jira.dialect import Keep, Query, Seen
from pmo_sync.connectors.jira.shape import Row as IssueRow
from pmo_sync.connectors.jira.shape import Shape
from pmo_sync.connectors.jira.windows import Window, divided, joined, local
from pmo_sync.connectors.jira.wire import OnlyId, RawIssue
from pmo_sync.connectors.paging import Row
from pmo_sync.connectors.pool import asking
from pmo_sync.connectors.transport import Transport

R = TypeVar("R", bound=Row)
K = TypeVar("K")
_PAGE: Final = 100
_SWEEP_PAGE: Final = 5_000
_WINDOW: Final = 2_000
"""Most issues of one chain, where there are several connections."""
_MOST_IDLE: Final = 100
"""So many pages in a row without anything new, and the list is taken for one without end."""


class _Warning(msgspec.Struct):
    message: str = ""


class _Page(msgspec.Struct, Generic[R], rename="camel"):
    issues: list[R]
    next_page_token: str | None = None
    is_last: bool | None = None
    warnings: list[_Warning | str] | None = None
    warning_messages: list[str] | None = None


class _Counted(msgspec.Struct):
    count: int


_IDS: Final = msgspec.json.Decoder(_Page[OnlyId])
_EDGES: Final = msgspec.json.Decoder(_Page[RawIssue])
_COUNTED: Final = msgspec.json.Decoder(_Counted)


class _EndedError(Exception):
    """The token of a page is no longer known: its list has to be begun again."""


@dataclass(frozen=True, slots=True)
class Chains:
    """The searches of one Cloud."""

    transport: Transport
    api: str

    def issues_and_ids(self, query: Query, keep: Keep, seen: Seen) -> Iterator[tuple[dict[int, int], Iterable[int]]]:
        """The places that `keep` gave to all issues of a query, then the ids of all from a sweep of its own, part by
        part.

        With several connections both are read in windows, by the moment of creation.
        """
        pages: _Pages[IssueRow, int] = _Pages(self, msgspec.json.Decoder(_page_of(query.fields)), keep, _PAGE)
        swept: _Pages[OnlyId, None] = _Pages(self, _IDS, _nothing, _SWEEP_PAGE)
        sweep = replace(query, fields=("id",), properties=())
        first = pages.page(pages.body(query))
        alone = first.is_last or not first.next_page_token or self.transport.connections == 1
        windows = [] if alone else self._windows(query.jql)
        if not windows:
            yield pages.whole(query, first, lambda done: seen(done, None)), ()
            yield {}, swept.whole(sweep, None, _unseen)
            return
        done, total = 0, sum(window.count for window in windows)
        for found in self._each(windows, query, pages):
            done += len(found)
            seen(done, max(done, total))
            yield found, ()
        for ids in self._each(joined(windows, _SWEEP_PAGE), sweep, swept):
            yield {}, ids

    def _each(self, windows: Sequence[Window], query: Query, pages: _Pages[R, K]) -> Iterator[dict[int, K]]:
        parts = [replace(query, jql=window.jql(query.jql)) for window in windows]
        asked = [partial(pages.whole, part, None, _unseen) for part in parts]
        with asking(asked, self.transport.connections) as answers:
            yield from answers

    def _windows(self, jql: str) -> list[Window]:
        """Windows of a query that is too large for one chain; none where it is not, or Jira cannot tell."""
        try:
            total = self._count(jql)
            if total <= _WINDOW:
                return []
            with asking([partial(self._edge, jql, way) for way in ("ASC", "DESC")], 2) as answers:
                first, last = answers
            return divided(
                jql, total, _WINDOW, count=self._count, edges=(first, last), connections=self.transport.connections
            )
        except (RequestError, DeniedError) as error:  # how many there are need not be told: one chain leads to all
            if error.status == UNKNOWN_TO_US:
                raise
            return []

    def _count(self, jql: str) -> int:
        body = msgspec.json.encode({"jql": jql})
        return self.transport.ask(f"{self.api}/search/approximate-count", body, _COUNTED).count

    def page(self, body: dict[str, object], decoder: msgspec.json.Decoder[_Page[R]]) -> _Page[R]:
        """One page. Raises RequestError where Jira answers the query only in part."""
        page = self.transport.ask(f"{self.api}/search/jql", msgspec.json.encode(body), decoder)
        if page.warnings or page.warning_messages:
            raise RequestError(f"Jira answers the query only in part: {_warned(page)}")
        return page

    def _edge(self, jql: str, way: str) -> datetime | None:
        page = self.page({"jql": ordered(jql, f"created {way}"), "fields": ["created"], "maxResults": 1}, _EDGES)
        created = page.issues[0].fields.get("created") if page.issues else None
        return None if created is None else local(msgspec.json.decode(created))


@dataclass(frozen=True, slots=True)
class _Pages(Generic[R, K]):
    """Lists of pages of one kind, of each row of which `keep` gives what is kept."""

    chains: Chains
    decoder: msgspec.json.Decoder[_Page[R]]
    keep: Callable[[Sequence[R]], Sequence[K]]
    size: int

    def whole(self, query: Query, first: _Page[R] | None, seen: Callable[[int], None]) -> dict[int, K]:
        """What is kept of each issue, by number. A list whose token is no longer known is begun again, once."""
        try:
            return self._chain(query, first, seen)
        except _EndedError:
            pass
        try:
            return self._chain(query, None, seen)
        except _EndedError:
            raise RequestError("Jira twice forgot the page it was at") from None

    def body(self, query: Query) -> dict[str, object]:
        """What asks for the first page."""
        body: dict[str, object] = {
            "jql": ordered(query.jql),
            "fields": list(query.fields),
            "maxResults": self.size,
        }
        return body | {"properties": list(query.properties)} if query.properties else body

    def page(self, body: dict[str, object]) -> _Page[R]:
        """One page."""
        return self.chains.page(body, self.decoder)

    def _chain(self, query: Query, first: _Page[R] | None, seen: Callable[[int], None]) -> dict[int, K]:
        """Follows the tokens to their end; an empty page that carries one is not it."""
        body = self.body(query)
        found: dict[int, K] = {}
        tokens: set[str] = set()
        idle = 0
        while True:
            try:
                page = first if first is not None and not tokens else self.page(body)
            except RequestError as error:
                if tokens and error.status == INVALID_REQUEST:
                    raise _EndedError from None
                raise
            before = len(found)
            found.update(zip([int(row.id) for row in page.issues], self.keep(page.issues), strict=True))
            seen(len(found))
            idle = 0 if len(found) > before else idle + 1
            token = page.next_page_token
            if page.is_last or not token:
                return found
            if token in tokens:
                raise RequestError("Jira leads from one page of the search back to an earlier one")
            if idle == _MOST_IDLE:
                raise RequestError(f"Jira gave {idle} pages of the search in a row with nothing new in them")
            tokens.add(token)
            body["nextPageToken"] = token


def _page_of(fields: Sequence[str]) -> type[_Page[IssueRow]]:
    page: Any = _Page  # of rows whose type is made here, which no checker can know
    made: type[_Page[IssueRow]] = page[Shape.of(fields).row]
    return made


def _nothing(rows: Sequence[OnlyId]) -> Sequence[None]:
    """Of the sweep only the ids are kept."""
    return [None] * len(rows)


def _unseen(_: int) -> None:
    """How far one of several chains is, nobody is told."""


def _warned(page: _Page[R]) -> str:
    texts = [one if isinstance(one, str) else one.message for one in page.warnings or ()]
    return "; ".join([*texts, *(page.warning_messages or ())])[:500]
