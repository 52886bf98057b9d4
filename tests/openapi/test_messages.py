"""Every request of the connectors and every reply of the sandbox, against Atlassian's own description of the interface.

What the descriptions say otherwise is listed in `EXPLAINED`, each with its reason; nothing else may differ.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Final

from pmo_sync.sandbox import Flavour
from tests.loop.conftest import Bank
from tests.openapi.document import Deviation, Document, Message, operations

_NULLS: Final = "the examples in the same document have null where there was, or is, nothing"
_SHORT: Final = "the bean of a link to a project; other beans of the same document have the rest of its members"
EXPLAINED: Final[Mapping[Flavour, Mapping[tuple[str, str, str], str]]] = {
    Flavour.CLOUD: {
        ("GET /rest/api/3/issue/{issueIdOrKey}", "reply", "changelog/histories/*/items/*/from: type: None"): _NULLS,
        ("GET /rest/api/3/issue/{issueIdOrKey}", "reply", "changelog/histories/*/items/*/to: type: None"): _NULLS,
        ("GET /rest/api/3/issue/{issueIdOrKey}/changelog", "reply", "values/*/items/*/from: type: None"): _NULLS,
        ("GET /rest/api/3/issue/{issueIdOrKey}/changelog", "reply", "values/*/items/*/to: type: None"): _NULLS,
    },
    Flavour.DATA_CENTER: {
        ("GET /api/2/issue/{issueIdOrKey}", "reply", ": no member expand"): "every Jira sends it",
        ("GET /api/2/issue/{issueIdOrKey}", "reply", "changelog/histories/*/items/*/from: type: None"): _NULLS,
        ("GET /api/2/issue/{issueIdOrKey}", "reply", "changelog/histories/*/items/*/fromString: type: None"): _NULLS,
        ("GET /api/2/issue/{issueIdOrKey}", "reply", "changelog/histories/*/items/*/to: type: None"): _NULLS,
        ("GET /api/2/issue/{issueIdOrKey}/remotelink", "reply", ": type: ["): (
            "the bean is one link, which is what comes where a globalId is asked for; without one all come, in a list"
        ),
        ("POST /api/2/search", "reply", "issues/*: no member expand"): "every Jira sends it",
        ("POST /api/2/search", "reply", "issues/*/changelog/histories/*/items/*/from: type: None"): _NULLS,
        ("POST /api/2/search", "reply", "issues/*/changelog/histories/*/items/*/fromString: type: None"): _NULLS,
        ("POST /api/2/search", "reply", "issues/*/changelog/histories/*/items/*/to: type: None"): _NULLS,
        ("GET /api/2/issue/{issueIdOrKey}", "reply", "properties: no member pmo-sync.loop"): (
            "the bean wraps the map of properties once more than Jira does"
        ),
        ("GET /api/2/mypermissions", "reply", "permissions/*: no member havePermission"): (
            "missing in the bean; the example in the same document has it"
        ),
        ("GET /api/2/project", "reply", ": no member "): _SHORT,
        ("GET /api/2/project/{projectIdOrKey}", "reply", ": no member "): _SHORT,
        ("PUT /api/2/issue/{issueIdOrKey}", "request", "update/labels/*: no member add"): (
            "the bean shows how Java keeps an operation; its example shows how it is sent: by its verb"
        ),
        ("PUT /api/2/issue/{issueIdOrKey}", "request", "update/labels/*: no member remove"): "as for add",
        ("PUT /api/2/issue/{issueIdOrKey}/properties/{propertyKey}", "request", ": type: {'one': 1} is not"): (
            "a value is any JSON; the document calls JSON a text of the format json"
        ),
    },
}
"""Flavour → (operation, side, beginning of what) → why the description and not the message is wrong there."""

_USED: Final[Mapping[Flavour, frozenset[str]]] = {
    Flavour.CLOUD: frozenset(
        f"{method} /rest/api/3/{path}"
        for method, path in (
            ("GET", "serverInfo"),
            ("GET", "myself"),
            ("GET", "field"),
            ("GET", "project/search"),
            ("POST", "search/jql"),
            ("POST", "jql/parse"),
            ("POST", "permissions/check"),
            ("POST", "issue/bulkfetch"),
            ("PUT", "issue/{issueIdOrKey}"),
            ("GET", "issue/{issueIdOrKey}/remotelink"),
            ("POST", "issue/{issueIdOrKey}/remotelink"),
        )
    ),
    Flavour.DATA_CENTER: frozenset(
        f"{method} /api/2/{path}"
        for method, path in (
            ("GET", "serverInfo"),
            ("GET", "myself"),
            ("GET", "field"),
            ("GET", "project"),
            ("GET", "mypermissions"),
            ("POST", "search"),
            ("GET", "issue/{issueIdOrKey}"),
            ("PUT", "issue/{issueIdOrKey}"),
            ("GET", "issue/{issueIdOrKey}/remotelink"),
            ("POST", "issue/{issueIdOrKey}/remotelink"),
        )
    ),
}
"""Flavour → operations of which the loop must have at least one message."""

_ASKED_BESIDE: Final[Mapping[Flavour, Sequence[tuple[str, str, object]]]] = {
    Flavour.CLOUD: (
        ("GET", "/rest/api/3/project/PAY", None),
        ("GET", "/rest/api/3/issuetype", None),
        ("GET", "/rest/api/3/status", None),
        ("GET", "/rest/api/3/issueLinkType", None),
        ("GET", "/rest/api/3/mypermissions?permissions=EDIT_ISSUES,ADMINISTER", None),
        ("GET", "/rest/api/3/search/jql?jql=project%3DPAY&fields=summary,labels&maxResults=5", None),
        ("POST", "/rest/api/3/search/approximate-count", {"jql": "project = PAY"}),
        ("GET", "/rest/api/3/issue/PAY-2?expand=names,schema,changelog", None),
        ("GET", "/rest/api/3/issue/PAY-2/editmeta", None),
        ("GET", "/rest/api/3/issue/PAY-2/changelog", None),
        ("GET", "/rest/api/3/issue/PAY-2/remotelink", None),
        ("GET", "/rest/api/3/issue/PAY-2/properties", None),
        ("PUT", "/rest/api/3/issue/PAY-2/properties/some.key", {"one": 1}),
        ("GET", "/rest/api/3/issue/PAY-2/properties/some.key", None),
        ("DELETE", "/rest/api/3/issue/PAY-2/properties/some.key", None),
        (
            "POST",
            "/rest/api/3/bulk/issues/fields",
            {
                "selectedIssueIdsOrKeys": ["PAY-2"],
                "selectedActions": ["labels"],
                "sendBulkNotification": False,
                "editedFieldsInput": {
                    "labelsFields": [
                        {"fieldId": "labels", "bulkEditMultiSelectFieldOption": "ADD", "labels": [{"name": "x"}]}
                    ]
                },
            },
        ),
    ),
    Flavour.DATA_CENTER: (
        ("GET", "/rest/api/2/project/PAY", None),
        ("GET", "/rest/api/2/issuetype", None),
        ("GET", "/rest/api/2/status", None),
        ("GET", "/rest/api/2/issueLinkType", None),
        ("GET", "/rest/api/2/issue/PAY-2/editmeta", None),
        ("GET", "/rest/api/2/issue/PAY-2/properties", None),
        ("PUT", "/rest/api/2/issue/PAY-2/properties/some.key", {"one": 1}),
        ("GET", "/rest/api/2/issue/PAY-2/properties/some.key", None),
        ("DELETE", "/rest/api/2/issue/PAY-2/properties/some.key", None),
    ),
}
"""What the connectors do not ask, and users of the sandbox may."""


def _unexplained(found: list[Deviation], flavour: Flavour) -> list[Deviation]:
    known = EXPLAINED[flavour]
    return [
        one
        for one in found
        if not any(
            (operation, side) == (one.operation, one.side) and f"{one.where}: {one.what}".startswith(what)
            for operation, side, what in known
        )
    ]


def _beside(world: Bank, method: str, path: str, body: object) -> Message:
    """One request of a user of the sandbox, by the writer."""
    visitor = world.tracker.writer
    basic = base64.b64encode(f"{visitor.login}:{visitor.token}".encode()).decode()
    sign = f"Basic {basic}" if world.flavour is Flavour.CLOUD else f"Bearer {visitor.token}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": sign, "Content-Type": "application/json"}
    request = urllib.request.Request(world.tracker.url + path, data=data, headers=headers, method=method)  # noqa: S310
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as reply:
        return Message(method, path, data, reply.status, reply.headers.get("Content-Type", ""), reply.read())


def _whole_loop(world: Bank) -> None:
    """Everything the tool does with a tracker: doctor, plan, apply, sync, a lost book, a reader, an expired token."""
    world.run("doctor")
    plan = str(world.folder / "plan.json")
    world.run("plan", "-o", plan)
    world.run("apply", plan)
    ann = world.tracker.person(world.login("ann"))
    flagged = [key for key in world.store.every() if world.store.flags(key) == {"no-owner"}]
    ann.set(flagged[0], "assignee", world.login("ann"))
    world.run("sync")
    shutil.rmtree(world.folder / ".pmo-sync")
    world.edit_settings("    user:", '    scope: "project in (PAY, ONB, DAT)"\n    user:')
    assert world.run("sync").code == 0
    world.edit_settings("PAY, ONB, DAT", "PAY, NOWHERE")
    world.run("sync")
    world.settings(user=world.tracker.reader.login)
    world.run("doctor", token=world.tracker.reader.token)
    world.run("sync", token=world.tracker.reader.token)


def test_every_message_is_as_described_and_each_reason_is_needed(
    world: Bank, described: Document, messages: list[Message]
) -> None:
    _whole_loop(world)
    counts = operations(described, messages)
    assert "unknown" not in counts
    assert counts.keys() >= _USED[world.flavour]
    found = {one for message in messages for one in described.deviations(message)}
    for method, path, body in _ASKED_BESIDE[world.flavour]:
        message = _beside(world, method, path, body)
        assert described.operation(message), path
        found |= set(described.deviations(message))
        if path.endswith("/bulk/issues/fields"):
            task = json.loads(message.content)["taskId"]
            found |= set(described.deviations(_beside(world, "GET", f"/rest/api/3/bulk/queue/{task}", None)))
    unexplained = _unexplained(sorted(found, key=str), world.flavour)
    assert not unexplained, "\n".join(map(str, unexplained))
    for operation, side, what in EXPLAINED[world.flavour]:
        assert any(
            (one.operation, one.side) == (operation, side) and f"{one.where}: {one.what}".startswith(what)
            for one in found
        ), f"no more needed: {operation} {side} {what}"


_PLANTED: Final = {
    Flavour.CLOUD: ((b'"accountId":"', b'"accountId":7,"x":"'), (b'"displayName":', b'"shownName":')),
    Flavour.DATA_CENTER: ((b'"key":"JIRAUSER', b'"key":7,"name":"JIRAUSER'), (b'"displayName":', b'"shownName":')),
}


def test_a_planted_wrong_reply_is_seen(world: Bank, described: Document, messages: list[Message]) -> None:
    world.run("pull")
    me = next(one for one in messages if one.path.endswith("/myself"))
    assert not _unexplained(described.deviations(me), world.flavour)
    for old, new in _PLANTED[world.flavour]:
        assert old in me.content
        wrong = dataclasses.replace(me, content=me.content.replace(old, new, 1))
        assert _unexplained(described.deviations(wrong), world.flavour), new


def test_a_planted_wrong_request_or_status_is_seen(world: Bank, described: Document, messages: list[Message]) -> None:
    world.run("sync")
    put = next(one for one in messages if one.method == "PUT" and b'"update"' in (one.body or b""))
    found = next(one for one in messages if one.method == "POST" and "/search" in one.path)
    assert put.body is not None
    wrong = [
        dataclasses.replace(put, path=put.path + "&invented=1"),
        dataclasses.replace(put, path=put.path.replace("/issue/", "/issues/")),
        dataclasses.replace(put, body=put.body.replace(b'"labels":[', b'"labels":[7,')),
        dataclasses.replace(put, body=put.body.replace(b'"update":{', b'"update":7,"x":{')),
        dataclasses.replace(put, status=418),
        dataclasses.replace(put, content=b"{}"),
        dataclasses.replace(found, kind="text/html"),
        dataclasses.replace(found, content=found.content.replace(b'"issues":[', b'"issues":[7,', 1)),
    ]
    assert not _unexplained([*described.deviations(put), *described.deviations(found)], world.flavour)
    for one in wrong:
        assert _unexplained(described.deviations(one), world.flavour), one
