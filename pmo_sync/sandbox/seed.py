"""What a sandbox is filled with: accounts, projects, fields, issues and links, as plain values.

Names stand for themselves here: a project's key, a type's name, a login. Ids are given where a test needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

FieldType = Literal[
    "text",
    "textarea",
    "number",
    "date",
    "datetime",
    "select",
    "multiselect",
    "user",
    "labels",
    "sprint",
    "epic_link",
    "epic_name",
    "parent_link",
    "story_points",
]
StatusCategory = Literal["new", "indeterminate", "done"]
Place = tuple[str, str]
"""A project's key and a type's name."""


@dataclass(frozen=True, slots=True)
class SeedAccount:
    """A person: `login` is an e-mail on Cloud, a user name on Data Center; `account` their id, made up where None."""

    login: str
    name: str
    active: bool = True
    zone: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class SeedProject:
    """A project. `browsable_by` None: everybody signed in; `editors` None: everybody who browses but the reader."""

    key: str
    name: str
    id: int | None = None
    category: str | None = None
    administrators: Sequence[str] = ()
    browsable_by: Sequence[str] | None = None
    editors: Sequence[str] | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class SeedType:
    """An issue type; `level` 0 standard, 1 epic, 2 and more above; sub-tasks are -1 whatever `level` says."""

    name: str
    level: int = 0
    subtask: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class SeedStatus:
    """A status and the category whose key it has."""

    name: str
    category: StatusCategory
    id: int | None = None


@dataclass(frozen=True, slots=True)
class SeedSprint:
    """A sprint, as the value of a field of type sprint."""

    id: int
    name: str
    state: Literal["future", "active", "closed"] = "active"
    start: datetime | None = None
    end: datetime | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True)
class SeedField:
    """A custom field, or, with the id of a system field (`duedate`, `labels`), another name or other places for it.

    In the places of `hidden_for` the field does not exist; in those of `off_screen_for` it is read, never edited.
    """

    name: str
    type: FieldType
    id: str | None = None
    options: Sequence[str] = ()
    hidden_for: frozenset[Place] = frozenset()
    off_screen_for: frozenset[Place] = frozenset()


FieldValue = str | float | date | datetime | Sequence[str] | SeedSprint | Sequence[SeedSprint] | None
"""Text, number, date, aware datetime, option, options, login, labels, sprints, or the key of an epic or parent."""


@dataclass(frozen=True, slots=True)
class SeedChange:
    """One entry of an issue's history, in the words of the tracker."""

    at: datetime
    author: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SeedIssue:
    """An issue. People by login, `parent` and `epic` by key, times aware, effort in seconds, `fields` by field name."""

    project: str
    type: str
    summary: str
    created: datetime
    updated: datetime
    status: str
    id: int | None = None
    key: str | None = None
    resolution: str | None = None
    priority: str | None = None
    assignee: str | None = None
    reporter: str | None = None
    due: date | None = None
    description: str = ""
    labels: Sequence[str] = ()
    components: Sequence[str] = ()
    fix_versions: Sequence[str] = ()
    parent: str | None = None
    epic: str | None = None
    estimate_seconds: int | None = None
    remaining_seconds: int | None = None
    spent_seconds: int | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    history: Sequence[SeedChange] = ()


@dataclass(frozen=True, slots=True)
class SeedLinkType:
    """A kind of link: "blocks" outward, "is blocked by" inward."""

    name: str
    outward: str
    inward: str


@dataclass(frozen=True, slots=True)
class SeedLink:
    """`source` does to `target` what the type's outward text says; both are keys."""

    type: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Seed:
    """Everything `Sandbox.load` takes. What is there by name keeps its id and is set anew; issues are added."""

    accounts: Sequence[SeedAccount] = ()
    projects: Sequence[SeedProject] = ()
    types: Sequence[SeedType] = ()
    statuses: Sequence[SeedStatus] = ()
    resolutions: Sequence[str] = ()
    priorities: Sequence[str] = ()
    fields: Sequence[SeedField] = ()
    issues: Sequence[SeedIssue] = ()
    links: Sequence[SeedLink] = ()
    link_types: Sequence[SeedLinkType] = (SeedLinkType("Blocks", "blocks", "is blocked by"),)
