"""Searching in both flavours: pages, tokens, the lagging index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any
ALL = "project in (WORK, SIDE) ORDER BY id ASC"


def _keys(answer: Any) -> list[str]:
    return [one["key"] for one in answer.json()["issues"]]


def test_cloud_gives_ids_by_default_and_no_total(jira: Caller) -> None:
    page = jira("POST", "search/jql", {"jql": "key = WORK-2"}).json()
    assert page == {"issues": [{"id": page["issues"][0]["id"]}], "isLast": True}


def test_cloud_pages_behind_tokens(jira: Caller) -> None:
    body: dict[str, object] = {"jql": ALL, "fields": ["summary"], "maxResults": 3}
    first = jira("POST", "search/jql", body)
    assert not first.json()["isLast"]
    second = jira("POST", "search/jql", body | {"nextPageToken": first.json()["nextPageToken"]})
    assert _keys(first) + _keys(second) == ["WORK-1", "WORK-2", "WORK-3", "SIDE-1"]
    assert second.json()["isLast"]
    assert "nextPageToken" not in second.json()


def test_a_token_belongs_to_its_query_and_expires(cloud: Sandbox, jira: Caller, clock: Any) -> None:
    body: dict[str, object] = {"jql": ALL, "maxResults": 1}
    token = jira("POST", "search/jql", body).json()["nextPageToken"]
    other = jira("POST", "search/jql", body | {"jql": "project = WORK", "nextPageToken": token})
    assert other.status_code == 400
    assert jira("POST", "search/jql", body | {"nextPageToken": "garbage"}).status_code == 400
    assert jira("POST", "search/jql", body | {"nextPageToken": token}).status_code == 200
    clock.turn(cloud.knobs.token_seconds + 1)
    assert jira("POST", "search/jql", body | {"nextPageToken": token}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"jql": "order by key desc"},
        {"jql": ""},
        {"jql": "project = WORK", "startAt": 0},
        {"jql": "project = WORK", "expand": None},
        {"jql": "project = WORK", "properties": ["a", "b", "c", "d", "e", "f"]},
        {"jql": "project = WORK", "fields": "summary"},
        {"jql": "project = WORK", "reconcileIssues": list(range(51))},
        {"jql": "project = WORK ORDER BY id, key, created, updated, summary, status, project, assignee"},
    ],
    ids=str,
)
def test_cloud_refuses(jira: Caller, body: dict[str, object]) -> None:
    answer = jira("POST", "search/jql", body)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"]


def test_the_old_search_of_cloud_is_gone(jira: Caller) -> None:
    assert jira("POST", "search", {"jql": "project = WORK"}).status_code == 410
    assert jira("GET", "search?jql=project%3DWORK").status_code == 410


def test_cloud_caps_pages_with_fields(cloud: Sandbox, jira: Caller) -> None:
    ann = cloud.person("ann")
    for number in range(100):
        ann.create("SIDE", f"More {number}", type="Task", status="Open")
    wide = jira("POST", "search/jql", {"jql": ALL, "fields": ["summary"], "maxResults": 5000}).json()
    assert len(wide["issues"]) == 100
    assert not wide["isLast"]
    assert len(jira("POST", "search/jql", {"jql": ALL, "maxResults": 5000}).json()["issues"]) == 104


def test_search_lags_and_issues_do_not(cloud: Sandbox, jira: Caller, clock: Any) -> None:
    cloud.knobs.index_lag = 30
    jira.edit("WORK-2", update={"labels": [{"add": "pmo-new"}]})
    new = cloud.person("ann").create("WORK", "New", type="Task", status="Open")
    cloud.person("ann").delete("SIDE-1")
    body: dict[str, object] = {"jql": ALL, "fields": ["labels"]}
    assert _keys(jira("POST", "search/jql", body)) == ["WORK-1", "WORK-2", "WORK-3", "SIDE-1"]
    assert "pmo-new" not in jira("POST", "search/jql", body).json()["issues"][1]["fields"]["labels"]
    assert "pmo-new" in jira.fields("WORK-2", "labels")["labels"]
    fetched = jira("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["WORK-2"], "fields": ["labels"]}).json()
    assert "pmo-new" in fetched["issues"][0]["fields"]["labels"]
    reconciled = body | {"reconcileIssues": [int(cloud.issue("WORK-2").id)]}
    assert "pmo-new" in jira("POST", "search/jql", reconciled).json()["issues"][1]["fields"]["labels"]
    clock.turn(31)
    assert _keys(jira("POST", "search/jql", body)) == ["WORK-1", "WORK-2", "WORK-3", new]


def test_count_and_parse(jira: Caller) -> None:
    assert jira("POST", "search/approximate-count", {"jql": "project = WORK"}).json() == {"count": 3}
    assert jira("POST", "search/approximate-count", {"jql": "project = WORK", "fields": []}).status_code == 400
    good, bad = jira("POST", "jql/parse", {"queries": ["project = WORK", "nope = 1"]}).json()["queries"]
    assert "errors" not in good
    assert bad["errors"] == ["Field 'nope' does not exist or you do not have permission to view it."]


def test_properties_come_along(jira: Caller) -> None:
    jira("PUT", "issue/WORK-2/properties/mine", {"v": 1})
    body = {"jql": "project = WORK ORDER BY id", "fields": ["summary"], "properties": ["mine"]}
    assert [one["properties"] for one in jira("POST", "search/jql", body).json()["issues"]] == [
        {},
        {"mine": {"v": 1}},
        {},
    ]


def test_data_center_pages_by_offset_and_caps_silently(centre: Sandbox, server: Caller) -> None:
    centre.knobs.page_cap = 3
    first = server("POST", "search", {"jql": ALL, "maxResults": 500}).json()
    assert (first["startAt"], first["maxResults"], first["total"], len(first["issues"])) == (0, 3, 4, 3)
    assert "summary" in first["issues"][0]["fields"]
    second = server("GET", f"search?jql={ALL}&startAt=3&fields=summary").json()
    assert [one["key"] for one in second["issues"]] == ["SIDE-1"]


def test_data_center_breaks_beyond_its_window(centre: Sandbox, server: Caller) -> None:
    centre.knobs.result_window = 3
    answer = server("POST", "search", {"jql": ALL, "startAt": 2, "maxResults": 2})
    assert answer.status_code == 500
    assert "Search limit exceeded" in answer.text
    assert "xml" in answer.headers["Content-Type"]


def test_data_center_takes_an_unbounded_query(server: Caller) -> None:
    assert server("POST", "search", {"jql": ""}).json()["total"] == 4
    assert server("POST", "search/jql", {"jql": ALL}).status_code == 404


def test_what_the_caller_does_not_see_is_not_found(cloud: Sandbox, caller: Callable[..., Caller], jira: Caller) -> None:
    assert jira("POST", "search/jql", {"jql": "project = SECRET"}).status_code == 400
    assert jira("POST", "search/jql", {"jql": "summary ~ hidden"}).json()["issues"] == []
    assert cloud.issue("SECRET-1").key == "SECRET-1"
    nobody = caller(cloud, "bad")("POST", "search/jql", {"jql": ALL})
    assert (nobody.status_code, nobody.json()) == (200, {"issues": [], "isLast": True})
