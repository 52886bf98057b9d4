"""Search on Data Center: offset pages with a total, capped silently, and a window beyond which it breaks."""

from __future__ import annotations

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.jql import parse
from pmo_sync.sandbox.presenting import Asked, Presenter, describe
from pmo_sync.sandbox.search import Memory, current, find
from pmo_sync.sandbox.view import Shown

PAGE = 50


def post(call: Call, memory: Memory) -> Answer:
    """POST search."""
    body = call.members()
    unknown = set(body) - {
        "jql",
        "startAt",
        "maxResults",
        "fields",
        "validateQuery",
        "expand",
        "fieldsByKeys",
        "properties",
    }
    if unknown:
        raise invalid(f'Unrecognized field "{min(unknown)}" in the request body.')
    numbers = [body.get("startAt", 0), body.get("maxResults", PAGE)]
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in numbers):
        raise invalid("startAt and maxResults must be numbers.")
    fields, expand = (_texts(body.get(name, [])) for name in ("fields", "expand"))
    start, size = (int(str(one)) for one in numbers)
    return _page(
        call, memory, str(body.get("jql") or ""), start, size, Asked(fields, "*navigable", (), frozenset(expand))
    )


def get(call: Call, memory: Memory) -> Answer:
    """GET search."""
    asked = Asked(call.listed("fields"), "*navigable", (), frozenset(call.listed("expand")))
    return _page(call, memory, call.one("jql") or "", call.number("startAt", 0), call.number("maxResults", PAGE), asked)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise invalid("fields and expand must be lists of texts.")
    return value


def _page(call: Call, memory: Memory, jql: str, start: int, size: int, asked: Asked) -> Answer:
    if call.account is None:
        return Answer(body={"startAt": 0, "maxResults": size, "total": 0, "issues": []})
    if start < 0:
        raise invalid("The value of startAt must not be negative.")
    size = min(call.knobs.page_cap if size < 0 else size, call.knobs.page_cap)
    found = find(call, memory, jql, parse(jql))
    if start + size > call.knobs.result_window and len(found.ids) > call.knobs.result_window:
        raise _beyond_window(start + size, call.knobs.result_window)
    ids = found.ids[start : start + size]
    match call.fault:
        case "short":
            ids = ids[: max(1, len(ids) // 2)]
        case "empty":
            ids = ()
        case "repeat":
            ids = found.ids[max(0, start - 1) : start + size - 1]
    presenter = Presenter(call.view(), asked)
    shown = [presenter.issue(one) for id_ in ids if (one := current(call, found, id_)) is not None]
    page: Shown = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(found.ids)}
    page["issues"] = shown
    describe(page, asked)
    return Answer(body=page)


def _beyond_window(end: int, window: int) -> Refusal:
    text = f"{end:,} results which exceeded the search platform limit of {window:,}"
    message = f"<status-code>500</status-code><message>Search limit exceeded: the query asks for {text}</message>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><status>{message}</status>'
    return Refusal(500, body=body, headers={"Content-Type": "application/xml;charset=UTF-8"})
