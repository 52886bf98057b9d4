"""Reads all of a Jira's issues that are in scope, or those that have changed: what is asked, in which order, and what
is taken of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import msgspec
import polars as pl

from pmo_sync.connectors.answers import INVALID_REQUEST, DeniedError, RequestError
from pmo_sync.connectors.base import Needs, Progress, Report, Since
from pmo_sync.connectors.collector import give_back, keep_nothing
from pmo_sync.connectors.jira import facets, marks, notes
from pmo_sync.connectors.jira.asking import condition, denied, identify, refused_scope
from pmo_sync.connectors.jira.batch import Wanted
from pmo_sync.connectors.jira.changelog import Tracked
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.columns import asked_fields, parent_fields, sources, tracked
from pmo_sync.connectors.jira.dialect import Query, kept
from pmo_sync.connectors.jira.folded import Folded
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.historian import FIELDS, Historian
from pmo_sync.connectors.jira.history import Told, gather
from pmo_sync.connectors.jira.people import Roll, user_id
from pmo_sync.connectors.jira.places import places
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.scopes import projects_of, stubs
from pmo_sync.connectors.jira.shape import Shape
from pmo_sync.connectors.jira.sprints import sprint_fields
from pmo_sync.connectors.jira.wire import Project
from pmo_sync.connectors.known import known, outdated, unproven
from pmo_sync.connectors.whereabouts import Whereabouts
from pmo_sync.connectors.words import not_mapped
from pmo_sync.errors import UsageError


def read(client: Client, needs: Needs, report: Report, since: Since | None = None) -> Read:
    """All projects and issues of the scope; what was not read whole is told in `problems`. With `since` the issues
    that changed, and of `needs.fresh` those of which the search does not prove that it knows their last change.

    At the end it is proven once more that Jira still knows us: without a valid token a Cloud goes on answering,
    with empty lists. Raises UsageError for a scope that cannot be used, AccessError where Jira refuses us.
    """
    keep_nothing()
    listed = client.dialect.projects(client.transport)
    so_far = _SoFar(everything=listed.problem is None)
    if listed.problem is not None:
        so_far.problems.append(f"{client.name}: the list of projects could not be read whole: {listed.problem}")
    projects = {project.id: project for project in listed.rows.values()}
    asked = _asked(client, needs)
    historian = _historian(client, needs) if asked.history else None
    folded = _folded(client, needs, asked, historian)
    for jql, members in _queries(client, projects, since):
        _search(
            client, Query(jql, asked.fields, asked.properties, history=asked.history), members, folded, so_far, report
        )
    if since is not None:
        _settle(client, since, needs.fresh, asked, folded, so_far)
    before = known(since, map(str, so_far.places.numbers))
    give_back()
    found = folded.found(so_far.places).alone()
    so_far.places = Whereabouts()
    standing = marks.standing(client.name, found, folded.places, client.options)
    noted = [found.notes]
    if needs.remember and not asked.properties:
        marked = marks.may_carry_a_note(standing, client.options, needs.label_prefix)
        noted.append(_notes(client, marked, report))
    told = Told()
    if historian is not None:
        told = gather(client.name, client.dialect, client.transport, found, historian, report)
        so_far.incomplete |= {project for number, project in projects_of(found) if number in told.lost}
        folded.roll.meet_authors(historian.authors)
    identify(client.name, client.options, client.dialect, client.transport)
    return Read(
        found,
        _in_scope(client, projects, found, before.projects),
        standing,
        marks.remembered(client.name, noted),
        folded.roll.frame(),
        frozenset(so_far.incomplete),
        so_far.everything,
        (*so_far.problems, *told.problems),
        told,
        before,
    )


@dataclass(slots=True)
class _SoFar:
    """What a reading has found: the places of issues by number, and what is missing."""

    everything: bool
    places: Whereabouts = field(default_factory=Whereabouts)
    problems: list[str] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)


def _history(client: Client, needs: Needs) -> frozenset[str]:
    """The columns that need the histories of issues."""
    return not_mapped(needs.history, client.options)


def tracked_fields(client: Client, needs: Needs) -> Tracked:
    """The fields whose own history somebody asks for."""
    return tracked(client.options, client.catalogue, client.dialect, needs.history)


def _asked(client: Client, needs: Needs) -> Query:
    """What is asked for of every issue."""
    found = sources(client.options, client.catalogue, client.dialect, needs.columns).values()
    fields = asked_fields(client.options, client.catalogue, client.dialect, found)
    fields += sprint_fields(client.catalogue, needs.columns)
    history = bool(_history(client, needs))
    properties = (notes.key_of(client.owner),) if client.dialect.notes_come_along else ()
    return Query("", tuple(dict.fromkeys([*fields, *(FIELDS if history else ())])), properties, history=history)


def _historian(client: Client, needs: Needs) -> Historian:
    """Who tells the histories."""
    members = client.dialect.account_members
    me = user_id(msgspec.to_builtins(client.me), members)
    return Historian(client.options, _history(client, needs), tracked_fields(client, needs), members, me)


def _folded(client: Client, needs: Needs, asked: Query, historian: Historian | None) -> Folded:
    """Where the issues go as they come."""
    ours = places(client.options, client.catalogue, documents=client.dialect.rich_text)
    of_fields = facets.facets(
        sources(client.options, client.catalogue, client.dialect, needs.columns).values(),
        parent_fields(client.catalogue) if client.dialect.parents_by_key else (),
        ours,
        sprint_fields(client.catalogue, needs.columns),
        labels=client.options.write.labels,
    )
    past = () if historian is None else (*FIELDS, "updated")
    note = notes.key_of(client.owner) if asked.properties else None
    wanted = Wanted(client.name, client.owner, Shape.of(asked.fields), of_fields, note, past, historian)
    return Folded(wanted, Roll(needs.people, client.dialect.account_members), ours)


def _queries(
    client: Client, projects: Mapping[str, Project], since: Since | None
) -> list[tuple[str, frozenset[str] | None]]:
    """The one query of the settings; or what finds everything, with the projects each query covers."""
    scope = client.options.scope
    changed = None if since is None else client.dialect.changed_since(since.watermark, client.me.time_zone)
    if scope is None and changed is not None:
        return [(changed, None)]
    if scope is None:
        live = sorted((project.id for project in projects.values() if not project.archived), key=int)
        return client.dialect.bounded(live)
    jql = condition(client.name, scope)
    try:
        client.dialect.check(client.transport, client.name, scope)
    except UsageError:
        identify(client.name, client.options, client.dialect, client.transport)  # a stranger knows no project
        raise
    return [(jql if changed is None else f"{jql} AND {changed}", None)]


def _search(
    client: Client, query: Query, members: frozenset[str] | None, folded: Folded, so_far: _SoFar, report: Report
) -> None:
    """Adds the issues of one query, which covers these projects. Those that cannot be read are a problem."""

    def seen(done: int, total: int | None) -> None:
        report(Progress(f"{client.name}: issues", done, total, client.transport.waited))

    try:
        reading = client.dialect.search(client.transport, query, folded.put, seen)
    except DeniedError as error:
        raise denied(client.name, client.dialect, error) from None
    except RequestError as error:
        if error.status == INVALID_REQUEST and client.options.scope is not None:
            raise refused_scope(client.name, error.errors) from None
        raise
    unreadable = folded.unreadable(reading.rows)
    so_far.places.join(reading.rows)
    problem = reading.problem or unreadable
    if problem is not None:
        so_far.problems.append(f"{client.name}: the issues could not be read whole: {problem}")
        so_far.everything = so_far.everything and members is not None
        so_far.incomplete |= members or frozenset()


def _settle(client: Client, since: Since, fresh: frozenset[str], asked: Query, folded: Folded, so_far: _SoFar) -> None:
    """Where the index is late: what it shows older than it is known is left out; and issues that we wrote to and it
    does not show newer than before are read by id.
    """
    so_far.places.drop(map(int, outdated(since, folded.updated(so_far.places))))
    problem: str | None
    updated = folded.updated(so_far.places.only(map(int, filter(str.isdecimal, fresh))))
    wanted = unproven(since, fresh, updated)
    if not wanted:
        return
    try:
        found = client.dialect.by_id(client.transport, wanted, asked.fields, asked.properties)
        newest = kept(found, asked.fields, folded.put)
        problem = folded.unreadable(newest)
        so_far.places.join(newest)
    except DeniedError as error:
        raise denied(client.name, client.dialect, error) from None
    except RequestError as error:
        problem = error.message
    if problem is not None:
        so_far.problems.append(f"{client.name}: what we wrote to last could not be read again: {problem}")
        so_far.everything = False


def _notes(client: Client, marked: Sequence[str], report: Report) -> pl.DataFrame:
    """What the notes on these issues say, with one request each, so only where anything may be ours."""
    key = notes.key_of(client.owner)
    found = []
    for done, number in enumerate(marked):
        report(Progress(f"{client.name}: notes", done, len(marked)))
        noted = client.issue(number, ("summary",), (key,))
        if noted is not None:
            of_issue = notes.marks_of(client.name, client.owner, number, noted.properties.get(key))
            found += [(number, *one) for one in of_issue]
    return pl.DataFrame(found, schema={"target_id": pl.String(), **notes.NOTED}, orient="row")


def _in_scope(
    client: Client, listed: Mapping[str, Project], found: Found, before: AbstractSet[str]
) -> dict[str, Project]:
    """All projects without a scope, else those that issues are of, or were `before` and have not changed; one that
    is not listed is as issues show it.
    """
    whole = client.options.scope is None
    chosen = {number: project for number, project in listed.items() if whole or number in before}
    for stub in stubs(found):
        if stub.id not in chosen:
            chosen[stub.id] = listed.get(stub.id, stub)
    return chosen
