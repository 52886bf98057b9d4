"""A CSV export of Redmine's list of issues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pmo_sync.connectors.export.lines import Export, Line, Mistakes, Tie
from pmo_sync.connectors.export.sheet import Sheet
from pmo_sync.connectors.export.table import (
    Headings,
    Layout,
    Table,
    Values,
    check_named,
    fields_of,
    headings_found,
    read_table,
    read_values,
)
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.model.words import LinkType

NUMBER: Final = "#"
_PARENT: Final = ("Parent task",)
_CLOSED: Final = ("Closed",)
_RELATED: Final = ("Related issues",)
_APART: Final = {name.casefold() for names in (_PARENT, _CLOSED, _RELATED) for name in (*names, "Updated")}
_RELATION: Final = re.compile(r"(?P<word>[^#()]+?)\s*(?:\((?P<days>-?\d{1,5}) days?\)\s*)?#(?P<other>\d+)", re.ASCII)
_WORDS: Final = {
    "precedes": (LinkType.FS, False),
    "follows": (LinkType.FS, True),
    "blocks": (LinkType.FS, False),
    "blocked by": (LinkType.FS, True),
    "related to": (LinkType.RELATES, False),
    "is duplicate of": (LinkType.DUPLICATES, False),
    "has duplicate": (LinkType.DUPLICATES, True),
    "copied to": (LinkType.OTHER, False),
    "copied from": (LinkType.OTHER, True),
}
"""What Redmine says in English of a relation: its type, and whether the other issue comes first."""

_LAGGING: Final = ("precedes", "follows")

_COLUMNS: Final[dict[str, Headings]] = {
    "id": (NUMBER,),
    "title": ("Subject",),
    "project": ("Project",),
    "issue_type": ("Tracker",),
    "status": ("Status",),
    "priority": ("Priority",),
    "owner": ("Assignee",),
    "reporter": ("Author",),
    "description": ("Description",),
    "components": ("Category",),
    "fix_versions": ("Target version",),
    "start": ("Start date",),
    "due": ("Due date",),
    "created": ("Created",),
    "updated": ("Updated",),
    "estimate_hours": ("Estimated time",),
    "spent_hours": ("Spent time",),
    "percent_done": ("% Done",),
}

LAYOUT: Final = Layout(
    _COLUMNS, own=lambda name: (name,), apart=lambda heading: heading.casefold() in _APART, several=True
)


def is_redmine(sheet: Sheet) -> bool:
    """True for a sheet with a column of issue numbers, which is called # in every language."""
    return bool(sheet.places(NUMBER))


def read(sheet: Sheet, options: ExportOptions, mistakes: Mistakes) -> Export:
    """The issues of the sheet. Raises ConfigurationError with what cannot be read, each with its line."""
    table = read_table(sheet, LAYOUT, options, mistakes)
    check_named(table, LAYOUT, options, mistakes)
    if not sheet.places(*LAYOUT.wanted(options)["title"]):
        what = "there is no column Subject: is the export in English?"
        mistakes.add(1, what, f"export in English, or name the columns under `fields`; {headings_found(sheet)}")
    mistakes.raise_any()
    values = read_values(table, LAYOUT, options, mistakes)
    for columns in (values.columns, values.own):
        for name in (name for name in columns if name == "percent_done" or name.startswith("%")):
            columns[name] = [one / 100 if isinstance(one, float) else None for one in columns[name]]
    ids = [str(one or "").removeprefix("#") for one in values.columns.pop("id")]
    return Export(_lines(table, values, ids), _ties(table, ids, mistakes), ours=False)


def _lines(table: Table, values: Values, ids: Sequence[str]) -> list[Line]:
    count = len(ids)
    nothing: list[object] = [None] * count
    statuses = values.columns.get("status", nothing)
    groups = list(zip(values.columns.get("project", nothing), values.columns.get("issue_type", nothing), strict=True))
    own = fields_of(values, groups)
    parents = table.one(_PARENT)
    closed = _closed(table, statuses)
    lines = []
    for at, number in enumerate(ids):
        item: dict[str, object] = {name: column[at] for name, column in values.columns.items()}
        item |= {"id": number, "key": f"#{number}", "fields": own[at]}
        if parents[at]:
            item["parent"] = parents[at].removeprefix("#")
        lines.append(Line(table.numbers[at], item, closed.get(statuses[at])))
    return lines


def _closed(table: Table, statuses: Sequence[object]) -> dict[object, bool]:
    """Status → whether it is a closed one, as far as the file proves it.

    An issue that was never closed is in an open status; one whose last change was to be closed is in a closed one. An
    issue that was opened again keeps its date of closing, so that date alone proves nothing.
    """
    closed, updated = table.one(_CLOSED), table.one(("Updated",))
    if not table.sheet.places(*_CLOSED):
        return {}
    never = {status for status, at in zip(statuses, closed, strict=True) if not at}
    just = {status for status, at, last in zip(statuses, closed, updated, strict=True) if at and at == last}
    return {status: status in just for status in never ^ just}


def _ties(table: Table, ids: Sequence[str], mistakes: Mistakes) -> tuple[Tie, ...]:
    """The relations, each once though both of its issues show it. An end that is not in the file is None."""
    known = frozenset(ids)
    found: dict[tuple[str, str, str], Tie] = {}
    for number, line, text in zip(ids, table.numbers, table.one(_RELATED), strict=True):
        for part in filter(None, text.split(", ")):
            match = _RELATION.fullmatch(part.strip())
            meaning = _WORDS.get(match["word"].casefold()) if match else None
            if match is None or meaning is None:
                hint = "export in English, or without the column Related issues"
                mistakes.add(line, f'Related issues: "{part[:60]}" is no relation that is known', hint)
                continue
            kind, comes_first = meaning
            ends = (match["other"], number) if comes_first else (number, match["other"])
            lag = int(match["days"] or 0) if match["word"].casefold() in _LAGGING else None
            if kind is LinkType.RELATES:
                ends = (min(ends), max(ends))
            source, target = (end if end in known else None for end in ends)
            found[ends[0], ends[1], f"{kind.value}{lag is None}"] = (source, target, kind.value, lag)
    mistakes.raise_any()
    return tuple(found.values())
