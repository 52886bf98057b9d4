"""Looking at places of ours and writing to them: one narrow PUT per issue; only what is read back counts.

Labels are added and taken off one by one, never set as a list. What stands is asked of the issue, never of the search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from pmo_sync.connectors.answers import INVALID, INVALID_REQUEST, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Seen
from pmo_sync.connectors.jira import notes
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.links import put_link
from pmo_sync.connectors.jira.notes import Note
from pmo_sync.connectors.jira.places import Place, places
from pmo_sync.connectors.jira.refusals import LABELS, NO_FIELDS, IssueChange, Words, blamed, every, final, lacked, said
from pmo_sync.connectors.jira.rights import EDIT, LINK, Rights
from pmo_sync.connectors.jira.standing import Job, Spot, labels_of, moved, narrow, project_of, settled, stands
from pmo_sync.connectors.jira.values import Form
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.connectors.normal import moment
from pmo_sync.connectors.transport import Repeat
from pmo_sync.errors import IncompleteError
from pmo_sync.model.change import (
    Change,
    Outcome,
    PutLink,
    Result,
    SetField,
    Target,
    TargetKind,
)


class _MovedError(Exception):
    """Between two tries somebody else changed the field, or the issue went away."""


@dataclass(slots=True)
class Writer:
    """The one part of the connector that sends changes."""

    client: Client
    _places: dict[str, Place] | None = None
    _rights: Rights | None = None

    @property
    def places(self) -> Mapping[str, Place]:
        """The fields we may write, by their name in pmo.yaml."""
        if self._places is None:
            client = self.client
            self._places = places(client.options, client.catalogue, documents=client.dialect.rich_text)
        return self._places

    @property
    def rights(self) -> Rights:
        """What we may, where."""
        self._rights = self._rights or Rights(self.client)
        return self._rights

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        """How the targets stand, in the order asked.

        Raises IncompleteError when that cannot be told of all, AccessError where Jira does not know us any more.
        """
        items = [target.id for target in targets if target.kind is TargetKind.ITEM]
        issues = self.client.issues_by_id(items, self._fields()) if items else {}
        return [
            self._seen(target, issues.get(target.id)) if target.kind is TargetKind.ITEM else Seen(target, None)
            for target in targets
        ]

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        """One outcome per change, in their order; all have one target.

        Raises AccessError where Jira does not know us any more.
        """
        if not changes:
            return []
        job = Job(changes)
        if job.target.kind is TargetKind.PROJECT:
            return every(changes, Result.REFUSED, NO_FIELDS)
        try:
            self._write(job)
        except IncompleteError as error:
            job.close(every(job.open, Result.FAILED, f"{error.message}; the next run looks again"))
        return job.result()

    def _fields(self) -> tuple[str, ...]:
        return (LABELS, "updated", "project", *sorted({place.id for place in self.places.values()}))

    def _seen(self, target: Target, issue: Issue | None) -> Seen:
        if issue is None:
            return Seen(target, None, exists=False)
        updated = issue.fields.get("updated")
        return Seen(
            target,
            moment(updated) if isinstance(updated, str) else None,
            {name: one.stands(issue.fields[one.id]) for name, one in self.places.items() if one.id in issue.fields},
            labels_of(issue) or (),
            closed=self.rights.archived(project_of(issue)[0]),
        )

    def _spot(self, target: Target) -> Spot | None:
        key = notes.key_of(self.client.owner)
        issue = self.client.issue(target.id, self._fields(), (key,))
        if issue is None:
            return None
        project, name = project_of(issue)
        client = self.client
        account = client.options.user or client.me.display_name or client.me.name or "our account"
        words = Words(account, client.name, issue.key, name)
        return Spot(issue, project, words, notes.read(issue.properties.get(key), issue.id))

    def _write(self, job: Job) -> None:
        spot = self._spot(job.target)
        if spot is None:
            job.close(every(job.changes, Result.STALE, f"{job.target.key} is gone, or not visible any more"))
            return
        done = [settled(change, spot, self.places) for change in job.changes if not isinstance(change, PutLink)]
        job.close([one for one in done if one is not None])
        if job.open:
            self._refuse(job, spot)
        for change in job.open:
            if isinstance(change, PutLink):
                job.close([put_link(self.client, change, spot.words)])
        rest = [change for change in job.open if not isinstance(change, PutLink)]
        if rest:
            self._send(job, spot, rest)
        self._note(job, spot)

    def _refuse(self, job: Job, spot: Spot) -> None:
        """Closes what is known beforehand not to be possible, so that it is not even tried."""
        if self.rights.archived(spot.project):
            job.close(every(job.open, Result.REFUSED, spot.words.archived()))
        for change in job.open:
            needed = LINK if isinstance(change, PutLink) else EDIT
            if not self.rights.has(spot.project, needed):
                job.close(every([change], Result.REFUSED, spot.words.without(needed), permission=True))
        chosen = [one for one in job.open if isinstance(one, SetField) and self.places[one.field].form in _CHOICES]
        if chosen:
            meta = self.client.edit_fields(job.target.id)
            for change in chosen:
                lacks = lacked(change, self.places[change.field], meta)
                if lacks:
                    job.close(every([change], Result.FAILED, spot.words.lacks(change.field, lacks)))

    def _send(self, job: Job, spot: Spot, changes: Sequence[IssueChange]) -> None:
        """One PUT for all changes; without those that Jira refuses by name, a second one."""
        lost: RequestError | None = None
        note = notes.after(spot.note, spot.issue.id, [*job.ours, *changes])
        query = "?notifyUsers=false" if self.rights.silent(spot.project) else ""
        try:
            self.client.transport.write(
                "PUT",
                self.client.path(f"/issue/{int(job.target.id)}{query}"),
                self._body(changes, note),
                repeat=Repeat.WRITE,
                there=lambda: self._there(changes),
            )
        except _MovedError as error:
            job.close(every(changes, Result.STALE, str(error)))
            return
        except DeniedError as error:
            if error.status == UNKNOWN_TO_US:
                raise
            job.close(self._denied(spot, changes))
            return
        except RequestError as error:
            if error.status in (INVALID_REQUEST, INVALID):
                self._without_the_refused(job, spot, changes, error)
                return
            ended = final(error, changes, spot.words)
            if ended is not None:
                job.close(ended)
                return
            lost = error
        self._read_back(job, changes, lost)
        if lost is None or any(job.outcomes[id(change)].result is Result.WRITTEN for change in changes):
            job.noted = note

    def _without_the_refused(self, job: Job, spot: Spot, changes: Sequence[IssueChange], error: RequestError) -> None:
        """Closes the changes that a refusal names and sends the others; where it names none, each by itself."""
        meta = self.client.edit_fields(job.target.id)
        if meta is None or not meta.fields:
            job.close(self._not_editable(spot, changes))
            return
        named = blamed(error, changes, self.places, meta, spot.words)
        if not named and len(changes) == 1:
            named = every(changes, Result.FAILED, f"Jira refuses the change: {said(error)}")
        job.close(named)
        rest = [change for change in changes if id(change) not in job.outcomes]
        if named:
            if rest:
                self._send(job, spot, rest)
            return
        for change in rest:
            self._send(job, spot, [change])

    def _not_editable(self, spot: Spot, changes: Sequence[IssueChange]) -> list[Outcome]:
        """Nothing of the issue may be edited: because of its project, for want of a permission, or of its status."""
        self.rights.forget(spot.project)
        if self.rights.has(spot.project, EDIT) and not self.rights.archived(spot.project):
            return every(changes, Result.REFUSED, spot.words.not_editable())
        return self._denied(spot, changes)

    def _denied(self, spot: Spot, changes: Sequence[IssueChange]) -> list[Outcome]:
        self.rights.forget(spot.project)
        if self.rights.archived(spot.project):
            return every(changes, Result.REFUSED, spot.words.archived())
        return every(changes, Result.REFUSED, spot.words.without(EDIT), permission=True)

    def _body(self, changes: Sequence[IssueChange], note: Note) -> bytes:
        body = narrow(changes, self.places)
        value = notes.write(note)
        if value is not None:
            body["properties"] = [{"key": notes.key_of(self.client.owner), "value": value}]
        return msgspec.json.encode(body)

    def _there(self, changes: Sequence[IssueChange]) -> bool:
        """True when every change stands. Raises _MovedError when a value is neither what it was nor what we want."""
        issue = self.client.issue(changes[0].target.id, self._fields())
        if issue is None:
            raise _MovedError(f"{changes[0].target.key} is gone, or not visible any more")
        gone = moved(changes, issue, self.places)
        if gone is not None:
            raise _MovedError(gone)
        return all(stands(change, issue, self.places) for change in changes)

    def _read_back(self, job: Job, changes: Sequence[IssueChange], lost: RequestError | None) -> None:
        issue = self.client.issue(job.target.id, self._fields())
        if issue is None:
            job.close(every(changes, Result.FAILED, f"{job.target.key} cannot be seen after the write"))
            return
        for change in changes:
            if stands(change, issue, self.places):
                job.close(every([change], Result.WRITTEN, ""))
            elif lost is not None:
                job.close(every([change], Result.FAILED, f"{lost.message}; it was not applied"))
            else:
                what = f'"{change.field}"' if isinstance(change, SetField) else f'the label "{change.label}"'
                detail = f"Jira took the change, and {what} does not stand so: another rule or person changed it back"
                job.close(every([change], Result.FAILED, detail))

    def _note(self, job: Job, spot: Spot) -> None:
        """Makes the note true where no PUT of the issue has: after a link alone, or a change that was changed back."""
        written = [one for one in job.outcomes.values() if one.result is Result.WRITTEN]
        note = notes.after(spot.note, spot.issue.id, job.ours)
        if job.noted is None and not written and not any(isinstance(one, PutLink) for one in job.ours):
            return
        value = notes.write(note)
        if value is None:
            why: str | None = "Jira's note of what we wrote would be too long, so it was left as it was"
        else:
            why = None if note == (job.noted or spot.note) else self._put_note(job.target, value)
        if why is not None:
            job.close([Outcome(one.change, one.result, why) for one in written])

    def _put_note(self, target: Target, value: notes.NoteJson) -> str | None:
        """Why the note could not be kept; None when it is."""
        key = notes.key_of(self.client.owner)
        path = self.client.path(f"/issue/{int(target.id)}/properties/{quote(key, safe='')}")

        def there() -> bool:
            issue = self.client.issue(target.id, ("updated",), (key,))
            return issue is not None and issue.properties.get(key) == value

        try:
            self.client.transport.write("PUT", path, msgspec.json.encode(value), repeat=Repeat.WRITE, there=there)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return f"the note of it could not be kept in Jira: {error.message}"
        return None


_CHOICES: Final = frozenset({Form.OPTION, Form.OPTIONS})
