"""What `doctor` says of a Jira's fields and words: found, shown, on screen, with the options we need. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pmo_sync.connectors.answers import DeniedError, RequestError
from pmo_sync.connectors.base import Probe
from pmo_sync.connectors.jira.cells import named
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.fields import missing, written_fields
from pmo_sync.connectors.jira.places import Place, places
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.refusals import LABELS
from pmo_sync.connectors.jira.rights import EDIT, Rights
from pmo_sync.connectors.jira.rows import project_of, to_rows
from pmo_sync.connectors.jira.values import Form
from pmo_sync.connectors.jira.wire import EditMeta, Field, Issue
from pmo_sync.connectors.words import declared
from pmo_sync.model.words import Rag
from pmo_sync.plan.words import rag_words

_MOST_ASKED: Final = 30
_MOST_NAMED: Final = 5
_COLOURS: Final = (Rag.GREEN, Rag.AMBER, Rag.RED, Rag.GREY)
_OF_COLOUR: Final = frozenset({"health", "computed_rag", "rollup_rag"})
_CHOICES: Final = frozenset({Form.OPTION, Form.OPTIONS})


@dataclass(frozen=True, slots=True)
class _Screen:
    """What one issue of a project and type lets us edit."""

    where: str
    shown: frozenset[str]
    meta: EditMeta


def fields(client: Client, read: Read) -> Iterator[Probe]:
    """The configured fields: what each is, which are not there, and on which types one is not shown."""
    options, catalogue = client.options, client.catalogue
    for gap in missing(client.name, options, catalogue):
        yield Probe("fields", ok=False, text=gap, remedy="write the name or id of the field as Jira has it")
    wanted = {source for _, source in declared(options).values()} | set(written_fields(options))
    found = [(name, field) for name in sorted(wanted) if (field := catalogue.field(name)) is not None]
    if found:
        listed = ", ".join(f"{name} ({field.id}, {field.kind or 'of no type'})" for name, field in found)
        yield Probe("fields", ok=True, text=f"found: {listed}")
    for without, names in _hidden(read, found).items():
        quoted = ", ".join(f'"{name}"' for name in names)
        verb = "is" if len(names) == 1 else "are"
        who = "it" if len(names) == 1 else "they"
        text = f"{quoted} {verb} not shown on: {', '.join(without)}; there {who} {verb} unknown"
        yield Probe("fields", ok=None, text=text)


def _hidden(read: Read, found: Sequence[tuple[str, Field]]) -> dict[tuple[str, ...], list[str]]:
    """Types of issues, sorted → the fields that are shown on no issue of just those types."""
    types = {_type(issue) for issue in read.issues.values()}
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, field in found:
        shown = {_type(issue) for issue in read.issues.values() if field.id in issue.fields}
        if without := tuple(sorted(types - shown)):
            alike.setdefault(without, []).append(name)
    return alike


def writable(client: Client, read: Read, rights: Rights) -> Iterator[Probe]:
    """The fields to be written: of a type we can write, on the edit screen, with the options we write."""
    options = client.options
    ours = places(options, client.catalogue, documents=client.dialect.rich_text)
    for place in ours.values():
        if place.form is Form.OTHER:
            text = f'"{place.name}" cannot be written by this version'
            remedy = "name a custom field that holds text, a number, a date or options"
            yield Probe("write", ok=False, text=text, remedy=remedy)
    sound = {name: place for name, place in ours.items() if place.form is not Form.OTHER}
    if not sound and not options.write.labels:
        return
    try:
        screens, pairs = _screens(client, read, rights)
    except (RequestError, DeniedError) as error:
        yield Probe("write", ok=None, text=f"the edit screens cannot be asked for: {error.message}")
        return
    if not screens:
        return
    yield Probe("write", ok=True, text=f"edit screens asked for: {len(screens)} of {pairs} pairs of project and type")
    if options.write.labels:
        yield from _on_screen(client, "Labels", LABELS, screens, needed=True)
    for place in sound.values():
        yield from _on_screen(client, place.name, place.id, screens, needed=False)
        yield from _options(client, place, screens)


def words(client: Client, read: Read, columns: frozenset[str]) -> Iterator[Probe]:
    """Words that nothing maps, with their counts, and the types that count as tasks."""
    rows = to_rows(read, client, columns)
    for column, word, count in rows.unmapped:
        yield Probe(
            "words",
            ok=False,
            text=f'nothing maps "{word}" for {column} ({count} times); it is unknown there',
            remedy=f"add it to trackers.{client.name}.{'phases' if column == 'phase' else f'values.{column}'}",
        )
    listed = {word for kinds in client.options.kinds.values() for word in kinds}
    tasks = sorted({_type(issue) for issue in read.issues.values()} - listed)
    if tasks:
        yield Probe("words", ok=None, text=f"counted as tasks, as no kind lists them: {', '.join(tasks)}")


def _type(issue: Issue) -> str:
    return named(issue.fields.get("issuetype"), "name") or "no type"


def _screens(client: Client, read: Read, rights: Rights) -> tuple[list[_Screen], int]:
    """What can be edited of one issue of each project and type where we may edit; how many pairs there are."""
    one_of: dict[tuple[str, str], Issue] = {}
    shown: dict[tuple[str, str], set[str]] = {}
    for issue in sorted(read.issues.values(), key=lambda one: one.number):
        pair = (named(issue.fields.get("project"), "key") or "", _type(issue))
        project = read.projects.get(project_of(issue))
        if project is not None and not project.archived and rights.has(project.id, EDIT):
            one_of.setdefault(pair, issue)
            shown.setdefault(pair, set()).update(issue.fields)
    screens = []
    for pair in sorted(one_of)[:_MOST_ASKED]:
        meta = client.edit_fields(one_of[pair].id)
        if meta is not None and meta.fields:
            screens.append(_Screen(f"{pair[0]} {pair[1]}", frozenset(shown[pair]), meta))
    return screens, len(one_of)


def _on_screen(client: Client, name: str, field: str, screens: Sequence[_Screen], *, needed: bool) -> Iterator[Probe]:
    """Where the field is not on the edit screen. Only where it is shown, and only where that matters: Cloud takes
    edits of fields that are on none.
    """
    shown = [screen for screen in screens if field in screen.shown]
    without = [screen.where for screen in shown if field not in screen.meta.fields]
    if not shown:
        text = f'"{name}" is shown on no issue that was looked at, so it cannot be written there'
        yield Probe("write", ok=False, text=text, remedy="add the field to the projects (context and screens)")
    elif without and client.dialect.checks_screens:
        remedy = f'add "{name}" to the edit screen there (Project settings > Screens)'
        if not needed:
            remedy += ", if a summary is to be written to such issues"
        text = f'"{name}" is not on the edit screen of {len(without)} of {len(shown)}: {some(without)}'
        yield Probe("write", ok=False if needed or len(without) == len(shown) else None, text=text, remedy=remedy)
    else:
        yield Probe("write", ok=True, text=f'"{name}" can be edited in all {len(shown)}')


def _options(client: Client, place: Place, screens: Sequence[_Screen]) -> Iterator[Probe]:
    """The options that our colours need and the field lacks, where its options can be asked for."""
    colour = any(figure in _OF_COLOUR for figure, name in client.options.write.fields.items() if name == place.name)
    if place.form not in _CHOICES or not colour:
        return
    spelt = rag_words(client.options.values)
    wanted = [spelt[one] for one in _COLOURS]
    lacking: Counter[str] = Counter()
    for screen in screens:
        field = screen.meta.fields.get(place.id)
        if field is not None and field.allowed_values is not None:
            known = {one.value or one.name for one in field.allowed_values}
            lacking.update(word for word in wanted if word not in known)
    if lacking:
        words = ", ".join(word for word in wanted if word in lacking)
        yield Probe(
            "write",
            ok=False,
            text=f'"{place.name}" lacks options that we write: {words}',
            remedy="add them to the options of the custom field, one a line, or map the words it has under "
            f"trackers.{client.name}.values.health",
        )


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
