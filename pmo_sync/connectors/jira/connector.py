"""The connector's door: one Jira, after its kind and our identity have been proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from pmo_sync.connectors.base import Needs, Probe, Report, Seen, Since
from pmo_sync.connectors.collector import without_collector
from pmo_sync.connectors.jira import probing
from pmo_sync.connectors.jira.asking import identify
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.fields import missing
from pmo_sync.connectors.jira.history import TOLD
from pmo_sync.connectors.jira.reading import read, tracked_fields
from pmo_sync.connectors.jira.rows import to_rows
from pmo_sync.connectors.jira.scopes import stubs
from pmo_sync.connectors.jira.writing import Writer
from pmo_sync.connectors.normal import snapshot_id
from pmo_sync.connectors.words import not_mapped
from pmo_sync.errors import UsageError
from pmo_sync.model.change import Change, Outcome, Target
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY

_SILENT: Final = ("ADMINISTER", "ADMINISTER_PROJECTS")
"""With one of these an edit may be made without mail."""


class JiraConnector:
    """A Jira as `connectors.base.Connector` promises it."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client = client
        self._writer = Writer(client)
        self._now = now

    @property
    def requests(self) -> int:
        return self._client.transport.requests

    @property
    def writes(self) -> int:
        return self._client.transport.writes

    @property
    def server_time(self) -> datetime | None:
        return self._client.transport.server_time

    @without_collector
    def pull(self, needs: Needs, report: Report, since: Since | None = None) -> Snapshot:
        client, before, watermark = self._client, self.requests, self.server_time
        if unknown := missing(client.name, client.options, client.catalogue):
            identify(client.name, client.options, client.dialect, client.transport)  # a stranger sees no own fields
            raise UsageError(
                " · ".join(unknown),
                advice="`pmo-sync doctor --fields` lists the fields that were found",
                code="unknown-field",
            )
        was = read(client, needs, report, since)
        silent = self._silent({stub.id for stub in stubs(was.found)})
        rows = to_rows(was, client, needs.columns)
        wanted = not_mapped(needs.history, client.options)
        now = self._now()
        pulled_at = client.transport.server_time or now
        manifest = Manifest(
            id=snapshot_id(pulled_at, now),
            tracker=client.name,
            kind=client.dialect.kind,
            url=client.base,
            address=f"{client.base}/browse/{{key}}",
            account=client.me.email_address or client.me.name or client.me.account_id,
            pulled_at=pulled_at,
            complete=not was.problems,
            problems=was.problems,
            columns=tuple(sorted({*rows.columns, *(wanted & FROM_HISTORY)})),
            histories=tuple(sorted(tracked_fields(client, needs).columns | (wanted & TOLD))),
            requests=self.requests - before,
            holidays=needs.holidays,
            silent_projects=silent,
            unmapped=rows.unmapped,
            watermark=watermark,
            changes_since=None if since is None else since.watermark,
            noted=client.dialect.notes_come_along or needs.remember,
        )
        return Snapshot(
            manifest,
            rows.items,
            rows.scopes,
            projects=rows.projects,
            links=rows.links,
            changes=was.told.changes,
            marks=rows.marks,
            remembered=rows.remembered,
            sprints=rows.sprints,
            accounts=rows.accounts,
        )

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        return self._writer.look(targets)

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        return self._writer.write(changes)

    def probe(self) -> list[Probe]:
        return probing.probe(self._client, self._now())

    def close(self) -> None:
        self._client.transport.close()

    def _silent(self, projects: set[str]) -> tuple[str, ...]:
        """Ids of the projects where an edit of ours sends no mail; asked only where something may be written."""
        write = self._client.options.write
        if not (write.labels or write.link or write.comment or write.flags or write.fields):
            return ()
        held = self._client.permissions(projects, _SILENT)
        return tuple(sorted(frozenset().union(*held.values()), key=int))
