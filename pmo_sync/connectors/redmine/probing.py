"""What `doctor` says of a Redmine: who we are, what we may, which fields there are. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from pmo_sync.connectors.answers import DeniedError, RequestError
from pmo_sync.connectors.base import Needs, Probe, Progress
from pmo_sync.connectors.redmine.client import Client
from pmo_sync.connectors.redmine.fields import missing, written_fields
from pmo_sync.connectors.redmine.probing_site import site
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.rows import to_rows
from pmo_sync.connectors.redmine.wire import CLOSED, User
from pmo_sync.connectors.words import declared
from pmo_sync.model.vocabulary import VOCABULARY

_SKEW_SECONDS: Final = 300
_MOST_NAMED: Final = 5


def probe(client: Client, base: str, now: datetime) -> list[Probe]:
    """Every line says what was looked at, and how to mend what is wrong. Raises where nothing can be read at all."""
    read, problems = client.read(_silent, Needs(_mapped(client) - {"description"}))
    lines = [Probe("identity", ok=True, text=f"{base} knows us as {client.user.login}; its REST API is on")]
    lines += [
        Probe("reading", ok=False, text=problem, remedy="run again; if it stays, look into the log of the server")
        for problem in problems
    ]
    lines.append(_amount(read))
    lines += _clock(client, now)
    lines += _fields(client, read)
    lines += _permissions(client, read)
    lines += _words(client, base, read)
    lines += _mail(client, read.issues.count)
    lines += site(client, now)
    return lines


def _silent(_: Progress) -> None:
    """Doctor prints its lines at the end."""


def _amount(read: Read) -> Probe:
    closed = [project.identifier for project in read.projects.values() if project.status == CLOSED]
    text = f"{read.issues.count} issues in {len(read.projects)} projects"
    if closed:
        text += f"; closed, so read and never written: {_some(closed)}"
    return Probe("scope", ok=read.issues.count > 0 or None, text=text, remedy=None if read.issues.count else _EMPTY)


_EMPTY: Final = "check trackers.N.scope, and that our role may see the issues (View issues, all issues)"


def _clock(client: Client, now: datetime) -> Iterator[Probe]:
    theirs = client.transport.server_time
    if theirs is None:
        yield Probe("clock", ok=None, text="Redmine tells no time of its own, so clocks cannot be compared")
        return
    skew = abs((now - theirs).total_seconds())
    if skew > _SKEW_SECONDS:
        yield Probe(
            "clock", ok=False, text=f"our clock and Redmine's differ by {skew:.0f} seconds", remedy="set the clock"
        )
    else:
        yield Probe("clock", ok=True, text="our clock and Redmine's agree")


def _mail(client: Client, issues: int) -> Iterator[Probe]:
    """Which edits send mail: Redmine has no way to make one without."""
    if not written_fields(client.options):
        return
    text = f"every edit may send mail, in all projects ({issues} issues): Redmine cannot be asked to send none"
    remedy = (
        "look at Administration > Settings > Email notifications, where an administrator says which edits send mail; "
        "guards.max_mails limits them for each run"
    )
    yield Probe("mail", ok=None, text=text, remedy=remedy)


def _fields(client: Client, read: Read) -> Iterator[Probe]:
    catalogue = read.catalogue()
    count = len(catalogue.names())
    found = (
        f"{count} custom field{'' if count == 1 else 's'} found (doctor --fields lists them)"
        if count
        else "no custom fields found"
    )
    yield Probe("fields", ok=True if read.issues.count else None, text=found)
    for gap in missing(client.name, client.options, catalogue):
        ok = False if gap.mistaken else None  # of a type of issue that the scope does not hold yet, perhaps
        yield Probe("fields", ok=ok, text=gap.text, remedy="use a name or id that `pmo-sync doctor --fields` lists")
    for name in sorted(
        {source for _, source in declared(client.options).values()} | set(written_fields(client.options))
    ):
        number = catalogue.issue_field(name)
        if number is None:
            continue
        without = sorted(read.issues.types - read.issues.types_showing(name))
        if without:
            yield Probe("fields", ok=None, text=f'"{name}" is not shown on: {_all(without)}; there it is unknown')
    flags = client.options.write.flags
    if flags is not None and catalogue.issue_field(flags) is not None:
        kind = "list" if read.issues.is_list(flags) else "text or single value"
        text = f'"{flags}" is a {kind} field; which values it knows cannot be asked for'
        yield Probe("flags", ok=None, text=text)


def _permissions(client: Client, read: Read) -> Iterator[Probe]:
    if not written_fields(client.options):
        yield Probe("permissions", ok=True, text="nothing is configured to be written, so none to write is needed")
        return
    try:
        me = client.me()
        roles = {role.id: role.name for one in me.memberships for role in one.roles}
        permitted = {role: client.permissions(role) for role in sorted(roles)}
    except (RequestError, DeniedError) as error:
        yield Probe("permissions", ok=None, text=f"our permissions cannot be read: {error.message}")
        return
    if me.admin:
        yield Probe(
            "permissions", ok=True, text="we are an administrator", remedy="an account with fewer rights is enough"
        )
        return
    needed = {"edit_issues": "Edit issues"}
    if client.options.write.fields:
        needed["edit_project"] = "Edit project"
    for permission, words in needed.items():
        yield _permission(permission, words, read, _held(me, permitted, permission))


def _held(me: User, permitted: Mapping[int, frozenset[str]], permission: str) -> set[int]:
    return {one.project.id for one in me.memberships if any(permission in permitted[role.id] for role in one.roles)}


def _permission(permission: str, words: str, read: Read, held: set[int]) -> Probe:
    open_projects = [project for project in read.projects.values() if project.status != CLOSED]
    without = sorted(project.identifier or project.name for project in open_projects if project.id not in held)
    if not without:
        return Probe("permissions", ok=True, text=f"{words} ({permission}) in all {len(open_projects)} open projects")
    return Probe(
        "permissions",
        ok=False,
        text=f"{words} ({permission}) is missing in {len(without)} of {len(open_projects)} open projects: "
        f"{_some(without)}",
        remedy=f"give our role the permission {words} (Administration > Roles and permissions), "
        "and make us a member of these projects",
    )


def _words(client: Client, base: str, read: Read) -> Iterator[Probe]:
    rows = to_rows(read, client.name, base, client.options, _mapped(client))
    for column, word, count in rows.unmapped:
        yield Probe(
            "words",
            ok=False,
            text=f'nothing maps "{word}" for {column} ({count} times); it is unknown there',
            remedy=f"add it to trackers.{client.name}.{'phases' if column == 'phase' else f'values.{column}'}",
        )
    listed = {word for kinds in client.options.kinds.values() for word in kinds}
    tasks = sorted(read.issues.types - listed)
    if tasks:
        yield Probe("words", ok=None, text=f"counted as tasks, as no kind lists them: {_all(tasks)}")


def _mapped(client: Client) -> frozenset[str]:
    """Every column that Redmine or the settings may have."""
    return frozenset(VOCABULARY) | set(declared(client.options))


def _all(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
