"""Remote links: pages elsewhere that an issue shows. One per global id; members left out become null."""

from __future__ import annotations

from dataclasses import replace

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.records import Issue, RemoteLink
from pmo_sync.sandbox.view import Shown

LONGEST_GLOBAL_ID = LONGEST_TITLE = 255
NO_LINK = "The remote issue link does not exist."


def get(call: Call) -> Answer:
    """GET issue/{k}/remotelink: all, or with globalId one, or a refusal 404."""
    issue, wanted = call.issue(), call.one("globalId")
    if wanted is None:
        return Answer(body=[_shown(call, issue, one) for one in issue.remote_links])
    found = next((one for one in issue.remote_links if one.global_id == wanted), None)
    if found is None:
        raise Refusal(404, [NO_LINK])
    return Answer(body=_shown(call, issue, found))


def _shown(call: Call, issue: Issue, link: RemoteLink) -> Shown:
    known = {name: link.body[name] for name in ("application", "relationship") if link.body.get(name) is not None}
    base = f"{call.view().base}/issue/{issue.id}/remotelink/{link.id}"
    global_id: Shown = {} if link.global_id is None else {"globalId": link.global_id}
    application: Shown = {"application": {}}
    return {"id": link.id, "self": base, **global_id, **application, **known, "object": link.body["object"]}


def post(call: Call) -> Answer:
    """POST issue/{k}/remotelink: on Cloud 201 for a new one, 200 otherwise, as documented."""
    issue = call.issue()
    body = call.members()
    global_id = _checked(body)
    with call.store.writing() as batch:
        issue = _linkable(call, issue)
        known = next((one for one in issue.remote_links if global_id and one.global_id == global_id), None)
        id_ = known.id if known else max([issue.id * 1000, *(one.id for one in issue.remote_links)]) + 1
        link = RemoteLink(id_, global_id, {name: value for name, value in body.items() if name != "globalId"})
        others = tuple(one for one in issue.remote_links if one.id != id_)
        if link != known:
            ordered = tuple(sorted((*others, link), key=lambda one: one.id))
            batch.issues[issue.id] = replace(issue, remote_links=ordered)
    status = 201 if call.cloud and known is None else 200
    return Answer(status, {"id": id_, "self": f"{call.view().base}/issue/{issue.id}/remotelink/{id_}"})


def _checked(body: dict[str, object]) -> str | None:
    shown, global_id = body.get("object"), body.get("globalId")
    if global_id is not None and (not isinstance(global_id, str) or not 0 < len(global_id) <= LONGEST_GLOBAL_ID):
        raise invalid(globalId=f"globalId must be from 1 to {LONGEST_GLOBAL_ID} characters long.")
    if not isinstance(shown, dict):
        raise invalid(object="'object' is required.")
    if not isinstance(shown.get("title"), str) or not 0 < len(shown["title"]) <= LONGEST_TITLE:
        raise invalid(title=f"'title' is required and takes at most {LONGEST_TITLE} characters.")
    url = shown.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise invalid(url="'url' is required and must be an absolute address.")
    return global_id


def _linkable(call: Call, issue: Issue) -> Issue:
    """The issue as it is now. Raises a refusal 403 where it may not be linked."""
    now = call.rights.seen(call.store.issues.get(issue.id))
    if not call.rights.may("LINK_ISSUES", call.store.catalogue.projects[now.project]):
        raise Refusal(403, ["You do not have permission to link issues in this project."])
    return now


def delete(call: Call) -> Answer:
    """DELETE issue/{k}/remotelink?globalId=…: the link is gone."""
    issue, wanted = call.issue(), call.one("globalId")
    if not wanted:
        raise invalid("The query parameter globalId is required.")
    with call.store.writing() as batch:
        issue = _linkable(call, issue)
        kept = tuple(one for one in issue.remote_links if one.global_id != wanted)
        if len(kept) == len(issue.remote_links):
            raise Refusal(404, [NO_LINK])
        batch.issues[issue.id] = replace(issue, remote_links=kept)
    return Answer(204)
