"""Jira Data Center: searched by pages that are counted, in markup and user keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec
import polars as pl

from pmo_sync.connectors.answers import INVALID_REQUEST, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Surroundings
from pmo_sync.connectors.jira import wire
from pmo_sync.connectors.jira.asking import GLOBAL, account_time, one_issue, ordered
from pmo_sync.connectors.jira.connector import JiraConnector
from pmo_sync.connectors.jira.dialect import Keep, Query, Seen, kept
from pmo_sync.connectors.jira.opening import open_connector
from pmo_sync.connectors.jira.shape import Row as IssueRow
from pmo_sync.connectors.jira.shape import Shape
from pmo_sync.connectors.jira.windows import Window, divided, local
from pmo_sync.connectors.jira.wire import OnlyId, Project, RawIssue, User
from pmo_sync.connectors.options import JiraDataCenterOptions
from pmo_sync.connectors.paging import Page, Reading, Row, read_all, read_and_keep
from pmo_sync.connectors.transport import Transport
from pmo_sync.connectors.whereabouts import Whereabouts

__all__ = ["JiraConnector", "connect"]

_PAGE: Final = 500
_SWEEP_PAGE: Final = 1_000
_MOST_DOUBTFUL: Final = 500
"""Most issues of one query that are settled one by one."""
_WINDOW: Final = 9_900
"""Most issues that one query is read for; the search platform gives 10,000."""


R = TypeVar("R", bound=Row)


class _SearchPage(msgspec.Struct, Generic[R], rename="camel"):
    issues: list[R]
    total: int
    max_results: int
    start_at: int = 0
    warning_messages: list[str] | None = None


_IDS: Final = msgspec.json.Decoder(_SearchPage[OnlyId])
_EDGES: Final = msgspec.json.Decoder(_SearchPage[RawIssue])
_PROJECTS: Final = msgspec.json.Decoder(list[Project])


@dataclass(frozen=True, slots=True)
class DataCenter:
    """What is Jira Data Center's own."""

    kind: str = "jira-dc"
    title: str = "Jira Data Center"
    api: str = "/rest/api/2"
    deployments: tuple[str, ...] = ("Server", "Data Center")
    rich_text: bool = False
    checks_screens: bool = True
    notes_come_along: bool = False
    history_comes_along: bool = True
    parents_by_key: bool = True
    account_members: tuple[str, ...] = ("key", "name")
    token_advice: str = "make a new personal access token in the account's profile: it may have expired"  # noqa: S105

    def person(self, account: User) -> Mapping[str, str]:
        """A person as the value of a field."""
        return {"name": account.name or ""}

    def projects(self, transport: Transport) -> Reading[dict[int, Project]]:
        """Every project that we can see, archived ones too; rows by number."""
        try:
            found = transport.read(f"{self.api}/project", _PROJECTS, {"includeArchived": "true"})
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return Reading({}, error.message)
        return Reading({int(one.id): one for one in found})

    def bounded(self, projects: Sequence[str]) -> list[tuple[str, frozenset[str] | None]]:  # noqa: ARG002 - needs none
        """The query for everything that we can see."""
        return [("", None)]

    def changed_since(self, at: datetime, zone: str | None) -> str:
        """The condition for what has changed since then, to the minute, in the zone of our account."""
        return f'updated >= "{account_time(at, zone)}"'

    def check(self, transport: Transport, name: str, jql: str) -> None:
        """Nothing: only the search itself tells what it does not understand."""

    def search(self, transport: Transport, query: Query, keep: Keep, seen: Seen) -> Reading[Whereabouts]:
        """All issues of a query, in windows by the moment of creation where one search cannot give them all."""
        reading = Reading(Whereabouts())
        decoder = msgspec.json.Decoder(_page_of(query.fields))
        fetch = self._fetch(transport, query, decoder)
        try:
            first = fetch(0)
            whole = first.total
            windows = [Window(None, None, whole)] if whole <= _WINDOW else self._windows(transport, query.jql, whole)
        except RequestError as error:
            if error.status == INVALID_REQUEST:
                raise
            reading.problem = error.message
            return reading
        for window in windows:
            if window.count > _WINDOW:
                reading.problem = f"{window.count} issues were created in one minute, more than one search can give"
                return reading
            part_of = replace(query, jql=window.jql(query.jql))
            told = partial(_told, seen, len(reading.rows), whole)
            pages = _begun(first, fetch) if len(windows) == 1 else self._fetch(transport, part_of, decoder)
            part = read_and_keep(pages, keep, by_id=False, seen=told, connections=transport.connections)
            if part.moving:
                part = self._settled(transport, part_of, keep, part)
            reading.rows.join(part.rows)
            reading.problem = reading.problem or part.problem
        return reading

    def _settled(
        self, transport: Transport, query: Query, keep: Keep, part: Reading[Whereabouts]
    ) -> Reading[Whereabouts]:
        """The issues of a list that changed while it was read: a quick sweep of ids, which must be whole, tells which
        of them are doubtful, and these are asked for one by one. Those that are gone are left out.
        """
        sweep = read_all(self._fetch(transport, Query(query.jql, ("id",)), _IDS, _SWEEP_PAGE), by_id=False)
        doubtful = part.rows.apart(pl.Series(list(sweep.rows), dtype=pl.Int64()))
        if sweep.problem is not None or len(doubtful) > _MOST_DOUBTFUL:
            return part
        try:
            found = self.by_id(transport, list(map(str, doubtful)), query.fields, ())
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return part
        part.rows.drop(doubtful)
        part.rows.join(kept(found, query.fields, keep))
        return Reading(part.rows)

    def by_id(
        self, transport: Transport, ids: Sequence[str], fields: Sequence[str], properties: Sequence[str]
    ) -> dict[str, RawIssue]:
        """These issues as they stand now, by immutable id; what is gone is left out. One request each."""
        asked = ((one, one_issue(transport, self.api, one, fields, properties)) for one in dict.fromkeys(ids))
        return {number: issue for number, issue in asked if issue is not None}

    def permissions(
        self, transport: Transport, projects: Iterable[str], names: Iterable[str]
    ) -> Mapping[str, frozenset[str]]:
        """Permission → ids of the projects where we have it; a global one in all or none. One request per project."""
        ids, wanted = sorted({str(int(one)) for one in projects}, key=int), frozenset(names)
        granted: dict[str, set[str]] = {name: set() for name in wanted}
        if wanted & GLOBAL:
            for name in wanted & GLOBAL & self._held(transport, {}):
                granted[name].update(ids)
        if wanted - GLOBAL:
            for project in ids:
                for name in (wanted - GLOBAL) & self._held(transport, {"projectId": project}):
                    granted[name].add(project)
        return {name: frozenset(found) for name, found in granted.items()}

    def _held(self, transport: Transport, params: Mapping[str, str]) -> frozenset[str]:
        answer = transport.read(f"{self.api}/mypermissions", wire.PERMISSIONS, params)
        return frozenset(name for name, one in answer.permissions.items() if one.have_permission)

    def _fetch(
        self, transport: Transport, query: Query, decoder: msgspec.json.Decoder[_SearchPage[R]], size: int = _PAGE
    ) -> Callable[[int], Page[R]]:
        def fetch(offset: int) -> Page[R]:
            page = self._page(transport, _body(query, offset, size), decoder)
            return Page(page.issues, page.total, min(size, page.max_results))

        return fetch

    def _page(
        self, transport: Transport, body: dict[str, object], decoder: msgspec.json.Decoder[_SearchPage[R]]
    ) -> _SearchPage[R]:
        page = transport.ask(
            f"{self.api}/search",
            msgspec.json.encode(body),
            decoder,
            meant=lambda one: one.start_at == body["startAt"],
        )
        if page.warning_messages:
            raise RequestError(f"Jira answers the query only in part: {'; '.join(page.warning_messages)[:500]}")
        return page

    def _windows(self, transport: Transport, jql: str, total: int) -> list[Window]:
        """Windows of a query that one search can give, but for single minutes with too many issues."""
        moments = []
        for way in ("ASC", "DESC"):
            issues = self._page(transport, _body(Query(jql, ("created",)), 0, 1, f"created {way}"), _EDGES).issues
            created = issues[0].fields.get("created") if issues else None
            moments.append(None if created is None else local(msgspec.json.decode(created)))
        return divided(
            jql,
            total,
            _WINDOW,
            count=lambda part: self._page(transport, _body(Query(part, ("id",)), 0, 1), _IDS).total,
            edges=(moments[0], moments[1]),
            connections=transport.connections,
        )


def _body(query: Query, offset: int, size: int, order: str = "id ASC") -> dict[str, object]:
    body: dict[str, object] = {
        "jql": ordered(query.jql, order),
        "startAt": offset,
        "maxResults": size,
        "fields": list(query.fields),
    }
    return body | {"expand": ["changelog"]} if query.history else body


def _page_of(fields: Sequence[str]) -> type[_SearchPage[IssueRow]]:
    page: Any = _SearchPage  # of rows whose type is made here, which no checker can know
    made: type[_SearchPage[IssueRow]] = page[Shape.of(fields).row]
    return made


def _begun(first: Page[R], fetch: Callable[[int], Page[R]]) -> Callable[[int], Page[R]]:
    """As `fetch`, with the first page once from what was read already."""
    read = [first]
    return lambda offset: read.pop() if offset == 0 and read else fetch(offset)


def _told(seen: Seen, before: int, whole: int, done: int, _: int) -> None:
    seen(before + done, whole)


def connect(name: str, options: JiraDataCenterOptions, surroundings: Surroundings) -> JiraConnector:
    """A connector that has proven who it is. The user of its secret, if any, is whose the token must be.

    Raises UsageError for an address or a setting that cannot be used, AccessError where Jira does not know us,
    IncompleteError where it does not answer.
    """
    return open_connector(name, options, surroundings, DataCenter(), surroundings.secret(), None)
