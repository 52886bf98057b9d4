"""The set as a Jira has it, for the sandbox in either flavour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import (
    FieldType,
    FieldValue,
    Seed,
    SeedAccount,
    SeedChange,
    SeedField,
    SeedIssue,
    SeedLink,
    SeedLinkType,
    SeedProject,
    SeedStatus,
    SeedType,
)
from tests.parity import settings
from tests.parity.item_set import KIND, PEOPLE, PHASE, PROJECTS, Item, columns_of, items, key, waived

_FIRST_ID: Final = {Flavour.CLOUD: 21_000, Flavour.DATA_CENTER: 31_000}
_CATEGORY: Final = {"todo": "new", "doing": "indeterminate", "done": "done", "dropped": "done"}
_LINKS: Final = {
    "FS": SeedLinkType("Blocks", "blocks", "is blocked by"),
    "relates": SeedLinkType("Relates", "relates to", "relates to"),
    "duplicates": SeedLinkType("Duplicate", "duplicates", "is duplicated by"),
}
_FIELDS: Final = {**settings.FIELDS, **settings.ONLY_JIRA}
_KIND: Final = {Flavour.CLOUD: "jira-cloud", Flavour.DATA_CENTER: "jira-dc"}


def seed(flavour: Flavour) -> Seed:
    """Everything the sandbox is loaded with."""
    numbers = {item.number: item for item in items()}
    return Seed(
        accounts=[SeedAccount(_login(flavour, one), one.title(), account=_account(flavour, one)) for one in PEOPLE],
        projects=[SeedProject(one.key, one.name, category=one.programme) for one in PROJECTS],
        types=[SeedType(name, level=int(name == "Epic"), subtask=name == "Sub-task") for name in KIND],
        statuses=[SeedStatus(name, _CATEGORY[phase]) for name, phase in PHASE.items()],  # type: ignore[arg-type]
        resolutions=["Done"],
        fields=list(_fields(flavour)),
        issues=[_issue(flavour, item, numbers) for item in items()],
        links=[
            SeedLink(_LINKS[word].name, key(item), key(numbers[target]))
            for item in items()
            for word, target in item.links
        ],
        link_types=list(_LINKS.values()),
    )


def identity(flavour: Flavour, number: int) -> str:
    """The id of an item."""
    return str(_FIRST_ID[flavour] + number)


def write_folder(folder: Path, tracker: Sandbox, flavour: Flavour, name: str, **more: Any) -> Path:
    """The project folder for a sandbox that was loaded with the set; the secret is in the variable PARITY_TOKEN."""
    return settings.write_folder(
        folder,
        name,
        {
            "kind": _KIND[flavour],
            "url": tracker.url,
            "user": tracker.writer.login,
            "token": "${PARITY_TOKEN}",
            **settings.mapped(settings.ONLY_JIRA),
            **more,
        },
        accounts={one: _entry(flavour, one) for one in PEOPLE},
        waived=[key(item) for item in waived()],
    )


def _login(flavour: Flavour, person: str) -> str:
    return f"{person}@example.net" if flavour is Flavour.CLOUD else person


def _account(flavour: Flavour, person: str) -> str:
    return f"5f0000:{person}" if flavour is Flavour.CLOUD else f"JIRAUSER{20_100 + PEOPLE.index(person)}"


def _entry(flavour: Flavour, person: str) -> str:
    """What stands under `people`: the id on Cloud, the login on Data Center."""
    return _account(flavour, person) if flavour is Flavour.CLOUD else person


def _fields(flavour: Flavour) -> Iterator[SeedField]:
    places = [(project.key, type_) for project in PROJECTS for type_ in KIND]
    for column, (name, type_) in _FIELDS.items():
        hidden = {place for place in places if column not in columns_of(*place)}
        options = settings.words_of(column)
        yield SeedField(name, _type(type_), options=options, hidden_for=frozenset(hidden))
    if flavour is Flavour.DATA_CENTER:
        yield SeedField("Epos-Verknüpfung", "epic_link")


def _type(name: str) -> FieldType:
    return name  # type: ignore[return-value]


def _issue(flavour: Flavour, item: Item, numbers: Mapping[int, Item]) -> SeedIssue:
    columns = item.columns
    above = None if item.parent is None else key(numbers[item.parent])
    by_epic = flavour is Flavour.DATA_CENTER and item.type != "Sub-task"
    return SeedIssue(
        project=item.project.key,
        type=item.type,
        summary=item.title,
        created=datetime.fromisoformat(str(columns["created"])),
        updated=datetime.fromisoformat(str(columns["updated"])),
        status=item.status,
        id=int(identity(flavour, item.number)),
        key=key(item),
        resolution="Done" if PHASE[item.status] == "done" else None,
        assignee=_person(flavour, columns["owner"]),
        reporter=_person(flavour, columns["reporter"]),
        due=date.fromisoformat(str(columns["due"])) if columns["due"] else None,
        description=_description(flavour, columns["description"]),
        components=columns["components"] if isinstance(columns["components"], list) else (),
        parent=None if by_epic else above,
        epic=above if by_epic else None,
        estimate_seconds=_seconds(columns["estimate_hours"]),
        remaining_seconds=_seconds(columns["remaining_hours"]),
        spent_seconds=_seconds(columns["spent_hours"]),
        fields={_FIELDS[name][0]: _value(flavour, name, columns[name]) for name in columns if name in _FIELDS},
        history=[_edit(flavour, columns)],
    )


def _edit(flavour: Flavour, columns: Mapping[str, object]) -> SeedChange:
    at = datetime.fromisoformat(str(columns["last_human_change"]))
    return SeedChange(at, _person(flavour, columns["reporter"]) or "", "summary", "before", "after")


def _description(flavour: Flavour, value: object) -> str:
    """Data Center keeps the line ends that browsers send."""
    text = str(value or "")
    return text.replace("\n", "\r\n") if flavour is Flavour.DATA_CENTER else text


def _person(flavour: Flavour, value: object) -> str | None:
    return None if value is None else _login(flavour, str(value))


def _seconds(value: object) -> int | None:
    return None if value is None else round(float(str(value)) * 3600)


def _value(flavour: Flavour, column: str, value: object) -> FieldValue:
    type_ = _FIELDS[column][1]
    if value is None:
        return None
    if type_ == "date":
        return date.fromisoformat(str(value))
    if type_ == "user":
        return _person(flavour, value)
    said = settings.word(column, value)
    return float(said) if isinstance(said, int) else said  # type: ignore[return-value]
