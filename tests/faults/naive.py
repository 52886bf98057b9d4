"""The control: a client as people write it with the packages `jira` and `python-redmine`, to show what faults do to it.

It searches, judges by the same standards, and puts what it wants beside what it has read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from types import SimpleNamespace
from typing import Any

import jira
import jira.resilientsession
import pytest
import redminelib

from pmo_sync.sandbox import Flavour, Sandbox
from tests.faults import plant
from tests.faults.command_line import Clock
from tests.faults.faulty_redmine import KEY
from tests.faults.jira_plant import OURS, SOON, TODAY
from tests.faults.jira_side import JiraSide
from tests.faults.side import Side

_PHASES = {"To Do": "todo", "In Progress": "doing", "Done": "done"}


def naive_sync(side: Side, url: str, clock: Clock, patch: pytest.MonkeyPatch) -> int:
    """The exit code: 0, or 1 where the package raised anything."""
    patch.setattr(jira.resilientsession, "time", SimpleNamespace(sleep=clock.sleep))
    try:
        if isinstance(side, JiraSide):
            _in_jira(side.tracker, url)
        else:
            _in_redmine(url)
    except Exception:  # noqa: BLE001 - whatever it raises: six families of errors are known
        return 1
    return 0


def _in_redmine(url: str) -> None:
    """Flags, and a health for each project from all issues below it that were read."""
    client = redminelib.Redmine(url, key=KEY, requests={"timeout": 0.2})
    try:
        projects = [dict(one) for one in client.project.all().values()]
        issues = [dict(one) for one in client.issue.filter(status_id="*").values()]
        for issue in issues:
            (stands,) = [one["value"] for one in issue["custom_fields"] if one["id"] == 1]
            wanted = plant.flags(issue)
            if sorted(stands) != list(wanted):
                client.issue.update(issue["id"], custom_fields=[{"id": 1, "value": list(wanted)}])
        for project in projects:
            below = [one for one in issues if one["project"]["id"] in plant.subtree(project["id"])]
            client.project.update(project["id"], custom_fields=[{"id": 11, "value": plant.health(below)}])
    finally:
        client.engine.session.close()


def _in_jira(tracker: Sandbox, url: str) -> None:
    client = _client(tracker, url)
    try:
        found = client.search_issues("project in (BNK, ONB)", maxResults=False, fields="*all")
        for issue in found:
            _put(client, issue)
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _client(tracker: Sandbox, url: str) -> jira.JIRA:
    writer = tracker.writer
    if tracker.flavour is Flavour.CLOUD:
        return jira.JIRA(server=url, basic_auth=(writer.login, writer.token), timeout=0.2)
    return jira.JIRA(server=url, token_auth=writer.token, timeout=0.2)


def _put(client: jira.JIRA, issue: Any) -> None:
    """Not by `issue.update`: on Cloud the package takes the address of that from the body, and it may lead nowhere."""
    if issue.fields.issuetype.name != "Task":
        return
    labels = set(issue.fields.labels)
    wanted = (labels - OURS) | set(_flags(issue.fields))
    if wanted != labels:
        body = json.dumps({"fields": {"labels": sorted(wanted)}})
        client._session.put(client._get_url(f"issue/{issue.id}"), params={"notifyUsers": "false"}, data=body)


def _flags(fields: Any) -> Iterable[str]:
    phase, due = _PHASES[fields.status.name], date.fromisoformat(fields.duedate)
    found = set()
    if fields.assignee is None and (phase == "doing" or (phase == "todo" and due <= SOON)):
        found.add("pmo-no-owner")
    if phase != "done" and due < TODAY:
        found.add("pmo-overdue")
    return found | {"pmo-action"} if found else found
