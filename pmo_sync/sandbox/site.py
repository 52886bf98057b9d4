"""What there is on the whole site: the server itself, fields, types, statuses, and what the caller may do."""

from __future__ import annotations

from collections.abc import Iterable

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.fields import described
from pmo_sync.sandbox.permissions import GLOBAL, IN_PROJECT
from pmo_sync.sandbox.records import Issue, Project
from pmo_sync.sandbox.store import milliseconds
from pmo_sync.sandbox.users import signed_in
from pmo_sync.sandbox.view import Shown

VERSIONS = {True: ("1001.0.0-SNAPSHOT", [1001, 0, 0], 100_300), False: ("10.3.24", [10, 3, 24], 10_030_024)}


def server_info(call: Call) -> Answer:
    """GET serverInfo, for anybody."""
    view = call.view()
    version, numbers, build = VERSIONS[view.cloud]
    shown: Shown = {
        "baseUrl": call.url,
        "version": version,
        "versionNumbers": numbers,
        "deploymentType": "Cloud" if view.cloud else "Server",
        "buildNumber": build,
        "buildDate": view.moment(1_780_000_000_000),
        "serverTime": view.moment(milliseconds(call.store.now())),
        "scmInfo": "sandbox",
        "serverTitle": "pmo-sync sandbox",
    }
    return Answer(body=shown | {"displayUrl": call.url, "serverTimeZone": "Etc/UTC"} if view.cloud else shown)


def fields(call: Call) -> Answer:
    """GET field; nobody sees none."""
    view = call.view()
    known = view.all_fields() if call.account else []
    return Answer(body=[described(one, call.store.flavour) for one in known])


def types(call: Call) -> Answer:
    """GET issuetype."""
    view = call.view()
    return Answer(body=[view.type(id_) for id_ in sorted(view.catalogue.types)] if call.account else [])


def statuses(call: Call) -> Answer:
    """GET status."""
    view = call.view()
    return Answer(body=[view.status(id_) for id_ in sorted(view.catalogue.statuses)] if call.account else [])


def resolutions(call: Call) -> Answer:
    """GET resolution."""
    view = call.view()
    return Answer(body=[view.named("resolution", one) for one in view.catalogue.resolutions.values() if call.account])


def priorities(call: Call) -> Answer:
    """GET priority."""
    view = call.view()
    return Answer(body=[view.named("priority", one) for one in view.catalogue.priorities.values() if call.account])


def link_types(call: Call) -> Answer:
    """GET issueLinkType."""
    signed_in(call)
    view = call.view()
    shown = [
        {
            "id": str(one.id),
            "name": one.name,
            "inward": one.inward,
            "outward": one.outward,
            "self": f"{view.base}/issueLinkType/{one.id}",
        }
        for one in view.catalogue.link_types.values()
    ]
    return Answer(body={"issueLinkTypes": shown})


def my_permissions(call: Call) -> Answer:
    """GET mypermissions: in one project, or, without one, in any. Cloud wants to be told which are asked for."""
    project = _context(call)
    wanted: Iterable[str] = (*GLOBAL, *IN_PROJECT)
    if call.cloud:
        asked = call.listed("permissions")
        if not asked:
            raise invalid("The 'permissions' query parameter is required.")
        unknown = [one for one in asked if one not in wanted]
        if unknown:
            raise invalid(f"Unrecognized permission: {unknown[0]}")
        wanted = asked
    return Answer(body={"permissions": {name: _permission(call, name, project) for name in wanted}})


def _context(call: Call) -> Project | None:
    key, issue = call.one("projectKey") or call.one("projectId"), call.one("issueKey") or call.one("issueId")
    if issue is not None:
        return call.store.catalogue.projects[call.rights.seen(call.store.issue(issue)).project]
    if key is None:
        return None
    found = call.store.catalogue.project(key)
    if found is None or not call.rights.browses(found):
        raise Refusal(404, [f"No project could be found with key '{key}'."])
    return found


def _permission(call: Call, name: str, project: Project | None) -> Shown:
    if name in GLOBAL:
        has = call.rights.may_globally(name)
    else:
        projects = [project] if project else list(call.store.catalogue.projects.values())
        has = any(call.rights.may(name, one) for one in projects)
    words = name.replace("_", " ").capitalize()
    number = (*GLOBAL, *IN_PROJECT).index(name)
    shown: Shown = {"id": str(number), "key": name, "name": words, "type": "GLOBAL" if name in GLOBAL else "PROJECT"}
    return shown | {"description": f"{words}.", "havePermission": has}


def check_permissions(call: Call) -> Answer:
    """POST permissions/check: in which of the projects and issues the caller has which permission."""
    body = call.members()
    wanted, asked = _texts(body, "globalPermissions"), body.get("projectPermissions", [])
    unknown = set(body) - {"accountId", "globalPermissions", "projectPermissions"}
    if unknown or not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise invalid("The request body takes accountId, globalPermissions and projectPermissions.")
    if set(wanted) - set(GLOBAL):
        raise invalid(f"Unrecognized permission: {min(set(wanted) - set(GLOBAL))}")
    granted = [one for one in asked for one in _granted(call, one)]
    return Answer(
        body={
            "globalPermissions": [name for name in wanted if call.rights.may_globally(name)],
            "projectPermissions": granted,
        }
    )


def _granted(call: Call, asked: dict[str, object]) -> list[Shown]:
    names, catalogue = _texts(asked, "permissions"), call.store.catalogue
    if not names or set(names) - set(IN_PROJECT):
        raise invalid(f"Unrecognized permission: {', '.join(sorted(set(names) - set(IN_PROJECT))) or 'none'}")
    projects = [catalogue.projects[id_] for id_ in _numbers(asked, "projects") if id_ in catalogue.projects]
    issues = [call.store.issues[id_] for id_ in _numbers(asked, "issues") if id_ in call.store.issues]
    return [
        {
            "permission": name,
            "projects": [one.id for one in projects if call.rights.may(name, one)],
            "issues": [one.id for one in issues if _may_in(call, name, one)],
        }
        for name in names
    ]


def _may_in(call: Call, name: str, issue: Issue) -> bool:
    return call.rights.may(name, call.store.catalogue.projects[issue.project])


def _texts(body: dict[str, object], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise invalid(f"Invalid value for the member '{name}' of the request body.")
    return value


def _numbers(body: dict[str, object], name: str) -> list[int]:
    value = body.get(name, [])
    if not isinstance(value, list) or any(not isinstance(one, int) or isinstance(one, bool) for one in value):
        raise invalid(f"Invalid value for the member '{name}' of the request body.")
    return value
