"""Projects as lists and one by one. Archived ones are hidden from lists until asked for."""

from __future__ import annotations

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.records import Project
from pmo_sync.sandbox.view import Shown

PAGE, BIGGEST_PAGE = 50, 100
_ACTIONS = {"view": "BROWSE_PROJECTS", "browse": "BROWSE_PROJECTS", "edit": "ADMINISTER_PROJECTS"}


def _visible(call: Call) -> list[Project]:
    projects = sorted(call.store.catalogue.projects.values(), key=lambda one: one.key)
    return [one for one in projects if call.rights.browses(one)]


def _shown(call: Call, one: Project) -> Shown:
    shown = call.view().short_project(one) | {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"
    }
    if call.cloud:
        shown |= {"isPrivate": False, "properties": {}, "style": "classic"}
    return shown | {"archived": True} if one.archived else shown


def listed(call: Call) -> Answer:
    """GET project: all that the caller sees."""
    archived = call.flag("includeArchived", default=False)
    return Answer(body=[_shown(call, one) for one in _visible(call) if archived or not one.archived])


def search(call: Call) -> Answer:
    """GET project/search (Cloud): pages with a total."""
    start, size = call.number("startAt", 0), min(call.number("maxResults", PAGE), BIGGEST_PAGE)
    action = _ACTIONS.get(call.one("action") or "view")
    if action is None:
        raise invalid(f"The value '{call.one('action')}' is not valid for the parameter 'action'.")
    statuses = call.listed("status") or ["live"]
    keys, ids, words = set(call.listed("keys")), set(call.listed("id")), (call.one("query") or "").lower()
    found = [
        one
        for one in _visible(call)
        if ("archived" if one.archived else "live") in statuses
        and (action == "BROWSE_PROJECTS" or call.rights.may(action, one))
        and (not keys or one.key in keys)
        and (not ids or str(one.id) in ids)
        and (words in one.key.lower() or words in one.name.lower())
    ]
    page = found[start : start + size]
    base = f"{call.view().base}/project/search"
    shown: Shown = {"self": base, "maxResults": size, "startAt": start, "total": len(found)}
    if start + len(page) < len(found):
        shown["nextPage"] = f"{base}?startAt={start + len(page)}"
    return Answer(
        body=shown | {"isLast": start + len(page) >= len(found), "values": [_shown(call, one) for one in page]}
    )


def get(call: Call) -> Answer:
    """GET project/{k}: with its issue types."""
    wanted = call.parts["project"]
    found = call.store.catalogue.project(wanted)
    if found is None or not call.rights.browses(found):
        raise Refusal(404, [f"No project could be found with key '{wanted}'."])
    types = [call.view().type(id_) for id_ in sorted(call.store.catalogue.types)]
    more: Shown = {"description": "", "issueTypes": types, "components": [], "versions": [], "roles": {}}
    return Answer(body=_shown(call, found) | more | {"assigneeType": "UNASSIGNED"})
