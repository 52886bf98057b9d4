"""The set as a Redmine has it: what load.rb reads, and the project folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.parity import settings
from tests.parity.item_set import KIND, PEOPLE, PHASE, PROJECTS, TODAY, Item, columns_of, items, waived

SCRIPT: Final = Path(__file__).with_name("load.rb")
_FIRST_ID: Final = 1000
_FIELDS: Final = {**settings.FIELDS, **settings.ONLY_REDMINE}
_FORMATS: Final = {"select": "list", "number": "float", "textarea": "text", "text": "string"}
_RELATIONS: Final = {"FS": "blocks", "relates": "relates", "duplicates": "duplicates"}


def identity(number: int) -> str:
    """The id of an item."""
    return str(_FIRST_ID + number)


def write_data(path: Path) -> Path:
    """What load.rb reads is there."""
    content = {
        "today": TODAY.isoformat(),
        "people": PEOPLE,
        "programmes": sorted({one.programme for one in PROJECTS}),
        "projects": [{"key": one.key, "name": one.name, "programme": one.programme} for one in PROJECTS],
        "statuses": {name: phase in {"done", "dropped"} for name, phase in PHASE.items()},
        "trackers": list(KIND),
        "fields": list(_fields()),
        "issues": [_issue(item) for item in items()],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_folder(folder: Path, url: str, name: str, **more: Any) -> Path:
    """The project folder for a Redmine that was loaded with the set; the key is in the variable PARITY_TOKEN."""
    return settings.write_folder(
        folder,
        name,
        {
            "kind": "redmine",
            "url": url,
            "user": "pmo-bot",
            "token": "${PARITY_TOKEN}",
            **settings.mapped(settings.ONLY_REDMINE),
            **more,
        },
        accounts={one: one for one in PEOPLE},
        waived=[f"#{identity(item.number)}" for item in waived()],
    )


def _fields() -> Iterator[Mapping[str, Any]]:
    for column, (name, type_) in _FIELDS.items():
        shown = [(one.key, own) for one in PROJECTS for own in KIND if column in columns_of(one.key, own)]
        yield {
            "name": name,
            "format": _FORMATS.get(type_, type_),
            "values": settings.words_of(column),
            "projects": sorted({project for project, _ in shown}),
            "trackers": sorted({own for _, own in shown}),
        }


def _issue(item: Item) -> Mapping[str, Any]:
    columns = item.columns
    components = columns["components"]
    return {
        "id": int(identity(item.number)),
        "project": item.project.key,
        "tracker": item.type,
        "subject": item.title,
        "status": item.status,
        "parent": None if item.parent is None else int(identity(item.parent)),
        "author": columns["reporter"],
        "assignee": columns["owner"],
        "start": columns["start"],
        "due": columns["due"],
        "done": round(100 * float(str(columns["percent_done"]))),
        "hours": columns["estimate_hours"],
        "spent": columns["spent_hours"],
        "description": str(columns["description"] or "").replace("\n", "\r\n"),
        "category": components[0] if isinstance(components, list) and components else None,
        "created": columns["created"],
        "updated": columns["updated"],
        "values": {_FIELDS[one][0]: _value(one, columns[one]) for one in columns if one in _FIELDS},
        "relations": [[_RELATIONS[word], int(identity(target))] for word, target in item.links],
    }


def _value(column: str, value: object) -> object:
    """A value as load.rb takes it: a person by login under its own key, everything else as text."""
    if value is None:
        return None
    return {"person": value} if _FIELDS[column][1] == "user" else str(settings.word(column, value))
