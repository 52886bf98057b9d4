"""The lines of items.jsonl as planting reads them: each with the words that Jira needs of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Item: TypeAlias = Mapping[str, Json]

_JIRA_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]+-[1-9]\d{0,8}", re.ASCII)
OWN: Final = "fields."
"""Before the name of a field that is no column of the vocabulary."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item, and the words of Jira that several steps need."""

    item: Item
    id: str
    key: str
    project: str
    type: str
    kind: str
    phase: str | None
    parent: str | None

    def text(self, name: str) -> str | None:
        return text_of(self.item.get(name))

    def carries(self, name: str) -> bool:
        return name.removeprefix(OWN) in (self.own if name.startswith(OWN) else self.item)

    def value(self, name: str) -> Json:
        return self.own.get(name.removeprefix(OWN)) if name.startswith(OWN) else self.item.get(name)

    @property
    def own(self) -> Mapping[str, Json]:
        fields = self.item.get("fields")
        return fields if isinstance(fields, Mapping) else {}


def text_of(value: Json) -> str | None:
    """The value where it is a text that says something."""
    return value if isinstance(value, str) and value else None


def lines_of(items: Sequence[Item]) -> list[Line]:
    """The items in their order, parents by key."""
    keys = [_key(item, number) for number, item in enumerate(items, 1)]
    by_id = {text_of(item.get("id")): key for item, key in zip(items, keys, strict=True)}
    return [_line(item, key, by_id) for item, key in zip(items, keys, strict=True)]


def _line(item: Item, key: str, by_id: Mapping[str | None, str]) -> Line:
    kind = text_of(item.get("kind")) or "task"
    parent = text_of(item.get("parent"))
    return Line(
        item=item,
        id=text_of(item.get("id")) or "",
        key=key,
        project=key.rpartition("-")[0],
        type=text_of(item.get("issue_type")) or kind.replace("_", " ").capitalize(),
        kind=kind,
        phase=text_of(item.get("phase")),
        parent=by_id.get(parent) if parent else None,
    )


def _key(item: Item, number: int) -> str:
    """The item's key where it is one that Jira could give, else one that is made from its place."""
    key = text_of(item.get("key")) or ""
    return key if _JIRA_KEY.fullmatch(key) else f"ITEM-{number}"
