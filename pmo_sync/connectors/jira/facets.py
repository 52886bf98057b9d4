"""What a reading takes from each field: the columns of items, and what their structure and their marks need. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import polars as pl

from pmo_sync.connectors.jira import cells
from pmo_sync.connectors.jira.cells import Cell, Reader
from pmo_sync.connectors.jira.columns import Source
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.words import Unmapped, lists
from pmo_sync.model.mark import encode

Group: TypeAlias = tuple[str, ...]
"""The fields that something may come from: the first that an issue shows, and that is not null, counts."""

PROJECT: Final[Group] = ("project",)
TYPE: Final[Group] = ("issuetype",)
TITLE: Final = "title"
PROJECT_ID, PROJECT_KEY, PROJECT_NAME, PROJECT_CATEGORY = "project id", "project key", "project name", "category of it"
TYPE_ID, TYPE_NAME = "type id", "type name"
CATEGORY, RESOLUTION = "category of the status", "resolution of the issue"
CATEGORIES: Final = pl.Enum(["new", "indeterminate", "done"])
PARENT_ID: Final = "parent id"
LABELS: Final = "labels that stand"
SPRINTS: Final = "sprints as they are told"
EMPTY: Final = ""
"""What a mark says of a field that is seen and empty: no value is encoded so."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that is read of some fields, and how its values become a column; null where they are hidden."""

    name: str
    group: Group
    read: Reader
    series: Callable[[Sequence[Cell], Unmapped], pl.Series]


def facets(
    columns: Iterable[Source], parents: Sequence[str], places: Mapping[str, Place], sprints: Group, *, labels: bool
) -> dict[Group, tuple[Facet, ...]]:
    """All that is read, by the fields it comes from. `parents` are fields with the key of a parent, `sprints` those
    that tell sprints, if they are wanted; `labels`: they may be written.
    """
    found = [Facet(one.column.name, one.fields, one.read, one.series) for one in columns]
    found += [
        _of_text(TITLE, ("summary",), cells.text),
        _of_text(PROJECT_ID, PROJECT, _member("id")),
        _of_text(PROJECT_KEY, PROJECT, _member("key")),
        _of_text(PROJECT_NAME, PROJECT, _member("name")),
        _of_text(PROJECT_CATEGORY, PROJECT, _category_of_project),
        _of_text(TYPE_ID, TYPE, _member("id")),
        _of_text(TYPE_NAME, TYPE, cells.text),
        Facet(CATEGORY, ("status",), _category_of_status, lambda values, _: _categories(values)),
        _of_text(RESOLUTION, ("resolution",), cells.text),
        _of_text(PARENT_ID, ("parent",), _member("id")),
    ]
    found += [_of_text(parent_key(field), (field,), cells.key_of) for field in parents]
    found += [_of_text(mark(name), (place.id,), _standing(place)) for name, place in places.items()]
    if sprints:
        found.append(_of_text(SPRINTS, sprints, _as_it_came))
    if labels:
        found.append(Facet(LABELS, ("labels",), _labels, lambda values, _: lists(LABELS, values)))
    groups = dict.fromkeys(facet.group for facet in found)
    return {group: tuple(facet for facet in found if facet.group == group) for group in groups}


def parent_key(field: str) -> str:
    """The facet of a field that holds the key of a parent."""
    return f"parent key in {field}"


def mark(name: str) -> str:
    """The facet of what stands in a field that may be written."""
    return f"stands in {name}"


def _of_text(name: str, group: Group, read: Reader) -> Facet:
    return Facet(name, group, read, lambda values, _: pl.Series(name, values, dtype=pl.String()))


def _categories(values: Sequence[Cell]) -> pl.Series:
    """One of CATEGORIES, null for any other word."""
    return pl.Series(CATEGORY, values, dtype=pl.String()).cast(CATEGORIES, strict=False)


def _member(member: str) -> Reader:
    return lambda value: cells.named(value, member)


def _category_of_status(value: object) -> str | None:
    return cells.named(value.get("statusCategory"), "key") if isinstance(value, dict) else None


def _category_of_project(value: object) -> str | None:
    return cells.named(value.get("projectCategory"), "name") if isinstance(value, dict) else None


def _standing(place: Place) -> Reader:
    return lambda value: encode(place.stands(value)) or EMPTY


def _as_it_came(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _labels(value: object) -> list[str]:
    return sorted(set(cells.texts(value)))
