"""What a value given in Python is stored as, by kind of field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from pmo_sync.errors import UsageError
from pmo_sync.sandbox.records import Field
from pmo_sync.sandbox.seed import FieldValue, SeedSprint
from pmo_sync.sandbox.store import milliseconds

Find = Callable[[str], int]


def stored(field: Field, value: FieldValue, *, person: Callable[[str], str], issue: Find) -> object | None:
    """The stored form; None for empty. Raises UsageError where the value does not suit the field."""
    if value is None or value in ("", (), []):
        return None
    match field.kind:
        case "user":
            return person(str(value))
        case "epic_link" | "parent_link" | "issue":
            return issue(str(value))
        case kind if kind in _STORED:
            return _STORED[kind](field, value)
        case _:
            return str(value)


def _number(field: Field, value: FieldValue) -> object:
    try:
        return int(str(value)) if field.kind == "seconds" else float(str(value))
    except ValueError as error:
        raise _unsuitable(field, value) from error


def _day(field: Field, value: FieldValue) -> object:
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    raise _unsuitable(field, value)


def _time(field: Field, value: FieldValue) -> object:
    if isinstance(value, datetime):
        return milliseconds(value)
    raise _unsuitable(field, value)


def _unsuitable(field: Field, value: FieldValue) -> UsageError:
    return UsageError(f'{value!r} does not suit the field "{field.name}" of type {field.kind}')


def _option(field: Field, name: str) -> int:
    for one in field.options:
        if one.name == name:
            return one.id
    raise UsageError(f'"{name}" is no option of the field "{field.name}"', advice="Add it to the field's options.")


def _texts(value: FieldValue) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, Iterable) else []


def _sprints(value: FieldValue) -> list[SeedSprint]:
    return [one for one in value if isinstance(one, SeedSprint)] if isinstance(value, (list, tuple)) else []


def _sprint(one: SeedSprint) -> dict[str, object]:
    known: dict[str, object] = {"id": one.id, "name": one.name, "state": one.state, "goal": one.goal}
    times = {"startDate": one.start, "endDate": one.end}
    return known | {name: milliseconds(at) for name, at in times.items() if at is not None}


_STORED: dict[str, Callable[[Field, FieldValue], object]] = {
    **dict.fromkeys(("number", "story_points", "seconds"), _number),
    "date": _day,
    **dict.fromkeys(("datetime", "moment"), _time),
    "select": lambda field, value: _option(field, str(value)),
    "multiselect": lambda field, value: [_option(field, one) for one in _texts(value)],
    "labels": lambda _field, value: sorted(set(_texts(value))),
    "sprint": lambda _field, value: [
        _sprint(one) for one in ([value] if isinstance(value, SeedSprint) else _sprints(value))
    ],
}
