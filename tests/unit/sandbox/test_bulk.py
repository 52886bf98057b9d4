"""Bulk edit on Cloud: a task that accounts for every issue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pmo_sync.sandbox import Flavour, Sandbox

Caller = Any


def _body(ids: list[str], option: str = "ADD", **more: object) -> dict[str, object]:
    labels = [{"fieldId": "labels", "bulkEditMultiSelectFieldOption": option, "labels": [{"name": "pmo-late"}]}]
    body: dict[str, object] = {
        "selectedIssueIdsOrKeys": ids,
        "selectedActions": ["labels"],
        "editedFieldsInput": {"labelsFields": labels},
        "sendBulkNotification": False,
    }
    return body | more


def _ended(jira: Caller, task: str) -> dict[str, Any]:
    states: list[dict[str, Any]] = [jira("GET", f"bulk/queue/{task}").json() for _ in range(2)]
    assert [one["status"] for one in states] == ["RUNNING", "COMPLETE"]
    return states[1]


def test_every_issue_is_accounted_for(cloud: Sandbox, jira: Caller) -> None:
    answer = jira("POST", "bulk/issues/fields", _body(["WORK-1", "WORK-2", "OLD-1", "SECRET-1", "WORK-99"]))
    assert answer.status_code == 201
    ended = _ended(jira, answer.json()["taskId"])
    assert ended["processedAccessibleIssues"] == [int(cloud.issue(key).id) for key in ("WORK-1", "WORK-2")]
    assert list(ended["failedAccessibleIssues"]) == [cloud.issue("OLD-1").id]
    assert (ended["invalidOrInaccessibleIssueCount"], ended["totalIssueCount"]) == (2, 5)
    assert cloud.issue("WORK-2").labels == ("Human", "pmo-human", "pmo-late")
    assert cloud.mails == {}


def test_mail_unless_told_not_to(cloud: Sandbox, jira: Caller) -> None:
    body = _body(["WORK-1", "10001"])
    del body["sendBulkNotification"]
    jira("POST", "bulk/issues/fields", body)
    assert cloud.mails == {"WORK-1": 1}


def test_other_fields(cloud: Sandbox, jira: Caller) -> None:
    fields = jira("GET", "issue/WORK-2/editmeta").json()["fields"]["customfield_20001"]["allowedValues"]
    edited = {
        "clearableNumberFields": [{"fieldId": "customfield_20002", "value": 4}],
        "singleSelectFields": [{"fieldId": "customfield_20001", "option": {"optionId": int(fields[0]["id"])}}],
        "datePickerFields": [{"fieldId": "duedate", "date": {"formattedDate": "2026-12-24"}}],
        "singleLineTextFields": [{"fieldId": "customfield_20004", "text": "line"}],
    }
    actions = ["customfield_20002", "customfield_20001", "duedate", "customfield_20004"]
    body = _body(["WORK-2"], selectedActions=actions, editedFieldsInput=edited)
    assert jira("POST", "bulk/issues/fields", body).status_code == 201
    state = cloud.issue("WORK-2").fields
    assert [state[one] for one in actions] == [4.0, "Green", "2026-12-24", "line"]


def test_what_is_refused(cloud: Sandbox, jira: Caller, caller: Callable[..., Caller]) -> None:
    for body in (
        _body([]),
        _body([str(one) for one in range(1001)]),
        _body(["WORK-1"], option="NONE"),
        _body(["WORK-1"], selectedActions=["summary"]),
        _body(["WORK-1"], more=1),
        _body(["WORK-1"], editedFieldsInput={"colorFields": []}),
    ):
        assert jira("POST", "bulk/issues/fields", body).status_code == 400
    assert caller(cloud, "reader")("POST", "bulk/issues/fields", _body(["WORK-1"])).status_code == 403
    assert caller(cloud, "nobody")("POST", "bulk/issues/fields", _body(["WORK-1"])).status_code == 401
    assert jira("GET", "bulk/queue/1").status_code == 404
    assert cloud.writes == []


def test_a_bad_label_is_told_of_each_issue(cloud: Sandbox, jira: Caller) -> None:
    body = _body(["WORK-1"])
    body["editedFieldsInput"] = {
        "labelsFields": [{"fieldId": "labels", "bulkEditMultiSelectFieldOption": "ADD", "labels": [{"name": "a b"}]}]
    }
    task = jira("POST", "bulk/issues/fields", body).json()["taskId"]
    assert _ended(jira, task)["failedAccessibleIssues"] == {
        cloud.issue("WORK-1").id: ["The label 'a b' can't contain spaces."]
    }


def test_data_center_has_none(make: Callable[..., Sandbox], caller: Callable[..., Caller]) -> None:
    server = caller(make(Flavour.DATA_CENTER))
    assert server("POST", "bulk/issues/fields", _body(["WORK-1"])).status_code == 404
