"""What a reading of a Redmine ends with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmo_sync.connectors.known import Known
from pmo_sync.connectors.redmine.fields import Catalogue
from pmo_sync.connectors.redmine.gathered import Issues
from pmo_sync.connectors.redmine.wire import Project, Tracker


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a Redmine, and how whole.

    `incomplete` holds ids of projects of which some issues may be missing; `everything` is false when that may be so
    of any. `trackers` is empty where they are not known. `known` were read before and have not changed.
    """

    issues: Issues
    projects: Mapping[int, Project]
    trackers: Mapping[int, Tracker] = field(default_factory=dict)
    incomplete: frozenset[int] = frozenset()
    everything: bool = True
    known: Known = field(default_factory=Known)

    def catalogue(self) -> Catalogue:
        """The custom fields that the issues and projects show."""
        shown = {one.id: one.name for project in self.projects.values() for one in project.custom_fields}
        return Catalogue(self.issues.fields, shown)

    def is_complete(self, project: int) -> bool:
        """Whether all issues of a project were read."""
        return self.everything and project not in self.incomplete
