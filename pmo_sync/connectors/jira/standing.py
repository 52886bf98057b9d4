"""How an issue stands before, and after, the changes of one write. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.jira.notes import Note
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.jira.refusals import LABELS, IssueChange, Words, shown
from pmo_sync.connectors.jira.values import Form, UnfitError
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.model.change import AddLabel, Change, Outcome, PutLink, RemoveLabel, Result, SetField, Target


@dataclass(slots=True)
class Job:
    """The changes of one issue and what became of each so far. `noted` is the note that an accepted PUT carried."""

    changes: Sequence[Change]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    noted: Note | None = None

    @property
    def target(self) -> Target:
        return self.changes[0].target

    @property
    def open(self) -> list[Change]:
        return [change for change in self.changes if id(change) not in self.outcomes]

    @property
    def ours(self) -> list[Change]:
        """The changes that we made, as a note tells of them. A label or value that stood already was put by somebody
        else; a label that was gone already, and our own link, are as if we had.
        """
        found = {Result.UNCHANGED: (RemoveLabel, PutLink), Result.WRITTEN: (AddLabel, RemoveLabel, SetField, PutLink)}
        outcomes = [self.outcomes[id(one)] for one in self.changes if id(one) in self.outcomes]
        return [one.change for one in outcomes if isinstance(one.change, found.get(one.result, ()))]

    def close(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes |= {id(one.change): one for one in outcomes}

    def result(self) -> list[Outcome]:
        return [self.outcomes[id(change)] for change in self.changes]


@dataclass(frozen=True, slots=True)
class Spot:
    """An issue as it stood just before a write. `note` is what its property says that we last wrote."""

    issue: Issue
    project: str
    words: Words
    note: Note | None


def settled(change: IssueChange, spot: Spot, places: Mapping[str, Place]) -> Outcome | None:
    """The outcome of a change that needs no request; None where one is needed."""
    if not isinstance(change, SetField):
        labels = labels_of(spot.issue)
        if labels is None:
            return Outcome(change, Result.REFUSED, spot.words.hidden("Labels"))
        return Outcome(change, Result.UNCHANGED) if _as_wanted(change, labels) else None
    return _settled_field(change, spot, places)


def _settled_field(change: SetField, spot: Spot, places: Mapping[str, Place]) -> Outcome | None:
    place = places.get(change.field)
    if place is None or place.id not in spot.issue.fields:
        return Outcome(change, Result.REFUSED, spot.words.hidden(change.field))
    try:
        place.fit(change.after)
    except UnfitError as error:
        result = Result.REFUSED if place.form is Form.OTHER else Result.FAILED
        return Outcome(change, result, f'"{change.field}" {error}')
    current = place.stands(spot.issue.fields[place.id])
    if place.same(current, change.after):
        return Outcome(change, Result.UNCHANGED)
    if not place.same(current, change.before):
        return Outcome(change, Result.STALE, f'"{change.field}" is now {shown(current)}')
    return None


def stands(change: IssueChange, issue: Issue, places: Mapping[str, Place]) -> bool:
    """Whether the issue is as the change wants it."""
    if not isinstance(change, SetField):
        labels = labels_of(issue)
        return labels is not None and _as_wanted(change, labels)
    place = places[change.field]
    return place.id in issue.fields and place.same(place.stands(issue.fields[place.id]), change.after)


def moved(changes: Sequence[IssueChange], issue: Issue, places: Mapping[str, Place]) -> str | None:
    """Which field is neither what it was nor what we want, as a sentence; None where none is."""
    for change in changes:
        if isinstance(change, SetField) and not stands(change, issue, places):
            place = places[change.field]
            current = place.stands(issue.fields.get(place.id))
            if not place.same(current, change.before):
                return f'"{change.field}" was changed to {shown(current)} by somebody else meanwhile'
    return None


def narrow(changes: Sequence[IssueChange], places: Mapping[str, Place]) -> dict[str, object]:
    """The body of a PUT that holds these changes and nothing else: labels by verbs, fields by id."""
    body: dict[str, object] = {}
    verbs = [_verb(change) for change in changes if not isinstance(change, SetField)]
    if verbs:
        body["update"] = {LABELS: verbs}
    fields = [change for change in changes if isinstance(change, SetField)]
    if fields:
        wanted = ((places[change.field], change.after) for change in fields)
        body["fields"] = {place.id: place.wire(place.fit(after)) for place, after in wanted}
    return body


def _verb(change: AddLabel | RemoveLabel) -> dict[str, str]:
    return {"add" if isinstance(change, AddLabel) else "remove": change.label}


def _as_wanted(change: AddLabel | RemoveLabel, labels: Sequence[str]) -> bool:
    return (change.label in labels) is isinstance(change, AddLabel)


def labels_of(issue: Issue) -> tuple[str, ...] | None:
    """The labels of an issue, sorted; None where it does not show them."""
    found = issue.fields.get(LABELS)
    return tuple(sorted(one for one in found if isinstance(one, str))) if isinstance(found, list) else None


def project_of(issue: Issue) -> tuple[str, str]:
    """Id and key of the issue's project. Raises RequestError where Jira does not tell."""
    found = issue.fields.get("project")
    project = found if isinstance(found, Mapping) else {}
    number = str(project.get("id", ""))
    if not number.isdecimal():
        raise RequestError(f"Jira does not tell the project of {issue.key}")
    return number, str(project.get("key", ""))
