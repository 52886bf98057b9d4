"""The one web link of ours on an issue: looked for by its name first, sent whole, read back. Others are never touched.

Jira keeps one link per name (`globalId`) and empties what a request leaves out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from pmo_sync.connectors.answers import NOT_FOUND, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.refusals import Words, said
from pmo_sync.connectors.jira.rights import LINK
from pmo_sync.connectors.jira.wire import RemoteLink
from pmo_sync.connectors.transport import Repeat
from pmo_sync.model.change import Outcome, PutLink, Result, WebLink

_APPLICATION: Final = {"type": "org.pmo-sync", "name": "PMO"}
_RELATIONSHIP: Final = "PMO standards"
_CLIENT_ERRORS: Final = range(400, 500)
_MEANS_LINKING: Final = "link"


def put_link(client: Client, change: PutLink, words: Words) -> Outcome:
    """Makes the link stand as wanted. Raises RequestError where it cannot be looked at, DeniedError (401) where we
    are not known.
    """
    if _stands(client, change):
        return Outcome(change, Result.UNCHANGED)
    try:
        client.transport.write(
            "POST",
            client.path(f"/issue/{int(change.target.id)}/remotelink"),
            msgspec.json.encode(_whole(change)),
            repeat=Repeat.WRITE,
            there=lambda: _stands(client, change),
        )
        why = f"Jira took the link, and {words.key} does not show it so"
    except DeniedError as error:
        if error.status == UNKNOWN_TO_US:
            raise
        return Outcome(change, Result.REFUSED, words.without(LINK), permission=True)
    except RequestError as error:
        if error.status in _CLIENT_ERRORS:
            return _refused(change, error, words)
        why = f"{error.message}; the link was not put"
    return Outcome(change, Result.WRITTEN) if _stands(client, change) else Outcome(change, Result.FAILED, why)


def as_read(link: RemoteLink) -> WebLink:
    """The link as it stands in Jira."""
    shown = link.object
    if shown is None:
        return WebLink("", "", "", resolved=False)
    resolved = shown.status is not None and bool(shown.status.resolved)
    return WebLink(shown.title, shown.summary or "", shown.url, resolved=resolved)


def _stands(client: Client, change: PutLink) -> bool:
    found = client.remote_link(change.target.id, change.name)
    return found is not None and as_read(found) == change.link


def _whole(change: PutLink) -> dict[str, object]:
    link = change.link
    return {
        "globalId": change.name,
        "application": _APPLICATION,
        "relationship": _RELATIONSHIP,
        "object": {
            "url": link.url,
            "title": link.title,
            "summary": link.summary,
            "status": {"resolved": link.resolved},
        },
    }


def _refused(change: PutLink, error: RequestError, words: Words) -> Outcome:
    if error.status != NOT_FOUND:
        return Outcome(change, Result.FAILED, f"Jira refuses the link: {said(error)}")
    if any(_MEANS_LINKING in text.lower() for text in error.errors):
        way_out = "ask an administrator to switch Issue linking on, or switch write.link off"
        return Outcome(change, Result.REFUSED, f"{said(error)}: {way_out}")
    return Outcome(change, Result.REFUSED, words.without(LINK), permission=True)
