"""What a Jira remembers for us: one small note per issue, a property written with the marks that it tells of.

The note says what we last wrote. It serves when the ledger is lost; nothing is taken from it that it does not prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import msgspec

from pmo_sync.model import frames
from pmo_sync.model.change import AddLabel, Change, PutLink, RemoveLabel, SetField, Value, WebLink
from pmo_sync.model.mark import FIELD, LABEL, LINK, PRESENT, encode, encode_link

MOST: Final = 32_768
"""Characters that a property holds."""
_VERSION: Final = 1

NOTED: Final = {"channel": frames.TEXT, "name": frames.TEXT, "value": frames.TEXT}
"""What a note says that we last wrote, as marks say it."""

NoteJson: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Note:
    """What we last wrote to the issue of this id: labels, fields by their name in pmo.yaml, and the link."""

    id: str
    labels: tuple[str, ...] = ()
    fields: Mapping[str, Value] = field(default_factory=dict)
    link: WebLink | None = None


class _Wire(msgspec.Struct):
    v: int
    id: str
    labels: list[str] = []
    fields: dict[str, str | list[str] | None] = {}
    link: WebLink | None = None


def key_of(owner: str) -> str:
    """The key of our property. `owner` is the owner_id of pmo.yaml."""
    return f"pmo-sync.{owner}"


def read(value: object, issue_id: str) -> Note | None:
    """The note that a property's value is; None for one that is malformed, of a later version, or a copy from another
    issue.
    """
    try:
        wire = msgspec.convert(value, _Wire)
    except msgspec.ValidationError:
        return None
    if wire.v != _VERSION or wire.id != issue_id:
        return None
    fields = {name: tuple(sorted(set(one))) if isinstance(one, list) else one for name, one in wire.fields.items()}
    return Note(wire.id, tuple(sorted(set(wire.labels))), fields, wire.link)


def marks_of(tracker: str, owner: str, issue_id: str, value: object) -> list[tuple[str, str, str | None]]:
    """NOTED of the note that a property's value is; a note that is not this issue's says nothing."""
    note = read(value, issue_id)
    if note is None:
        return []
    rows: list[tuple[str, str, str | None]] = [(LABEL, label, PRESENT) for label in note.labels]
    rows += [(FIELD, name, encode(one)) for name, one in note.fields.items()]
    if note.link is not None:
        rows.append((LINK, f"pmo-sync:{owner}:{tracker}:{issue_id}", encode_link(note.link)))
    return rows


def after(note: Note | None, issue_id: str, changes: Iterable[Change]) -> Note:
    """The note once these changes stand. What they do not name stays as it was last written."""
    found = note or Note(issue_id)
    labels, fields, link = set(found.labels), dict(found.fields), found.link
    for change in changes:
        match change:
            case AddLabel():
                labels.add(change.label)
            case RemoveLabel():
                labels.discard(change.label)
            case SetField():
                after = change.after
                fields[change.field] = (tuple(sorted(set(after))) if isinstance(after, tuple) else after) or None
            case PutLink():
                link = change.link
    return replace(found, labels=tuple(sorted(labels)), fields=fields, link=link)


def write(note: Note) -> NoteJson | None:
    """The property's value, in one order; None when it is longer than a property may be."""
    value: NoteJson = {
        "v": _VERSION,
        "id": note.id,
        "labels": sorted(note.labels),
        "fields": {name: list(one) if isinstance(one, tuple) else one for name, one in sorted(note.fields.items())},
        "link": None if note.link is None else msgspec.to_builtins(note.link),
    }
    return value if len(msgspec.json.encode(value).decode()) <= MOST else None
