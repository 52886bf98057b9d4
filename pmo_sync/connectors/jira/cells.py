"""What a value of Jira says, as a cell of a column: texts, accounts, hours. Pure; shapes nobody expects become text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from pmo_sync.connectors.jira import adf
from pmo_sync.connectors.normal import moment
from pmo_sync.model.vocabulary import Column, ColumnType

Cell: TypeAlias = str | float | bool | list[str] | None
Reader: TypeAlias = Callable[[object], Cell]

_SPRINT: Final = re.compile(r"com\.atlassian\.greenhopper\.service\.sprint\.Sprint@.*?\[(.*)\]$", re.DOTALL)
_PLUGIN: Final = "com.atlassian.greenhopper."
_SPRINT_NAME: Final = re.compile(r"(?:^|,)name=(.*?)(?:,[A-Za-z]+=|$)", re.DOTALL)
_HOUR: Final = 3600
_LONGEST: Final = 200
_SECONDS: Final = re.compile(r"^(aggregate)?time(originalestimate|estimate|spent)$")
_ZONED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$", re.ASCII)
_DAY: Final = re.compile(r"^\d{4}-\d\d-\d\d(?=T)", re.ASCII)


def texts(value: object) -> list[str]:
    """The value as texts, empty ones left out: the words that people see in Jira."""
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := _said(one))]


def text(value: object) -> str | None:
    """The value as one text; None when it is empty."""
    if isinstance(value, str) and not value.startswith(_PLUGIN):  # nearly always
        return value.replace("\r\n", "\n") or None
    if not isinstance(value, list):
        return _said(value) or None
    return ", ".join(texts(value)) or None


def account(members: tuple[str, ...]) -> Reader:
    """Reads the immutable id of a user, or of the first of several; a text stays what it is."""

    def read(value: object) -> str | None:
        one = value[0] if isinstance(value, list) and value else value
        if isinstance(one, dict):
            ids = (one.get(member) for member in members)
            return next((found for found in ids if isinstance(found, str) and found), None)
        return one if isinstance(one, str) else None

    return read


def active(value: object) -> bool | None:
    """Whether a user is active; None where nobody is named, or Jira does not tell."""
    found = value.get("active") if isinstance(value, dict) else None
    return found if isinstance(found, bool) else None


def hours(value: object) -> float | None:
    """Seconds as hours."""
    return None if (found := number(value)) is None else found / _HOUR


def number(value: object) -> float | None:
    """A number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def time(value: object) -> str | None:
    """A moment as text: with its zone as Jira writes it, in our spelling, or in UTC."""
    found = text(value)
    if found is not None and _ZONED.match(found):  # nearly always, and this is asked for twice an issue
        return f"{found[:-2]}:{found[-2:]}"
    return moment(found)


def day(value: object) -> str | None:
    """A date as text; of a moment the day that Jira wrote."""
    found = text(value)
    whole = _DAY.match(found) if found else None
    return whole.group() if whole else found


def reader(column: Column, field_id: str, members: tuple[str, ...]) -> Reader:
    """How a field that pmo.yaml names is read into a column."""
    if column.type is ColumnType.PERSON:
        return account(members)
    if column.type is ColumnType.TEXTS:
        return texts
    if column.type is ColumnType.HOURS and _SECONDS.match(field_id):
        return hours
    return {ColumnType.TIME: time, ColumnType.DATE: day}.get(column.type, text)


def named(value: object, member: str) -> str | None:
    """A text member of an object; None where it has none."""
    found = value.get(member) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found else None


def key_of(value: object) -> str | None:
    """The key of an issue that a field holds, as a text or an object; None where it holds none."""
    return value or None if isinstance(value, str) else named(value, "key")


def _said(one: object) -> str:
    if isinstance(one, str):
        sprint = _SPRINT.match(one) if one.startswith(_PLUGIN) else None
        name = _SPRINT_NAME.search(sprint.group(1)) if sprint else None
        return name.group(1) if name else one.replace("\r\n", "\n")  # browsers send CR LF
    if one is None:
        return ""
    if isinstance(one, bool):
        return str(one).lower()
    if isinstance(one, int | float):
        return f"{one:.15g}" if isinstance(one, float) else str(one)
    if isinstance(one, dict):
        return adf.plain(one) if one.get("type") == "doc" else _of_object(one)
    return msgspec.json.encode(one).decode()[:_LONGEST]


def _of_object(one: Mapping[str, object]) -> str:
    for member in ("value", "displayName", "name", "key"):
        found = one.get(member)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and str(found):
            below = _said(one.get("child"))
            return f"{found} - {below}" if below else str(found)
    return msgspec.json.encode(one).decode()[:_LONGEST]
