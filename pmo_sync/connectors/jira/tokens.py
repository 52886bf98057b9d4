"""Reading a search of Jira Cloud: pages that lead from one to the next, so several chains of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import msgspec

from pmo_sync.connectors.answers import INVALID_REQUEST, RequestError
from pmo_sync.connectors.jira.asking import ordered
from pmo_sync.connectors.jira.dialect import Query, Seen
from pmo_sync.connectors.jira.windows import Window, divided, joined, local
from pmo_sync.connectors.jira.wire import Issue, RawIssue, Slim
from pmo_sync.connectors.pool import asking
from pmo_sync.connectors.transport import Transport

_Kept = TypeVar("_Kept")
_PAGE: Final = 100
_SWEEP_PAGE: Final = 5_000
_WINDOW: Final = 2_000
"""Most issues of one chain, where there are several connections."""
_MOST_IDLE: Final = 100
"""So many pages in a row without anything new, and the list is taken for one without end."""


class _Warning(msgspec.Struct):
    message: str = ""


class _SearchPage(msgspec.Struct, rename="camel"):
    issues: list[RawIssue]
    next_page_token: str | None = None
    is_last: bool | None = None
    warnings: list[_Warning | str] | None = None
    warning_messages: list[str] | None = None


class _Counted(msgspec.Struct):
    count: int


_SEARCH: Final = msgspec.json.Decoder(_SearchPage)
_COUNTED: Final = msgspec.json.Decoder(_Counted)


class _EndedError(Exception):
    """The token of a page is no longer known: its list has to be begun again."""


@dataclass(frozen=True, slots=True)
class Chains:
    """The searches of one Cloud."""

    transport: Transport
    api: str

    def issues_and_ids(self, query: Query, seen: Seen) -> Iterator[tuple[dict[str, Issue], frozenset[str]]]:
        """All issues of a query, then the ids of all from a sweep of its own, part by part.

        With several connections both are read in windows, by the moment of creation.
        """
        slim, sweep = Slim(), replace(query, fields=("id",), properties=())
        first = self._page(_body(query, _PAGE))
        alone = first.is_last or not first.next_page_token or self.transport.connections == 1
        windows = [] if alone else self._windows(query.jql)
        if not windows:
            yield self._whole(query, _PAGE, slim.issue, first, lambda done: seen(done, None)), frozenset()
            yield {}, frozenset(self._whole(sweep, _SWEEP_PAGE, _nothing, None, _unseen))
            return
        done, total = 0, sum(window.count for window in windows)
        for found in self._each(windows, query, _PAGE, slim.issue):
            done += len(found)
            seen(done, max(done, total))
            yield found, frozenset()
        for ids in self._each(joined(windows, _SWEEP_PAGE), sweep, _SWEEP_PAGE, _nothing):
            yield {}, frozenset(ids)

    def _each(
        self, windows: Sequence[Window], query: Query, size: int, keep: Callable[[RawIssue], _Kept]
    ) -> Iterator[dict[str, _Kept]]:
        parts = [replace(query, jql=window.jql(query.jql)) for window in windows]
        asked = [partial(self._whole, part, size, keep, None, _unseen) for part in parts]
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
        except RequestError:  # how many there are need not be told: one chain leads to all
            return []

    def _count(self, jql: str) -> int:
        body = msgspec.json.encode({"jql": jql})
        return self.transport.ask(f"{self.api}/search/approximate-count", body, _COUNTED).count

    def _edge(self, jql: str, way: str) -> datetime | None:
        page = self._page({"jql": ordered(jql, f"created {way}"), "fields": ["created"], "maxResults": 1})
        created = page.issues[0].fields.get("created") if page.issues else None
        return None if created is None else local(msgspec.json.decode(created))

    def _whole(
        self,
        query: Query,
        size: int,
        keep: Callable[[RawIssue], _Kept],
        first: _SearchPage | None,
        seen: Callable[[int], None],
    ) -> dict[str, _Kept]:
        """What `keep` makes of each issue, by id. A list whose token is no longer known is begun again, once."""
        try:
            return self._chain(query, size, keep, first, seen)
        except _EndedError:
            pass
        try:
            return self._chain(query, size, keep, None, seen)
        except _EndedError:
            raise RequestError("Jira twice forgot the page it was at") from None

    def _chain(
        self,
        query: Query,
        size: int,
        keep: Callable[[RawIssue], _Kept],
        first: _SearchPage | None,
        seen: Callable[[int], None],
    ) -> dict[str, _Kept]:
        """Follows the tokens to their end; an empty page that carries one is not it."""
        body = _body(query, size)
        found: dict[str, _Kept] = {}
        tokens: set[str] = set()
        idle = 0
        while True:
            try:
                page = first if first is not None and not tokens else self._page(body)
            except RequestError as error:
                if tokens and error.status == INVALID_REQUEST:
                    raise _EndedError from None
                raise
            before = len(found)
            found |= {raw.id: keep(raw) for raw in page.issues}
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

    def _page(self, body: dict[str, object]) -> _SearchPage:
        page = self.transport.ask(f"{self.api}/search/jql", msgspec.json.encode(body), _SEARCH)
        if page.warnings or page.warning_messages:
            raise RequestError(f"Jira answers the query only in part: {_warned(page)}")
        return page


def _body(query: Query, size: int) -> dict[str, object]:
    body: dict[str, object] = {"jql": ordered(query.jql), "fields": list(query.fields), "maxResults": size}
    return body | {"properties": list(query.properties)} if query.properties else body


def _nothing(_: RawIssue) -> None:
    """Of the sweep only the ids are kept."""


def _unseen(_: int) -> None:
    """How far one of several chains is, nobody is told."""


def _warned(page: _SearchPage) -> str:
    texts = [one if isinstance(one, str) else one.message for one in page.warnings or ()]
    return "; ".join([*texts, *(page.warning_messages or ())])[:500]
