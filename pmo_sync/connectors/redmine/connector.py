"""The connector's door: one Redmine, after its identity has been proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from pmo_sync.connectors.base import Needs, Probe, Report, Seen, Since
from pmo_sync.connectors.normal import snapshot_id
from pmo_sync.connectors.redmine import probing
from pmo_sync.connectors.redmine.client import Client, identify
from pmo_sync.connectors.redmine.fields import missing
from pmo_sync.connectors.redmine.history import Told, gather, histories
from pmo_sync.connectors.redmine.people import OWNER_ACTIVE, Accounts, already_meant, with_owner_active
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.rows import Rows, to_rows
from pmo_sync.connectors.redmine.writing import Writer
from pmo_sync.connectors.words import not_mapped
from pmo_sync.errors import UsageError
from pmo_sync.model.change import Change, Outcome, Target
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY


class RedmineConnector:
    """Redmine as `connectors.base.Connector` promises it."""

    def __init__(self, client: Client, base: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._writer = Writer(client)
        self._base = base
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

    def pull(self, needs: Needs, report: Report, since: Since | None = None) -> Snapshot:
        client, before, watermark = self._client, self.requests, self.server_time
        read, problems = client.read(report, needs, since)
        catalogue = read.catalogue()
        if read.issues.count and not problems and since is None:  # what changed may show some of the fields only
            unknown = [one.text for one in missing(client.name, client.options, catalogue) if one.mistaken]
            if unknown:
                raise UsageError(
                    " · ".join(unknown), advice="`pmo-sync doctor --fields` lists the fields that were found"
                )
        wanted = not_mapped(needs.history, client.options)
        told = gather(client, read.issues, wanted, since, report)
        problems = [*problems, *told.problems]
        read = replace(read, incomplete=read.incomplete | read.issues.projects_of(told.lost))
        rows = to_rows(read, client.name, self._base, client.options, needs.columns)
        rows, meant = self._people(needs, read, rows, told, report, since)
        now = self._now()
        pulled_at = client.transport.server_time or now
        manifest = Manifest(
            id=snapshot_id(pulled_at, now),
            tracker=client.name,
            kind="redmine",
            url=self._base,
            address=f"{self._base}/issues/{{id}}",
            account=client.user.login,
            pulled_at=pulled_at,
            complete=not problems,
            problems=tuple(problems),
            columns=tuple(sorted({*rows.columns, *(wanted & FROM_HISTORY)})),
            histories=tuple(sorted(histories(wanted, client.options))),
            requests=self.requests - before,
            holidays=needs.holidays,
            unmapped=rows.unmapped,
            watermark=watermark,
            changes_since=None if since is None else since.watermark,
            noted=True,  # it keeps none
        )
        return Snapshot(
            manifest,
            rows.items,
            rows.scopes,
            projects=rows.projects,
            links=rows.links,
            changes=told.changes,
            marks=rows.marks,
            accounts=meant,
        )

    def _people(
        self, needs: Needs, read: Read, rows: Rows, told: Told, report: Report, since: Since | None
    ) -> tuple[Rows, pl.DataFrame]:
        """The rows with `owner_active` where it is needed, and who is meant by the entries of `people`."""
        client, before = self._client, self.requests
        accounts = Accounts(client)
        if OWNER_ACTIVE in needs.columns and OWNER_ACTIVE not in rows.items.columns:
            rows = with_owner_active(rows, read, accounts.active(read.issues.owners(), report))
        known = frozenset() if since is None else already_meant(since.previous, client.options)
        meant = accounts.meant(needs.people - known, read, rows, told.names)
        if self.requests > before or told.asked:  # without a key nobody would be shown, and no private edit
            identify(client.name, client.options, client.transport)
        return rows, meant

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        return self._writer.look(targets)

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        return self._writer.write(changes)

    def probe(self) -> list[Probe]:
        return probing.probe(self._client, self._base, self._now())

    def close(self) -> None:
        self._client.transport.close()
