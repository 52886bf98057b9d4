"""What is asked of a Redmine, request by request, and how its answers are told apart. Reads only; `writing` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final

from pmo_sync.connectors.answers import NOT_ALLOWED, NOT_FOUND, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Needs, Progress, Report, Since
from pmo_sync.connectors.collector import give_back, keep_nothing
from pmo_sync.connectors.known import known, unproven
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.paging import PAGE, Page, Reading, read_all, read_and_keep
from pmo_sync.connectors.redmine import wire
from pmo_sync.connectors.redmine.fields import near_names
from pmo_sync.connectors.redmine.gathered import Issues, Shelves
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.wire import Issue, Project, Tracker, User
from pmo_sync.connectors.transport import Transport
from pmo_sync.connectors.whereabouts import Whereabouts
from pmo_sync.errors import AccessError, IncompleteError, UsageError

_GONE: Final = frozenset({NOT_ALLOWED, NOT_FOUND})


@dataclass(slots=True)
class Client:
    """The questions we ask. `user` is who we are, proven."""

    name: str
    options: RedmineOptions
    transport: Transport
    user: User
    _closed: frozenset[int] | None = field(default=None)

    def read(self, report: Report, needs: Needs, since: Since | None = None) -> tuple[Read, list[str]]:
        """All projects and issues of the scope, and a sentence for each part that was not read whole. With `since` the
        issues that changed, and of `needs.fresh` those of which the list does not show their last change.

        At the end it is proven once more that the tracker still knows us: without a key it would go on answering,
        with what is public.
        """
        keep_nothing()
        problems: list[str] = []
        listed, projects_whole = self._projects(problems)
        trackers = self._trackers(problems)
        shelves = Shelves(self.options, needs.columns)
        places = Whereabouts()
        incomplete: set[int] = set()
        everything = projects_whole and trackers is not None
        descriptions = "description" in needs.columns
        changed = {} if since is None else {"updated_on": f">={since.watermark.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        for query, members in self._queries(listed, problems):
            reading = self._issues(query | changed, shelves, report, descriptions=descriptions)
            places.join(reading.rows)
            if reading.problem is not None:
                where = f"project {query['project_id']}" if "project_id" in query else "the issues"
                problems.append(f"{self.name}: {where} could not be read whole: {reading.problem}")
                everything = everything and members is not None
                incomplete |= members or set()
                incomplete |= shelves.projects(reading.rows.places)
        if since is not None:
            everything = self._add_fresh(since, needs.fresh, shelves, places, problems) and everything
        give_back()
        issues = shelves.taken(places.places)
        identify(self.name, self.options, self.transport)
        before = known(since, issues.ids if since is not None else ())
        projects = self._in_scope(listed, issues, before.projects)
        return Read(issues, projects, trackers or {}, frozenset(incomplete), everything, before), problems

    def _add_fresh(
        self, since: Since, fresh: frozenset[str], shelves: Shelves, places: Whereabouts, problems: list[str]
    ) -> bool:
        """Adds the issues that we wrote to and no list shows newer than before. False where that could not be done."""
        listed = places.only(map(int, filter(str.isdecimal, fresh))).places
        try:
            more = self.issues_by_id(unproven(since, fresh, shelves.updated(listed)), relations=True)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            problems.append(f"{self.name}: what we wrote to last could not be read again: {error.message}")
            return False
        places.update(zip(more, shelves.put(list(more.values())), strict=True))
        return True

    def closed_projects(self) -> frozenset[int]:
        """Ids of closed projects, asked once. Raises IncompleteError when they cannot be read whole."""
        if self._closed is None:
            reading = self._list_projects(wire.CLOSED)
            if reading.problem is not None:
                raise IncompleteError(f"{self.name}: the closed projects could not be read whole: {reading.problem}")
            self._closed = frozenset(reading.rows)
        return self._closed

    def issue(self, number: str, *, relations: bool = False, journals: bool = False) -> Issue | None:
        """One issue as it stands now; None when it is gone or not visible."""
        wanted = int(number)
        include = ["relations"] * relations + ["journals"] * journals
        params = {"include": ",".join(include)} if include else None
        try:
            path = f"/issues/{wanted}.json"
            return self.transport.read(path, wire.ONE_ISSUE, params, meant=lambda one: one.issue.id == wanted).issue
        except (RequestError, DeniedError) as error:
            if error.status in _GONE:
                return None
            raise

    def project(self, number: str) -> Project | None:
        """One project as it stands now; None when it is gone, archived or not visible."""
        wanted = int(number)
        try:
            path = f"/projects/{wanted}.json"
            return self.transport.read(path, wire.ONE_PROJECT, meant=lambda one: one.project.id == wanted).project
        except (RequestError, DeniedError) as error:
            if error.status in _GONE:
                return None
            raise

    def issues_by_id(self, numbers: Sequence[str], *, relations: bool = False) -> dict[int, Issue]:
        """These issues, by id; those that are gone or not visible are left out, which each one was asked for."""
        found: dict[int, Issue] = {}
        for start in range(0, len(numbers), PAGE):
            part = sorted({int(number) for number in numbers[start : start + PAGE]})
            params = {"issue_id": ",".join(map(str, part)), "status_id": "*", "sort": "id", "limit": str(PAGE)}
            if relations:
                params["include"] = "relations"
            asked = set(part)
            page = self.transport.read("/issues.json", wire.ISSUES, params)
            found |= {issue.id: issue for issue in page.issues if issue.id in asked}
            for number in part:
                if number not in found and (issue := self.issue(str(number), relations=relations)) is not None:
                    found[number] = issue
        return found

    def me(self) -> User:
        """Who we are, with memberships."""
        return self.transport.read("/users/current.json", wire.CURRENT_USER, {"include": "memberships"}).user

    def permissions(self, role: int) -> frozenset[str]:
        """What a role permits."""
        return frozenset(self.transport.read(f"/roles/{role}.json", wire.ONE_ROLE).role.permissions)

    def _projects(self, problems: list[str]) -> tuple[dict[int, Project], bool]:
        projects: dict[int, Project] = {}
        whole = True
        for status in (wire.ACTIVE, wire.CLOSED):
            reading = self._list_projects(status)
            projects |= reading.rows
            if reading.problem is not None:
                whole = False
                problems.append(f"{self.name}: the list of projects could not be read whole: {reading.problem}")
            elif status == wire.CLOSED:
                self._closed = frozenset(reading.rows)
        return projects, whole

    def _list_projects(self, status: int) -> Reading[dict[int, Project]]:
        def fetch(offset: int) -> Page[Project]:
            params = {"status": str(status), "limit": str(PAGE), "offset": str(offset)}
            page = self.transport.read("/projects.json", wire.PROJECTS, params)
            # The list says that these are closed also where the project itself does not.
            return Page([one for one in page.projects if _set_status(one, status)], page.total_count)

        return read_all(fetch, by_id=False)

    def _trackers(self, problems: list[str]) -> dict[int, Tracker] | None:
        try:
            trackers = self.transport.read("/trackers.json", wire.TRACKERS).trackers
        except RequestError as error:
            problems.append(f"{self.name}: which fields its trackers have could not be read: {error.message}")
            return None
        return {tracker.id: tracker for tracker in trackers}

    def _queries(
        self, projects: Mapping[int, Project], problems: list[str]
    ) -> list[tuple[dict[str, str], set[int] | None]]:
        """One query for each configured project, with the ids it covers; or one for all that is visible."""
        wanted = self.options.scope.projects
        if wanted is None:
            return [({}, None)]
        queries: list[tuple[dict[str, str], set[int] | None]] = []
        lost: list[str] = []
        for one in wanted:
            found = _project(one, projects)
            if found is None:
                lost.append(self._not_visible(one, projects))
                continue
            members = {found.id}
            query = {"project_id": str(found.id)}
            if self.options.scope.subprojects:
                members |= _below(found.id, projects)
            else:
                query["subproject_id"] = "!*"
            queries.append((query, members))
        if lost and not queries and not problems:
            identify(self.name, self.options, self.transport)  # to a stranger every project is unknown
            raise UsageError(" · ".join(lost), advice="use identifiers as in the projects' addresses")
        problems.extend(lost)
        return queries

    def _not_visible(self, wanted: str, projects: Mapping[int, Project]) -> str:
        near = near_names(wanted, {project.identifier for project in projects.values()})
        why = "it is misspelt, archived, or not open to us" + (f"; {near}" if near else "")
        return f'trackers.{self.name}.scope: {self.user.login} sees no project "{wanted}": {why}'

    def _issues(
        self, query: Mapping[str, str], shelves: Shelves, report: Report, *, descriptions: bool
    ) -> Reading[Whereabouts]:
        """The places on the shelves of all issues of a query, by id."""
        # Relations always: a snapshot without them would say that there are none.
        fixed = {**query, "status_id": "*", "sort": "id", "limit": str(PAGE), "include": "relations"}

        def fetch(offset: int) -> Page[Issue]:
            page = self.transport.read("/issues.json", wire.ISSUES, {**fixed, "offset": str(offset)})
            if not descriptions:  # the bulk of a page, let go before the next one comes
                for issue in page.issues:
                    issue.description = None
            return Page(page.issues, page.total_count)

        def seen(done: int, total: int) -> None:
            report(Progress(f"{self.name}: issues", done, total, self.transport.waited))

        connections = self.transport.connections
        return read_and_keep(fetch, shelves.put, by_id=True, seen=seen, connections=connections)

    def _in_scope(self, listed: Mapping[int, Project], issues: Issues, before: AbstractSet[str]) -> dict[int, Project]:
        """The projects of the scope, and any project that an issue is of, or was `before` and has not changed."""
        chosen = dict(listed)
        wanted = self.options.scope.projects
        if wanted is not None:
            roots = {found.id for one in wanted if (found := _project(one, listed)) is not None}
            below = set().union(*(_below(root, listed) for root in roots)) if self.options.scope.subprojects else set()
            seen_before = {number for number in listed if str(number) in before}
            chosen = {number: listed[number] for number in sorted(roots | below | seen_before)}
        for number, name in issues.project_names.items():
            if number not in chosen:
                chosen[number] = listed.get(number, Project(number, name))
        return chosen


def identify(name: str, options: RedmineOptions, transport: Transport) -> User:
    """Who we are to this Redmine. The first request of every run: with a wrong key others would show what is public.

    Raises AccessError where it does not know us, its API is off, or the key is somebody else's.
    """
    try:
        user = transport.read("/users/current.json", wire.CURRENT_USER).user
    except DeniedError as error:
        if error.status == UNKNOWN_TO_US:
            raise AccessError(
                f"trackers.{name}: Redmine does not accept the key",
                advice="copy the key from My account > API access key; the account must not be locked",
                stranger=True,
            ) from None
        raise AccessError(
            f"trackers.{name}: Redmine's REST API is switched off",
            advice="ask an administrator for Settings > API > Enable REST web service",
            stranger=True,
        ) from None
    except RequestError as error:
        if error.status == NOT_FOUND:
            raise UsageError(
                f"trackers.{name}.url: there is no Redmine at {options.url}",
                advice="give the address of its start page, with any path such as /redmine",
            ) from None
        raise
    if options.user is not None and user.login.lower() != options.user.lower():
        raise AccessError(
            f"trackers.{name}: the key is that of {user.login}, not of {options.user}",
            advice=f"use the key of {options.user}, or set trackers.{name}.user to {user.login}",
            stranger=True,
        )
    return user


def _set_status(project: Project, status: int) -> bool:
    project.status = status
    return True


def _project(wanted: str, projects: Mapping[int, Project]) -> Project | None:
    for project in projects.values():
        if wanted in (project.identifier, str(project.id)):
            return project
    return None


def _below(root: int, projects: Mapping[int, Project]) -> set[int]:
    """Ids of all projects under one."""
    found = {root}
    while True:
        more = {one.id for one in projects.values() if one.parent is not None and one.parent.id in found} - found
        if not more:
            return found - {root}
        found |= more
