"""Looking at places of ours and writing to them: one narrow PUT per target; only what is read back counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from pmo_sync.connectors.answers import INVALID, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Seen
from pmo_sync.connectors.normal import moment, same
from pmo_sync.connectors.redmine.client import Client
from pmo_sync.connectors.redmine.fields import named, value_of, written_fields
from pmo_sync.connectors.redmine.wire import CLOSED, CustomValue, Issue, Project, User
from pmo_sync.connectors.transport import Repeat
from pmo_sync.errors import IncompleteError
from pmo_sync.model.change import Change, Outcome, Result, SetField, Target, TargetKind, Value
from pmo_sync.model.mark import place


class _MovedError(Exception):
    """Between two tries somebody else changed the field."""

    def __init__(self, field_name: str) -> None:
        super().__init__(field_name)
        self.field_name = field_name


@dataclass(slots=True)
class Writer:
    """The one part of the connector that sends changes."""

    client: Client
    _me: User | None = None
    _permissions: dict[int, frozenset[str] | None] = field(default_factory=dict)

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        """How the targets stand, in the order asked. Raises IncompleteError when that cannot be told of all."""
        items = [target.id for target in targets if target.kind is TargetKind.ITEM]
        issues = self.client.issues_by_id(items)
        return [
            self._seen_issue(target, issues.get(int(target.id)))
            if target.kind is TargetKind.ITEM
            else self._seen_project(target, self.client.project(target.id))
            for target in targets
        ]

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        """One outcome per change, in their order. All have one target.

        Raises AccessError where Redmine does not know us any more, or lets us see nothing.
        """
        fields = [change for change in changes if isinstance(change, SetField)]
        outcomes: dict[int, Outcome] = {
            id(change): Outcome(
                change, Result.REFUSED, f"Redmine has no {place(change)[0]}s; name a field in write.flags"
            )
            for change in changes
            if not isinstance(change, SetField)
        }
        if fields:
            outcomes |= {id(one.change): one for one in self._write(fields)}
        return [outcomes[id(change)] for change in changes]

    def _seen_issue(self, target: Target, issue: Issue | None) -> Seen:
        if issue is None:
            return Seen(target, None, exists=False)
        closed = issue.project.id in self.client.closed_projects()
        return Seen(target, moment(issue.updated_on), self._values(issue.custom_fields), closed=closed)

    def _seen_project(self, target: Target, project: Project | None) -> Seen:
        if project is None:
            return Seen(target, None, exists=False)
        closed = project.status == CLOSED
        return Seen(target, moment(project.updated_on), self._values(project.custom_fields), closed=closed)

    def _values(self, custom: Sequence[CustomValue]) -> dict[str, Value]:
        flags = self.client.options.write.flags
        found = {name: named(name, custom) for name in written_fields(self.client.options)}
        return {name: value_of(one, is_flags=name == flags) for name, one in found.items() if one is not None}

    def _holder(self, target: Target) -> Issue | Project | None:
        return self.client.issue(target.id) if target.kind is TargetKind.ITEM else self.client.project(target.id)

    def _write(self, changes: Sequence[SetField]) -> list[Outcome]:
        target = changes[0].target
        try:
            holder = self._holder(target)
            if holder is None:
                return _all(changes, Result.STALE, f"{target.key} is gone, or not visible any more")
            settled = [self._settled(change, holder) for change in changes]
            if None in settled and self._member_without(holder):  # known before: not even tried
                grant = self._grant(target, holder)
                refused = [Outcome(change, Result.REFUSED, grant, permission=True) for change in changes]
                return [one or other for one, other in zip(settled, refused, strict=True)]
            rest = [change for change, outcome in zip(changes, settled, strict=True) if outcome is None]
            sent = {id(one.change): one for one in self._send(target, holder, rest)} if rest else {}
        except IncompleteError as error:
            return _all(changes, Result.FAILED, f"{error.message}; the next run looks again")
        return [outcome or sent[id(change)] for change, outcome in zip(changes, settled, strict=True)]

    def _settled(self, change: SetField, holder: Issue | Project) -> Outcome | None:
        """The outcome of a change that needs no request; None where one is needed."""
        one = named(change.field, holder.custom_fields)
        if one is None:
            return Outcome(change, Result.REFUSED, f'{change.target.key} does not show the field "{change.field}"')
        current = self._current(change, holder)
        if same(current, change.after):
            return Outcome(change, Result.UNCHANGED)
        if not same(current, change.before):
            return Outcome(change, Result.STALE, f'"{change.field}" is now {_shown(current)}')
        if self._is_closed(holder):
            return Outcome(change, Result.REFUSED, "the project is closed; nothing can be written to it")
        return None

    def _current(self, change: SetField, holder: Issue | Project) -> Value:
        one = named(change.field, holder.custom_fields)
        return None if one is None else value_of(one, is_flags=change.field == self.client.options.write.flags)

    def _is_closed(self, holder: Issue | Project) -> bool:
        if isinstance(holder, Project):
            return holder.status == CLOSED
        return holder.project.id in self.client.closed_projects()

    def _send(self, target: Target, holder: Issue | Project, changes: Sequence[SetField]) -> list[Outcome]:
        """One PUT for all changes; where the tracker finds one of several invalid, one for each."""
        path, body = _request(target, holder, changes)
        lost: RequestError | None = None
        try:
            self.client.transport.write(
                "PUT", path, body, repeat=Repeat.WRITE, there=lambda: self._there(target, changes)
            )
        except _MovedError as error:
            return _all(changes, Result.STALE, f'"{error.field_name}" was changed by somebody else meanwhile')
        except DeniedError as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return _all(changes, Result.REFUSED, self._grant(target, holder), permission=True)
        except RequestError as error:
            if error.status == INVALID and len(changes) > 1:
                return [outcome for change in changes for outcome in self._send(target, holder, [change])]
            if error.status == INVALID:
                return _all(changes, Result.FAILED, _invalid(changes[0], error.errors))
            lost = error
        return self._read_back(target, changes, lost)

    def _there(self, target: Target, changes: Sequence[SetField]) -> bool:
        """True when every change stands. Raises _MovedError when a value is neither what it was nor what we want."""
        holder = self._holder(target)
        if holder is None:
            raise _MovedError(changes[0].field)
        for change in changes:
            current = self._current(change, holder)
            if not same(current, change.after) and not same(current, change.before):
                raise _MovedError(change.field)
        return all(same(self._current(change, holder), change.after) for change in changes)

    def _read_back(self, target: Target, changes: Sequence[SetField], lost: RequestError | None) -> list[Outcome]:
        holder = self._holder(target)
        if holder is None:
            return _all(changes, Result.FAILED, f"{target.key} cannot be seen after the write")
        outcomes: list[Outcome] = []
        for change in changes:
            current = self._current(change, holder)
            if same(current, change.after):
                outcomes.append(Outcome(change, Result.WRITTEN))
            elif lost is not None:
                outcomes.append(Outcome(change, Result.FAILED, f"{lost.message}; it was not applied"))
            else:
                outcomes.append(self._not_kept(change, holder))
        return outcomes

    def _not_kept(self, change: SetField, holder: Issue | Project) -> Outcome:
        """Why Redmine took a change, and the field does not stand so."""
        try:
            if self._may_edit(holder) is False:
                return Outcome(change, Result.REFUSED, self._grant(change.target, holder), permission=True)
        except DeniedError as error:  # an outcome, as the other changes of the target may stand
            return Outcome(change, Result.FAILED, error.message, permission=True, stranger=error.stranger)
        kept = _shown(self._current(change, holder))
        detail = (
            f'Redmine took the change and kept "{change.field}" at {kept}: the field is read-only '
            "for our role in this status (Administration > Workflow > Fields permissions)"
        )
        return Outcome(change, Result.FAILED, detail)

    def _may_edit(self, holder: Issue | Project) -> bool | None:
        """Whether a role of ours in the project permits the edit; None when that cannot be told.

        Raises DeniedError where Redmine does not know us any more.
        """
        try:
            roles = self._roles(holder)
            return None if roles is None else any(self._edits(role, holder) for role in roles)
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return None

    def _member_without(self, holder: Issue | Project) -> bool:
        """True only where we are a member whose roles are known not to permit the edit.

        Who is no member may still edit by the role that Redmine gives to everybody.
        Raises DeniedError where Redmine does not know us any more.
        """
        try:
            roles = self._roles(holder)
            return bool(roles) and not any(self._edits(role, holder) for role in roles or ())
        except (RequestError, DeniedError) as error:
            if error.status == UNKNOWN_TO_US:
                raise
            return False

    def _roles(self, holder: Issue | Project) -> list[int] | None:
        """Our roles in the project; None for an administrator, who needs none."""
        self._me = me = self._me or self.client.me()
        if me.admin:
            return None
        project = holder.id if isinstance(holder, Project) else holder.project.id
        return [role.id for one in me.memberships if one.project.id == project for role in one.roles]

    def _edits(self, role: int, holder: Issue | Project) -> bool:
        return ("edit_project" if isinstance(holder, Project) else "edit_issues") in self._permitted(role)

    def _permitted(self, role: int) -> frozenset[str]:
        known = self._permissions.get(role)
        if known is None:
            known = self._permissions[role] = self.client.permissions(role)
        return known

    def _grant(self, target: Target, holder: Issue | Project) -> str:
        login = self.client.user.login
        if isinstance(holder, Project):
            return f"{login} may not edit project {holder.identifier}: give its role there the permission Edit project"
        return f"{login} may not edit {target.key}: give its role in {holder.project.name} the permission Edit issues"


def _request(target: Target, holder: Issue | Project, changes: Sequence[SetField]) -> tuple[str, bytes]:
    """Path and body of a PUT that holds these fields, by id, and nothing else."""
    values = []
    for change in changes:
        one = named(change.field, holder.custom_fields)
        if one is not None:
            values.append({"id": one.id, "value": _wire_value(one, change.after)})
    kind, path = ("issue", "issues") if target.kind is TargetKind.ITEM else ("project", "projects")
    return f"/{path}/{int(target.id)}.json", msgspec.json.encode({kind: {"custom_fields": values}})


def _wire_value(one: CustomValue, after: Value) -> str | list[str]:
    if one.multiple:
        return sorted([after] if isinstance(after, str) else after or ())
    return after if isinstance(after, str) else ", ".join(sorted(after or ()))


def _all(changes: Sequence[SetField], result: Result, detail: str, *, permission: bool = False) -> list[Outcome]:
    return [Outcome(change, result, detail, permission) for change in changes]


def _shown(value: Value) -> str:
    if value is None:
        return "empty"
    return f'"{value}"' if isinstance(value, str) else f'"{", ".join(value)}"'


def _invalid(change: SetField, errors: tuple[str, ...]) -> str:
    said = "; ".join(errors) or "no reason given"
    if any("not included in the list" in one for one in errors):
        return f'{said}: add {_shown(change.after)} to the values of the custom field "{change.field}"'
    return f'Redmine refuses {_shown(change.after)} for "{change.field}": {said}'
