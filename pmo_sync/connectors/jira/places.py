"""The fields that we may write, found in Jira's own list of fields."""

from __future__ import annotations

from dataclasses import dataclass

from pmo_sync.connectors import normal
from pmo_sync.connectors.jira import values
from pmo_sync.connectors.jira.fields import Catalogue, written_fields
from pmo_sync.connectors.jira.values import Form
from pmo_sync.connectors.jira.wire import Field
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.model.change import Value


@dataclass(frozen=True, slots=True)
class Place:
    """One field that we may write.

    Attributes:
        name: as pmo.yaml names it.
        id: of the field in Jira.
        form: what it holds.
        flags: it takes flags, so a text in it is the words it holds.
        documents: Jira keeps rich text as documents, not as markup.
    """

    name: str
    id: str
    form: Form
    flags: bool = False
    documents: bool = False

    def stands(self, raw: object) -> Value:
        """The normal form of what stands there, as it was read."""
        return values.stands(raw, self.form, flags=self.flags, documents=self.documents)

    def fit(self, value: Value) -> Value:
        """What will stand there once `value` is written. Raises UnfitError where it cannot be written."""
        return values.fit(value, self.form, flags=self.flags)

    def same(self, one: Value, other: Value) -> bool:
        """True when two values, each in normal form or as a plan says it, mean the same there."""
        left, right = (values.loose(value, self.form, flags=self.flags) for value in (one, other))
        return normal.same(left, right)

    def wire(self, value: Value) -> object:
        """What is sent for a value that `fit` gave."""
        return values.wire(value, self.form, documents=self.documents)


def places(options: JiraOptions, catalogue: Catalogue, *, documents: bool) -> dict[str, Place]:
    """The fields we may write by their name in pmo.yaml; without those that Jira does not have."""
    found = {name: catalogue.field(name) for name in written_fields(options)}
    return {
        name: Place(
            name,
            field.id,
            _form(field),
            flags=name == options.write.flags,
            documents=documents,
        )
        for name, field in found.items()
        if field is not None
    }


def _form(field: Field) -> Form:
    schema = field.schema
    return Form.OTHER if schema is None else values.form_of(field.id, schema.type, schema.items, schema.custom)
