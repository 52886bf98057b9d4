"""The histories of all issues: those that came along, and what it takes beside: bulk changelogs, and statuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
import polars as pl

from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Progress, Report
from pmo_sync.connectors.jira.asking import one_issue
from pmo_sync.connectors.jira.changelog import RESOLUTION, STATUS, Entry, Past, Tracked, whole
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.found import Found, in_order
from pmo_sync.connectors.jira.historian import Historian, Histories, Shown, Statuses
from pmo_sync.connectors.jira.shape import ISSUE
from pmo_sync.connectors.shelf import Shelf
from pmo_sync.connectors.transport import Transport
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import ANY_EDIT

TOLD: Final = frozenset({"status", "phase"})
"""Columns whose own history is told beside that of the fields that are tracked."""
_AT_ONCE: Final = 1_000
_MOST_PAGES: Final = 10_000
_MOST_FIELDS: Final = 10
"""Of so many the bulk endpoint tells the edits alone; where there are more, those of all fields are asked for."""

_OfOne: TypeAlias = tuple[int, Shown, Past | None]


class _OfIssue(msgspec.Struct, rename="camel"):
    issue_id: str
    change_histories: list[Entry] = []


class _Page(msgspec.Struct, rename="camel"):
    issue_change_logs: list[_OfIssue]
    next_page_token: str | None = None


class _Category(msgspec.Struct):
    key: str = ""


class _Status(msgspec.Struct, rename="camel"):
    id: str
    name: str
    status_category: _Category = msgspec.field(default_factory=_Category)


_PAGE: Final = msgspec.json.Decoder(_Page)
_STATUSES: Final = msgspec.json.Decoder(list[_Status])


@dataclass(frozen=True, slots=True)
class Told:
    """RAW_CHANGES of the issues whose history is known, and what could not be read (`lost`, by id)."""

    changes: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.RAW_CHANGES))
    lost: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def gather(
    name: str, dialect: Dialect, transport: Transport, found: Found, historian: Historian, report: Report
) -> Told:
    """The history of these issues; of those with which it did not come along it is asked for.

    Raises DeniedError where Jira no longer knows us.
    """
    shelf: Shelf[_OfOne, Histories] = Shelf(historian.fold, _AT_ONCE)
    came, unknown, done = historian.fold(()), found.ids, 0
    statuses: Statuses = {}
    problem = None
    try:
        if historian.needs_statuses:
            statuses = _statuses(transport, dialect.api)
        came = found.take_histories()
        unknown = came.untold[ISSUE]
        for answered in _apart(dialect, transport, came.untold, historian):
            done += len(shelf.put(answered))
            report(Progress(f"{name}: histories", done, unknown.len()))
    except (RequestError, DeniedError) as error:
        if error.status == UNKNOWN_TO_US:
            raise
        problem = error.message
    apart = [part for part, _ in shelf.batches(pl.int_range(done, eager=True))]
    changes = in_order([came.changes, *(one.changes for one in apart)])
    told = historian.told(changes, in_order([came.steps, *(one.steps for one in apart)]), statuses)
    if problem is None:
        return Told(told)
    lost = frozenset(pl.concat([unknown[done:], *(one.untold[ISSUE] for one in apart)]))
    return Told(told, lost, (f"{name}: the history of {len(lost)} issues could not be read: {problem}",))


def _apart(
    dialect: Dialect, transport: Transport, untold: pl.DataFrame, historian: Historian
) -> Iterator[list[_OfOne]]:
    """The histories of these issues, of as many as one request tells: None of one that is not told whole."""
    tracked = historian.tracked
    fields = () if ANY_EDIT in historian.wanted else (STATUS, RESOLUTION, *sorted(tracked.ids))
    for part in untold.iter_slices(1 if dialect.history_comes_along else _AT_ONCE):
        issues = list(map(Shown._make, part.iter_rows()))
        if dialect.history_comes_along:
            pasts = {one.id: _alone(transport, dialect.api, one.id, tracked) for one in issues}
        else:
            pasts = _many(transport, dialect.api, [one.id for one in issues], fields, tracked)
        yield [(row, one, pasts[one.id]) for row, one in enumerate(issues)]


def _alone(transport: Transport, api: str, number: str, tracked: Tracked) -> Past | None:
    """The history of an issue that did not come by search, on Data Center."""
    found = one_issue(transport, api, number, (STATUS,), history=True)
    return None if found is None else whole(found.changelog, tracked)


def _many(
    transport: Transport, api: str, ids: Sequence[str], fields: Sequence[str], tracked: Tracked
) -> dict[str, Past | None]:
    """The histories of these issues on Cloud, of some fields or, with none or too many, of all."""
    found = {number: Past() for number in ids}
    body: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": _AT_ONCE}
    if 0 < len(fields) <= _MOST_FIELDS:
        body["fieldIds"] = list(fields)
    tokens: set[str] = set()
    while True:
        page = transport.ask(f"{api}/changelog/bulkfetch", msgspec.json.encode(body), _PAGE)
        for one in page.issue_change_logs:
            if one.issue_id in found:
                found[one.issue_id].add(one.change_histories, tracked)
        token = page.next_page_token
        if not token:
            return {**found}
        if token in tokens or len(tokens) == _MOST_PAGES:
            raise RequestError("Jira leads from one page of the histories back to an earlier one")
        tokens.add(token)
        body["nextPageToken"] = token


def _statuses(transport: Transport, api: str) -> Statuses:
    listed = transport.read(f"{api}/status", _STATUSES)
    return {one.id: (one.name, one.status_category.key) for one in listed}
