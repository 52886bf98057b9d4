"""What `doctor` says of a Jira: who we are, what we may where, whether edits send mail. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from pmo_sync.connectors.answers import NOT_FOUND, DeniedError, RequestError
from pmo_sync.connectors.base import FIELD, Needs, Probe, Progress
from pmo_sync.connectors.jira import reading, wire
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.probing_fields import fields, some, words, writable
from pmo_sync.connectors.jira.probing_site import site
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.rights import BROWSE, EDIT, LINK, WORDS, Rights
from pmo_sync.connectors.jira.rows import project_of
from pmo_sync.connectors.jira.wire import Project
from pmo_sync.connectors.words import declared
from pmo_sync.model.vocabulary import VOCABULARY

_SKEW_SECONDS: Final = 300
_ANYTHING: Final = msgspec.json.Decoder()
_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
_EMPTY: Final = "check trackers.N.scope, and that our account may browse the projects (Browse Projects)"


def probe(client: Client, now: datetime) -> list[Probe]:
    """Every line says what was looked at, and how to mend what is wrong. Raises where nothing can be read at all."""
    columns = frozenset(VOCABULARY) | set(declared(client.options))
    read = reading.read(client, Needs(columns), _silent)
    rights = Rights(client)
    info = client.transport.read(client.path("/serverInfo"), wire.SERVER_INFO)
    lines = [*_identity(client, info), *_clock(client, now), _limits(client)]
    lines += [
        Probe("reading", ok=False, text=problem, remedy="run again; if it stays, look into the log of the server")
        for problem in read.problems
    ]
    lines.append(_amount(read))
    lines += fields(client, read)
    lines += _permissions(client, read, rights)
    lines += writable(client, read, rights)
    lines += words(client, read, columns)
    lines += site(client, info)
    lines += _listed(client)
    return lines


def _silent(_: Progress) -> None:
    """Doctor prints its lines at the end."""


def _identity(client: Client, info: wire.ServerInfo) -> Iterator[Probe]:
    me = client.me
    account = client.options.user or me.email_address or me.name or me.account_id or "an account without a name"
    name = f"{me.display_name} ({account})" if me.display_name else account
    yield Probe(
        "identity", ok=True, text=f"{client.base} is a {client.dialect.title} {info.version}, and we are {name}"
    )
    if me.time_zone:
        asked = "changes are asked for in it" if '"' in client.dialect.changed_since(_ANY_TIME, None) else "not needed"
        yield Probe("time zone", ok=True, text=f"of our profile: {me.time_zone}; {asked}")


def _clock(client: Client, now: datetime) -> Iterator[Probe]:
    theirs = client.transport.server_time
    if theirs is None:
        return
    skew = abs((now - theirs).total_seconds())
    if skew > _SKEW_SECONDS:
        text = f"our clock and Jira's differ by {skew:.0f} seconds"
        yield Probe("clock", ok=False, text=text, remedy="set the clock")
    else:
        yield Probe("clock", ok=True, text="our clock and Jira's agree")


def _limits(client: Client) -> Probe:
    """How hard it is asked, and what it tells of its own limit."""
    line = client.transport
    told = "it tells none" if line.told_limit is None else f"it tells {line.told_limit}"
    text = f"{line.connections} connections, {line.per_second:g} requests a second at most; of a limit {told}"
    return Probe("limits", ok=True, text=text)


def _listed(client: Client) -> Iterator[Probe]:
    """Every field that can be named in pmo.yaml, by name; shown by `doctor --fields`."""
    for field in sorted(client.catalogue.fields.values(), key=lambda one: (one.name.casefold(), one.id)):
        yield Probe(FIELD, ok=True, text=f"{field.name} ({field.id}, {field.kind or 'of no type'})")


def _amount(read: Read) -> Probe:
    archived = sorted(project.key for project in read.projects.values() if project.archived)
    text = f"{_number(len(read.issues), 'issue')} in {_number(len(read.projects), 'project')}"
    if archived:
        text += f"; archived, so never written to: {some(archived)}"
    return Probe("scope", ok=bool(read.issues) or None, text=text, remedy=None if read.issues else _EMPTY)


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _permissions(client: Client, read: Read, rights: Rights) -> Iterator[Probe]:
    write = client.options.write
    edits = bool(write.labels or write.flags or write.fields)
    live = [project for project in read.projects.values() if not project.archived]
    if not live:
        return
    try:
        rights.learn(project.id for project in live)
        yield _permission(BROWSE, live, rights, client, "reading")
        if edits:
            yield _permission(EDIT, live, rights, client, "labels and fields")
        if write.link:
            yield _permission(LINK, live, rights, client, "links")
            yield _linking(client)
        if edits:
            yield _mail(live, rights, Counter(project_of(issue) for issue in read.issues.values()))
    except (RequestError, DeniedError) as error:
        yield Probe("permissions", ok=None, text=f"our permissions cannot be read: {error.message}")
    if not edits and not write.link:
        yield Probe("permissions", ok=True, text="nothing is configured to be written, so none to write is needed")


def _permission(name: str, live: list[Project], rights: Rights, client: Client, what_for: str) -> Probe:
    without = sorted(project.key for project in live if not rights.has(project.id, name))
    if not without:
        return Probe(
            "permissions", ok=True, text=f"{WORDS[name]}, for {what_for}: in all of {_number(len(live), 'project')}"
        )
    account = client.options.user or client.me.display_name or "our account"
    text = (
        f"{WORDS[name]}, for {what_for}: missing in {len(without)} of {_number(len(live), 'project')}: {some(without)}"
    )
    remedy = (
        f"give {account}, best by a group, {WORDS[name]} in the permission scheme of these projects "
        "(Project settings > Permissions)"
    )
    return Probe("permissions", ok=False, text=text, remedy=remedy)


def _mail(live: list[Project], rights: Rights, issues: Mapping[str, int]) -> Probe:
    """Which edits send mail: by project, with how many issues it has."""
    loud = [project for project in live if not rights.silent(project.id)]
    if not loud:
        return Probe("mail", ok=True, text=f"edits send no mail ({_number(len(live), 'project')})")
    named = sorted(f"{project.key} ({_number(issues.get(project.id, 0), 'issue')})" for project in loud)
    text = (
        f"edits send no mail in {len(live) - len(loud)} of {_number(len(live), 'project')}; "
        f"watchers are mailed in: {some(named)}"
    )
    remedy = "give Administer Projects there, which lets us edit without mail, or accept the mails (guards.max_mails)"
    return Probe("mail", ok=None, text=text, remedy=remedy)


def _linking(client: Client) -> Probe:
    try:
        client.transport.read(client.path("/issueLinkType"), _ANYTHING)
    except RequestError as error:
        if error.status != NOT_FOUND:
            raise
        return Probe(
            "links",
            ok=False,
            text="issue linking is switched off, so no links can be put",
            remedy="ask an administrator for Issue linking (Issue features), or switch write.link off",
        )
    return Probe("links", ok=True, text="issue linking is on")
