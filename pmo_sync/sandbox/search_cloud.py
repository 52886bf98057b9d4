"""Search on Cloud: pages behind opaque tokens, ids by default, no total, bounded queries only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.jql import parse
from pmo_sync.sandbox.matching import Matcher
from pmo_sync.sandbox.presenting import Asked, Presenter, describe
from pmo_sync.sandbox.search import Cursor, Found, Memory, bounded, current, find
from pmo_sync.sandbox.view import Shown

PAGE, BIGGEST_PAGE, BIGGEST_BARE_PAGE, MOST_PROPERTIES, MOST_RECONCILED = 50, 100, 5000, 5, 50
GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
BAD_TOKEN = "The provided next page token is invalid or has expired."  # noqa: S105 - a sentence
_MEMBERS = {
    "jql": str,
    "nextPageToken": str,
    "maxResults": int,
    "fields": list,
    "expand": str,
    "properties": list,
    "fieldsByKeys": bool,
    "failFast": bool,
    "reconcileIssues": list,
}


@dataclass(frozen=True, slots=True)
class Question:
    """One page's request; everything but `token` and `size` must be the same on every page."""

    jql: str
    fields: tuple[str, ...]
    properties: tuple[str, ...]
    expand: frozenset[str]
    reconcile: frozenset[int]
    account: str


def gone(_call: Call) -> Answer:
    """GET and POST search: removed."""
    raise Refusal(410, [GONE])


def post(call: Call, memory: Memory) -> Answer:
    """POST search/jql. Raises a refusal 400 for members the description does not know or types it does not allow."""
    body = call.members()
    for name, value in body.items():
        kind = _MEMBERS.get(name)
        if kind is None:
            raise invalid(f'Unrecognized field "{name}" in the request body.')
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise invalid(f"Invalid value for the member '{name}' of the request body.")
    size, token = body.get("maxResults", PAGE), body.get("nextPageToken")
    expand = frozenset(str(body.get("expand", "")).split(","))
    ids = [str(one) for one in _items(body, "reconcileIssues", int)]
    question = _question(
        call, str(body.get("jql", "")), _items(body, "fields", str), _items(body, "properties", str), expand, ids
    )
    return _page(call, memory, question, int(str(size)), None if token is None else str(token))


def get(call: Call, memory: Memory) -> Answer:
    """GET search/jql: the same by query parameters."""
    expand = frozenset(call.listed("expand"))
    question = _question(
        call,
        call.one("jql") or "",
        call.listed("fields"),
        call.listed("properties"),
        expand,
        call.listed("reconcileIssues"),
    )
    return _page(call, memory, question, call.number("maxResults", PAGE), call.one("nextPageToken"))


def _items(body: dict[str, object], name: str, kind: type) -> list[str]:
    items = body.get(name, [])
    if not isinstance(items, list) or any(not isinstance(one, kind) for one in items):
        raise invalid(f"Invalid value for the member '{name}' of the request body.")
    return items


def _question(
    call: Call,
    jql: str,
    fields: Sequence[str],
    properties: Sequence[str],
    expand: frozenset[str],
    reconcile: Sequence[str],
) -> Question:
    if len(properties) > MOST_PROPERTIES:
        raise invalid(f"The maximum number of issue property keys is {MOST_PROPERTIES}.")
    if len(reconcile) > MOST_RECONCILED or not all(one.isascii() and one.isdigit() for one in reconcile):
        raise invalid(f"The member 'reconcileIssues' takes at most {MOST_RECONCILED} issue ids.")
    account = call.account.id if call.account else ""
    return Question(jql, tuple(fields), tuple(properties), expand, frozenset(int(one) for one in reconcile), account)


def _page(call: Call, memory: Memory, question: Question, size: int, token: str | None) -> Answer:
    query = bounded(question.jql)
    if size < 1:
        raise invalid("The value of maxResults must be at least 1.")
    asked = Asked(question.fields, "id", question.properties, question.expand)
    size = min(size, BIGGEST_BARE_PAGE if asked.is_bare else BIGGEST_PAGE)
    if token is None:
        found, at = find(call, memory, question.jql, query, question.reconcile), 0
    else:
        cursor = memory.cursor(token)
        lives = timedelta(seconds=call.knobs.token_seconds)
        if cursor is None or cursor.question != question or call.store.now() - cursor.made > lives:
            raise invalid(BAD_TOKEN)
        older = call.store.before(call.knobs.index_lag)
        older = {id_: issue for id_, issue in older.items() if id_ not in question.reconcile}
        found, at = Found(cursor.ids, older), cursor.at
    end = _end(call, at, size)
    presenter = Presenter(call.view(), asked)
    shown = [presenter.issue(one) for id_ in found.ids[at:end] if (one := current(call, found, id_)) is not None]
    page: Shown = {"issues": shown, "isLast": end >= len(found.ids)}
    if end < len(found.ids):
        page["nextPageToken"] = memory.token(Cursor(question, found.ids, end, call.store.now()))
    if call.fault == "repeat" and found.ids:
        again = token or memory.token(Cursor(question, found.ids, 0, call.store.now()))
        page |= {"nextPageToken": again, "isLast": False}
    describe(page, asked)
    return Answer(body=page)


def _end(call: Call, at: int, size: int) -> int:
    if call.fault == "empty":
        return at
    return at + (max(1, size // 2) if call.fault == "short" else size)


def count(call: Call, memory: Memory) -> Answer:
    """POST search/approximate-count."""
    body = call.members()
    if set(body) - {"jql"} or not isinstance(body.get("jql"), str):
        raise invalid("The request body takes the member 'jql' only.")
    jql = str(body["jql"])
    return Answer(body={"count": len(find(call, memory, jql, bounded(jql)).ids)})


def parse_queries(call: Call) -> Answer:
    """POST jql/parse: which of the queries can be understood; the structure is not told."""
    queries = call.members().get("queries")
    if not isinstance(queries, list) or not queries or not all(isinstance(one, str) and one for one in queries):
        raise invalid("The member 'queries' must be a list of queries.")
    matcher, strict = Matcher(call.view(), call.rights), call.one("validation") != "none"
    return Answer(body={"queries": [_parsed(matcher, str(one), strict=strict) for one in queries]})


def _parsed(matcher: Matcher, text: str, *, strict: bool) -> Shown:
    try:
        query = parse(text)
        if strict:
            for name, _ in query.order:
                matcher.key(name)
            if query.where is not None:
                matcher.test(query.where)
    except Refusal as refusal:
        messages = refusal.body.get("errorMessages", []) if isinstance(refusal.body, dict) else []
        return {"query": text, "errors": messages}
    return {"query": text}
