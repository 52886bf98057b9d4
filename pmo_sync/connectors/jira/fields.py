"""Which field a name of pmo.yaml means, from Jira's own list of fields.

Fields that are Jira's or its plugins' are found by what they are (`schema.custom`), never by name: names are
translated, may be given twice, and their ids differ from site to site.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pmo_sync.connectors.jira.wire import Field
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.words import declared

EPIC_LINK: Final = "com.pyxis.greenhopper.jira:gh-epic-link"
EPIC_NAME: Final = "com.pyxis.greenhopper.jira:gh-epic-label"
SPRINT: Final = "com.pyxis.greenhopper.jira:gh-sprint"
POINTS: Final = "com.pyxis.greenhopper.jira:jsw-story-points"
PARENT_LINK: Final = "com.atlassian.jpo:jpo-custom-field-parent"
TARGET_START: Final = "com.atlassian.jpo:jpo-custom-field-baseline-start"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All fields of one Jira, by id."""

    fields: Mapping[str, Field] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Iterable[Field]) -> Catalogue:
        """The catalogue of these."""
        return cls({one.id: one for one in fields})

    def find(self, wanted: str) -> tuple[Field, ...]:
        """The fields that `wanted` may mean: the one of this id, else those of exactly this name, else those of this
        name in any case.
        """
        if wanted in self.fields:
            return (self.fields[wanted],)
        exact = tuple(one for one in self.fields.values() if one.name == wanted)
        low = wanted.casefold()
        return exact or tuple(one for one in self.fields.values() if one.name.casefold() == low)

    def field(self, wanted: str) -> Field | None:
        """The one field that `wanted` means; None where it means none, or more than one."""
        found = self.find(wanted)
        return found[0] if len(found) == 1 else None

    def of_kind(self, custom: str) -> tuple[str, ...]:
        """Ids of the fields of a plugin's kind, sorted."""
        return tuple(sorted(one.id for one in self.fields.values() if one.schema and one.schema.custom == custom))


def written_fields(options: JiraOptions) -> tuple[str, ...]:
    """The fields we may write, as pmo.yaml names them, sorted."""
    flags = () if options.write.flags is None else (options.write.flags,)
    return tuple(sorted({*flags, *options.write.fields.values()}))


def missing(name: str, options: JiraOptions, catalogue: Catalogue) -> list[str]:
    """One sentence for each configured field that Jira does not have, or of which it has several."""
    wanted = {f"fields.{column.removeprefix('fields.')}": source for column, (_, source) in declared(options).items()}
    if options.write.flags is not None:
        wanted["write.flags"] = options.write.flags
    wanted |= {f"write.fields.{figure}": source for figure, source in options.write.fields.items()}
    return [
        f"trackers.{name}.{place}: {problem}"
        for place, source in sorted(wanted.items())
        if (problem := _problem(source, catalogue)) is not None
    ]


def _problem(source: str, catalogue: Catalogue) -> str | None:
    found = catalogue.find(source)
    if len(found) == 1:
        return None
    if found:
        ids = " or ".join(sorted(one.id for one in found))
        return f'{len(found)} fields are called "{source}"; give the id of the one that is meant: {ids}'
    near = near_names(source, (one.name for one in catalogue.fields.values()))
    return f'Jira has no field "{source}" that we can see' + (f"; {near}" if near else "")


def near_names(wanted: str, known: Iterable[str]) -> str | None:
    """`did you mean …?` in Jira's own spelling, whatever the case of what was written."""
    spelt = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wanted.casefold(), sorted(spelt), n=3, cutoff=0.6)
    return "did you mean " + " or ".join(f'"{spelt[name]}"' for name in near) + "?" if near else None
