"""Whether an issue matches a query, and in which order. A value that does not exist is a refusal 400, as in Jira."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from pmo_sync.sandbox import adf, times
from pmo_sync.sandbox.errors import invalid
from pmo_sync.sandbox.fields import KINDS, clause_names
from pmo_sync.sandbox.jql import AllOf, AnyOf, Clause, Node, Operand
from pmo_sync.sandbox.permissions import Rights
from pmo_sync.sandbox.records import Field, Issue, IssueType, Named, Status
from pmo_sync.sandbox.view import View, zone_of

Test = Callable[[Issue], bool]
Key = Callable[[Issue], object]
_COMPARE: dict[str, Callable[..., bool]] = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
"""Both sides have one type: the query was read with the field's own."""
_KEYS = {"key", "id", "issue", "issuekey"}
_CATEGORIES = {"new": "new", "to do": "new", "indeterminate": "indeterminate", "in progress": "indeterminate",
               "done": "done", "2": "new", "4": "indeterminate", "3": "done"}  # fmt: skip
_NAMED = {"project", "issuetype", "status", "resolution", "priority", "components", "versions", "select", "multiselect"}
_TIMES = {"moment", "datetime"}
_NUMBERS = {"number", "story_points", "seconds"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """Reads queries for one caller."""

    view: View
    rights: Rights

    def test(self, node: Node) -> Test:
        """The node as a test of one issue."""
        match node:
            case AllOf(parts):
                every = [self.test(part) for part in parts]
                return lambda issue: all(one(issue) for one in every)
            case AnyOf(parts):
                some = [self.test(part) for part in parts]
                return lambda issue: any(one(issue) for one in some)
            case Clause():
                return self._clause(node)
            case _:
                assert_never(node)

    def projects(self, clause: Clause) -> set[int]:
        """The ids of the projects a clause names."""
        field = self.field(clause.field)
        wanted = {one for operand in clause.operands for one in self._wanted(clause, field, operand)}
        return {one for one in wanted if isinstance(one, int)}

    def key(self, name: str) -> Key:
        """What to sort by; empty values come last."""
        if name.lower() in _KEYS:
            return (lambda issue: issue.id) if name.lower() == "id" else _key_order
        field = self.field(name)
        if field.id in ("created", "updated"):
            return lambda issue: getattr(issue, field.id)
        if field.kind in _NAMED - {"components", "versions", "multiselect"} | {"project", "issuetype"}:
            return lambda issue: self._id(issue, field.id)
        return lambda issue: (
            str(issue.values.get(field.id))
            if field.kind not in _NUMBERS | _TIMES
            else _real(issue.values.get(field.id))
        )

    def field(self, name: str) -> Field:
        """The field a query calls so. Raises a refusal 400 for an unknown one."""
        for one in self.view.all_fields():
            if name.lower() in (clause.lower() for clause in clause_names(one)) or (one.custom and name == one.id):
                return one
        raise invalid(f"Field '{name}' does not exist or you do not have permission to view it.")

    def _clause(self, clause: Clause) -> Test:
        name = clause.field.lower()
        if name in _KEYS:
            return self._of_issue(clause, lambda issue: issue.id)
        if name == "statuscategory":
            return self._category(clause)
        field = self.field(clause.field)
        self._supported(clause, field)
        if clause.operator in ("is", "is not"):
            wants_empty = clause.operator == "is"
            return lambda issue: self._is_empty(issue, field) is wants_empty
        if clause.operator in ("~", "!~"):
            return _contains(field, clause)
        return self._valued(clause, field)

    def _valued(self, clause: Clause, field: Field) -> Test:
        if field.kind in ("issue", "epic_link", "parent_link"):
            return self._of_issue(clause, lambda issue: _whole(issue.values.get(field.id)))
        if field.kind in _TIMES | _NUMBERS | {"date"}:
            return self._ordered(clause, field)
        return self._listed(clause, field)

    def _supported(self, clause: Clause, field: Field) -> None:
        sign = {"!=": "=", "!~": "~", "not in": "in", "is not": "is", "<=": "<", ">=": ">"}
        known = KINDS[field.kind].searchable.split()
        if field.id == "parent" or sign.get(clause.operator, clause.operator) in known:
            return
        raise invalid(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")

    def _is_empty(self, issue: Issue, field: Field) -> bool:
        if field.id in ("project", "issuetype", "created", "updated"):
            return False
        return issue.place in field.hidden_for or issue.values.get(field.id) is None

    def _of_issue(self, clause: Clause, of: Callable[[Issue], int | None]) -> Test:
        """Issues named by key or id; ordered by id, or within their project by number."""
        if clause.operator in ("is", "is not"):
            wants_empty = clause.operator == "is"
            return lambda issue: (of(issue) is None) is wants_empty
        if clause.operator in _COMPARE:
            return self._after(clause)
        if clause.operator not in ("=", "!=", "in", "not in"):
            raise invalid(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        wanted = {self._issue(clause, one) for one in clause.operands}
        if clause.operator in ("=", "in"):
            return lambda issue: of(issue) in wanted
        return lambda issue: of(issue) is not None and of(issue) not in wanted

    def _after(self, clause: Clause) -> Test:
        text, compare = clause.operands[0].text, _COMPARE[clause.operator]
        if text.isascii() and text.isdigit():
            return lambda issue: compare(issue.id, int(text[:18]))
        project, _, number = text.upper().rpartition("-")
        if not (number.isascii() and number.isdigit()):
            raise invalid(f"The issue key '{text}' for field '{clause.field}' is invalid.")
        return lambda issue: _key_order(issue)[0] == project and compare(_key_order(issue)[1], int(number[:18]))

    def _issue(self, clause: Clause, operand: Operand) -> int:
        found = self.view.store.issue(operand.text)
        if found is None or not self.rights.browses(self.view.catalogue.projects[found.project]):
            kind = "A value with ID" if operand.text.isdigit() else "An issue with key"
            raise invalid(f"{kind} '{operand.text}' does not exist for field '{clause.field}'.")
        return found.id

    def _category(self, clause: Clause) -> Test:
        wanted = {_CATEGORIES.get(one.text.lower()) for one in clause.operands}
        if None in wanted or clause.operator not in ("=", "!=", "in", "not in"):
            text = clause.operands[0].text if clause.operands else "EMPTY"
            raise invalid(f"The value '{text}' does not exist for the field '{clause.field}'.")
        statuses, has = self.view.catalogue.statuses, clause.operator in ("=", "in")
        matching = {id_ for id_, one in statuses.items() if (one.category in wanted) is has}
        return lambda issue: issue.values.get("status") in matching

    def _ordered(self, clause: Clause, field: Field) -> Test:
        """Times, days and numbers; an empty one never matches."""
        of = self._comparable(field)
        wanted = [self._limit(field, clause.field, one) for one in clause.operands]
        if clause.operator in _COMPARE:
            compare, limit = _COMPARE[clause.operator], wanted[0]
            return lambda issue: (value := of(issue)) is not None and compare(value, limit)
        has = clause.operator in ("=", "in")
        return lambda issue: (value := of(issue)) is not None and (value in wanted) is has

    def _comparable(self, field: Field) -> Key:
        if field.id in ("created", "updated"):
            return operator.attrgetter(field.id)
        return lambda issue: None if issue.place in field.hidden_for else issue.values.get(field.id)

    def _limit(self, field: Field, name: str, operand: Operand) -> object:
        now, zone = self.view.store.now(), zone_of(self.view.zone)
        if field.kind in _TIMES:
            return times.instant(operand, name, now=now, zone=zone)
        if field.kind == "date":
            return times.day(operand, name, now=now, zone=zone).isoformat()
        try:
            return float(operand.text)
        except ValueError:
            raise invalid(f"Value '{operand.text}' is invalid for the '{name}' field.") from None

    def _listed(self, clause: Clause, field: Field) -> Test:
        """Names, ids and people; a list matches by any of its elements."""
        wanted = {value for one in clause.operands for value in self._wanted(clause, field, one)}
        if field.kind == "labels":
            stored: Callable[[Issue], list[object]] = lambda issue: [_folded(one) for one in _list(issue, field)]  # noqa: E731
        else:
            stored = lambda issue: self._stored(issue, field)  # noqa: E731
        if clause.operator in ("=", "in"):
            return lambda issue: any(one in wanted for one in stored(issue))
        return lambda issue: bool(mine := stored(issue)) and not any(one in wanted for one in mine)

    def _stored(self, issue: Issue, field: Field) -> list[object]:
        value = None if issue.place in field.hidden_for else self._id(issue, field.id)
        if field.kind == "sprint":
            return [one.get("id") for one in _list(issue, field) if isinstance(one, dict)]
        return list(value) if isinstance(value, list) else [] if value is None else [value]

    def _id(self, issue: Issue, field: str) -> object:
        return issue.project if field == "project" else issue.type if field == "issuetype" else issue.values.get(field)

    def _wanted(self, clause: Clause, field: Field, operand: Operand) -> set[object]:
        text = operand.text
        if field.kind == "labels":
            return {_folded(text)}
        if operand.call:
            if text.lower() == "currentuser" and field.kind == "user":
                return {self.rights.account.id} if self.rights.account else set()
            raise invalid(f"Unable to find JQL function '{text}()'.")
        found = {id_ for id_, names in self._names(field) if text.lower() in {name.lower() for name in names}}
        if not found:
            raise invalid(f"The value '{text}' does not exist for the field '{clause.field}'.")
        return found

    def _names(self, field: Field) -> list[tuple[object, set[str]]]:
        known = self.view.catalogue
        match field.kind:
            case "project":
                return [(one.id, {str(one.id), one.key, one.name}) for one in known.projects.values()
                        if self.rights.browses(one)]  # fmt: skip
            case "user":
                return [(one.id, {one.id, one.login, one.name}) for one in known.accounts.values()]
            case "sprint":
                issues = list(self.view.store.issues.values())
                sprints = [one for issue in issues for one in _list(issue, field) if isinstance(one, dict)]
                return [(one["id"], {str(one["id"]), str(one["name"])}) for one in sprints]
            case "select" | "multiselect":
                return [(one.id, {str(one.id), one.name}) for one in field.options]
            case _:
                records: dict[str, Mapping[int, IssueType | Status | Named]] = {
                    "issuetype": known.types,
                    "status": known.statuses,
                    "resolution": known.resolutions,
                    "priority": known.priorities,
                    "components": known.components,
                    "versions": known.versions,
                }
                return [(one.id, {str(one.id), one.name}) for one in records[field.kind].values()]


def _contains(field: Field, clause: Clause) -> Test:
    words = clause.operands[0].text.lower().replace("*", "").split()
    has = clause.operator == "~"

    def test(issue: Issue) -> bool:
        text = adf.plain(issue.values.get(field.id) or "").lower()
        return bool(text) and all(word in text for word in words) is has

    return test


def _key_order(issue: Issue) -> tuple[str, int]:
    project, _, number = issue.key.rpartition("-")
    return (project, int(number))


def _list(issue: Issue, field: Field) -> list[object]:
    value = issue.values.get(field.id)
    return value if isinstance(value, list) else []


def _folded(value: object) -> str:
    return str(value).casefold()


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
