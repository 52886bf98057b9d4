"""What stands in the places that we may write, and what Jira's own notes say that we last wrote there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from pmo_sync.connectors.jira import notes
from pmo_sync.connectors.jira.cells import texts
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, LABEL, LINK, PRESENT, encode, encode_link

_Row = tuple[str, str, str, str, str, str | None]


def standing(tracker: str, issues: Iterable[Issue], places: Mapping[str, Place], options: JiraOptions) -> Marks:
    """One row for each label of each issue, where labels may be written, and for each of `places` that is visible."""
    rows: list[_Row] = []
    for issue in issues:
        head = (tracker, TargetKind.ITEM.value, issue.id)
        for name, place in places.items():
            if place.id in issue.fields:
                rows.append((*head, FIELD, name, encode(place.stands(issue.fields[place.id]))))
        if options.write.labels:
            rows += [(*head, LABEL, label, PRESENT) for label in set(texts(issue.fields.get("labels")))]
    return _marks(rows)


def remembered(tracker: str, issues: Iterable[Issue], owner: str) -> Marks:
    """What the notes on these issues say that we last wrote; a note that is not this issue's says nothing."""
    rows: list[_Row] = []
    for issue in issues:
        note = notes.read(issue.properties.get(notes.key_of(owner)), issue.id)
        if note is None:
            continue
        head = (tracker, TargetKind.ITEM.value, issue.id)
        rows += [(*head, LABEL, label, PRESENT) for label in note.labels]
        rows += [(*head, FIELD, name, encode(value)) for name, value in note.fields.items()]
        if note.link is not None:
            rows.append((*head, LINK, f"pmo-sync:{owner}:{tracker}:{issue.id}", encode_link(note.link)))
    return _marks(rows)


def may_carry_a_note(issue: Issue, places: Mapping[str, Place], options: JiraOptions, prefix: str) -> bool:
    """Whether anything on an issue may be ours: a label, where we put labels, that begins with our `prefix` or is the
    summary flag; or something in a field of ours.
    """
    if any(place.stands(issue.fields.get(place.id)) is not None for place in places.values()):
        return True
    labels = texts(issue.fields.get("labels")) if options.write.labels else []
    return any(label.startswith(prefix) or label == options.write.summary_flag for label in labels)


def _marks(rows: list[_Row]) -> Marks:
    frame = pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row")
    return Marks(frame.sort("target_kind", "target_id", "channel", "name"))
