"""How the columns of the vocabulary look in Jira: which it has by itself, and the custom fields that show the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY, Column, ColumnType
from pmo_sync.sandbox.seed import FieldType, FieldValue, SeedField, SeedSprint

NATIVE: Final[Mapping[str, SeedField]] = {
    "owner": SeedField("Assignee", "user", id="assignee"),
    "reporter": SeedField("Reporter", "user", id="reporter"),
    "due": SeedField("Due date", "date", id="duedate"),
    "priority": SeedField("Priority", "select", id="priority"),
    "description": SeedField("Description", "textarea", id="description"),
    "labels": SeedField("Labels", "labels", id="labels"),
    "components": SeedField("Components", "multiselect", id="components"),
    "fix_versions": SeedField("Fix versions", "multiselect", id="fixVersions"),
    "estimate_hours": SeedField("Original estimate", "number", id="timeoriginalestimate"),
    "remaining_hours": SeedField("Remaining estimate", "number", id="timeestimate"),
    "spent_hours": SeedField("Time spent", "number", id="timespent"),
}
"""Columns that Jira has a field of its own for, which an administrator may hide."""

_OTHERWISE: Final = STRUCTURAL | {
    "project_category",
    "issue_type",
    "status",
    "resolution",
    "title",
    "created",
    "updated",
    "owner_active",
    "last_human_change",
    "status_since",
    "phase_since",
    "person",
    "sprint_state",
    "sprint_start",
    "sprints_touched",
}
"""Columns that are no field: identity, words and times of the issue, and what only history tells."""

_NAMES: Final = {
    "start": "Start date",
    "points": "Story Points",
    "sprints": "Sprint",
    "reported_rag": "RAG",
    "confirmed_on": "RAG confirmed on",
    "rag_comment": "RAG comment",
    "dis_benefit": "Dis-benefit",
}


def _name(column: str) -> str:
    return _NAMES.get(column) or column.replace("_", " ").capitalize()


FIELDS: Final[Mapping[str, str]] = {
    name: _name(name) for name in VOCABULARY if name not in NATIVE and name not in _OTHERWISE
}
"""Column → the name of the custom field that shows it: what `fields:` of pmo.yaml says."""

_TYPES: Final[Mapping[ColumnType, FieldType]] = {
    ColumnType.TEXT: "text",
    ColumnType.PERSON: "user",
    ColumnType.DATE: "date",
    ColumnType.TIME: "datetime",
    ColumnType.ENUM: "select",
    ColumnType.BOOLEAN: "select",
    ColumnType.TEXTS: "labels",
}
_APART: Final[Mapping[str, FieldType]] = {"points": "story_points", "sprints": "sprint", "rag_comment": "textarea"}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def field_of(column: Column) -> SeedField:
    """The custom field that shows a column of FIELDS."""
    type_ = _APART.get(column.name) or _TYPES.get(column.type, "number")
    options = ("Yes", "No") if column.type is ColumnType.BOOLEAN else tuple(map(_option, column.words))
    return SeedField(FIELDS[column.name], type_, options=options)


def own_field(name: str, values: Sequence[object]) -> SeedField:
    """A custom field for a name that is none of the vocabulary, of the type that its values have in common."""
    known = [value for value in values if value is not None]
    type_: FieldType = "text"
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        type_ = "number"
    elif known and all(isinstance(value, str) and _DAY.fullmatch(value) for value in known):
        type_ = "date"
    elif known and all(isinstance(value, list | tuple) for value in known):
        type_ = "labels"
    return SeedField(name, type_)


def value_of(value: object, field: SeedField) -> FieldValue:
    """A value of items.jsonl as the field holds it; None for empty. People are the caller's."""
    if isinstance(value, list | tuple):
        names = [str(one) for one in value]
        sprints = tuple(SeedSprint(_number(name), name) for name in names)
        return sprints if field.type == "sprint" else tuple(name.replace(" ", "_") for name in names)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return float(value) if field.type in {"number", "story_points"} else str(value)
    return _of_text(value, field) if isinstance(value, str) and value else None


def _of_text(text: str, field: SeedField) -> FieldValue:
    match field.type:
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "select":
            return _offered(text, field.options)
        case _:
            return text


def _offered(text: str, options: Sequence[str]) -> str:
    """The option that means a word: the word itself where it is one."""
    return text if text in options else _option(text)


def _option(word: str) -> str:
    return word if word.isupper() else word.replace("_", " ").capitalize()


def _number(name: str) -> int:
    """A sprint's number, from its name alone."""
    digits = re.sub(r"\D", "", name)
    return int(digits[:9]) if digits else sum(map(ord, name))
