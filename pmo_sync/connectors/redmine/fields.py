"""Which custom field a name of pmo.yaml means, learnt from the issues and projects that show it.

A bot may not ask Redmine for its list of custom fields, but every issue and project lists those it has.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pmo_sync.connectors.normal import normal
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.wire import CustomValue, texts
from pmo_sync.connectors.words import declared
from pmo_sync.model.change import Value


@dataclass(slots=True)
class Catalogue:
    """The custom fields that were seen: id → name, of issues and of projects."""

    of_issues: dict[int, str] = field(default_factory=dict)
    of_projects: dict[int, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self.of_issues.values(), *self.of_projects.values()})

    def issue_field(self, wanted: str) -> int | None:
        """Id of the issue field of this name or id."""
        return _id(wanted, self.of_issues)

    def project_field(self, wanted: str) -> int | None:
        """Id of the project field of this name or id."""
        return _id(wanted, self.of_projects)

    def knows(self, wanted: str) -> bool:
        """True when an issue or a project shows it."""
        return self.issue_field(wanted) is not None or self.project_field(wanted) is not None


def _id(wanted: str, known: dict[int, str]) -> int | None:
    by_name = [number for number, name in known.items() if name == wanted]
    if by_name:
        return min(by_name)
    return int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) in known else None


def named(wanted: str, custom: Iterable[CustomValue]) -> CustomValue | None:
    """The field of this name, else of this id, on one issue or project; None where it does not show it."""
    by_id = None
    for one in custom:
        if one.name == wanted:
            return one
        if str(one.id) == wanted:
            by_id = one
    return by_id


def written_fields(options: RedmineOptions) -> tuple[str, ...]:
    """The fields we may write, as pmo.yaml names them, sorted."""
    flags = () if options.write.flags is None else (options.write.flags,)
    return tuple(sorted({*flags, *options.write.fields.values()}))


def value_of(one: CustomValue, *, is_flags: bool) -> Value:
    """The field's value in normal form; the field of flags is a list whether Redmine keeps it as one or as text."""
    found = texts(one.value)
    if is_flags:
        return normal([word for text in found for word in text.replace(",", " ").split()])
    return normal(found if one.multiple else "".join(found[:1]))


@dataclass(frozen=True, slots=True)
class Missing:
    """A configured field that nothing shows.

    `mistaken`: it is written to, or misspelt, or Redmine has the column by itself; otherwise it may belong to a type
    of issue of which the scope holds none yet.
    """

    text: str
    mistaken: bool


def missing(name: str, options: RedmineOptions, catalogue: Catalogue) -> list[Missing]:
    """Each configured field that no issue and no project shows, with one sentence."""
    wanted = {f"fields.{column.removeprefix('fields.')}": source for column, (_, source) in declared(options).items()}
    if options.write.flags is not None:
        wanted["write.flags"] = options.write.flags
    wanted |= {f"write.fields.{figure}": source for figure, source in options.write.fields.items()}
    found = []
    for place, source in sorted(wanted.items()):
        if catalogue.knows(source):
            continue
        hint = _hint(place, source, catalogue)
        text = f'trackers.{name}.{place}: no issue or project shows a custom field "{source}"{hint}'
        found.append(Missing(text, mistaken=bool(hint) or place.startswith("write.")))
    return found


NATIVE: Final = frozenset(
    {"created", "updated", "status", "issue_type", "priority", "owner", "reporter", "start", "due", "percent_done"}
    | {"estimate_hours", "spent_hours", "components", "fix_versions", "description", "title", "url"}
)
"""Columns that Redmine has by itself; a mapping in `fields` goes before them."""


def _hint(place: str, source: str, catalogue: Catalogue) -> str:
    column = place.removeprefix("fields.")
    if column in NATIVE:
        return f"; Redmine has `{column}` by itself, so the line can go"
    near = near_names(source, catalogue.names())
    return f"; {near}" if near else ""


def near_names(wanted: str, known: Iterable[str]) -> str | None:
    """`did you mean …?` in the tracker's own spelling, whatever the case of what was written."""
    spelt = {name.lower(): name for name in known}
    near = difflib.get_close_matches(wanted.lower(), sorted(spelt), n=3, cutoff=0.6)
    return "did you mean " + " or ".join(f'"{spelt[name]}"' for name in near) + "?" if near else None
