"""What differs between Jira Cloud and Jira Data Center: one frozen object of each, asked by all shared code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pmo_sync.connectors.jira.shape import Row, Shape
from pmo_sync.connectors.jira.wire import Project, RawIssue, User
from pmo_sync.connectors.paging import Reading
from pmo_sync.connectors.transport import Transport
from pmo_sync.connectors.whereabouts import Whereabouts

Seen = Callable[[int, int | None], None]
"""Told how many issues were read, and of how many where that is known."""
Keep = Callable[[Sequence[Row]], Sequence[int]]
"""Takes the issues of a page, in their order, and gives the place of each; may be called by several threads."""


@dataclass(frozen=True, slots=True)
class Query:
    """One search: JQL without an order, the fields and entity properties to bring along; `history` where it can."""

    jql: str
    fields: tuple[str, ...]
    properties: tuple[str, ...] = ()
    history: bool = False


class Dialect(Protocol):
    """One kind of Jira."""

    @property
    def kind(self) -> str:
        """As pmo.yaml writes it."""
        ...

    @property
    def title(self) -> str:
        """As people call it."""
        ...

    @property
    def api(self) -> str:
        """The first part of every path."""
        ...

    @property
    def rich_text(self) -> bool:
        """True when long texts are documents (ADF), not text."""
        ...

    @property
    def checks_screens(self) -> bool:
        """True when an edit of a field that is not on the edit screen is refused."""
        ...

    @property
    def notes_come_along(self) -> bool:
        """True when a search brings entity properties along; else each costs a request of its own."""
        ...

    @property
    def history_comes_along(self) -> bool:
        """True when a search brings the histories of issues along; else they are asked for by id, many at once."""
        ...

    @property
    def account_members(self) -> tuple[str, ...]:
        """The members of a user that are an immutable id, the first that is there before the others."""
        ...

    @property
    def deployments(self) -> tuple[str, ...]:
        """What `deploymentType` of such a Jira says."""
        ...

    @property
    def parents_by_key(self) -> bool:
        """True when epics and levels above them are fields that hold the key of another issue."""
        ...

    @property
    def token_advice(self) -> str:
        """What to do about a token that is not accepted."""
        ...

    def person(self, account: User) -> Mapping[str, str]:
        """A person as the value of a field."""
        ...

    def projects(self, transport: Transport) -> Reading[dict[int, Project]]:
        """Every project that we can see, archived ones too where it tells of them; rows by number."""
        ...

    def bounded(self, projects: Sequence[str]) -> list[tuple[str, frozenset[str] | None]]:
        """The queries for everything that we can see, each with the projects it covers; None: all."""
        ...

    def changed_since(self, at: datetime, zone: str | None) -> str:
        """The condition for what has changed since then, or a little before. `zone` is that of our account now."""
        ...

    def check(self, transport: Transport, name: str, jql: str) -> None:
        """Raises UsageError with Jira's own words where the JQL of a person cannot be used, if it can be asked."""
        ...

    def search(self, transport: Transport, query: Query, keep: Keep, seen: Seen) -> Reading[Whereabouts]:
        """The places that `keep` gave to all issues of a query, by number; how it is known that they are all is the
        dialect's.
        """
        ...

    def by_id(
        self, transport: Transport, ids: Sequence[str], fields: Sequence[str], properties: Sequence[str]
    ) -> dict[str, RawIssue]:
        """These issues as they stand now, by immutable id, whatever their keys. Never from an index.

        What is gone or not visible is left out. Raises IncompleteError where that cannot be told of one.
        """
        ...

    def permissions(
        self, transport: Transport, projects: Iterable[str], names: Iterable[str]
    ) -> Mapping[str, frozenset[str]]:
        """Permission → ids of the projects where we have it; a global one (ADMINISTER) in all or none."""
        ...


def kept(found: Mapping[str, RawIssue], fields: Sequence[str], keep: Keep) -> Whereabouts:
    """The places, by number, of issues that were asked for by id, with the fields of a search."""
    shape = Shape.of(fields)
    return Whereabouts(zip(map(int, found), keep([shape.row_of(raw) for raw in found.values()]), strict=True))
