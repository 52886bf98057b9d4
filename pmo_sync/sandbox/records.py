"""What the sandbox keeps: immutable records, so that an older one can still be shown while the index lags."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SUBTASK_LEVEL = -1


class Flavour(StrEnum):
    """Which Jira it imitates."""

    CLOUD = "cloud"
    DATA_CENTER = "dc"


@dataclass(frozen=True, slots=True)
class Account:
    """A person. `id` is the accountId on Cloud, the user key on Data Center."""

    id: str
    login: str
    name: str
    zone: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Project:
    """A project; people are account ids, None is everybody signed in (who may edit: but the reader)."""

    id: int
    key: str
    name: str
    category: str | None = None
    administrators: tuple[str, ...] = ()
    browsable_by: tuple[str, ...] | None = None
    editors: tuple[str, ...] | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class IssueType:
    """A type with its level: -1 sub-task, 0 standard, 1 epic, above: what plans add."""

    id: int
    name: str
    level: int = 0

    @property
    def subtask(self) -> bool:
        """Whether its issues live inside another."""
        return self.level == SUBTASK_LEVEL


@dataclass(frozen=True, slots=True)
class Status:
    """A status; `category` is the key of its category."""

    id: int
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Named:
    """A resolution, priority, component, version, category or option."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field, of the system or custom. Places are (project id, type id)."""

    id: str
    name: str
    kind: str
    options: tuple[Named, ...] = ()
    hidden_for: frozenset[tuple[int, int]] = frozenset()
    off_screen_for: frozenset[tuple[int, int]] = frozenset()

    @property
    def custom(self) -> bool:
        """Whether an administrator made it."""
        return self.id.startswith("customfield_")


@dataclass(frozen=True, slots=True)
class LinkType:
    """A kind of link and how it reads from either end."""

    id: int
    name: str
    outward: str
    inward: str


@dataclass(frozen=True, slots=True)
class Link:
    """`source` does to `target` what the type's outward text says; ids of issues."""

    id: int
    type: int
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Item:
    """One changed field of a history entry: ids and words before and after."""

    field: str
    field_id: str
    custom: bool
    before: str | None
    before_text: str | None
    after: str | None
    after_text: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person changed at one time (epoch milliseconds)."""

    id: int
    at: int
    author: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A link to a page elsewhere; `body` is what was posted, absent members are null."""

    id: int
    global_id: str | None
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue. `values` holds what is not empty, by field id, as `values.py` stores it; times are epoch milliseconds.

    Whoever changes one makes another: the mappings inside are never changed in place.
    """

    id: int
    key: str
    project: int
    type: int
    created: int
    updated: int
    values: dict[str, object] = field(default_factory=dict)
    properties: dict[str, object] = field(default_factory=dict)
    remote_links: tuple[RemoteLink, ...] = ()
    history: tuple[Entry, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in alphabetical order."""
        stored = self.values.get("labels")
        return tuple(str(label) for label in stored) if isinstance(stored, (list, tuple)) else ()

    @property
    def place(self) -> tuple[int, int]:
        """Where field configurations look it up."""
        return (self.project, self.type)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. `status` 0: the connection was closed without an answer; `is_write`: something changed by it."""

    number: int
    at: datetime
    user: str | None
    method: str
    path: str
    status: int
    is_write: bool
    body: str


@dataclass(slots=True)
class Catalogue:
    """Everything but issues and links. Replaced as a whole when a seed is loaded."""

    accounts: dict[str, Account] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    types: dict[int, IssueType] = field(default_factory=dict)
    statuses: dict[int, Status] = field(default_factory=dict)
    resolutions: dict[int, Named] = field(default_factory=dict)
    priorities: dict[int, Named] = field(default_factory=dict)
    categories: dict[int, Named] = field(default_factory=dict)
    components: dict[int, Named] = field(default_factory=dict)
    versions: dict[int, Named] = field(default_factory=dict)
    link_types: dict[int, LinkType] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    writer: str = ""
    reader: str = ""

    def next_id(self, kind: str, first: int) -> int:
        """A number this kind has not had yet."""
        number = max(self.counters.get(kind, first - 1) + 1, first)
        self.counters[kind] = number
        return number

    def account(self, login: str) -> Account | None:
        """Who signs in so."""
        return next((one for one in self.accounts.values() if one.login == login), None)

    def project(self, key_or_id: str) -> Project | None:
        """By key, whatever its case, or by id."""
        if key_or_id.isascii() and key_or_id.isdigit():
            return self.projects.get(int(key_or_id)) if len(key_or_id) < 19 else None  # noqa: PLR2004 - fits a long
        return next((one for one in self.projects.values() if one.key == key_or_id.upper()), None)
