"""What a stored value looks like in an answer, by kind of field. Empty is null, for lists the empty list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pmo_sync.sandbox.records import Field, Issue, Link, Named
from pmo_sync.sandbox.view import Shown, View

EMPTY_LISTS = {"labels", "components", "fixVersions", "issuelinks", "subtasks"}


def shown(view: View, issue: Issue, field: Field) -> object:
    """The member of `fields` for one field."""
    computed = _COMPUTED.get(field.id)
    if computed is not None:
        return computed(view, issue)
    value = issue.values.get(field.id)
    if value is None:
        return [] if field.id in EMPTY_LISTS else None
    return _SHOWN[field.kind](view, field, value)


def numbers(value: object) -> list[int]:
    """The ids in a stored list."""
    return [one for one in value if isinstance(one, int)] if isinstance(value, list) else []


def option(field: Field, id_: object) -> Named | None:
    """A choice by its id."""
    return next((one for one in field.options if one.id == id_), None)


def _option(view: View, field: Field, value: object) -> object:
    found = option(field, value)
    return None if found is None else view.option(found)


def _options(view: View, field: Field, value: object) -> object:
    chosen = [option(field, id_) for id_ in numbers(value)]
    return [view.option(one) for one in chosen if one is not None]


def _same(_view: View, _field: Field, value: object) -> object:
    return value


def _moment(view: View, _field: Field, value: object) -> object:
    return view.moment(value) if isinstance(value, int) else None


def _key(view: View, _field: Field, value: object) -> object:
    found = view.store.issues.get(value) if isinstance(value, int) else None
    return None if found is None else found.key


def _sprints(view: View, field: Field, value: object) -> object:
    sprints = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return [_sprint(view, one) if view.cloud else _legacy_sprint(view, field, one) for one in sprints]


def _sprint(_view: View, one: dict[str, object]) -> Shown:
    times = {name: _utc(one[name]) for name in ("startDate", "endDate") if one.get(name) is not None}
    known = {name: one[name] for name in ("id", "name", "state")}
    return {**known, "boardId": 1, "goal": one.get("goal", ""), **times}


def _utc(value: object) -> str:
    at = datetime.fromtimestamp(float(str(value)) / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _legacy_sprint(view: View, _field: Field, one: dict[str, object]) -> str:
    """What Data Center prints: the object's own text."""
    times = [one.get("startDate"), one.get("endDate")]
    start, end = (view.moment(at) if isinstance(at, int) else "<null>" for at in times)
    inside = (
        f"id={one['id']},rapidViewId=1,state={str(one['state']).upper()},name={one['name']},startDate={start},"
        f"endDate={end},completeDate=<null>,activatedDate=<null>,sequence={one['id']},goal={one.get('goal', '')},"
        "autoStartStop=false"
    )
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{int(str(one['id'])):07x}[{inside}]"


_SHOWN: dict[str, Callable[[View, Field, object], object]] = {
    "text": _same,
    "textarea": lambda view, _field, value: view.text(value),
    "epic_name": _same,
    "number": _same,
    "story_points": _same,
    "seconds": _same,
    "date": _same,
    "datetime": _moment,
    "moment": _moment,
    "select": _option,
    "multiselect": _options,
    "user": lambda view, _field, value: view.account(value),
    "labels": _same,
    "sprint": _sprints,
    "epic_link": _key,
    "parent_link": _key,
    "issue": lambda view, _field, value: view.relative(value),
    "status": lambda view, _field, value: view.status(value),
    "resolution": lambda view, _field, value: view.named("resolution", view.catalogue.resolutions[int(str(value))]),
    "priority": lambda view, _field, value: view.named("priority", view.catalogue.priorities[int(str(value))]),
    "components": lambda view, _field, value: [
        view.named("component", view.catalogue.components[one]) for one in numbers(value)
    ],
    "versions": lambda view, _field, value: [
        view.named("version", view.catalogue.versions[one]) for one in numbers(value)
    ],
}


def _links(view: View, issue: Issue) -> object:
    ends = sorted(view.store.links_of.get(issue.id, {}).copy().items())
    return [one for one in (_link(view, issue, link) for _, link in ends) if one is not None]


def _link(view: View, issue: Issue, link: Link) -> Shown | None:
    kind = view.catalogue.link_types[link.type]
    outward = link.source == issue.id
    other = view.relative(link.target if outward else link.source)
    if other is None:
        return None
    return {
        "id": str(link.id),
        "self": f"{view.base}/issueLink/{link.id}",
        "type": {
            "id": str(kind.id),
            "name": kind.name,
            "inward": kind.inward,
            "outward": kind.outward,
            "self": f"{view.base}/issueLinkType/{kind.id}",
        },
        "outwardIssue" if outward else "inwardIssue": other,
    }


def _subtasks(view: View, issue: Issue) -> object:
    children = sorted(view.store.children.get(issue.id, set()).copy())
    found = [view.store.issues.get(child) for child in children]
    return [view.relative(one.id) for one in found if one is not None and view.catalogue.types[one.type].subtask]


def _tracking(_view: View, issue: Issue) -> object:
    names = {
        "originalEstimate": "timeoriginalestimate",
        "remainingEstimate": "timeestimate",
        "timeSpent": "timespent",
    }
    tracking: Shown = {}
    for name, id_ in names.items():
        seconds = issue.values.get(id_)
        if isinstance(seconds, int):
            tracking[name] = f"{seconds // 3600}h {seconds % 3600 // 60}m" if seconds % 3600 else f"{seconds // 3600}h"
            tracking[f"{name}Seconds"] = seconds
    return tracking


_COMPUTED: dict[str, Callable[[View, Issue], object]] = {
    "project": lambda view, issue: view.project(issue.project),
    "issuetype": lambda view, issue: view.type(issue.type),
    "created": lambda view, issue: view.moment(issue.created),
    "updated": lambda view, issue: view.moment(issue.updated),
    "issuelinks": _links,
    "subtasks": _subtasks,
    "timetracking": _tracking,
}
