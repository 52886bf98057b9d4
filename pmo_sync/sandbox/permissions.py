"""Who may what. Everybody signed in browses; everybody but the reader edits; the seed narrows both by project."""

from __future__ import annotations

from dataclasses import dataclass

from pmo_sync.sandbox.errors import ARCHIVED, NO_EDIT, Refusal, no_issue
from pmo_sync.sandbox.records import Account, Catalogue, Flavour, Issue, Project

GLOBAL = ("ADMINISTER", "SYSTEM_ADMIN", "BULK_CHANGE", "USER_PICKER", "CREATE_SHARED_OBJECTS")
IN_PROJECT = (
    "ADMINISTER_PROJECTS",
    "BROWSE_PROJECTS",
    "EDIT_ISSUES",
    "LINK_ISSUES",
    "ADD_COMMENTS",
    "CREATE_ISSUES",
    "DELETE_ISSUES",
    "ASSIGN_ISSUES",
    "ASSIGNABLE_USER",
    "TRANSITION_ISSUES",
    "SCHEDULE_ISSUES",
    "WORK_ON_ISSUES",
    "MODIFY_REPORTER",
    "MOVE_ISSUES",
)
_OF_EDITORS = {"EDIT_ISSUES", "LINK_ISSUES", "ADD_COMMENTS", "ASSIGN_ISSUES", "SCHEDULE_ISSUES", "TRANSITION_ISSUES"}


@dataclass(frozen=True, slots=True)
class Rights:
    """What one caller may do."""

    catalogue: Catalogue
    account: Account | None

    def browses(self, project: Project) -> bool:
        """Whether the project and its issues are visible."""
        if self.account is None:
            return False
        return project.browsable_by is None or self.account.id in (*project.browsable_by, *project.administrators)

    def edits(self, project: Project) -> bool:
        """Whether issues may be edited and linked, an archived project aside."""
        if self.account is None or not self.browses(project):
            return False
        if project.editors is None:
            return self.account.id != self.catalogue.reader
        return self.account.id in (*project.editors, *project.administrators)

    def administers(self, project: Project) -> bool:
        """Whether the project is the caller's to configure: then edits can be silent."""
        return self.account is not None and self.account.id in project.administrators

    def may(self, permission: str, project: Project) -> bool:
        """One permission of `IN_PROJECT`."""
        if permission == "BROWSE_PROJECTS":
            return self.browses(project)
        if permission == "ADMINISTER_PROJECTS":
            return self.administers(project)
        return permission in _OF_EDITORS and self.edits(project) and not project.archived

    def may_globally(self, permission: str) -> bool:
        """One permission of `GLOBAL`: nobody here administers the site."""
        return permission in ("BULK_CHANGE", "USER_PICKER") and self.account is not None and not self.is_reader

    @property
    def is_reader(self) -> bool:
        """Whether the caller is the visitor who only looks."""
        return self.account is not None and self.account.id == self.catalogue.reader

    def seen(self, issue: Issue | None) -> Issue:
        """The issue itself. Raises a refusal 404 where it is not visible."""
        if issue is None or not self.browses(self.catalogue.projects[issue.project]):
            raise no_issue()
        return issue

    def editable(self, issue: Issue, flavour: Flavour) -> Project:
        """The issue's project. Raises a refusal where the caller may not edit: 403 on Cloud, 400 on Data Center."""
        project = self.catalogue.projects[issue.project]
        status = 403 if flavour is Flavour.CLOUD else 400
        if not self.edits(project):
            raise Refusal(status, [NO_EDIT])
        if project.archived:
            raise Refusal(status, [ARCHIVED])
        return project
