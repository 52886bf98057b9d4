"""An issue as an answer: which fields were asked for, names and schema beside them, properties, history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pmo_sync.sandbox import values
from pmo_sync.sandbox.fields import schema
from pmo_sync.sandbox.records import Entry, Field, Issue
from pmo_sync.sandbox.view import Shown, View

HISTORIES_OF_CLOUD = 40
"""How many entries `expand=changelog` shows there."""
EXPANDS = "operations,versionedRepresentations,editmeta,changelog,renderedFields"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants of each issue. `fields` empty: `default`; a field with a dash before it is left out."""

    fields: Sequence[str]
    default: str
    properties: Sequence[str] = ()
    expand: frozenset[str] = frozenset()

    @property
    def words(self) -> list[str]:
        """The list in force."""
        if all(word.startswith("-") for word in self.fields):
            return [self.default, *self.fields]
        return list(self.fields)

    @property
    def is_bare(self) -> bool:
        """Whether ids and keys are enough."""
        return not self.properties and set(self.words) <= {"id", "key"}

    def selected(self, known: Iterable[Field]) -> list[Field]:
        """Those of the known fields that are wanted, by id or by `*all`, `*navigable`; others are not there."""
        words = set(self.words)
        everything = bool(words & {"*all", "*navigable"})
        return [one for one in known if (everything or one.id in words) and f"-{one.id}" not in words]


@dataclass(slots=True)
class Presenter:
    """Shows issues to one caller, as one request asks."""

    view: View
    asked: Asked
    _fields: dict[tuple[int, int], list[Field]] | None = None

    def issue(self, issue: Issue) -> Shown:
        """One issue."""
        asked = self.asked
        if asked.is_bare and self.view.cloud and "key" not in asked.words:
            return {"id": str(issue.id)}
        shown: Shown = {
            "expand": EXPANDS,
            "id": str(issue.id),
            "self": f"{self.view.base}/issue/{issue.id}",
            "key": issue.key,
        }
        if not asked.is_bare or not self.view.cloud:
            shown["fields"] = self._members(issue)
        if asked.properties:
            wanted = issue.properties if "*all" in asked.properties else asked.properties
            shown["properties"] = {key: issue.properties[key] for key in wanted if key in issue.properties}
        if "names" in asked.expand:
            shown["names"] = {one.id: one.name for one in self._of(issue)}
        if "schema" in asked.expand:
            shown["schema"] = {one.id: schema(one, self.view.store.flavour) for one in self._of(issue)}
        if "changelog" in asked.expand:
            shown["changelog"] = self.history(issue)
        return shown

    def _of(self, issue: Issue) -> list[Field]:
        if self._fields is None:
            self._fields = {}
        if issue.place not in self._fields:
            self._fields[issue.place] = self.asked.selected(self.view.fields_of(issue))
        return self._fields[issue.place]

    def _members(self, issue: Issue) -> Shown:
        """Its fields. `parent` is a member of those only that have one, as in Jira; anything else empty is null."""
        view = self.view
        members = {one.id: values.shown(view, issue, one) for one in self._of(issue)}
        if members.get("parent", "") is None:
            del members["parent"]
        return members

    def history(self, issue: Issue) -> Shown:
        """What `expand=changelog` shows, the newest first."""
        newest = list(reversed(issue.history))
        if self.view.cloud:
            newest = newest[:HISTORIES_OF_CLOUD]
        histories = [entry(self.view, one) for one in newest]
        return {"startAt": 0, "maxResults": len(histories), "total": len(issue.history), "histories": histories}


def entry(view: View, one: Entry) -> Shown:
    """One entry of a history; what is empty on one side is null, whatever the published description says."""
    items: list[Shown] = []
    for item in one.items:
        shown: Shown = {
            "field": item.field,
            "fieldtype": "custom" if item.custom else "jira",
            "from": item.before,
            "fromString": item.before_text,
            "to": item.after,
            "toString": item.after_text,
        }
        items.append({**shown, "fieldId": item.field_id} if view.cloud else shown)
    return {"id": str(one.id), "author": view.account(one.author), "created": view.moment(one.at), "items": items}


def describe(page: Shown, asked: Asked) -> None:
    """Names and schema stand once on a page, not in every issue."""
    issues = page["issues"]
    for name in ("names", "schema"):
        if name in asked.expand and isinstance(issues, list):
            page[name] = {id_: one for issue in issues for id_, one in issue.pop(name, {}).items()}
