"""PUT issue: verbs, fields and properties, all or nothing, with history, `updated` and mail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any
LABELS = {"labels": [{"add": "pmo-overdue"}, {"remove": "pmo-human"}]}
DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "said"}]}],
}


def test_labels_fields_and_properties_in_one_request(cloud: Sandbox, jira: Caller, clock: Any) -> None:
    clock.turn(60)
    note = {"key": "pmo-sync.owner", "value": {"v": 1}}
    body = {"update": LABELS, "fields": {"customfield_20002": 88.5}, "properties": [note]}
    assert jira.edit("WORK-2", "?notifyUsers=false", **body).status_code == 204
    state = cloud.issue("WORK-2")
    assert state.labels == ("Human", "pmo-overdue")
    assert state.fields["customfield_20002"] == 88.5
    assert state.properties == {"pmo-sync.owner": {"v": 1}}
    assert state.updated == clock()
    told = {item.field: (item.before_text, item.after_text) for item in state.history[-1].items}
    assert told == {"labels": ("Human pmo-human", "Human pmo-overdue"), "Budget": ("12.5", "88.5")}
    assert state.history[-1].author == cloud.writer.account
    assert cloud.mails == {}
    assert [(entry.method, entry.status, entry.user) for entry in cloud.writes] == [("PUT", 204, cloud.writer.login)]


def test_the_same_again_changes_nothing(cloud: Sandbox, jira: Caller, clock: Any) -> None:
    jira.edit("WORK-2", update=LABELS)
    before = cloud.issue("WORK-2")
    clock.turn(60)
    assert jira.edit("WORK-2", update=LABELS).status_code == 204
    assert cloud.issue("WORK-2") == before
    assert cloud.mails == {"WORK-2": 1}
    assert len(cloud.writes) == 1


def test_updated_moves_though_the_clock_stands(cloud: Sandbox, jira: Caller) -> None:
    jira.edit("WORK-2", update=LABELS)
    first = cloud.issue("WORK-2").updated
    jira.edit("WORK-2", update={"labels": [{"set": ["only"]}]})
    assert cloud.issue("WORK-2").updated > first
    assert cloud.issue("WORK-2").labels == ("only",)


def test_labels_know_upper_and_lower_case(cloud: Sandbox, jira: Caller) -> None:
    jira.edit("WORK-2", update={"labels": [{"add": "human"}, {"remove": "PMO-HUMAN"}]})
    assert cloud.issue("WORK-2").labels == ("Human", "human", "pmo-human")


def test_one_mistake_and_nothing_is_changed(cloud: Sandbox, jira: Caller) -> None:
    before = cloud.issue("WORK-2")
    answer = jira.edit(
        "WORK-2",
        update=LABELS,
        fields={"customfield_20002": "many", "customfield_9": 1},
        properties=[{"key": "k", "value": 1}],
    )
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "customfield_20002": "Operation value must be a number",
        "customfield_9": "Field 'customfield_9' cannot be set. It is not on the appropriate screen, or unknown.",
    }
    assert cloud.issue("WORK-2") == before
    assert cloud.writes == []


def test_a_field_off_the_screen(jira: Caller, server: Caller) -> None:
    assert server.edit("WORK-1", fields={"customfield_20002": 1}).status_code == 400
    assert jira.edit("WORK-1", fields={"customfield_20002": 1}).status_code == 204  # screens are not asked


def test_a_hidden_field(jira: Caller, server: Caller) -> None:
    for one in (jira, server):
        assert "customfield_20002" in one.edit("SIDE-1", fields={"customfield_20002": 1}).json()["errors"]


def test_labels_with_spaces(jira: Caller, server: Caller) -> None:
    body = {"labels": [{"add": "Severity: high"}]}
    refused = jira.edit("WORK-2", update=body)
    assert refused.status_code == 400
    assert refused.json() == {
        "errorMessages": ["The label 'Severity: high' can't contain spaces."],
        "warningMessages": [],
    }
    assert server.edit("WORK-2", update=body).json() == {
        "errorMessages": [],
        "errors": {"labels": "The label 'Severity: high' contains spaces which is invalid."},
    }


@pytest.mark.parametrize("label", ["x" * 256, "", "a\tb", 7])
def test_other_bad_labels(jira: Caller, server: Caller, label: object) -> None:
    for one in (jira, server):
        assert one.edit("WORK-2", update={"labels": [{"add": label}]}).status_code == 400
    assert jira.edit("WORK-2", update={"labels": [{"add": "x" * 255}]}).status_code == 204


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", None),
        ("summary", "x" * 256),
        ("summary", "two\nlines"),
        ("customfield_20004", "x" * 256),
        ("customfield_20003", "plain"),
        ("customfield_20003", {"type": "doc", "version": 1, "content": [{"type": "nonsense"}]}),
        ("description", {"type": "paragraph"}),
        (
            "description",
            DOCUMENT | {"content": [{"type": "paragraph", "content": [{"type": "text", "text": "x" * 32768}]}]},
        ),
        ("customfield_20001", {"value": "Purple"}),
        ("customfield_20001", {"id": "9"}),
        ("customfield_20001", "Green"),
        ("customfield_20007", [{"value": "Rust"}]),
        ("customfield_20007", {"value": "Go"}),
        ("customfield_20008", {"accountId": "nobody"}),
        ("customfield_20009", "22.11.2026"),
        ("customfield_20009", "2026-02-30"),
        ("customfield_20002", "12"),
        ("customfield_20002", True),
        ("customfield_20006", "WORK-99"),
        ("customfield_20005", 7),
        ("status", {"name": "Closed"}),
        ("created", "2026-11-22T10:00:00.000+0000"),
        ("labels", "one"),
        ("assignee", {"name": "ann"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_do_not_suit(cloud: Sandbox, jira: Caller, field: str, value: object) -> None:
    answer = jira.edit("WORK-2", fields={field: value})
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert cloud.writes == []


def test_values_that_do(cloud: Sandbox, jira: Caller) -> None:
    ann = jira.fields("WORK-2", "assignee")["assignee"]["accountId"]
    fields = {
        "customfield_20001": {"value": "Green"},
        "customfield_20003": DOCUMENT,
        "customfield_20004": "line",
        "customfield_20007": [{"value": "Go"}],
        "customfield_20008": {"accountId": ann},
        "customfield_20009": "2026-11-30",
        "duedate": None,
        "priority": {"name": "Low"},
        "assignee": None,
        "parent": {"key": "WORK-1"},
    }
    assert jira.edit("WORK-2", fields=fields).status_code == 204
    shown = jira.fields("WORK-2", *fields)
    assert shown["customfield_20001"]["value"] == "Green"
    assert shown["customfield_20003"] == DOCUMENT
    assert shown["customfield_20007"][0]["value"] == "Go"
    assert shown["customfield_20008"]["displayName"] == "Ann"
    assert (shown["customfield_20009"], shown["duedate"], shown["assignee"]) == ("2026-11-30", None, None)
    assert jira.edit("WORK-2", update={"parent": [{"set": {"none": True}}]}).status_code == 204
    assert "parent" not in jira.fields("WORK-2", "parent")
    assert cloud.issue("WORK-2").fields["customfield_20001"] == "Green"


def test_data_center_takes_names_and_wiki_text(server: Caller) -> None:
    fields = {"assignee": {"name": "ben"}, "customfield_20003": "plain", "customfield_20006": None}
    assert server.edit("WORK-2", fields=fields).status_code == 204
    shown = server.fields("WORK-2", *fields)
    assert (shown["assignee"]["name"], shown["customfield_20003"], shown["customfield_20006"]) == ("ben", "plain", None)


def test_a_field_twice(jira: Caller) -> None:
    answer = jira.edit("WORK-2", fields={"labels": ["x"]}, update=LABELS)
    assert answer.status_code == 400
    assert "labels" in answer.json()["errors"]


@pytest.mark.parametrize("operations", [[{"edit": "x"}], "x", [{"add": "a", "remove": "b"}], ["add"]])
def test_verbs_that_are_none(jira: Caller, operations: object) -> None:
    assert "labels" in jira.edit("WORK-2", update={"labels": operations}).json()["errors"]


def test_silence_is_the_administrators(cloud: Sandbox, jira: Caller, centre: Sandbox, server: Caller) -> None:
    for key in ("WORK-1", "SIDE-1"):
        assert jira.edit(key, "?notifyUsers=false", update=LABELS).status_code == 204
    assert cloud.mails == {"SIDE-1": 1}  # ignored where we administer nothing
    assert server.edit("WORK-1", "?notifyUsers=false", update=LABELS).status_code == 204
    refused = server.edit("SIDE-1", "?notifyUsers=false", update=LABELS)
    assert refused.status_code == 403
    assert "project admin permissions are required" in refused.json()["errorMessages"][0]
    assert centre.mails == {}
    assert centre.issue("SIDE-1").labels == ()


def test_properties_alone_are_silent(cloud: Sandbox, jira: Caller) -> None:
    before = cloud.issue("SIDE-1")
    assert jira.edit("SIDE-1", properties=[{"key": "k", "value": [1]}]).status_code == 204
    after = cloud.issue("SIDE-1")
    assert (after.updated, after.history, after.properties) == (before.updated, (), {"k": [1]})
    assert cloud.mails == {}


def test_who_may_not_edit(
    cloud: Sandbox, centre: Sandbox, caller: Callable[..., Caller], jira: Caller, server: Caller
) -> None:
    assert caller(cloud, "reader").edit("WORK-2", update=LABELS).status_code == 403
    assert caller(centre, "reader").edit("WORK-2", update=LABELS).status_code == 400
    assert jira.edit("SECRET-1", update=LABELS).status_code == 404
    assert caller(cloud, "nobody").edit("WORK-2", update=LABELS).status_code == 404
    assert jira.edit("OLD-1", update=LABELS).status_code == 403
    assert server.edit("OLD-1", update=LABELS).status_code == 400
    assert jira("GET", "issue/OLD-1").status_code == 200
    assert cloud.writes == centre.writes == []


def test_two_at_once_lose_nothing(cloud: Sandbox, caller: Callable[..., Caller]) -> None:
    writers = [caller(cloud) for _ in range(2)]

    def write(who: int) -> list[int]:
        bodies = [{"labels": [{"add": f"by-{who}-{number}"}]} for number in range(25)]
        return [writers[who].edit("WORK-1", update=body).status_code for body in bodies]

    with ThreadPoolExecutor(2) as pool:
        assert {status for statuses in pool.map(write, range(2)) for status in statuses} == {204}
    assert set(cloud.issue("WORK-1").labels) == {f"by-{who}-{number}" for who in range(2) for number in range(25)}
    assert len(cloud.issue("WORK-1").history) == len(cloud.writes) == 50
