"""What a reading of a Jira found, and how whole it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pmo_sync.connectors.jira import facets
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.history import Told
from pmo_sync.connectors.jira.wire import Issue, Project
from pmo_sync.connectors.known import Known
from pmo_sync.model.frames import Marks


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a Jira, and how whole.

    `incomplete` holds ids of projects of which some issues may be missing; `everything` is false when that may be so
    of any. `problems` has a sentence for each part that was not read whole. `told` is the history that was asked for,
    `known` the issues that were read before and have not changed; `marks`, `remembered` and `accounts` are as a
    snapshot has them.
    """

    found: Found
    projects: Mapping[str, Project]
    marks: Marks
    remembered: Marks
    accounts: pl.DataFrame
    incomplete: frozenset[str] = frozenset()
    everything: bool = True
    problems: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    known: Known = field(default_factory=Known)

    def whole(self, project: str) -> bool:
        """True when all issues of a project that are in scope were read."""
        return self.everything and project not in self.incomplete

    @property
    def issues(self) -> Mapping[str, Issue]:
        """The issues by id, with the ids of the fields that each shows; of their values only project and type."""
        found = self.found
        projects, keys, types = (
            found.cells(name) for name in (facets.PROJECT_ID, facets.PROJECT_KEY, facets.TYPE_NAME)
        )
        fields = [
            dict.fromkeys(one.shown)
            | {
                "project": {"id": projects[one.project], "key": keys[one.project]},
                "issuetype": {"name": types[one.type]},
            }
            for one in found.schemes
        ]
        rows = zip(found.ids, found.keys, found.scheme, strict=True)
        return {number: Issue(number, key, fields[scheme]) for number, key, scheme in rows}
