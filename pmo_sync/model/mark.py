"""Marks as text: how the value of a field or label stands in the column `value` of MARKS, and back."""

from __future__ import annotations

from typing import Final

import msgspec

from pmo_sync.model.change import AddLabel, Change, PutLink, RemoveLabel, SetField, Value, WebLink

LABEL: Final = "label"
FIELD: Final = "field"
LINK: Final = "link"
"""A mark that a pull does not show: what stands there is what we last wrote, until a connector looks."""
PRESENT: Final = "true"
"""The value of a label that is there, as JSON."""
MARK_KEY: Final = ("tracker", "target_kind", "target_id", "channel", "name")
"""What names one mark; unique in every frame of marks."""


def place(change: Change) -> tuple[str, str]:
    """The channel and the name of the one mark that a change writes."""
    match change:
        case AddLabel() | RemoveLabel():
            return LABEL, change.label
        case SetField():
            return FIELD, change.field
        case PutLink():
            return LINK, change.name


def encode(value: Value) -> str | None:
    """The value as JSON: text, or a list of texts sorted and taken once. Empty text and empty list are None."""
    if not value:
        return None
    return msgspec.json.encode(value if isinstance(value, str) else sorted(set(value))).decode()


def encode_link(link: WebLink) -> str:
    """The link as JSON, its keys in order."""
    return msgspec.json.encode(link, order="sorted").decode()


def decode_link(text: str) -> WebLink:
    """The link that a mark's text says. Raises msgspec.MsgspecError for a text that is none."""
    return msgspec.json.decode(text, type=WebLink)


def decode(text: str | None) -> Value:
    """The value that a mark's text says; what is neither a text nor a list of texts comes back as its JSON."""
    if text is None:
        return None
    try:
        value = msgspec.json.decode(text, type=str | list[str] | None)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return text
    return (tuple(value) or None) if isinstance(value, list) else (value or None)
