"""What we may in which project, asked once: of a Jira and not of an issue, so that a no is sure and a yes is likely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from pmo_sync.connectors.answers import NOT_FOUND, RequestError
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.wire import Project
from pmo_sync.errors import IncompleteError

PROJECT: Final = msgspec.json.Decoder(Project)
BROWSE: Final = "BROWSE_PROJECTS"
EDIT: Final = "EDIT_ISSUES"
LINK: Final = "LINK_ISSUES"
ADMINISTER_PROJECT: Final = "ADMINISTER_PROJECTS"
ADMINISTER: Final = "ADMINISTER"
ALL: Final = (BROWSE, EDIT, LINK, ADMINISTER_PROJECT, ADMINISTER)
WORDS: Final[Mapping[str, str]] = {
    BROWSE: "Browse Projects",
    EDIT: "Edit Issues",
    LINK: "Link Issues",
    ADMINISTER_PROJECT: "Administer Projects",
}
"""Permissions as Jira's pages call them."""


@dataclass(slots=True)
class Rights:
    """Our permissions by project id. What was not asked for yet is asked when it is needed."""

    client: Client
    _held: dict[str, frozenset[str]] = field(default_factory=dict)
    _archived: dict[str, bool] | None = None

    def learn(self, projects: Iterable[str]) -> None:
        """Asks for all of these at once. Raises IncompleteError where Jira does not tell."""
        unknown = sorted({one for one in projects if one not in self._held}, key=int)
        if not unknown:
            return
        found = self.client.permissions(unknown, ALL)
        for project in unknown:
            self._held[project] = frozenset(name for name in ALL if project in found.get(name, frozenset()))

    def forget(self, project: str) -> None:
        """What we may in the project may have changed: it is asked again."""
        self._held.pop(project, None)
        self._archived = None

    def has(self, project: str, permission: str) -> bool:
        """Whether we have the permission in the project."""
        self.learn([project])
        return permission in self._held[project]

    def silent(self, project: str) -> bool:
        """Whether an edit of ours may be made without mail: only who administers may ask for that."""
        return self.has(project, ADMINISTER_PROJECT) or self.has(project, ADMINISTER)

    def archived(self, project: str) -> bool:
        """Whether nothing can be written to the project. Raises IncompleteError where the projects cannot be read."""
        if self._archived is None:
            reading = self.client.dialect.projects(self.client.transport)
            if reading.problem is not None:
                raise IncompleteError(f"{self.client.name}: the projects could not be read whole: {reading.problem}")
            self._archived = {one.id: one.archived for one in reading.rows.values()}
        if project not in self._archived:  # a list may leave out those that are archived
            self._archived[project] = self._is_archived(project)
        return self._archived[project]

    def _is_archived(self, project: str) -> bool:
        try:
            return self.client.transport.read(self.client.path(f"/project/{int(project)}"), PROJECT).archived
        except RequestError as error:
            if error.status == NOT_FOUND:
                return False
            raise
