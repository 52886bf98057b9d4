"""Jira Data Center: searched by pages that are counted, in markup and user keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from pmo_sync.connectors.answers import INVALID_REQUEST, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Credentials
from pmo_sync.connectors.jira import wire
from pmo_sync.connectors.jira.asking import GLOBAL, one_issue, ordered
from pmo_sync.connectors.jira.connector import JiraConnector
from pmo_sync.connectors.jira.dialect import Query, Seen
from pmo_sync.connectors.jira.opening import Line, open_connector
from pmo_sync.connectors.jira.wire import Issue, Project, RawIssue, Slim, User
from pmo_sync.connectors.options import JiraDataCenterOptions
from pmo_sync.connectors.paging import Page, Reading, read_all
from pmo_sync.connectors.transport import Policy, Transport

__all__ = ["JiraConnector", "connect"]

_PAGE: Final = 500
_WINDOW: Final = 9_900
"""Most issues that one query is read for; the search platform gives 10,000."""
_FIRST_DAY: Final = date(1990, 1, 1)
_LAST_DAY: Final = date(2100, 1, 1)


class _SearchPage(msgspec.Struct, rename="camel"):
    issues: list[RawIssue]
    total: int
    max_results: int
    start_at: int = 0
    warning_messages: list[str] | None = None


_SEARCH: Final = msgspec.json.Decoder(_SearchPage)
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
    parents_by_key: bool = True
    account_members: tuple[str, ...] = ("key", "name")
    token_advice: str = "make a new personal access token in the account's profile: it may have expired"  # noqa: S105

    def person(self, account: User) -> Mapping[str, str]:
        """A person as the value of a field."""
        return {"name": account.name or ""}

    def projects(self, transport: Transport) -> Reading[Project]:
        """Every project that we can see, archived ones too; rows by number."""
        try:
            found = transport.read(f"{self.api}/project", _PROJECTS, {"includeArchived": "true"})
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return Reading(problem=error.message)
        return Reading({int(one.id): one for one in found})

    def bounded(self, projects: Sequence[str]) -> list[tuple[str, frozenset[str] | None]]:  # noqa: ARG002 - needs none
        """The query for everything that we can see."""
        return [("", None)]

    def check(self, transport: Transport, name: str, jql: str) -> None:
        """Nothing: only the search itself tells what it does not understand."""

    def search(self, transport: Transport, query: Query, seen: Seen) -> Reading[Issue]:
        """All issues of a query, in slices by day of creation where one search cannot give them all."""
        reading: Reading[Issue] = Reading()
        slim = Slim()
        try:
            slices = list(self._slices(transport, query.jql, None, None))
        except RequestError as error:
            if error.status == INVALID_REQUEST:
                raise
            reading.problem = error.message
            return reading
        whole = sum(total for _, total in slices)
        for jql, total in slices:
            if total > _WINDOW:
                reading.problem = f"{total} issues were created in one day, more than one search can give"
                return reading
            told = partial(_told, seen, len(reading.rows), whole)
            part = read_all(self._fetch(transport, Query(jql, query.fields), slim), by_id=True, seen=told)
            reading.rows |= part.rows
            reading.problem = reading.problem or part.problem
        return reading

    def by_id(
        self, transport: Transport, ids: Sequence[str], fields: Sequence[str], properties: Sequence[str]
    ) -> dict[str, Issue]:
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

    def _fetch(self, transport: Transport, query: Query, slim: Slim) -> Callable[[int], Page[Issue]]:
        def fetch(offset: int) -> Page[Issue]:
            page = self._page(transport, query, offset, _PAGE)
            return Page([slim.issue(raw) for raw in page.issues], page.total, min(_PAGE, page.max_results))

        return fetch

    def _page(self, transport: Transport, query: Query, offset: int, size: int) -> _SearchPage:
        body = {
            "jql": ordered(query.jql),
            "startAt": offset,
            "maxResults": size,
            "fields": list(query.fields),
        }
        page = transport.ask(
            f"{self.api}/search", msgspec.json.encode(body), _SEARCH, meant=lambda one: one.start_at == offset
        )
        if page.warning_messages:
            raise RequestError(f"Jira answers the query only in part: {'; '.join(page.warning_messages)[:500]}")
        return page

    def _slices(
        self, transport: Transport, jql: str, first: date | None, end: date | None
    ) -> Iterable[tuple[str, int]]:
        """Queries that divide a query by the day of creation, each with how many issues it finds now."""
        bounds = [f'created >= "{first}"'] * (first is not None) + [f'created < "{end}"'] * (end is not None)
        query = " AND ".join([*([jql] if jql else []), *bounds])
        total = self._page(transport, Query(query, ("id",)), 0, 1).total
        low, high = first or _FIRST_DAY, end or _LAST_DAY
        middle = low + (high - low) / 2
        if total <= _WINDOW or middle in (low, high):
            yield query, total
            return
        yield from self._slices(transport, jql, first, middle)
        yield from self._slices(transport, jql, middle, end)


def _told(seen: Seen, before: int, whole: int, done: int, _: int) -> None:
    seen(before + done, whole)


def connect(  # noqa: PLR0913 - the world comes in by name
    name: str,
    options: JiraDataCenterOptions,
    *,
    secret: Callable[[], Credentials],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    folder: Path,
    owner: str = "pmo",
    policy: Policy | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> JiraConnector:
    """A connector that has proven who it is. `secret` is asked once; its user, if any, is whose the token must be.

    Raises UsageError for an address or a setting that cannot be used, AccessError where Jira does not know us,
    IncompleteError where it does not answer.
    """
    line = Line(now, sleep, monotonic, folder, policy)
    return open_connector(name, options, DataCenter(), secret(), None, line, owner)
