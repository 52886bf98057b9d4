"""What hangs under what: one parent for each issue, however the Jira says it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pmo_sync.connectors.jira.cells import named
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.connectors.known import NOTHING, Known


@dataclass(frozen=True, slots=True)
class Parent:
    """The parent of an issue. `id` is None where it has none, or one that was not read; `known`: it has one.

    `ref` is what Jira calls one that was not read: its id, or its key.
    """

    id: str | None = None
    known: bool = False
    ref: str | None = None


def parents(issues: Mapping[str, Issue], key_fields: Iterable[str], others: Known = NOTHING) -> dict[str, Parent]:
    """The parent of each issue by id: the one Jira calls so, else what the first of `key_fields` that is set holds.

    `key_fields` hold keys of other issues: an epic, a parent above epics. No issue is its own parent. `others` were
    read before.
    """
    ids = issues.keys() | others.ids
    by_key = {**others.by_key, **{issue.key: issue.id for issue in issues.values()}}
    order = tuple(key_fields)
    return {number: _parent(issue, ids, by_key, order) for number, issue in issues.items()}


def _parent(issue: Issue, ids: AbstractSet[str], by_key: Mapping[str, str], order: tuple[str, ...]) -> Parent:
    number = named(issue.fields.get("parent"), "id")
    if number is not None:
        return _known(issue, number if number in ids else None, number)
    for field in order:
        value = issue.fields.get(field)
        key = value if isinstance(value, str) else named(value, "key")
        if key:
            return _known(issue, by_key.get(key), key)
    return Parent()


def _known(issue: Issue, number: str | None, ref: str) -> Parent:
    return Parent() if number == issue.id else Parent(number, known=True, ref=ref if number is None else None)
