"""Finding issues, as the index knows them: `index_lag` seconds behind, but for what is to be reconciled."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from pmo_sync.sandbox import times
from pmo_sync.sandbox.call import Call
from pmo_sync.sandbox.errors import invalid
from pmo_sync.sandbox.jql import AllOf, Clause, Node, Query, parse
from pmo_sync.sandbox.matching import Matcher
from pmo_sync.sandbox.records import Issue

KEPT_TOKENS = 10_000
KEPT_RESULTS = 16


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of all results in order, and how those issues looked that look different now."""

    ids: tuple[int, ...]
    older: dict[int, Issue | None]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a page token stands for: a place in the results of one query of one caller."""

    question: object
    ids: tuple[int, ...]
    at: int
    made: datetime


@dataclass(slots=True)
class Memory:
    """Page tokens and recent results of a running sandbox."""

    _tokens: OrderedDict[str, Cursor] = field(default_factory=OrderedDict)
    _results: OrderedDict[object, tuple[int, ...]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, cursor: Cursor) -> str:
        """A word for the cursor that tells nothing of it."""
        word = secrets.token_urlsafe(18)
        with self._lock:
            self._tokens[word] = cursor
            while len(self._tokens) > KEPT_TOKENS:
                self._tokens.popitem(last=False)
        return word

    def cursor(self, word: str) -> Cursor | None:
        """What the word stands for."""
        with self._lock:
            return self._tokens.get(word)

    def result(self, question: object) -> tuple[int, ...] | None:
        """What the same question was answered with, nothing having changed since."""
        with self._lock:
            return self._results.get(question)

    def keep(self, question: object, ids: tuple[int, ...]) -> None:
        """The answer, for the next page."""
        with self._lock:
            self._results[question] = ids
            while len(self._results) > KEPT_RESULTS:
                self._results.popitem(last=False)


def bounded(text: str) -> Query:
    """The query. Raises a refusal 400 where it restricts nothing, which Cloud does not take."""
    query = parse(text)
    if query.where is None:
        raise invalid("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


def find(call: Call, memory: Memory, text: str, query: Query, reconcile: frozenset[int] = frozenset()) -> Found:
    """What the caller may see of what matches."""
    older = call.store.before(call.knobs.index_lag)
    older = {id_: issue for id_, issue in older.items() if id_ not in reconcile}
    if call.account is None:
        return Found((), older)
    question = (text, call.account.id, call.store.revision, call.zone)
    known = None if older or _moves_with_time(query.where) else memory.result(question)
    if known is None:
        known = _matching(call, query, older)
        if not older:
            memory.keep(question, known)
    return Found(known, older)


def _moves_with_time(node: Node | None) -> bool:
    """Whether the query may mean something else a minute later."""
    match node:
        case None:
            return False
        case Clause():
            return any(one.call or times.is_period(one.text) for one in node.operands)
        case _:
            return any(_moves_with_time(part) for part in node.parts)


def _matching(call: Call, query: Query, older: dict[int, Issue | None]) -> tuple[int, ...]:
    matcher = Matcher(call.view(), call.rights)
    keys = [(matcher.key(name), descending) for name, descending in query.order]
    test = matcher.test(query.where) if query.where is not None else None
    issues = _candidates(call, matcher, query.where)
    if older:
        issues = [one for one in issues if one.id not in older] + [one for one in older.values() if one is not None]
    catalogue, rights = call.store.catalogue, call.rights
    visible = {id_ for id_, one in catalogue.projects.items() if rights.browses(one) and not one.archived}
    found = [one for one in issues if one.project in visible and (test is None or test(one))]
    found.sort(key=lambda issue: issue.id, reverse=not keys)
    for key, descending in reversed(keys):
        valued = [(key(one), one) for one in found]
        present = [pair for pair in valued if pair[0] is not None]
        present.sort(key=lambda pair: cast("int", pair[0]), reverse=descending)
        found = [one for _, one in present] + [one for value, one in valued if value is None]
    return tuple(one.id for one in found)


def _candidates(call: Call, matcher: Matcher, where: Node | None) -> list[Issue]:
    """Every issue that can match: those of the projects named by a clause that must hold."""
    store = call.store
    parts = where.parts if isinstance(where, AllOf) else (where,)
    for part in parts:
        if isinstance(part, Clause) and part.field.lower() == "project" and part.operator in ("=", "in"):
            projects = matcher.projects(part)
            with store.lock:
                return [one for id_ in projects for one in store.by_project.get(id_, {}).values()]
    with store.lock:
        return list(store.issues.values())


def current(call: Call, found: Found, id_: int) -> Issue | None:
    """The issue as the index shows it; None where it is gone, or not for the caller any more."""
    issue = found.older[id_] if id_ in found.older else call.store.issues.get(id_)
    if issue is None or not call.rights.browses(call.store.catalogue.projects[issue.project]):
        return None
    return issue
