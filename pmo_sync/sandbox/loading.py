"""A seed becomes records: names are looked up or made, people become accounts, keys become ids. All or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pmo_sync.errors import UsageError
from pmo_sync.sandbox.fields import SYSTEM
from pmo_sync.sandbox.records import (
    SUBTASK_LEVEL,
    Account,
    Catalogue,
    Entry,
    Field,
    Flavour,
    Issue,
    IssueType,
    Item,
    Link,
    LinkType,
    Named,
    Project,
    Status,
)
from pmo_sync.sandbox.seed import Seed, SeedAccount, SeedField, SeedIssue, SeedProject
from pmo_sync.sandbox.seeding import stored
from pmo_sync.sandbox.store import Batch, Store, milliseconds

FIRST_ISSUE, FIRST_PROJECT, FIRST_FIELD, FIRST_OPTION = 10001, 10000, 10010, 10100
EPIC = 1


@dataclass(slots=True)
class Loader:
    """Fills one batch from one seed; what exists by name keeps its id and takes the seed's settings."""

    store: Store
    zone: str
    batch: Batch
    catalogue: Catalogue = field(init=False)
    _keys: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalogue = msgspec.json.decode(msgspec.json.encode(self.store.catalogue), type=Catalogue)

    def load(self, seed: Seed) -> None:
        """The batch holds the seed. Raises UsageError naming what the seed mentions and does not hold."""
        for account in seed.accounts:
            self.account(account)
        for type_ in seed.types:
            self._type(type_.name, SUBTASK_LEVEL if type_.subtask else type_.level, type_.id)
        for status in seed.statuses:
            id_ = _known(self.catalogue.statuses, status.name) or status.id or self.catalogue.next_id("status", 1)
            self.catalogue.statuses[id_] = Status(id_, status.name, status.category)
        for resolution in seed.resolutions:
            self.named("resolution", self.catalogue.resolutions, resolution)
        for priority in seed.priorities:
            self.named("priority", self.catalogue.priorities, priority)
        for link_type in seed.link_types:
            id_ = _known(self.catalogue.link_types, link_type.name) or self.catalogue.next_id("link type", 10000)
            self.catalogue.link_types[id_] = LinkType(id_, link_type.name, link_type.outward, link_type.inward)
        for project in seed.projects:
            self._project(project)
        for one in seed.fields:
            self._field(one)
        self._issues(seed.issues)
        self._links(seed)
        self.batch.catalogue = self.catalogue

    def account(self, seed: SeedAccount) -> Account:
        """The person of that login."""
        known = self.catalogue.account(seed.login)
        zone = seed.zone or (known.zone if known else self.zone)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UsageError(
                f'"{zone}" of {seed.login} is no time zone', advice='Write it as "Europe/Berlin".'
            ) from error
        id_ = seed.account or (known.id if known else self._account_id(seed.login))
        holder = self.catalogue.accounts.get(id_)
        if holder is not None and holder.login != seed.login:
            raise UsageError(
                f'the account "{id_}" is that of {holder.login}, so {seed.login} cannot have it',
                advice="Give the account another id, or none.",
            )
        self.catalogue.accounts[id_] = account = Account(id_, seed.login, seed.name, zone, seed.active)
        return account

    def _account_id(self, login: str) -> str:
        if self.store.flavour is Flavour.CLOUD:
            return f"712020:{uuid.uuid5(uuid.NAMESPACE_URL, login)}"
        return f"JIRAUSER{self.catalogue.next_id('account', 10100)}"

    def person(self, login: str) -> str:
        """The account id of a login."""
        found = self.catalogue.account(login)
        if found is None:
            raise _missing("account", login)
        return found.id

    def named(self, kind: str, known: dict[int, Named], name: str) -> int:
        """The id of a plain name, made where it is new."""
        id_ = _known(known, name)
        if id_ is None:
            id_ = self.catalogue.next_id(kind, 1 if kind == "priority" else 10000)
            known[id_] = Named(id_, name)
        return id_

    def _type(self, name: str, level: int, given: int | None) -> None:
        id_ = _known(self.catalogue.types, name) or given or self.catalogue.next_id("type", 10001)
        self.catalogue.types[id_] = IssueType(id_, name, level)

    def _project(self, seed: SeedProject) -> None:
        known = self.catalogue.project(seed.key)
        id_ = known.id if known else seed.id or self.catalogue.next_id("project", FIRST_PROJECT)
        if seed.category is not None:
            self.named("category", self.catalogue.categories, seed.category)
        self.catalogue.projects[id_] = Project(
            id_,
            seed.key.upper(),
            seed.name,
            seed.category,
            tuple(self.person(login) for login in seed.administrators),
            None if seed.browsable_by is None else tuple(self.person(login) for login in seed.browsable_by),
            None if seed.editors is None else tuple(self.person(login) for login in seed.editors),
            seed.archived,
        )

    def _field(self, seed: SeedField) -> None:
        by_name = next((one.id for one in self.catalogue.fields.values() if one.name == seed.name), None)
        id_ = seed.id or by_name or f"customfield_{self.catalogue.next_id('field', FIRST_FIELD)}"
        known = self.catalogue.fields.get(id_)
        options = {one.name: one for one in (known.options if known else ())}
        for name in seed.options:
            options.setdefault(name, Named(self.catalogue.next_id("option", FIRST_OPTION), name))
        kind = SYSTEM[id_].kind if id_ in SYSTEM else seed.type
        hidden, off = self._places(seed.hidden_for), self._places(seed.off_screen_for)
        self.catalogue.fields[id_] = Field(id_, seed.name, kind, tuple(options.values()), hidden, off)

    def _places(self, places: Iterable[tuple[str, str]]) -> frozenset[tuple[int, int]]:
        return frozenset((self.project(key).id, self.type(name).id) for key, name in places)

    def project(self, key: str) -> Project:
        """The project of that key."""
        found = self.catalogue.project(key)
        if found is None:
            raise _missing("project", key)
        return found

    def type(self, name: str) -> IssueType:
        """The type of that name."""
        id_ = _known(self.catalogue.types, name)
        if id_ is None:
            raise _missing("type", name)
        return self.catalogue.types[id_]

    def issue_id(self, key: str) -> int:
        """The id of an issue of the seed or of the store."""
        id_ = self._keys.get(key) or self.store.keys.get(key)
        if id_ is None:
            raise _missing("issue", key)
        return id_

    def _issues(self, seeds: Sequence[SeedIssue]) -> None:
        for one in seeds:  # ids that are given are taken before any is made
            if one.id is not None:
                self.catalogue.counters["issue"] = max(self.catalogue.counters.get("issue", 0), one.id)
            if one.key is not None:
                prefix, _, number = one.key.rpartition("-")
                counter = f"key {self.project(prefix).id}"
                self.catalogue.counters[counter] = max(self.catalogue.counters.get(counter, 0), int(number))
        placed: list[tuple[SeedIssue, Issue]] = []
        taken = set(self.store.issues)
        for one in seeds:
            project = self.project(one.project)
            id_ = one.id or self.catalogue.next_id("issue", FIRST_ISSUE)
            key = one.key or f"{project.key}-{self.catalogue.next_id(f'key {project.id}', 1)}"
            if key in self._keys or key in self.store.keys or id_ in taken:
                raise UsageError(f"There is an issue {key} (id {id_}) already", advice="Leave key and id out.")
            self._keys[key] = id_
            taken.add(id_)
            created, updated = milliseconds(one.created), milliseconds(one.updated)
            placed.append((one, Issue(id_, key, project.id, self.type(one.type).id, created, updated)))
        for one, issue in placed:
            self.batch.issues[issue.id] = replace(
                issue, values=self._values(one, issue), history=self._history(one, issue)
            )

    def _values(self, seed: SeedIssue, issue: Issue) -> dict[str, object]:
        catalogue = self.catalogue
        components = [self.named("component", catalogue.components, name) for name in seed.components]
        versions = [self.named("version", catalogue.versions, name) for name in seed.fix_versions]
        values: dict[str, object | None] = {
            "summary": seed.summary,
            "description": seed.description or None,
            "status": _id(catalogue.statuses, seed.status, "status"),
            "resolution": seed.resolution and _id(catalogue.resolutions, seed.resolution, "resolution"),
            "resolutiondate": issue.updated if seed.resolution else None,
            "priority": seed.priority and _id(catalogue.priorities, seed.priority, "priority"),
            "assignee": seed.assignee and self.person(seed.assignee),
            "reporter": seed.reporter and self.person(seed.reporter),
            "creator": seed.reporter and self.person(seed.reporter),
            "duedate": seed.due and seed.due.isoformat(),
            "labels": sorted(set(seed.labels)) or None,
            "components": components or None,
            "fixVersions": versions or None,
            "timeoriginalestimate": seed.estimate_seconds,
            "timeestimate": seed.remaining_seconds,
            "timespent": seed.spent_seconds,
            **self._above(seed),
        }
        for name, value in seed.fields.items():
            one = next((one for one in catalogue.fields.values() if name in (one.name, one.id)), None)
            if one is None:
                raise _missing("field", name)
            values[one.id] = stored(one, value, person=self.person, issue=self.issue_id)
        return {name: value for name, value in values.items() if value is not None}

    def _above(self, seed: SeedIssue) -> dict[str, object | None]:
        """The parent, where this flavour keeps it: on Data Center, only sub-tasks have a member `parent`."""
        above = seed.parent or seed.epic
        if above is None:
            return {}
        if self.store.flavour is Flavour.CLOUD or (seed.parent and self.type(seed.type).subtask):
            return {"parent": self.issue_id(above)}
        kind = "epic_link" if self.type(seed.type).level < EPIC else "parent_link"
        found = next((one.id for one in self.catalogue.fields.values() if one.kind == kind), None)
        if found is None:
            raise UsageError(f"{seed.summary} hangs under {above}, but the seed has no field of type {kind}")
        return {found: self.issue_id(above)}

    def _history(self, seed: SeedIssue, issue: Issue) -> tuple[Entry, ...]:
        known = {one.name: one.id for one in [*SYSTEM.values(), *self.catalogue.fields.values()]}
        entries: list[Entry] = []
        for number, one in enumerate(sorted(seed.history, key=lambda change: change.at), start=1):
            id_ = known.get(one.field, one.field)
            before, after = (self._record_id(id_, word) for word in (one.before, one.after))
            item = Item(one.field, id_, id_.startswith("customfield_"), before, one.before, after, one.after)
            at = milliseconds(one.at)
            entries.append(Entry(issue.id * 10_000 + number, at, self.person(one.author), (item,)))
        return tuple(entries)

    def _record_id(self, field: str, word: str | None) -> str | None:
        """The id of a status or resolution, as the history has it beside the word."""
        known = self.catalogue
        id_ = _known(known.statuses if field == "status" else known.resolutions, word or "")
        return None if id_ is None or field not in ("status", "resolution") else str(id_)

    def _links(self, seed: Seed) -> None:
        for one in seed.links:
            type_ = _id(self.catalogue.link_types, one.type, "link type")
            source, target = self.issue_id(one.source), self.issue_id(one.target)
            known = (link for link in self.store.links.values() if link.source == source)
            if not any((link.type, link.target) == (type_, target) for link in known):
                id_ = self.catalogue.next_id("link", 10000)
                self.batch.links[id_] = Link(id_, type_, source, target)


NamedRecord = Named | Status | IssueType | LinkType


def _known(
    records: dict[int, Named] | dict[int, Status] | dict[int, IssueType] | dict[int, LinkType], name: str
) -> int | None:
    found: Iterable[NamedRecord] = records.values()
    return next((one.id for one in found if one.name == name), None)


def _id(records: dict[int, Named] | dict[int, Status] | dict[int, LinkType], name: str, kind: str) -> int:
    id_ = _known(records, name)
    if id_ is None:
        raise _missing(kind, name)
    return id_


def _missing(kind: str, name: str) -> UsageError:
    return UsageError(f'The seed mentions the {kind} "{name}" and does not hold it', advice="Add it to the seed.")
