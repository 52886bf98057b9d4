"""The harness of `export`: a file items.jsonl that a person edits with a text editor."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pmo_sync.connectors.base import Connector
from pmo_sync.connectors.export import connect
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.connectors.transport import Policy
from tests.conformance.harness import BORN, COLOUR, NAME, PERSON, Item, World
from tests.surroundings import surroundings

_KINDS = {"Aufgabe": "task"}


class FileWorld(World):
    """Lines by id; the file is written anew after each edit."""

    kind = "export"
    page = 105

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lines: dict[str, dict[str, Any]] = {}
        self._write()

    def make(self, *items: Item) -> list[str]:
        made = []
        for item in items:
            number = str(len(self.lines) + 1)
            project = ("ALP", "BET", "OUT")[item.place]
            line: dict[str, Any] = {
                "id": number,
                "key": f"{project}-{number}",
                "title": item.title,
                "project": project,
                "kind": _KINDS.get(item.type, "task"),
                "phase": "done" if item.done else "todo",
                "description": item.description,
                "due": item.due.isoformat() if item.due else None,
                "owner": PERSON if item.owned else None,
                "created": BORN.isoformat(),
                "updated": BORN.isoformat(),
                "labels": [],
                "fields": {COLOUR: None} | ({"Chance": None} if item.place == 0 else {}),
            }
            self.lines[number] = line | ({"parent": item.parent} if item.parent else {})
            made.append(number)
        self._write()
        return made

    def ids(self) -> set[str]:
        return set(self.lines)

    def edit(self, number: str, **values: Any) -> None:
        for name, value in values.items():
            if name == "colour":
                self.lines[number]["fields"][COLOUR] = value
            else:
                self.lines[number][name] = value.isoformat() if hasattr(value, "isoformat") else value
        self._write()

    def delete(self, number: str) -> None:
        del self.lines[number]
        self._write()

    def move(self, number: str) -> None:
        self.edit(number, project="BET", key=f"BET-{number}")

    def rename(self, number: str) -> None:
        self.edit(number, project="NEW", key=f"NEW-{number}")

    def link(self, first: str, then: str) -> None:
        self.edit(first, links=[{"type": "FS", "to": then}])

    def mark(self, number: str, *words: str) -> None:
        self.edit(number, labels=sorted({*self.lines[number]["labels"], *words}))

    def marks(self, number: str) -> set[str]:
        found = set(self.lines[number]["labels"])
        for row in self._rows():
            if row["id"] == number and row["op"] == "add_label":
                found.add(row["name"])
            elif row["id"] == number and row["op"] == "remove_label":
                found.discard(row["name"])
        return found

    def colour(self, number: str) -> str | None:
        found: str | None = self.lines[number]["fields"][COLOUR]
        for row in self._rows():
            if row["id"] == number and row["op"] == "set_field":
                found = row["value"] or None
        return found

    def taken(self) -> int:
        return len(self._rows())

    def _connect(self, who: str, policy: Policy, options: dict[str, Any]) -> Connector:  # noqa: ARG002 - no token here
        write = {"labels": True, "fields": {"health": COLOUR}}
        settings = {"kind": "export", "path": "items.jsonl", "write": write, **options}
        settings.setdefault("fields", {"chance": {"field": "Chance"}})
        chosen = ExportOptions.model_validate(settings)
        return connect(NAME, chosen, surroundings(self.clock, folder=self.folder))

    def _rows(self) -> list[dict[str, str]]:
        found = sorted(self.folder.glob("*.csv"))
        if not found:
            return []
        with found[0].open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _write(self) -> None:
        text = "".join(json.dumps(line) + "\n" for line in self.lines.values())
        (self.folder / "items.jsonl").write_text(text, encoding="utf-8")


@contextmanager
def files(folder: Path) -> Iterator[World]:
    """A file in this folder."""
    world = FileWorld(folder)
    try:
        yield world
    finally:
        world.close()
