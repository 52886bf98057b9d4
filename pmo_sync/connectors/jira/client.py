"""What is asked of a Jira, request by request, and how its answers are told apart. Reads only: `reading` reads all
issues, `writing` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmo_sync.connectors.answers import NOT_FOUND, RequestError
from pmo_sync.connectors.jira import wire
from pmo_sync.connectors.jira.asking import identify, one_issue
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.fields import Catalogue
from pmo_sync.connectors.jira.wire import EditMeta, Issue, RemoteLink, Slim, User
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.transport import Transport


@dataclass(slots=True)
class Client:
    """The questions we ask. `me` is who we are, proven; `owner` the owner_id of pmo.yaml; `base` where people look."""

    name: str
    options: JiraOptions
    transport: Transport
    dialect: Dialect
    me: User
    owner: str
    base: str
    catalogue: Catalogue

    def path(self, rest: str) -> str:
        """The path of a resource: `path("/issue/10001")`."""
        return self.dialect.api + rest

    def issue(self, number: str, fields: Sequence[str], properties: Sequence[str] = ()) -> Issue | None:
        """One issue as it stands now, by immutable id; None when it is gone or not visible.

        Raises AccessError where Jira no longer knows us: to strangers every issue looks gone.
        """
        found = one_issue(self.transport, self.dialect.api, number, fields, properties)
        if found is None:
            identify(self.name, self.options, self.dialect, self.transport)
        return None if found is None else Slim().issue(found)

    def issues_by_id(
        self, numbers: Sequence[str], fields: Sequence[str], properties: Sequence[str] = ()
    ) -> dict[str, Issue]:
        """These issues as they stand now, by immutable id; those that are gone or not visible are left out.

        Raises AccessError where Jira no longer knows us, IncompleteError where it does not tell of one.
        """
        found = self.dialect.by_id(self.transport, numbers, fields, properties)
        if len(found) < len(set(numbers)):
            identify(self.name, self.options, self.dialect, self.transport)
        slim = Slim()
        return {number: slim.issue(raw) for number, raw in found.items()}

    def edit_fields(self, number: str) -> EditMeta | None:
        """What of an issue may be edited, by field id; None when it is gone or not visible."""
        try:
            return self.transport.read(self.path(f"/issue/{int(number)}/editmeta"), wire.EDIT_META)
        except RequestError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def permissions(self, projects: Iterable[str], names: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Permission → ids of the projects where we have it; a global one (ADMINISTER) in all or none."""
        return self.dialect.permissions(self.transport, projects, names)

    def remote_link(self, number: str, global_id: str) -> RemoteLink | None:
        """The web link of this name on an issue; None when it has none."""
        try:
            return self.transport.read(
                self.path(f"/issue/{int(number)}/remotelink"),
                wire.REMOTE_LINK,
                {"globalId": global_id},
                meant=lambda one: one.global_id == global_id,
            )
        except RequestError as error:
            if error.status == NOT_FOUND:
                return None
            raise
