"""What is asked of a Jira, request by request, and how its answers are told apart. Reads only; `writing` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from pmo_sync.connectors.answers import INVALID_REQUEST, NOT_FOUND, DeniedError, RequestError
from pmo_sync.connectors.base import Needs, Progress, Report, Since
from pmo_sync.connectors.jira import marks, notes, wire
from pmo_sync.connectors.jira.asking import condition, denied, identify, one_issue, refused_scope
from pmo_sync.connectors.jira.cells import named, text
from pmo_sync.connectors.jira.columns import Source, asked_fields, sources
from pmo_sync.connectors.jira.dialect import Dialect, Query
from pmo_sync.connectors.jira.fields import Catalogue
from pmo_sync.connectors.jira.history import FIELDS, Told, gather
from pmo_sync.connectors.jira.places import places
from pmo_sync.connectors.jira.wire import EditMeta, Issue, Named, Project, RemoteLink, User
from pmo_sync.connectors.known import Known, known, outdated, unproven
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.transport import Transport
from pmo_sync.connectors.words import not_mapped
from pmo_sync.errors import UsageError


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a Jira, and how whole.

    `incomplete` holds ids of projects of which some issues may be missing; `everything` is false when that may be so
    of any. `problems` has a sentence for each part that was not read whole. `told` is the history that was asked for,
    `known` the issues that were read before and have not changed.
    """

    issues: Mapping[str, Issue]
    projects: Mapping[str, Project]
    incomplete: frozenset[str] = frozenset()
    everything: bool = True
    problems: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    known: Known = field(default_factory=Known)

    def whole(self, project: str) -> bool:
        """True when all issues of a project that are in scope were read."""
        return self.everything and project not in self.incomplete


@dataclass(slots=True)
class Client:
    """The questions we ask. `me` is who we are, proven; `owner` the owner_id of pmo.yaml; `base` where people look."""

    name: str
    options: JiraOptions
    transport: Transport
    dialect: Dialect
    me: User
    owner: str
    base: str
    catalogue: Catalogue

    def path(self, rest: str) -> str:
        """The path of a resource: `path("/issue/10001")`."""
        return self.dialect.api + rest

    def read(self, needs: Needs, report: Report, since: Since | None = None) -> Read:
        """All projects and issues of the scope; what was not read whole is told in `problems`. With `since` the issues
        that changed, and of `needs.fresh` those of which the search does not prove that it knows their last change.

        At the end it is proven once more that Jira still knows us: without a valid token a Cloud goes on answering,
        with empty lists. Raises UsageError for a scope that cannot be used, AccessError where Jira refuses us.
        """
        problems: list[str] = []
        listed = self.dialect.projects(self.transport)
        if listed.problem is not None:
            problems.append(f"{self.name}: the list of projects could not be read whole: {listed.problem}")
        projects = {project.id: project for project in listed.rows.values()}
        fields = tuple(asked_fields(self.options, self.catalogue, self.dialect, self._sources(needs)))
        wanted = not_mapped(needs.history, self.options)
        fields = tuple(dict.fromkeys([*fields, *FIELDS])) if wanted else fields
        properties = (notes.key_of(self.owner),) if self.dialect.notes_come_along else ()
        issues: dict[str, Issue] = {}
        incomplete: set[str] = set()
        everything = listed.problem is None
        for jql, members in self._queries(projects, since):
            found, problem = self._search(Query(jql, fields, properties, history=bool(wanted)), report)
            issues |= found
            if problem is not None:
                problems.append(f"{self.name}: the issues could not be read whole: {problem}")
                everything = everything and members is not None
                incomplete |= members or frozenset()
        if since is not None:
            shown = {number: text(issue.fields.get("updated")) for number, issue in issues.items()}
            for number in outdated(since, shown):  # the index is late: what is known is newer
                del issues[number]
            fresh, problem = self._fresh(since, needs.fresh, issues, fields, properties)
            issues |= fresh
            if problem is not None:
                problems.append(f"{self.name}: what we wrote to last could not be read again: {problem}")
                everything = False
        if needs.remember and not properties:
            issues |= self._with_notes(issues, needs.label_prefix, report)
        told = gather(self.name, self.dialect, self.transport, issues, wanted, report)
        problems += told.problems
        incomplete |= {named(issues[one].fields.get("project"), "id") or "" for one in told.lost}
        identify(self.name, self.options, self.dialect, self.transport)
        before = known(since, issues)
        chosen = self._in_scope(projects, issues.values(), before.projects)
        return Read(issues, chosen, frozenset(incomplete), everything, tuple(problems), told, before)

    def issue(self, number: str, fields: Sequence[str], properties: Sequence[str] = ()) -> Issue | None:
        """One issue as it stands now, by immutable id; None when it is gone or not visible.

        Raises AccessError where Jira no longer knows us: to strangers every issue looks gone.
        """
        found = one_issue(self.transport, self.dialect.api, number, fields, properties)
        if found is None:
            identify(self.name, self.options, self.dialect, self.transport)
        return found

    def issues_by_id(
        self, numbers: Sequence[str], fields: Sequence[str], properties: Sequence[str] = ()
    ) -> dict[str, Issue]:
        """These issues as they stand now, by immutable id; those that are gone or not visible are left out.

        Raises AccessError where Jira no longer knows us, IncompleteError where it does not tell of one.
        """
        found = self.dialect.by_id(self.transport, numbers, fields, properties)
        if len(found) < len(set(numbers)):
            identify(self.name, self.options, self.dialect, self.transport)
        return found

    def edit_fields(self, number: str) -> EditMeta | None:
        """What of an issue may be edited, by field id; None when it is gone or not visible."""
        try:
            return self.transport.read(self.path(f"/issue/{int(number)}/editmeta"), wire.EDIT_META)
        except RequestError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def permissions(self, projects: Iterable[str], names: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Permission → ids of the projects where we have it; a global one (ADMINISTER) in all or none."""
        return self.dialect.permissions(self.transport, projects, names)

    def remote_link(self, number: str, global_id: str) -> RemoteLink | None:
        """The web link of this name on an issue; None when it has none."""
        try:
            return self.transport.read(
                self.path(f"/issue/{int(number)}/remotelink"),
                wire.REMOTE_LINK,
                {"globalId": global_id},
                meant=lambda one: one.global_id == global_id,
            )
        except RequestError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def _sources(self, needs: Needs) -> list[Source]:
        return list(sources(self.options, self.catalogue, self.dialect, needs.columns).values())

    def _queries(self, projects: Mapping[str, Project], since: Since | None) -> list[tuple[str, frozenset[str] | None]]:
        """The one query of the settings; or what finds everything, with the projects each query covers."""
        scope = self.options.scope
        changed = None if since is None else self.dialect.changed_since(since.watermark, self.me.time_zone)
        if scope is None and changed is not None:
            return [(changed, None)]
        if scope is None:
            live = sorted((project.id for project in projects.values() if not project.archived), key=int)
            return self.dialect.bounded(live)
        jql = condition(self.name, scope)
        try:
            self.dialect.check(self.transport, self.name, scope)
        except UsageError:
            identify(self.name, self.options, self.dialect, self.transport)  # to a stranger every project is unknown
            raise
        return [(jql if changed is None else f"{jql} AND {changed}", None)]

    def _fresh(
        self,
        since: Since,
        fresh: frozenset[str],
        found: Mapping[str, Issue],
        fields: Sequence[str],
        properties: Sequence[str],
    ) -> tuple[dict[str, Issue], str | None]:
        """Issues that we wrote to and the search does not show newer than before: read by id, not from its index."""
        updated = {number: text(issue.fields.get("updated")) for number, issue in found.items() if number in fresh}
        wanted = unproven(since, fresh, updated)
        try:
            return self.dialect.by_id(self.transport, wanted, fields, properties) if wanted else {}, None
        except DeniedError as error:
            raise denied(self.name, self.dialect, error) from None
        except RequestError as error:
            return {}, error.message

    def _search(self, query: Query, report: Report) -> tuple[dict[str, Issue], str | None]:
        def seen(done: int, total: int | None) -> None:
            report(Progress(f"{self.name}: issues", done, total, self.transport.waited))

        try:
            reading = self.dialect.search(self.transport, query, seen)
        except DeniedError as error:
            raise denied(self.name, self.dialect, error) from None
        except RequestError as error:
            if error.status == INVALID_REQUEST and self.options.scope is not None:
                raise refused_scope(self.name, error.errors) from None
            raise
        return {issue.id: issue for issue in reading.rows.values()}, reading.problem

    def _with_notes(self, issues: Mapping[str, Issue], prefix: str, report: Report) -> dict[str, Issue]:
        """The issues on which anything may be ours, with their notes: one request each, so only where it is needed."""
        writable = places(self.options, self.catalogue, documents=self.dialect.rich_text)
        marked = [one for one in issues.values() if marks.may_carry_a_note(one, writable, self.options, prefix)]
        key = notes.key_of(self.owner)
        found: dict[str, Issue] = {}
        for done, issue in enumerate(marked):
            report(Progress(f"{self.name}: notes", done, len(marked)))
            noted = self.issue(issue.id, ("summary",), (key,))
            if noted is not None:
                found[issue.id] = replace(issue, properties=noted.properties)
        return found

    def _in_scope(
        self, listed: Mapping[str, Project], issues: Iterable[Issue], before: AbstractSet[str]
    ) -> dict[str, Project]:
        """All projects without a scope, else those that issues are of, or were `before` and have not changed; one that
        is not listed is as issues show it.
        """
        whole = self.options.scope is None
        chosen = {number: project for number, project in listed.items() if whole or number in before}
        for issue in issues:
            stub = issue.fields.get("project")
            number = named(stub, "id")
            if number is not None and number.isdigit() and number not in chosen:
                chosen[number] = listed.get(number) or _project(number, stub)
        return chosen


def _project(number: str, stub: object) -> Project:
    category = stub.get("projectCategory") if isinstance(stub, Mapping) else None
    name = named(category, "name")
    return Project(
        number, named(stub, "key") or number, named(stub, "name") or "", None if name is None else Named(name=name)
    )
