"""What an edit may give a field, and how it is stored. Raises `Wrong` with Jira's sentence where it may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar

from pmo_sync.sandbox import adf
from pmo_sync.sandbox.records import Field, Named
from pmo_sync.sandbox.store import milliseconds
from pmo_sync.sandbox.view import RICH, View

LONGEST_TEXT, LONGEST_LINE, LONGEST_LABEL = 32_767, 255, 255
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?([+-]\d{4}|Z)")
Record = TypeVar("Record", bound=Named)


class Wrong(Exception):  # noqa: N818 - the caller's value is
    """Why a value is refused. `whole` messages belong to the request, the others to the field."""

    def __init__(self, message: str, *, whole: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.whole = whole


def taken(view: View, field: Field, value: object) -> object | None:
    """The stored form of a value from a request; None for an empty one."""
    if value is None:
        if field.id == "summary":
            raise Wrong("You must specify a summary of the issue.")
        return None
    return _TAKEN[field.kind](view, field, value)


def label(view: View, value: object) -> str:
    """A label. Each edition refuses a bad one in its own way."""
    if not isinstance(value, str):
        raise Wrong("string expected at index 0")
    if not value or re.search(r"\s", value):
        if view.cloud:
            raise Wrong(f"The label '{value}' can't contain spaces.", whole=True)
        raise Wrong(f"The label '{value}' contains spaces which is invalid.")
    if len(value) > LONGEST_LABEL:
        raise Wrong(
            f"The label '{value}' exceeds the maximum length for a single label of {LONGEST_LABEL} characters",
            whole=view.cloud,
        )
    return value


def element(view: View, field: Field, value: object) -> object:
    """One element of a list, as the verbs `add` and `remove` give it."""
    if field.kind == "labels":
        return label(view, value)
    listed = taken(view, field, [value])
    return listed[0] if isinstance(listed, list) and listed else None


def _line(_view: View, field: Field, value: object) -> object | None:
    if not isinstance(value, str):
        raise Wrong("Operation value must be a string")
    if len(value) > LONGEST_LINE:
        raise Wrong(f"The entered text is too long. It exceeds the allowed limit of {LONGEST_LINE} characters.")
    if field.id == "summary":
        if not value.strip():
            raise Wrong("You must specify a summary of the issue.")
        if "\n" in value or "\r" in value:
            raise Wrong("The summary is invalid because it contains newline characters.")
    return value or None


def _rich(view: View, _field: Field, value: object) -> object | None:
    if view.version >= RICH:
        if not adf.is_document(value):
            raise Wrong("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    elif not isinstance(value, str):
        raise Wrong("Operation value must be a string")
    text = adf.plain(value)
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"The entered text is too long. It exceeds the allowed limit of {LONGEST_TEXT:,} characters.")
    return value if text else None


def _number(_view: View, _field: Field, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong("Operation value must be a number")
    if abs(value) > 1e14:  # noqa: PLR2004 - what Jira's number fields hold
        raise Wrong("The number is out of range.")
    return float(value)


def _date(_view: View, _field: Field, value: object) -> object | None:
    if value == "":
        return None
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Wrong("Error parsing date string: " + str(value)[:50])


def _moment(_view: View, _field: Field, value: object) -> object:
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return milliseconds(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        pass
    raise Wrong("Operation value must be a date and time such as 2026-11-21T22:36:32.000+0000")


def _option(_view: View, field: Field, value: object) -> object:
    return _chosen(value, {one.id: one for one in field.options}, "Option", ("value", "id"))


def _chosen(value: object, known: Mapping[int, Record], what: str, names: tuple[str, ...]) -> int:
    """The id of the record that `{"id": …}` or `{"name": …}` (`{"value": …}` of options) names."""
    if not isinstance(value, dict) or not set(value) & set(names):
        raise Wrong(f"Could not find valid 'id' or '{names[0]}' in the {what} object.")
    if "id" in value:
        id_ = str(value["id"])
        if id_.isascii() and id_.isdigit() and len(id_) < 19 and int(id_) in known:  # noqa: PLR2004 - fits a long
            return int(id_)
        raise Wrong(f"{what} id '{id_[:50]}' is not valid")
    name = str(value[names[0]])
    found = next((one.id for one in known.values() if one.name == name), None)
    if found is None:
        raise Wrong(f"{what} {names[0]} '{name[:100]}' is not valid")
    return found


def _several(one: Callable[[View, Field, object], object]) -> Callable[[View, Field, object], object | None]:
    def take(view: View, field: Field, value: object) -> object | None:
        if not isinstance(value, list):
            raise Wrong("data was not an array")
        return list(dict.fromkeys(one(view, field, part) for part in value)) or None

    return take


def _labels(view: View, _field: Field, value: object) -> object | None:
    if not isinstance(value, list):
        raise Wrong("data was not an array")
    return sorted({label(view, one) for one in value}) or None


def _user(view: View, _field: Field, value: object) -> object:
    name = "accountId" if view.cloud else "name"
    if not isinstance(value, dict) or not isinstance(value.get(name), str):
        raise Wrong(f"expected an object with the member '{name}'")
    wanted = value[name]
    for one in view.catalogue.accounts.values():
        if wanted == (one.id if view.cloud else one.login):
            return one.id
    raise Wrong("Specify a valid value" if view.cloud else f"User '{wanted[:100]}' does not exist.")


def _issue(view: View, field: Field, value: object) -> object:
    if field.kind == "issue":
        if not isinstance(value, dict) or not isinstance(value.get("key", value.get("id")), str):
            raise Wrong("data was not an object with the member 'key' or 'id'")
        value = value.get("key", value.get("id"))
    found = view.store.issue(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong(f"Issue with key '{str(value)[:50]}' does not exist.")
    return found.id


def _never(_view: View, field: Field, _value: object) -> object:
    raise Wrong(f"Field '{field.id}' cannot be set. It is not on the appropriate screen, or unknown.")


_TAKEN: dict[str, Callable[[View, Field, object], object | None]] = {
    "text": _line,
    "epic_name": _line,
    "textarea": _rich,
    "number": _number,
    "story_points": _number,
    "date": _date,
    "datetime": _moment,
    "select": _option,
    "multiselect": _several(_option),
    "user": _user,
    "labels": _labels,
    "epic_link": _issue,
    "parent_link": _issue,
    "issue": _issue,
    "sprint": _never,
    "timetracking": _never,
    "priority": lambda view, _field, value: _chosen(value, view.catalogue.priorities, "Priority", ("name", "id")),
    "components": _several(
        lambda view, _field, value: _chosen(value, view.catalogue.components, "Component", ("name", "id"))
    ),
    "versions": _several(
        lambda view, _field, value: _chosen(value, view.catalogue.versions, "Version", ("name", "id"))
    ),
}
