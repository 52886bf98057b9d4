"""Why Jira does not take a change, as a sentence that says what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pmo_sync.connectors.answers import NOT_FOUND, RequestError
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.jira.rights import EDIT, WORDS
from pmo_sync.connectors.jira.values import lacking
from pmo_sync.connectors.jira.wire import EditMeta
from pmo_sync.model.change import AddLabel, Change, Outcome, RemoveLabel, Result, SetField, Value

_CONFLICT: Final = 409
_TOO_LARGE: Final = 413
LABELS: Final = "labels"
NO_FIELDS: Final = "a Jira project has no fields of its own; name the item that stands for it under structure.homes"
NOT_SCREENED: Final = "appropriate screen"
"""What Jira says of a field that is not on the edit screen, in an account whose language is English."""

IssueChange: TypeAlias = AddLabel | RemoveLabel | SetField
"""A change that is made with the issue itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """Names for the sentences about one issue: our account, the tracker in pmo.yaml, the issue and its project."""

    account: str
    tracker: str
    key: str
    project: str

    def without(self, permission: str) -> str:
        """We lack a permission, named as the API does."""
        return (
            f"{self.account} may not write to {self.key}: give it the permission {WORDS[permission]} in project "
            f"{self.project} (Project settings > Permissions)"
        )

    def not_editable(self) -> str:
        """Nobody may edit the issue as it stands."""
        return f"{self.key} cannot be edited in its status (workflow property jira.issue.editable)"

    def archived(self) -> str:
        """The project takes no changes."""
        return f"project {self.project} is archived; nothing can be written to it"

    def hidden(self, name: str) -> str:
        """The issue has no such field for us."""
        return f'{self.key} does not show the field "{name}"'

    def lacks(self, field: str, options: Iterable[str]) -> str:
        """A field has no such options."""
        names = ", ".join(f'"{one}"' for one in options)
        return (
            f'"{field}" has no option {names} in project {self.project}: add it to the options of the custom field; '
            f"colours can be given other words under trackers.{self.tracker}.values.health"
        )

    def off_screen(self, change: IssueChange) -> str:
        """The field is not where it could be edited."""
        if isinstance(change, SetField):
            name, way_out = change.field, f"take it out of trackers.{self.tracker}.write"
        else:
            name, way_out = "Labels", f"switch trackers.{self.tracker}.write.labels off"
        return (
            f'"{name}" is not on the edit screen of {self.key}: add it in project {self.project} '
            f"(Project settings > Screens), or {way_out}"
        )


def every(changes: Iterable[Change], result: Result, detail: str, *, permission: bool = False) -> list[Outcome]:
    """The same outcome for all of these."""
    return [Outcome(change, result, detail, permission) for change in changes]


def shown(value: Value) -> str:
    """A value for people."""
    if value is None:
        return "empty"
    return f'"{value}"' if isinstance(value, str) else f'"{", ".join(value)}"'


def said(error: RequestError) -> str:
    """What Jira says is wrong."""
    return "; ".join(error.errors) or error.message


def blamed(
    error: RequestError,
    changes: Sequence[IssueChange],
    places: Mapping[str, Place],
    meta: EditMeta,
    words: Words,
) -> list[Outcome]:
    """The outcomes of the changes that a refusal (400) names; none where it names none.

    `meta` is what can be edited of the issue now.
    """
    found = []
    for change in changes:
        text = _text(error, change, changes, places)
        if text is not None:
            found.append(_outcome(change, text, places, meta, words))
    return found


def lacked(change: SetField, place: Place, meta: EditMeta | None) -> tuple[str, ...]:
    """The options that the change needs and its field does not have, as far as Jira tells."""
    field = None if meta is None else meta.fields.get(place.id)
    if field is None or field.allowed_values is None:
        return ()
    return lacking(place.fit(change.after), place.form, [one.value or one.name or "" for one in field.allowed_values])


def final(error: RequestError, changes: Sequence[IssueChange], words: Words) -> list[Outcome] | None:
    """The outcomes after a refusal of the whole request; None where the request may have been carried out."""
    if error.status == NOT_FOUND:
        return every(changes, Result.REFUSED, words.without(EDIT), permission=True)
    if error.status == _CONFLICT:
        return every(changes, Result.STALE, f"{words.key} was changed by somebody else in the same moment")
    if error.status == _TOO_LARGE:
        return every(changes, Result.FAILED, f"Jira finds the change too large: {said(error)}")
    return None


def _text(
    error: RequestError, change: IssueChange, changes: Sequence[IssueChange], places: Mapping[str, Place]
) -> str | None:
    """What the refusal says of one change; None where it does not mean it."""
    if isinstance(change, SetField):
        return error.fields.get(places[change.field].id)
    of_labels = [error.fields[LABELS]] if LABELS in error.fields else list(error.errors)
    quoted = {one.label for one in changes if not isinstance(one, SetField) and _quotes(of_labels, one.label)}
    if change.label in quoted:
        return "; ".join(text for text in of_labels if _quotes([text], change.label))
    return error.fields.get(LABELS) if not quoted else None


def _quotes(texts: Iterable[str], label: str) -> bool:
    return any(f"'{label}'" in text or f'"{label}"' in text for text in texts)


def _outcome(change: IssueChange, text: str, places: Mapping[str, Place], meta: EditMeta, words: Words) -> Outcome:
    if not isinstance(change, SetField):
        if NOT_SCREENED in text or LABELS not in meta.fields:
            return Outcome(change, Result.REFUSED, words.off_screen(change))
        return Outcome(change, Result.FAILED, f'Jira refuses the label "{change.label}": {text}')
    place = places[change.field]
    if NOT_SCREENED in text or place.id not in meta.fields:
        return Outcome(change, Result.REFUSED, words.off_screen(change))
    lacks = lacked(change, place, meta)
    if lacks:
        return Outcome(change, Result.FAILED, words.lacks(change.field, lacks))
    return Outcome(change, Result.FAILED, f'Jira refuses {shown(change.after)} for "{change.field}": {text}')
