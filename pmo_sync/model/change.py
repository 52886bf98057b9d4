"""What may be written, as data: changes, a plan of them, and the outcome of each. Closed: a new kind of change is a
new class in the union, and mypy then lists every connector that has to handle it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | tuple[str, ...] | None
"""A field's value in the tracker's normal form: text, the sorted texts of a list field, or empty."""


class TargetKind(StrEnum):
    """What a mark hangs on."""

    ITEM = "item"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One thing in one tracker, by immutable id; the key is for people."""

    tracker: str
    kind: TargetKind
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Put one label of ours on an item, leaving the others."""

    target: Target
    label: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveLabel:
    """Take one label of ours off an item, leaving the others."""

    target: Target
    label: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetField:
    """Give one configured field a value. `before` is what was observed: a connector refuses when it has moved."""

    target: Target
    field: str
    before: Value
    after: Value
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebLink:
    """A link on an item as people see it. `resolved` strikes it through: nothing is open any more."""

    title: str
    summary: str
    url: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class PutLink:
    """Put the one link of ours on an item, or bring it up to date. `name` tells it from all others, for ever."""

    target: Target
    name: str
    link: WebLink
    because: tuple[str, ...]


Change: TypeAlias = AddLabel | RemoveLabel | SetField | PutLink


class HeldReason(StrEnum):
    """Why a wanted mark is not written. The words are part of the machine-readable output."""

    EDITED = "edited by a person"
    NOT_OURS = "not written by us"
    PREVIEW = "preview"
    TOO_MANY_NEW = "too many new"
    CLOSED = "project is closed"
    INCOMPLETE = "not read whole"
    NOT_WRITABLE = "no place to write"


@dataclass(frozen=True, slots=True)
class Held:
    """A mark that differs from what we want and stays as it is. `name` is a label, a field or a link."""

    target: Target
    channel: str
    name: str
    observed: Value
    wanted: Value
    reason: HeldReason
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must still be true of a target when its change is applied: its `updated` text as pulled, None if unknown."""

    target: Target
    updated: str | None


@dataclass(frozen=True, slots=True)
class Guard:
    """A brake that refuses the whole plan: its name, what was seen, the limit, the largest causes."""

    name: str
    message: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written and why, what is held, what must still be true. The digest covers exactly these.

    `previewed`: standards whose marks wait for a yes → the fingerprint of the content that was previewed.
    `silent`: trackers that would send mail for these changes, and do not, as all their projects let us suppress it.
    """

    digest: str
    made_at: datetime
    status_date: date
    snapshots: Mapping[str, str]
    changes: tuple[Change, ...]
    held: tuple[Held, ...]
    preconditions: tuple[Precondition, ...]
    guards: tuple[Guard, ...]
    expected_requests: int
    expected_mails: int
    previewed: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()


class Result(StrEnum):
    """What became of one change."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One change and what became of it.

    `permission` tells a failure for want of a right from any other, `stranger` one where the tracker did not know us.
    """

    change: Change
    result: Result
    detail: str = ""
    permission: bool = False
    stranger: bool = False
