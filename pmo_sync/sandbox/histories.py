"""The histories of many issues in one request (Cloud), in pages behind tokens."""

from __future__ import annotations

from dataclasses import replace

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import invalid
from pmo_sync.sandbox.presenting import entry
from pmo_sync.sandbox.records import Entry, Issue
from pmo_sync.sandbox.search import Cursor, Memory
from pmo_sync.sandbox.view import Shown

MOST_ISSUES, MOST_FIELDS, PAGE, BIGGEST_PAGE = 1_000, 10, 1_000, 10_000
_MEMBERS = {"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"}


def bulk_fetch(call: Call, memory: Memory) -> Answer:
    """POST changelog/bulkfetch: entries of all visible issues, the oldest first, by issue in each page."""
    body = call.members()
    if unknown := set(body) - _MEMBERS:
        raise invalid(f'Unrecognized field "{min(unknown)}" in the request body.')
    ids, fields = _texts(body, "issueIdsOrKeys", MOST_ISSUES), _texts(body, "fieldIds", MOST_FIELDS)
    size, token = body.get("maxResults", PAGE), body.get("nextPageToken")
    if not ids:
        raise invalid("The member 'issueIdsOrKeys' must name at least one issue.")
    if not isinstance(size, int) or not 0 < size <= BIGGEST_PAGE:
        raise invalid(f"The value of maxResults must be from 1 to {BIGGEST_PAGE}.")
    size = min(size, call.knobs.page_cap)
    question = (ids, fields, call.account.id if call.account else "")
    at = 0
    if token is not None:
        cursor = memory.cursor(str(token))
        if cursor is None or cursor.question != question:
            raise invalid("The provided next page token is invalid or has expired.")
        at = cursor.at
    found = sorted(_entries(call, ids, fields), key=lambda pair: (pair[1].at, pair[0].id))
    page: Shown = {"issueChangeLogs": _by_issue(call, found[at : at + size])}
    if at + size < len(found):
        page["nextPageToken"] = memory.token(Cursor(question, (), at + size, call.store.now()))
    return Answer(body=page)


def _entries(call: Call, ids: tuple[str, ...], fields: tuple[str, ...]) -> list[tuple[Issue, Entry]]:
    projects = call.store.catalogue.projects
    seen = {issue.id: issue for id_ in ids if (issue := call.store.issue(id_)) is not None}
    found = []
    for issue in seen.values():
        for one in issue.history if call.rights.browses(projects[issue.project]) else ():
            items = tuple(item for item in one.items if not fields or item.field_id in fields)
            if items:
                found.append((issue, replace(one, items=items)))
    return found


def _by_issue(call: Call, page: list[tuple[Issue, Entry]]) -> list[Shown]:
    view = call.view()
    logs: dict[int, list[Shown]] = {}
    for issue, one in page:
        logs.setdefault(issue.id, []).append(entry(view, one))
    return [{"issueId": str(id_), "changeHistories": entries} for id_, entries in logs.items()]


def _texts(body: dict[str, object], name: str, most: int) -> tuple[str, ...]:
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > most or any(not isinstance(one, str) for one in value):
        raise invalid(f"Invalid value for the member '{name}' of the request body.")
    return tuple(value)
