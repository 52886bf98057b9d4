"""PUT issue: verbs, fields and properties of one request, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.changes import changed, put
from pmo_sync.sandbox.errors import OFF_SCREEN, Refusal, invalid, no_issue
from pmo_sync.sandbox.fields import verbs
from pmo_sync.sandbox.issues import presented
from pmo_sync.sandbox.properties import property_error
from pmo_sync.sandbox.records import Account, Field, Issue
from pmo_sync.sandbox.taking import Wrong, element, taken
from pmo_sync.sandbox.view import View

NOT_SILENT = "To discard the user notification either admin or project admin permissions are required."


@dataclass(slots=True)
class Edit:
    """Collects what a body wants of one issue, and everything that is wrong with it."""

    view: View
    issue: Issue
    values: dict[str, object | None] = field(default_factory=dict)
    properties: dict[str, object] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    known: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {one.id: one for one in self.view.fields_of(self.issue)}

    def read(self, body: Mapping[str, object]) -> None:
        """Takes the members `fields`, `update` and `properties`. Raises a refusal 400 with every mistake in them."""
        given = {name: value for name, value in body.items() if value is not None}
        fields, update, properties = given.get("fields", {}), given.get("update", {}), given.get("properties", [])
        if not isinstance(fields, dict) or not isinstance(update, dict) or not isinstance(properties, list):
            raise invalid("Can not deserialize the request: fields and update are objects, properties is an array.")
        for id_ in set(fields) & set(update):
            self.errors[id_] = f"Field '{id_}' cannot be in both 'fields' and 'update'."
        for id_, value in fields.items():
            self._attempt(id_, [("set", value)])
        for id_, operations in update.items():
            if not isinstance(operations, list) or not all(
                isinstance(one, dict) and len(one) == 1 for one in operations
            ):
                self.errors[id_] = "data was not an array of objects with one operation each"
                continue
            self._attempt(id_, [next(iter(one.items())) for one in operations])
        for one in properties:
            self._property(one)
        if self.messages or self.errors:
            raise self._refusal()

    def _refusal(self) -> Refusal:
        if self.view.cloud and self.messages and not self.errors:
            return Refusal(400, body={"errorMessages": self.messages, "warningMessages": []})
        return Refusal(400, self.messages, self.errors)

    def _attempt(self, id_: str, operations: list[tuple[str, object]]) -> None:
        one = self.known.get(id_)
        off_screen = one is not None and not self.view.cloud and self.issue.place in one.off_screen_for
        if one is None or off_screen or not verbs(one):
            self.errors[id_] = OFF_SCREEN.format(id_)
            return
        try:
            for verb, value in operations:
                self._apply(one, verb, value)
        except Wrong as wrong:
            if wrong.whole:
                self.messages.append(wrong.message)
            else:
                self.errors[id_] = wrong.message

    def _apply(self, one: Field, verb: str, value: object) -> None:
        if verb not in verbs(one):
            raise Wrong(f"The operation '{verb}' is not supported by the field '{one.id}'.")
        if one.id == "parent" and isinstance(value, dict) and value.get("none") is True:
            value = None
        if verb == "set":
            self.values[one.id] = taken(self.view, one, value)
            return
        part = element(self.view, one, value)
        stored = self.values.get(one.id, self.issue.values.get(one.id))
        parts = list(stored) if isinstance(stored, list) else []
        if verb == "add" and part not in parts:
            parts.append(part)
        elif verb == "remove" and part in parts:
            parts.remove(part)
        self.values[one.id] = (sorted(parts, key=str) if one.kind == "labels" else parts) or None

    def _property(self, one: object) -> None:
        if not isinstance(one, dict) or not isinstance(one.get("key"), str) or "value" not in one:
            self.messages.append("Each property needs the members 'key' and 'value'.")
            return
        error = property_error(one["key"], one["value"])
        if error is not None:
            self.messages.append(error)
        self.properties[one["key"]] = one["value"]

    def result(self, account: Account) -> Issue:
        """The issue after the edit."""
        new = changed(self.view.store, self.issue, self.known, self.values, account.id)
        if self.properties:
            new = replace(new, properties=new.properties | self.properties)
        return new


def edit(call: Call) -> Answer:
    """PUT issue. Raises refusals; then nothing of it is done."""
    issue = call.issue()
    if call.account is None:
        raise no_issue()
    body = call.members()
    with call.store.writing() as batch:
        issue = call.rights.seen(call.store.issues.get(issue.id))
        project = call.rights.editable(issue, call.store.flavour)
        mails = True
        if not call.flag("notifyUsers", default=True):
            mails = not call.rights.administers(project)
            if mails and not call.cloud:
                raise Refusal(403, [NOT_SILENT])
        one = Edit(call.view(), issue)
        one.read(body)
        put(batch, issue, one.result(call.account), mails=mails)
    if call.cloud and call.flag("returnIssue", default=False):
        return Answer(200, presented(call, call.store.issues[issue.id]))
    return Answer(204)
