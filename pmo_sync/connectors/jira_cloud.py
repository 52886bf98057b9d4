"""Jira Cloud: searched by tokens, proven whole by a sweep of ids, in rich text and account ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
import polars as pl

from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Surroundings
from pmo_sync.connectors.jira.asking import GLOBAL, refused_scope
from pmo_sync.connectors.jira.connector import JiraConnector
from pmo_sync.connectors.jira.dialect import Keep, Query, Seen, kept
from pmo_sync.connectors.jira.opening import open_connector
from pmo_sync.connectors.jira.tokens import Chains
from pmo_sync.connectors.jira.wire import Project, RawIssue, User
from pmo_sync.connectors.options import JiraCloudOptions
from pmo_sync.connectors.paging import Page, Reading, read_all
from pmo_sync.connectors.transport import Transport
from pmo_sync.connectors.whereabouts import Whereabouts
from pmo_sync.errors import UsageError

__all__ = ["JiraConnector", "connect"]

_BULK: Final = 100
_PROJECTS_PAGE: Final = 50
_MOST_CHECKED: Final = 1_000


class _IssueError(msgspec.Struct, rename="camel"):
    id: str | int | None = None
    error_message: str = ""


class _Bulk(msgspec.Struct, rename="camel"):
    issues: list[RawIssue]
    issue_errors: list[_IssueError] | None = None


class _ProjectPage(msgspec.Struct, rename="camel"):
    values: list[Project]
    total: int
    max_results: int


class _ParsedQuery(msgspec.Struct):
    errors: list[str] | None = None


class _Parsed(msgspec.Struct):
    queries: list[_ParsedQuery]


class _Grant(msgspec.Struct):
    permission: str
    projects: list[int] = []


class _Grants(msgspec.Struct, rename="camel"):
    global_permissions: list[str] = []
    project_permissions: list[_Grant] = []


_BULK_ANSWER: Final = msgspec.json.Decoder(_Bulk)
_PROJECTS: Final = msgspec.json.Decoder(_ProjectPage)
_PARSED: Final = msgspec.json.Decoder(_Parsed)
_GRANTS: Final = msgspec.json.Decoder(_Grants)


@dataclass(frozen=True, slots=True)
class Cloud:
    """What is Jira Cloud's own."""

    kind: str = "jira-cloud"
    title: str = "Jira Cloud"
    api: str = "/rest/api/3"
    deployments: tuple[str, ...] = ("Cloud",)
    rich_text: bool = True
    checks_screens: bool = False
    notes_come_along: bool = True
    history_comes_along: bool = False
    parents_by_key: bool = False
    account_members: tuple[str, ...] = ("accountId",)
    token_advice: str = "make a new API token at id.atlassian.com (they expire), and check `user`, its account's e-mail"  # noqa: S105

    def person(self, account: User) -> Mapping[str, str]:
        """A person as the value of a field."""
        return {"accountId": account.account_id or ""}

    def projects(self, transport: Transport) -> Reading[dict[int, Project]]:
        """Every project that we can see; rows by number."""

        def fetch(offset: int) -> Page[Project]:
            params = {"startAt": str(offset), "maxResults": str(_PROJECTS_PAGE), "orderBy": "key"}
            page = transport.read(f"{self.api}/project/search", _PROJECTS, params)
            return Page(page.values, page.total, min(_PROJECTS_PAGE, page.max_results))

        return read_all(fetch, by_id=False)

    def bounded(self, projects: Sequence[str]) -> list[tuple[str, frozenset[str] | None]]:
        """Queries for everything that we can see, with the projects each covers: Cloud takes none without a bound."""
        parts = [projects[start : start + _BULK] for start in range(0, len(projects), _BULK)]
        return [(f"project in ({', '.join(part)})", frozenset(part)) for part in parts]

    def changed_since(self, at: datetime, zone: str | None) -> str:  # noqa: ARG002 - Data Center reads it
        """The condition for what has changed since then, in no zone: milliseconds since 1970."""
        return f"updated >= {int(at.timestamp() * 1000)}"

    def check(self, transport: Transport, name: str, jql: str) -> None:
        """Raises UsageError with Jira's own words where the JQL of a person cannot be used."""
        body = msgspec.json.encode({"queries": [jql]})
        answer = transport.ask(
            f"{self.api}/jql/parse?validation=strict", body, _PARSED, meant=lambda parsed: len(parsed.queries) == 1
        )
        if errors := answer.queries[0].errors:
            raise refused_scope(name, errors)

    def search(self, transport: Transport, query: Query, keep: Keep, seen: Seen) -> Reading[Whereabouts]:
        """All issues of a query.

        A sweep of ids tells what changes during the reading have hidden from a page; these issues are read by id. One
        that cannot be read by id any more is gone.
        """
        reading = Reading(Whereabouts())
        try:
            swept = [pl.Series(dtype=pl.Int64())]
            for found, numbers in Chains(transport, self.api).issues_and_ids(query, keep, seen):
                reading.rows.update(found.items())
                swept.append(pl.Series(list(numbers), dtype=pl.Int64()))
            doubtful = reading.rows.apart(pl.concat(swept))
            del swept
            by_id = self.by_id(transport, list(map(str, doubtful)), query.fields, query.properties)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            reading.problem = "; ".join([error.message, *_said(error)])
            return reading
        reading.rows.drop(doubtful)
        reading.rows.join(kept(by_id, query.fields, keep))
        seen(len(reading.rows), len(reading.rows))
        return reading

    def by_id(
        self, transport: Transport, ids: Sequence[str], fields: Sequence[str], properties: Sequence[str]
    ) -> dict[str, RawIssue]:
        """These issues as they stand now, by immutable id, whatever their keys; what is gone is left out."""
        found: dict[str, RawIssue] = {}
        wanted = sorted({str(int(one)) for one in ids}, key=int)
        for start in range(0, len(wanted), _BULK):
            part = wanted[start : start + _BULK]
            body: dict[str, object] = {"issueIdsOrKeys": part, "fields": list(fields)}
            if properties:
                body["properties"] = list(properties)
            answer = transport.ask(f"{self.api}/issue/bulkfetch", msgspec.json.encode(body), _BULK_ANSWER)
            if answer.issue_errors:
                said = answer.issue_errors[0].error_message
                raise RequestError(f"{len(answer.issue_errors)} issues could not be read by id: {said[:200]}")
            asked = set(part)
            found |= {raw.id: raw for raw in answer.issues if raw.id in asked}
        return found

    def permissions(
        self, transport: Transport, projects: Iterable[str], names: Iterable[str]
    ) -> Mapping[str, frozenset[str]]:
        """Permission → ids of the projects where we have it; a global one in all or none."""
        ids, wanted = sorted({int(one) for one in projects}), sorted(set(names))
        asked = [name for name in wanted if name in GLOBAL], [name for name in wanted if name not in GLOBAL]
        granted: dict[str, set[str]] = {name: set() for name in wanted}
        for start in range(0, max(len(ids), 1), _MOST_CHECKED):
            part = ids[start : start + _MOST_CHECKED]
            body: dict[str, object] = {"globalPermissions": asked[0]} if asked[0] else {}
            if asked[1] and part:
                body["projectPermissions"] = [{"permissions": asked[1], "projects": part}]
            answer = transport.ask(f"{self.api}/permissions/check", msgspec.json.encode(body), _GRANTS)
            for name in answer.global_permissions:
                granted.setdefault(name, set()).update(map(str, part))
            for grant in answer.project_permissions:
                granted.setdefault(grant.permission, set()).update(map(str, grant.projects))
        return {name: frozenset(granted[name]) for name in wanted}


def _said(error: RequestError | DeniedError) -> tuple[str, ...]:
    return error.errors if isinstance(error, RequestError) else ()


def connect(name: str, options: JiraCloudOptions, surroundings: Surroundings) -> JiraConnector:
    """A connector that has proven who it is. The user of its secret is the account's e-mail.

    Raises UsageError for an address or a setting that cannot be used, AccessError where Jira does not know us,
    IncompleteError where it does not answer.
    """
    credentials = surroundings.secret()
    if credentials.user is None:
        raise UsageError(
            f"trackers.{name}.user is missing: Jira Cloud knows a token only together with its account",
            advice="give the e-mail address of the account the token was made for",
        )
    return open_connector(name, options, surroundings, Cloud(), credentials, credentials.user)
