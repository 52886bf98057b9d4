"""From items in the words of items.jsonl to a seed: what Jira has by itself goes there, all else to custom fields.

Pure: the same items give the same seed. A key that no line of a project and kind carries is hidden there, but
labels, which Jira shows on every issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.sandbox.planted_fields import FIELDS, NATIVE, field_of, own_field, value_of
from pmo_sync.sandbox.planted_lines import OWN, Item, Json, Line, lines_of, text_of
from pmo_sync.sandbox.records import Flavour
from pmo_sync.sandbox.seed import (
    FieldValue,
    Place,
    Seed,
    SeedAccount,
    SeedField,
    SeedIssue,
    SeedLink,
    SeedLinkType,
    SeedProject,
    SeedStatus,
    SeedType,
    StatusCategory,
)

__all__ = ["DOMAIN", "FIELDS", "ZONES", "Item", "Json", "plant"]

ZONES: Final = ("Asia/Kolkata", "America/New_York", "Europe/London", "Australia/Sydney")
DOMAIN: Final = "bank.example"
_LONG_AGO: Final = datetime(2020, 1, 6, 9, tzinfo=UTC)
_PHASES: Final[Mapping[str, tuple[str, StatusCategory]]] = {
    "todo": ("To do", "new"),
    "doing": ("In progress", "indeterminate"),
    "done": ("Done", "done"),
    "dropped": ("Dropped", "done"),
}
_RESOLUTIONS: Final = {"done": "Done", "dropped": "Won't do"}
_LINKS: Final = {"FS": "Blocks", "relates": "Relates", "document": "Relates", "duplicates": "Duplicate"}
_LINK_TYPES: Final = (
    SeedLinkType("Blocks", "blocks", "is blocked by"),
    SeedLinkType("Relates", "relates to", "relates to"),
    SeedLinkType("Duplicate", "duplicates", "is duplicated by"),
)
_PEOPLE: Final = tuple(name for name, column in VOCABULARY.items() if column.type is ColumnType.PERSON)


def plant(
    items: Iterable[Item],
    flavour: Flavour,
    *,
    project_names: Mapping[str, str] | None = None,
    own_fields: Mapping[str, SeedField] | None = None,
    administrators: Sequence[str] = (),
) -> Seed:
    """The seed that shows these items as Jira does.

    An account's id is the word that the items have for the person, its login that word (on Cloud an e-mail).
    `project_names` names projects of which no item has a `project`; `own_fields` are the fields for names in `fields`,
    made up from the values where left out; `administrators`, logins, may
    edit without mail. Lags of links, and what only history tells, have no place in Jira.
    """
    lines = lines_of(list(items))
    fields = _fields(lines, own_fields or {})
    levels = _levels(lines)
    logins = {word: _login(word, flavour) for word in _words(lines)}
    return Seed(
        accounts=_accounts(lines, logins),
        projects=_projects(lines, project_names or {}, administrators),
        types=[SeedType(name, level, subtask=level < 0) for name, level in sorted(levels.items())],
        statuses=_statuses(lines),
        resolutions=sorted({*_RESOLUTIONS.values(), *filter(None, (line.text("resolution") for line in lines))}),
        priorities=sorted(set(filter(None, (line.text("priority") for line in lines)))),
        fields=[*fields.values(), *_agile(flavour), *_hidden_natives(lines)],
        issues=[_issue(line, fields, levels, logins, flavour) for line in lines],
        links=_links(lines),
        link_types=(*_LINK_TYPES, *_other_link_types(lines)),
    )


def _levels(lines: Sequence[Line]) -> dict[str, int]:
    """Type → its level: above every type that its issues hold; an epic is at least 1, a sub-task -1."""
    types = {line.key: line.type for line in lines}
    levels = {name: 1 if name == "Epic" else -1 if "sub-task" in name.lower() else 0 for name in types.values()}
    edges = {(types[line.parent], line.type) for line in lines if line.parent in types}
    for _ in levels:
        for above, below in edges:
            if above != below:
                levels[above] = max(levels[above], levels[below] + 1)
    return levels


def _words(lines: Sequence[Line]) -> list[str]:
    return sorted({word for line in lines for name in _PEOPLE if (word := line.text(name)) is not None})


def _login(word: str, flavour: Flavour) -> str:
    return f"{word.replace(' ', '.')}@{DOMAIN}" if flavour is Flavour.CLOUD and "@" not in word else word


def _accounts(lines: Sequence[Line], logins: Mapping[str, str]) -> list[SeedAccount]:
    gone = {line.text("owner") for line in lines if line.item.get("owner_active") is False}
    return [
        SeedAccount(login, word.capitalize(), active=word not in gone, zone=ZONES[number % len(ZONES)], account=word)
        for number, (word, login) in enumerate(logins.items())
    ]


def _projects(lines: Sequence[Line], names: Mapping[str, str], bosses: Sequence[str]) -> list[SeedProject]:
    found: dict[str, SeedProject] = {}
    for line in lines:
        name = line.text("project") or names.get(line.project, line.project)
        category = line.text("project_category") or (line.text("programme") if line.text("project") else None)
        found.setdefault(line.project, SeedProject(line.project, name, category=category, administrators=bosses))
    return [found[key] for key in sorted(found)]


def _statuses(lines: Sequence[Line]) -> list[SeedStatus]:
    found: dict[str, StatusCategory] = {}
    for line in lines:
        found.setdefault(_status(line), _PHASES.get(line.phase or "todo", _PHASES["todo"])[1])
    return [SeedStatus(name, found[name]) for name in sorted(found)]


def _status(line: Line) -> str:
    return line.text("status") or _PHASES.get(line.phase or "todo", _PHASES["todo"])[0]


def _fields(lines: Sequence[Line], own: Mapping[str, SeedField]) -> dict[str, SeedField]:
    """Column, or `fields.` and a name, → the custom field that shows it, hidden where no line carries it."""
    columns = [name for name in FIELDS if any(name in line.item for line in lines)]
    names = sorted({name for line in lines for name in line.own})
    made = {name: field_of(VOCABULARY[name]) for name in columns}
    for name in names:
        made[OWN + name] = own.get(name) or own_field(name, [line.own.get(name) for line in lines])
    return {name: _hide(field, _without(lines, name)) for name, field in made.items()}


def _hide(field: SeedField, places: frozenset[Place]) -> SeedField:
    return SeedField(
        field.name,
        field.type,
        id=field.id,
        options=field.options,
        hidden_for=places | field.hidden_for,
        off_screen_for=field.off_screen_for,
    )


def _without(lines: Sequence[Line], name: str) -> frozenset[Place]:
    """The places where no line of the project and kind carries the column, or the name in `fields`."""
    carried = {(line.project, line.kind) for line in lines if line.carries(name)}
    return frozenset((line.project, line.type) for line in lines if (line.project, line.kind) not in carried)


def _hidden_natives(lines: Sequence[Line]) -> Iterator[SeedField]:
    for name, native in NATIVE.items():
        if name == "labels":  # a system field that every issue shows
            continue
        if places := _without(lines, name):
            yield _hide(native, places)


def _agile(flavour: Flavour) -> Iterator[SeedField]:
    if flavour is Flavour.DATA_CENTER:
        yield SeedField("Epic Link", "epic_link")
        yield SeedField("Epic Name", "epic_name")
        yield SeedField("Parent Link", "parent_link")


def _issue(
    line: Line,
    fields: Mapping[str, SeedField],
    levels: Mapping[str, int],
    logins: Mapping[str, str],
    flavour: Flavour,
) -> SeedIssue:
    created = _moment(line.text("created")) or _LONG_AGO
    updated = _moment(line.text("last_human_change")) or _moment(line.text("updated")) or created
    values = {
        field.name: value
        for name, field in fields.items()
        if (value := _value(line, name, field, logins)) not in (None, ())
    }
    by_epic_link = flavour is Flavour.DATA_CENTER and levels[line.type] == 0
    return SeedIssue(
        project=line.project,
        type=line.type,
        summary=line.text("title") or line.key,
        created=created,
        updated=max(updated, created),
        status=_status(line),
        id=int(line.id) if line.id.isascii() and line.id.isdigit() else None,
        key=line.key,
        resolution=line.text("resolution") or _RESOLUTIONS.get(line.phase or ""),
        priority=line.text("priority"),
        assignee=logins.get(line.text("owner") or ""),
        reporter=logins.get(line.text("reporter") or ""),
        due=_day(line.text("due")),
        description=line.text("description") or "",
        labels=_texts(line.item.get("labels")),
        components=_texts(line.item.get("components")),
        fix_versions=_texts(line.item.get("fix_versions")),
        parent=None if by_epic_link else line.parent,
        epic=line.parent if by_epic_link else None,
        estimate_seconds=_seconds(line.item.get("estimate_hours")),
        remaining_seconds=_seconds(line.item.get("remaining_hours")),
        spent_seconds=_seconds(line.item.get("spent_hours")),
        fields=values,
    )


def _value(line: Line, name: str, field: SeedField, logins: Mapping[str, str]) -> FieldValue:
    value = line.value(name)
    if field.type == "user":
        return logins.get(text_of(value) or "")
    return value_of(value, field)


def _texts(value: Json) -> tuple[str, ...]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return tuple(str(one) for one in value) if is_list and isinstance(value, Sequence) else ()


def _seconds(hours: Json) -> int | None:
    return round(hours * 3600) if isinstance(hours, int | float) and not isinstance(hours, bool) else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _links(lines: Sequence[Line]) -> list[SeedLink]:
    keys = {line.id: line.key for line in lines}
    return [
        SeedLink(_LINKS.get(word, word), line.key, keys[target])
        for line in lines
        for word, target in _ends(line)
        if target in keys
    ]


def _ends(line: Line) -> Iterator[tuple[str, str]]:
    links = line.item.get("links")
    for one in links if isinstance(links, Sequence) and not isinstance(links, str) else ():
        if isinstance(one, Mapping):
            yield str(one.get("type")), str(one.get("to"))


def _other_link_types(lines: Sequence[Line]) -> list[SeedLinkType]:
    others = sorted({word for line in lines for word, _ in _ends(line)} - _LINKS.keys())
    return [SeedLinkType(word, word, f"inverse of {word}") for word in others]
