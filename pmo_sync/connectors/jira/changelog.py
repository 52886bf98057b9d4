"""What Jira tells of one issue's edits, kept small: who edited last, how status and resolution moved. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw

from pmo_sync.connectors.answers import RequestError

STATUS: Final = "status"
RESOLUTION: Final = "resolution"
_APP: Final = "app"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_UNTIL: Final = 100_000_000_000  # of epoch seconds the year 5138, of milliseconds 1973


class Author(msgspec.Struct, rename="camel", frozen=True):
    """Who made an edit. Cloud gives `account_id`, Data Center `key` and `name`."""

    account_id: str | None = None
    key: str | None = None
    name: str | None = None
    display_name: str = ""
    email_address: str | None = None
    account_type: str | None = None

    @property
    def id(self) -> str | None:
        """The immutable id; None where Jira does not tell who it was."""
        return self.account_id or self.key or self.name

    @property
    def is_app(self) -> bool:
        """An app of Cloud, and no person."""
        return self.account_type == _APP


class _Item(msgspec.Struct, rename={"field_id": "fieldId", "before": "from", "after": "to"}):
    field: str = ""
    field_id: str | None = None
    before: str | None = None
    before_text: str | None = msgspec.field(default=None, name="fromString")
    after: str | None = None
    after_text: str | None = msgspec.field(default=None, name="toString")


class Entry(msgspec.Struct):
    """One edit: the bulk endpoint of Cloud is described with a date and shown with a number of milliseconds."""

    created: str | int
    author: Author | None = None
    items: list[_Item] = []


class Changelog(msgspec.Struct):
    """The history that comes along with an issue of Data Center."""

    total: int
    histories: list[Entry] = []


_CHANGELOG: Final = msgspec.json.Decoder(Changelog | None)


Word: TypeAlias = tuple[str | None, str | None]
"""Id and name of a status or resolution, as they were at the time."""


@dataclass(frozen=True, slots=True)
class Move:
    """An edit that changed status, resolution or both: field → before and after."""

    at: datetime
    by: Author | None
    fields: dict[str, tuple[Word, Word]]


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a column whose history somebody asked for, before and after in Jira's words, days as ISO texts."""

    column: str
    at: datetime
    by: Author | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """The fields whose edits are kept, as columns: by id, and in small letters by name for a Jira that tells no ids."""

    ids: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def column(self, item: _Item) -> str | None:
        """The column that an edit is of; None where nobody asked for it."""
        return self.names.get(item.field.lower()) if item.field_id is None else self.ids.get(item.field_id)

    @property
    def columns(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self.ids.values())


NONE: Final = Tracked()


@dataclass(slots=True)
class Past:
    """The history of one issue: when each author edited it last, its moves in the order they were told, and its edits
    of what is tracked.
    """

    latest: dict[Author | None, datetime] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def add(self, entries: Iterable[Entry], tracked: Tracked = NONE) -> None:
        """Takes in more of the history. Raises RequestError for a time that is none."""
        for entry in entries:
            at = _moment(entry.created)
            known = self.latest.get(entry.author)
            if known is None or known < at:
                self.latest[entry.author] = at
            found = {
                name: ((item.before, item.before_text), (item.after, item.after_text))
                for item in entry.items
                if (name := item.field_id or item.field.lower()) in (STATUS, RESOLUTION)
            }
            if found:
                self.moves.append(Move(at, entry.author, found))
            self.edits += [
                Edit(
                    column,
                    at,
                    entry.author,
                    _said(item.before, item.before_text),
                    _said(item.after, item.after_text),
                )
                for item in entry.items
                if (column := tracked.column(item)) is not None
            ]


def _said(value: str | None, text: str | None) -> str | None:
    """A value as text: of a day the value, as its text depends on the language of whoever asks."""
    return value if value is not None and _DAY.match(value) else text or value


def whole(raw: Raw, tracked: Tracked = NONE) -> Past | None:
    """The history that came along; None where it did not, or not all of it. Raises RequestError where it is none."""
    try:
        log = _CHANGELOG.decode(raw) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestError("the history of an issue cannot be read as Jira sends it") from None
    if log is None or len(log.histories) < log.total:
        return None
    past = Past()
    past.add(log.histories, tracked)
    return past


def _moment(told: str | int) -> datetime:
    try:
        if isinstance(told, int):
            return _EPOCH + timedelta(milliseconds=told if abs(told) > _SECONDS_UNTIL else told * 1000)
        return datetime.fromisoformat(told).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestError("the history of an issue has a time that cannot be read") from None
