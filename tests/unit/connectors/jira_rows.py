"""Issues as a Jira sends them, and what a reading makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.fields import EPIC_LINK, PARENT_LINK, POINTS, SPRINT, TARGET_START, Catalogue
from pmo_sync.connectors.jira.reading import read
from pmo_sync.connectors.jira.rows import Rows, to_rows
from pmo_sync.connectors.jira.wire import Field, Schema, User
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.options import JiraCloudOptions
from pmo_sync.model.vocabulary import VOCABULARY
from tests.unit.connectors.jira_answers import Asked, Told, transport_to

EVERYTHING = frozenset(VOCABULARY)
STATUS = {"name": "In Progress", "statusCategory": {"key": "indeterminate"}}
ANN = {"accountId": "a:1", "key": "JIRAUSER1", "name": "ann", "displayName": "Ann", "active": True, "self": "https://x"}
FIELDS: dict[str, Any] = {
    "summary": "A title",
    "project": {"id": "1", "key": "A", "name": "Alpha"},
    "issuetype": {"id": "5", "name": "Task"},
    "status": STATUS,
    "updated": "2026-11-21T22:36:32.000+0530",
    "created": "2026-11-01T00:00:00.000+0000",
    "issuelinks": [],
}
CUSTOM = {
    "customfield_1": ("Story Points", "number", None, POINTS),
    "customfield_2": ("Sprint", "array", "json", SPRINT),
    "customfield_3": ("Epos", "any", None, EPIC_LINK),
    "customfield_4": ("Parent Link", "any", None, PARENT_LINK),
    "customfield_5": ("Zieltermin", "date", None, TARGET_START),
    "customfield_6": ("PMO health", "option", None, "com.atlassian.jira.plugin.system.customfieldtypes:select"),
    "customfield_7": ("Team", "string", None, "x:textfield"),
    "customfield_8": ("Team", "string", None, "x:textfield"),
    "customfield_9": ("Sponsor", "user", None, "x:userpicker"),
}


def catalogue() -> Catalogue:
    return Catalogue.of(
        Field(number, name, custom=True, schema=Schema(kind, items, None, plugin))
        for number, (name, kind, items, plugin) in CUSTOM.items()
    )


def issue(number: int, **fields: Any) -> dict[str, Any]:
    properties = fields.pop("properties", {})
    return {"id": str(number), "key": f"A-{number}", "fields": {**FIELDS, **fields}, "properties": properties}


def site(raw: Sequence[dict[str, Any]]) -> Callable[[Asked], Told]:
    """A Jira of either kind with these issues."""
    project = {"id": "1", "key": "A", "name": "Alpha"}

    def answer(asked: Asked) -> Told:
        if asked.path.endswith("/project/search"):
            return Told({"values": [project], "total": 1, "maxResults": 50})
        if asked.path.endswith("/project"):
            return Told([project])
        if asked.path.endswith("/search/jql"):
            return Told({"issues": raw, "isLast": True})
        if asked.path.endswith("/search"):
            return Told({"issues": raw, "total": len(raw), "maxResults": 1_000, "startAt": asked.body["startAt"]})
        return Told({})

    return answer


def rows(*raw: dict[str, Any], dialect: Dialect | None = None, **options: Any) -> Rows:
    settings = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": "https://jira.example.net", **options})
    transport, _ = transport_to(site(raw))
    client = Client(
        "j", settings, transport, dialect or Cloud(), User(), "pmo", "https://jira.example.net", catalogue()
    )
    wanted = EVERYTHING | {f"fields.{name}" for name in options.get("fields", {})}
    needs = Needs(wanted, people=frozenset({"ann", "nobody"}))
    return to_rows(read(client, needs, lambda _: None), client, wanted)
