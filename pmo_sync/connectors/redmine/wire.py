"""What Redmine sends and takes, as far as we read it. An absent member is empty; unknown members are skipped.

What comes by the hundred thousand is nothing for the garbage collector (`gc=False`): it holds no cycles.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

Number = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
"""An id: Redmine's databases keep them in 32 bits."""
Raw = str | int | float | bool | None | list[str | int | float | bool | None]


class Named(msgspec.Struct, gc=False):
    """A stub of a user, a tracker or a version."""

    id: Number
    name: str = ""


class Ref(msgspec.Struct, gc=False):
    """A stub without a name."""

    id: Number


class CustomValue(msgspec.Struct, gc=False):
    """One custom field of an issue or project: listed wherever it is visible, empty ones too."""

    id: int
    name: str
    value: Raw = None
    multiple: bool = False


class Status(msgspec.Struct, gc=False):
    """An issue's status. `is_closed` came with Redmine 5."""

    id: Number
    name: str
    is_closed: bool | None = None


class Relation(msgspec.Struct, gc=False):
    """A relation as stored: it reads from `issue_id` to `issue_to_id`."""

    id: Number
    issue_id: Number
    issue_to_id: Number
    relation_type: str
    delay: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)] | None = None


class Detail(msgspec.Struct):
    """One value that was changed: of an attribute (`attr`) by its name, else of something else."""

    property: str = ""
    name: str = ""
    old_value: str | None = None
    new_value: str | None = None


class Journal(msgspec.Struct):
    """One edit or note."""

    id: int
    created_on: str
    user: Named | None = None
    details: list[Detail] = []


class StatusKind(msgspec.Struct):
    """A status that issues may have."""

    id: int
    name: str
    is_closed: bool = False


class StatusKinds(msgspec.Struct):
    """All statuses."""

    issue_statuses: list[StatusKind]


class Issue(msgspec.Struct, gc=False):
    """One issue of a list or alone. `journals` come only where it was asked for alone, with them."""

    id: Number
    project: Named
    tracker: Named
    status: Status
    updated_on: str
    priority: Named | None = None
    author: Named | None = None
    assigned_to: Named | None = None
    category: Named | None = None
    fixed_version: Named | None = None
    parent: Ref | None = None
    subject: str | None = None
    description: str | None = None
    start_date: str | None = None
    due_date: str | None = None
    done_ratio: float | None = None
    estimated_hours: float | None = None
    spent_hours: float | UnsetType | None = UNSET
    custom_fields: list[CustomValue] = []
    relations: list[Relation] = []
    created_on: str | None = None
    journals: list[Journal] = []


class Project(msgspec.Struct):
    """One project. Status 1 is active, 5 closed."""

    id: int
    name: str
    identifier: str = ""
    parent: Ref | None = None
    status: int = 1
    custom_fields: list[CustomValue] = []
    created_on: str | None = None
    updated_on: str | None = None


class Issues(msgspec.Struct):
    """A page of issues."""

    issues: list[Issue]
    total_count: int


class Projects(msgspec.Struct):
    """A page of projects."""

    projects: list[Project]
    total_count: int


class OneIssue(msgspec.Struct):
    """The answer to GET of one issue."""

    issue: Issue


class OneProject(msgspec.Struct):
    """The answer to GET of one project."""

    project: Project


class Tracker(msgspec.Struct):
    """A type of issues. `enabled_standard_fields` came with Redmine 5."""

    id: int
    name: str
    enabled_standard_fields: list[str] | UnsetType = UNSET


class Trackers(msgspec.Struct):
    """All types of issues."""

    trackers: list[Tracker]


class Membership(msgspec.Struct):
    """A project and the roles somebody has in it."""

    project: Named
    roles: list[Named] = []


class User(msgspec.Struct):
    """Who we are. The answer also holds the key, which is not read."""

    id: int
    login: str
    admin: bool = False
    memberships: list[Membership] = []


class CurrentUser(msgspec.Struct):
    """The answer to who we are."""

    user: User


class Account(msgspec.Struct):
    """Somebody's account. Its `status` is told to administrators only."""

    id: int
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    status: int | UnsetType = UNSET


class OneAccount(msgspec.Struct):
    """The answer to GET of one account."""

    user: Account


class Member(msgspec.Struct):
    """A membership of one project: of a person or of a group."""

    id: int
    user: Named | None = None
    group: Named | None = None


class Members(msgspec.Struct):
    """A page of memberships of one project."""

    memberships: list[Member]
    total_count: int


class Role(msgspec.Struct):
    """A role and what it permits."""

    id: int
    name: str
    permissions: list[str] = []


class OneRole(msgspec.Struct):
    """The answer to GET of one role."""

    role: Role


STATUS_KINDS: Final = msgspec.json.Decoder(StatusKinds)
ISSUES: Final = msgspec.json.Decoder(Issues)
PROJECTS: Final = msgspec.json.Decoder(Projects)
ONE_ISSUE: Final = msgspec.json.Decoder(OneIssue)
ONE_PROJECT: Final = msgspec.json.Decoder(OneProject)
TRACKERS: Final = msgspec.json.Decoder(Trackers)
CURRENT_USER: Final = msgspec.json.Decoder(CurrentUser)
ONE_ACCOUNT: Final = msgspec.json.Decoder(OneAccount)
MEMBERS: Final = msgspec.json.Decoder(Members)
ONE_ROLE: Final = msgspec.json.Decoder(OneRole)

ACTIVE: Final = 1
CLOSED: Final = 5


def texts(value: Raw) -> list[str]:
    """The value as texts, empty ones left out."""
    values = value if isinstance(value, list) else [value]
    return [text for one in values if one is not None and (text := _text(one)) != ""]


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - a value of the wire
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
