"""A person who edits on the web pages: straight in the store, with history, `updated` and no permission asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pmo_sync.errors import UsageError
from pmo_sync.sandbox.changes import changed, entry
from pmo_sync.sandbox.fields import SYSTEM
from pmo_sync.sandbox.loading import Loader
from pmo_sync.sandbox.records import Account, Field, Issue, Item, Named, Status
from pmo_sync.sandbox.seed import FieldValue, Seed, SeedIssue
from pmo_sync.sandbox.seeding import stored
from pmo_sync.sandbox.store import Batch, Store, milliseconds


@dataclass(frozen=True, slots=True)
class Hand:
    """Edits of one person. Issues by key or id; UsageError names what does not exist. Mails are not counted."""

    store: Store
    account: Account
    zone: str

    def set(self, key: str, field: str, value: FieldValue) -> None:
        """A field, by name or id, has the value; names of options, statuses, people's logins; None empties it."""
        with self.store.writing() as batch:
            issue = self._issue(key)
            one = self._field(field)
            new = self._stored(one, value)
            batch.issues[issue.id] = changed(self.store, issue, {one.id: one}, {one.id: new}, self.account.id)
            if batch.issues[issue.id] == issue:
                del batch.issues[issue.id]

    def label(self, key: str, *, add: Sequence[str] | str = (), remove: Sequence[str] | str = ()) -> None:
        """The issue has the labels of `add` and none of `remove`; the others stay."""
        added, removed = ({one} if isinstance(one, str) else set(one) for one in (add, remove))
        with self.store.writing() as batch:
            issue = self._issue(key)
            labels: object | None = sorted((set(issue.labels) | added) - removed) or None
            one = SYSTEM["labels"]
            new = changed(self.store, issue, {"labels": one}, {"labels": labels}, self.account.id)
            if new != issue:
                batch.issues[issue.id] = new

    def move(self, key: str, project: str) -> str:
        """The issue is in another project, with a new key, which is returned; the old key still leads to it."""
        with self.store.writing() as batch:
            issue = self._issue(key)
            loader = Loader(self.store, self.zone, batch)
            target = loader.project(project)
            new_key = f"{target.key}-{loader.catalogue.next_id(f'key {target.id}', 1)}"
            before = self.store.catalogue.projects[issue.project]
            at = max(milliseconds(self.store.now()), issue.updated + 1)
            items = (
                Item("project", "project", False, str(before.id), before.name, str(target.id), target.name),
                Item("Key", "key", False, None, issue.key, None, new_key),
            )
            history = (*issue.history, entry(issue, at, self.account.id, items))
            batch.issues[issue.id] = replace(issue, key=new_key, project=target.id, updated=at, history=history)
            batch.former_keys[issue.key] = issue.id
            batch.catalogue = loader.catalogue
        return new_key

    def delete(self, key: str) -> None:
        """The issue and its links are gone."""
        with self.store.writing() as batch:
            issue = self._issue(key)
            batch.issues[issue.id] = None
            batch.links.update(dict.fromkeys(self.store.links_of.get(issue.id, {})))

    def create(  # noqa: PLR0913 - an issue has that many parts
        self,
        project: str,
        summary: str,
        *,
        type: str,  # noqa: A002 - the tracker's word
        status: str,
        assignee: str | None = None,
        due: date | None = None,
        labels: Sequence[str] = (),
        parent: str | None = None,
    ) -> str:
        """A new issue; its key is returned."""
        at = self.store.now()
        with self.store.writing() as batch:
            loader = Loader(self.store, self.zone, batch)
            seed = SeedIssue(project, type, summary, at, at, status, assignee=assignee, reporter=self.account.login,
                             due=due, labels=labels, parent=parent)  # fmt: skip
            loader.load(Seed(issues=(seed,), link_types=()))
            return next(one.key for one in batch.issues.values() if one is not None)

    def _issue(self, key: str) -> Issue:
        found = self.store.issue(key)
        if found is None:
            raise UsageError(f"There is no issue {key} in the sandbox")
        return found

    def _field(self, name: str) -> Field:
        known = {**SYSTEM, **self.store.catalogue.fields}
        found = known.get(name) or next((one for one in known.values() if one.name == name), None)
        if found is None:
            raise UsageError(f'There is no field "{name}" in the sandbox')
        return found

    def _stored(self, field: Field, value: FieldValue) -> object | None:
        known = self.store.catalogue
        every: dict[str, Mapping[int, Status | Named]] = {
            "status": known.statuses,
            "resolution": known.resolutions,
            "priority": known.priorities,
            "components": known.components,
            "versions": known.versions,
        }
        records = every.get(field.kind)
        if value is None or records is None:
            loader = Loader(self.store, self.zone, Batch())
            return stored(field, value, person=loader.person, issue=lambda key: self._issue(key).id)
        names = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else []
        ids = {one.name: id_ for id_, one in records.items()}
        missing = [name for name in names if name not in ids]
        if missing:
            raise UsageError(f'"{missing[0]}" is no value of the field "{field.name}"')
        chosen = [ids[str(name)] for name in names]
        return chosen if field.kind in ("components", "versions") else chosen[0]
