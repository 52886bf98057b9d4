"""Reading single issues and many by id: always as they are now, whatever the index knows."""

from __future__ import annotations

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import invalid
from pmo_sync.sandbox.fields import NEVER_SET, schema, verbs
from pmo_sync.sandbox.presenting import Asked, Presenter, entry
from pmo_sync.sandbox.records import Field, Issue
from pmo_sync.sandbox.view import Shown, View

MOST_FETCHED, MOST_PROPERTIES, PAGE = 100, 5, 100


def get(call: Call) -> Answer:
    """GET issue/{k}; a key from before a move leads to the issue."""
    return Answer(body=presented(call, call.issue()))


def presented(call: Call, issue: Issue) -> Shown:
    """The issue with the fields, properties and expansions of the query."""
    expand = frozenset(call.listed("expand"))
    asked = Asked(call.listed("fields"), "*all", call.listed("properties"), expand)
    shown = Presenter(call.view(), asked).issue(issue)
    if asked.is_bare:
        view = call.view()
        shown = {
            "expand": "",
            "id": str(issue.id),
            "self": f"{view.base}/issue/{issue.id}",
            "key": issue.key,
            "fields": {},
        }
    if "editmeta" in expand:
        shown["editmeta"] = {"fields": _editable(call, issue)}
    return shown


def bulk_fetch(call: Call) -> Answer:
    """POST issue/bulkfetch: what is not visible is missing, moved issues come with their new key, by ascending id."""
    body = call.members()
    unknown = set(body) - {"issueIdsOrKeys", "fields", "properties", "expand", "fieldsByKeys"}
    ids, fields, properties = (_texts(body, name) for name in ("issueIdsOrKeys", "fields", "properties"))
    if unknown:
        raise invalid(f'Unrecognized field "{min(unknown)}" in the request body.')
    if not ids or len(ids) > MOST_FETCHED:
        raise invalid(f"The member 'issueIdsOrKeys' takes from 1 to {MOST_FETCHED} issues.")
    if len(properties) > MOST_PROPERTIES:
        raise invalid(f"The maximum number of issue property keys is {MOST_PROPERTIES}.")
    catalogue, rights = call.store.catalogue, call.rights
    found = {one.id: one for id_ in ids if (one := call.store.issue(id_)) is not None}
    seen = [one for _, one in sorted(found.items()) if rights.browses(catalogue.projects[one.project])]
    presenter = Presenter(call.view(), Asked(fields, "*navigable", properties, frozenset(_texts(body, "expand"))))
    return Answer(body={"issues": [presenter.issue(one) for one in seen], "issueErrors": []})


def _texts(body: dict[str, object], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise invalid(f"Invalid value for the member '{name}' of the request body.")
    return value


def edit_meta(call: Call) -> Answer:
    """GET issue/{k}/editmeta: the fields of the edit screen; none for who may not edit."""
    return Answer(body={"fields": _editable(call, call.issue())})


def _editable(call: Call, issue: Issue) -> Shown:
    project = call.store.catalogue.projects[issue.project]
    if not call.rights.edits(project) or project.archived:
        return {}
    view = call.view()
    on_screen = [one for one in view.fields_of(issue) if verbs(one) and issue.place not in one.off_screen_for]
    return {one.id: _edited(view, one) for one in on_screen if one.id not in NEVER_SET}


def _edited(view: View, field: Field) -> Shown:
    shown: Shown = {
        "required": field.id == "summary",
        "schema": schema(field, view.store.flavour),
        "name": field.name,
        "operations": list(verbs(field)),
    }
    if view.cloud:
        shown["key"] = field.id
    else:
        shown["fieldId"] = field.id
    if field.kind in ("select", "multiselect"):
        shown["allowedValues"] = [view.option(one) for one in field.options]
    elif field.kind == "priority":
        shown["allowedValues"] = [view.named("priority", one) for one in view.catalogue.priorities.values()]
    elif field.kind == "labels":
        shown["autoCompleteUrl"] = f"{view.base}/labels/suggest?query="
    return shown


def changelog(call: Call) -> Answer:
    """GET issue/{k}/changelog (Cloud): the oldest first."""
    issue = call.issue()
    start, size = call.number("startAt", 0), min(call.number("maxResults", PAGE), PAGE)
    view = call.view()
    shown = [entry(view, one) for one in issue.history[start : start + size]]
    page = {"self": f"{view.base}/issue/{issue.id}/changelog", "maxResults": size, "startAt": start}
    ends = start + len(shown) >= len(issue.history)
    return Answer(body={**page, "total": len(issue.history), "isLast": ends, "values": shown})
