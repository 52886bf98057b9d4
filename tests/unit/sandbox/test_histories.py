"""The histories of many issues in one request: pages, fields, who may see what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any
PATH = "changelog/bulkfetch"


def told(pages: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    return [
        (log["issueId"], entry["created"], [item["fieldId"] for item in entry["items"]])
        for page in pages
        for log in page["issueChangeLogs"]
        for entry in log["changeHistories"]
    ]


def pages(jira: Caller, **body: Any) -> list[dict[str, Any]]:
    found = [jira("POST", PATH, body).json()]
    while token := found[-1].get("nextPageToken"):
        found.append(jira("POST", PATH, body | {"nextPageToken": token}).json())
    return found


@pytest.fixture
def ids(cloud: Sandbox) -> list[str]:
    """Two issues with three and one edits."""
    hand = cloud.person("ann")
    hand.label("WORK-2", add="one")
    hand.label("WORK-1", add="two")
    hand.set("WORK-2", "summary", "Another")
    hand.label("WORK-2", add="three")
    return [str(cloud.issue(key).id) for key in ("WORK-1", "WORK-2")]


def test_all_edits_in_pages_of_edits(jira: Caller, ids: list[str]) -> None:
    whole = told(pages(jira, issueIdsOrKeys=ids))
    small = pages(jira, issueIdsOrKeys=ids, maxResults=2)
    assert len(small) == (len(whole) + 1) // 2
    assert sorted(told(small)) == sorted(whole)
    assert {id_ for id_, *_ in whole} == set(ids)
    assert (
        "from"
        in jira("POST", PATH, {"issueIdsOrKeys": ids}).json()["issueChangeLogs"][0]["changeHistories"][0]["items"][0]
    )


def test_only_the_fields_that_are_asked_for(jira: Caller, ids: list[str]) -> None:
    assert {tuple(names) for *_, names in told(pages(jira, issueIdsOrKeys=ids, fieldIds=["summary"]))} == {("summary",)}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": ["1"] * 1001},
        {"issueIdsOrKeys": ["1"], "fieldIds": ["x"] * 11},
        {"issueIdsOrKeys": ["1"], "maxResults": 0},
        {"issueIdsOrKeys": ["1"], "nextPageToken": "x"},
        {"issueIdsOrKeys": ["1"], "expand": "names"},
    ],
)
def test_what_is_refused(jira: Caller, body: dict[str, Any]) -> None:
    assert jira("POST", PATH, body).status_code == 400


def test_what_is_not_visible_is_missing_and_data_center_has_none(jira: Caller, server: Caller) -> None:
    assert jira("POST", PATH, {"issueIdsOrKeys": ["999999"]}).json() == {"issueChangeLogs": []}
    assert server("POST", PATH, {"issueIdsOrKeys": ["1"]}).status_code == 404
