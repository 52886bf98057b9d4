"""A CSV export of Jira's issue search. What is repeated there (labels, links) stands in columns of one name."""

from __future__ import annotations

import re
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
from pmo_sync.connectors.jira.relations import meaning
from pmo_sync.connectors.jira.wire import LinkKind
from pmo_sync.connectors.options import ExportOptions

KEY: Final = "Issue key"
_ID: Final = ("Issue id",)
_PARENTS: Final = (
    ("Parent id",),
    ("Parent key",),
    ("Parent",),
    ("Custom field (Epic Link)",),
    ("Custom field (Parent Link)",),
)
_CATEGORY: Final = ("Status Category",)
_LINK: Final = re.compile(r"(inward|outward) issue link \((.*)\)", re.IGNORECASE | re.DOTALL)
_HOUR: Final = 3600
_SECONDS: Final = ("estimate_hours", "remaining_hours", "spent_hours")
_CATEGORIES: Final = {"to do": "new", "in progress": "indeterminate", "done": "done"}
"""Jira's own names of its status categories. A status of such a name is of this category where no column tells."""

_COLUMNS: Final[dict[str, Headings]] = {
    "key": (KEY,),
    "id": _ID,
    "title": ("Summary",),
    "project": ("Project name", "Project key", "Project"),
    "project_category": ("Project category",),
    "issue_type": ("Issue Type",),
    "status": ("Status",),
    "priority": ("Priority",),
    "resolution": ("Resolution",),
    "owner": ("Assignee Id", "Assignee"),
    "reporter": ("Reporter Id", "Reporter"),
    "description": ("Description",),
    "labels": ("Labels",),
    "components": ("Component/s", "Components"),
    "fix_versions": ("Fix Version/s", "Fix versions"),
    "sprints": ("Sprint",),
    "due": ("Due date",),
    "start": ("Custom field (Target start)",),
    "created": ("Created",),
    "updated": ("Updated",),
    "points": ("Custom field (Story Points)", "Custom field (Story point estimate)"),
    "estimate_hours": ("Original estimate",),
    "remaining_hours": ("Remaining Estimate",),
    "spent_hours": ("Time Spent",),
}


def _apart(heading: str) -> bool:
    low = heading.casefold()
    known = (*_PARENTS, _CATEGORY)
    return bool(_LINK.fullmatch(heading)) or any(low == name.casefold() for names in known for name in names)


LAYOUT: Final = Layout(
    _COLUMNS,
    own=lambda name: (f"Custom field ({name})", name),
    apart=_apart,
    empty={"owner": "Unassigned", "resolution": "Unresolved"},
)


def is_jira(sheet: Sheet, options: ExportOptions) -> bool:
    """True for a sheet with a column of issue keys."""
    return bool(sheet.places(*LAYOUT.wanted(options)["key"]))


def read(sheet: Sheet, options: ExportOptions, mistakes: Mistakes) -> Export:
    """The issues of the sheet. Raises ConfigurationError with what cannot be read, each with its line."""
    table = read_table(sheet, LAYOUT, options, mistakes)
    check_named(table, LAYOUT, options, mistakes)
    if not sheet.places(*LAYOUT.wanted(options)["title"]):
        mistakes.add(1, "there is no column Summary", headings_found(sheet))
    mistakes.raise_any()
    values = read_values(table, LAYOUT, options, mistakes)
    for name in _SECONDS:
        if name in values.columns:
            seconds = values.columns[name]
            values.columns[name] = [one / _HOUR if isinstance(one, float) else None for one in seconds]
    keys = [str(one or "") for one in values.columns.pop("key")]
    ids = [str(one or "") for one in values.columns.pop("id", keys)]
    known = dict(zip(keys, ids, strict=True)) | {one: one for one in ids}
    return Export(_lines(table, values, keys, ids, known), _ties(table, ids, known), ours=False)


def _lines(table: Table, values: Values, keys: list[str], ids: list[str], known: dict[str, str]) -> list[Line]:
    count = len(ids)
    nothing: list[object] = [None] * count
    groups = list(zip(values.columns.get("project", nothing), values.columns.get("issue_type", nothing), strict=True))
    own = fields_of(values, groups)
    parents = _parents(table, count)
    told = table.one(_CATEGORY) if table.sheet.places(*_CATEGORY) else values.columns.get("status", nothing)
    categories = [str(one) for one in told]
    lines = []
    for at in range(count):
        item: dict[str, object] = {name: column[at] for name, column in values.columns.items()}
        item |= {"id": ids[at], "key": keys[at], "fields": own[at]}
        if parents[at]:
            item["parent"] = known.get(parents[at], parents[at])
        category = _CATEGORIES.get(categories[at].casefold())
        closed = None if category is None else category == "done"
        lines.append(Line(table.numbers[at], item, closed, doing=category == "indeterminate"))
    return lines


def _parents(table: Table, count: int) -> list[str]:
    """Id or key of what each issue hangs under: its parent, else its epic, else what is above epics."""
    found = [""] * count
    for names in _PARENTS:
        texts = table.one(names)
        found = [one or other for one, other in zip(found, texts, strict=True)]
    return found


def _ties(table: Table, ids: list[str], known: dict[str, str]) -> tuple[Tie, ...]:
    """The links, each once though both of its ends show it. An end that is not in the file is None."""
    ties: dict[tuple[str, str, str], Tie] = {}
    for place in sorted(table.cells):
        match = _LINK.fullmatch(table.sheet.headings[place])
        if match is None:
            continue
        outward, name = match[1].casefold() == "outward", match[2]
        kind = meaning(LinkKind(name=name)).value
        for own, other in zip(ids, table.cells[place], strict=True):
            if other:
                ends = (own, other) if outward else (other, own)
                first, second = (known.get(end) for end in ends)
                ties[known.get(ends[0], ends[0]), known.get(ends[1], ends[1]), name] = (first, second, kind, None)
    return tuple(ties.values())
