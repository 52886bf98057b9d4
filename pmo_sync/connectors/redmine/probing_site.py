"""What `doctor` compares a Redmine with: each assumption looked at by a request or two. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from pmo_sync.connectors.answers import INVALID, NOT_ALLOWED, NOT_FOUND, DeniedError, RequestError
from pmo_sync.connectors.assumptions import assumption
from pmo_sync.connectors.base import Probe
from pmo_sync.connectors.paging import PAGE
from pmo_sync.connectors.redmine.client import Client

_FEW: Final = 3
_SKEW: Final = timedelta(minutes=5)
_NEVER: Final = ">=2100-01-01T00:00:00Z"
_IS_AN_ANSWER: Final = frozenset({INVALID, NOT_ALLOWED, NOT_FOUND})
"""Refusals that say that something is not there, or not for us."""


class _Status(msgspec.Struct):
    is_closed: bool | msgspec.UnsetType = msgspec.UNSET


class _Row(msgspec.Struct):
    id: int
    updated_on: str = ""
    status: _Status = msgspec.field(default_factory=_Status)
    relations: list[object] | msgspec.UnsetType = msgspec.UNSET
    journals: list[object] | msgspec.UnsetType = msgspec.UNSET

    @property
    def updated(self) -> datetime | None:
        """When it changed last; None where that is no moment with a zone."""
        try:
            at = datetime.fromisoformat(self.updated_on)
        except ValueError:
            return None
        return None if at.tzinfo is None else at.astimezone(UTC)


class _Page(msgspec.Struct):
    issues: list[_Row]
    total_count: int
    limit: int = PAGE


class _One(msgspec.Struct):
    issue: _Row


_PAGE: Final = msgspec.json.Decoder(_Page)
_ONE: Final = msgspec.json.Decoder(_One)


@dataclass(slots=True)
class Site:
    """One Redmine as doctor asks it: the issues that changed last, newest first, and the first page of all; `now` by
    our own clock.
    """

    client: Client
    now: datetime
    newest: list[_Row] = field(default_factory=list)
    first: _Page = field(default_factory=lambda: _Page([], 0))

    def issues(self, **params: str) -> _Page:
        """One page of the scope; of its first project where it has some."""
        projects = self.client.options.scope.projects
        scope = {"status_id": "*"} | ({"project_id": projects[0]} if projects else {})
        return self.client.transport.read("/issues.json", _PAGE, scope | params)


Look = Callable[[Site], Probe]


def site(client: Client, now: datetime) -> list[Probe]:
    """One line for each assumption about Redmine, at most 10 requests."""
    found = Site(client, now)
    try:
        found.newest = found.issues(sort="updated_on:desc", limit=str(_FEW)).issues
        found.first = found.issues(sort="id", limit=str(PAGE), include="relations")
    except (RequestError, DeniedError) as error:
        return [assumption(name).unseen(f"the scope cannot be read: {error.message}") for name in LOOKS]
    if not found.first.issues or not found.newest:
        return [assumption(name).unseen("there is no issue to look at") for name in LOOKS]
    return [_looked(name, look, found) for name, look in LOOKS.items()]


def _looked(name: str, look: Look, found: Site) -> Probe:
    one = assumption(name)
    try:
        return look(found)
    except (RequestError, DeniedError) as error:
        text = f"cannot be looked at: {error.message}"
        return one.broken(text) if error.status in _IS_AN_ANSWER and not one.vital else one.unseen(text)


def _version(found: Site) -> Probe:
    one = assumption("redmine.version")
    if any(row.status.is_closed is msgspec.UNSET for row in found.first.issues):
        return one.broken("a status does not say whether it is closed, so this is older than 5.0")
    return one.holds("statuses say whether they are closed, as from 5.0 on")


def _filters(found: Site) -> Probe:
    one = assumption("redmine.filters")
    count = found.issues(updated_on=_NEVER, limit="1").total_count
    if count:
        return one.broken(f"{count} issues are said to change in the year 2100: the filter is not obeyed")
    return one.holds("the filter by the last change is obeyed")


def _changes(found: Site) -> Probe:
    one, row = assumption("redmine.changes"), found.newest[0]
    at = row.updated
    if at is None:
        return one.broken(f"#{row.id} does not tell when it changed last")
    wanted = str(row.id)
    page = found.issues(issue_id=wanted, updated_on=f">={at:%Y-%m-%dT%H:%M:%SZ}", limit="1")
    if not page.issues:
        return one.broken(f"a search for what changed since the last change of #{row.id} does not find it")
    return one.holds(f"a search finds #{row.id} from the second of its last change on")


def _pages(found: Site) -> Probe:
    one, page = assumption("redmine.pages"), found.first
    wanted = min(PAGE, page.total_count)
    if len(page.issues) < wanted:
        return one.broken(f"a page holds {len(page.issues)} where {wanted} were asked for")
    return one.holds(f"pages hold {page.limit}")


def _order(found: Site) -> Probe:
    one = assumption("redmine.order")
    first = [row.id for row in found.issues(sort="id", limit=str(_FEW)).issues]
    second = [row.id for row in found.issues(sort="id", limit=str(_FEW), offset=str(_FEW - 1)).issues]
    if len(first) == _FEW and second[:1] != first[-1:]:
        return one.broken("two pages that should have an issue in common have not")
    if any(before >= after for ids in (first, second) for before, after in pairwise(ids)):
        return one.broken("issues do not come in the order of their ids")
    return one.holds("ids rise from page to page")


def _history(found: Site) -> Probe:
    one, row = assumption("redmine.history"), found.newest[0]
    shown = found.client.transport.read(f"/issues/{row.id}.json", _ONE, {"include": "journals"}).issue
    if shown.journals is msgspec.UNSET:
        return one.broken(f"#{row.id} comes without its history")
    return one.holds(f"the history of #{row.id} can be read")


def _relations(found: Site) -> Probe:
    one = assumption("redmine.relations")
    if any(row.relations is msgspec.UNSET for row in found.first.issues):
        return one.broken("an issue comes without its relations")
    return one.holds("relations come along")


def _times(found: Site) -> Probe:
    one, theirs = assumption("redmine.times"), found.client.transport.server_time
    moments = [row.updated for row in found.newest]
    known = [at for at in moments if at is not None]
    if len(known) < len(moments):
        return one.broken("a moment comes without its zone")
    clock, whose = (found.now, "our") if theirs is None else (theirs, "the server's")
    if max(known) > clock + _SKEW:
        seconds = (max(known) - clock).total_seconds()
        wrong = one.broken(f"the newest change is {seconds:.0f} seconds in the future by {whose} clock")
        return wrong if theirs is not None else replace(wrong, ok=None)  # ours may be the one that is wrong
    return one.holds(f"the newest change is not later than {whose} clock")


LOOKS: Final[Mapping[str, Look]] = {
    "redmine.version": _version,
    "redmine.times": _times,
    "redmine.filters": _filters,
    "redmine.changes": _changes,
    "redmine.order": _order,
    "redmine.pages": _pages,
    "redmine.history": _history,
    "redmine.relations": _relations,
}
"""Assumption → how it is looked at."""
