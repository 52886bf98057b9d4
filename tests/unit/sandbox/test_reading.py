"""What answers look like: shapes of each flavour, absent and empty, zones, people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pmo_sync.sandbox import Sandbox

Caller = Any


def test_an_issue_of_cloud(jira: Caller) -> None:
    fields = jira("GET", "issue/WORK-2").json()["fields"]
    assert fields["status"]["statusCategory"]["key"] == "indeterminate"
    assert fields["issuetype"]["hierarchyLevel"] == 0
    assert fields["parent"]["key"] == "WORK-1"
    assert fields["parent"]["fields"]["issuetype"]["hierarchyLevel"] == 1
    assert fields["assignee"]["displayName"] == "Ann"
    assert "emailAddress" not in fields["assignee"]
    assert fields["reporter"]["active"] is False
    assert fields["resolution"] is None
    assert fields["project"]["projectCategory"]["name"] == "Change"
    assert fields["customfield_20001"]["value"] == "Amber"
    assert fields["customfield_20002"] == 12.5
    assert fields["customfield_20005"][0]["state"] == "active"
    assert [one.get("text") for one in fields["description"]["content"][0]["content"]] == ["first", None, "second"]
    assert fields["timetracking"]["originalEstimateSeconds"] == fields["timeoriginalestimate"] == 7200
    assert fields["issuelinks"][0]["outwardIssue"]["key"] == "SIDE-1"
    assert [one["key"] for one in fields["subtasks"]] == ["WORK-3"]


def test_an_issue_of_data_center(server: Caller) -> None:
    fields = server("GET", "issue/WORK-2").json()["fields"]
    assert "parent" not in fields  # only sub-tasks have one
    assert fields["customfield_20006"] == "WORK-1"
    assert "hierarchyLevel" not in fields["issuetype"]
    assert fields["assignee"]["name"] == "ann"
    assert fields["assignee"]["key"].startswith("JIRAUSER")
    assert fields["description"] == "first\nsecond"
    assert "[id=7," in fields["customfield_20005"][0]
    assert server.fields("WORK-3", "parent")["parent"]["key"] == "WORK-2"


def test_cloud_speaks_two_versions(cloud: Sandbox, caller: Callable[..., Caller]) -> None:
    old = caller(cloud, version=2)
    assert old.fields("WORK-2", "description") == {"description": "first\nsecond"}
    new = caller(cloud)
    assert old.edit("WORK-2", fields={"description": "one\n\ntwo\nlines"}).status_code == 204
    document = new.fields("WORK-2", "description")["description"]
    assert [one["type"] for one in document["content"]] == ["paragraph", "paragraph"]
    assert new.edit("WORK-2", fields={"description": document}).status_code == 204
    assert len(cloud.writes) == 1  # the same words are no change
    assert old.fields("WORK-2", "description") == {"description": "one\n\ntwo\nlines"}


def test_hidden_is_absent_and_empty_is_null(jira: Caller) -> None:
    assert "customfield_20002" not in jira("GET", "issue/SIDE-1").json()["fields"]
    assert jira("GET", "issue/WORK-1").json()["fields"]["customfield_20002"] is None


def test_times_are_in_the_profile_zone(jira: Caller) -> None:
    assert jira.fields("WORK-2", "updated") == {"updated": "2026-11-20T18:00:15.000+0530"}
    assert jira("GET", "myself").json()["timeZone"] == "Asia/Kolkata"


def test_the_date_header_tells_the_time_of_the_sandbox(jira: Caller) -> None:
    assert jira("GET", "serverInfo").headers["Date"] == "Sun, 22 Nov 2026 10:00:00 GMT"


def test_self_leads_elsewhere_on_cloud_only(jira: Caller, server: Caller) -> None:
    assert jira("GET", "issue/WORK-2").json()["self"].startswith("https://api.atlassian.com/ex/jira/")
    assert server("GET", "issue/WORK-2").json()["self"].startswith("http://127.0.0.1:")


def test_bulkfetch_sorts_by_id_and_leaves_out_what_is_not_seen(cloud: Sandbox, jira: Caller) -> None:
    moved = cloud.person("ann").move("SIDE-1", "WORK")
    body = {"issueIdsOrKeys": ["SIDE-1", "WORK-2", "SECRET-1", "WORK-99"], "fields": ["summary"]}
    found = jira("POST", "issue/bulkfetch", body).json()
    assert [one["key"] for one in found["issues"]] == ["WORK-2", moved]
    assert found["issueErrors"] == []


def test_bulkfetch_takes_a_hundred(jira: Caller) -> None:
    body = {"issueIdsOrKeys": [str(one) for one in range(101)]}
    assert jira("POST", "issue/bulkfetch", body).status_code == 400


def test_editmeta_shows_the_screen(jira: Caller, server: Caller) -> None:
    for one in (jira, server):
        fields = one("GET", "issue/WORK-2/editmeta").json()["fields"]
        assert fields["labels"]["operations"] == ["add", "set", "remove"]
        assert [option["value"] for option in fields["customfield_20001"]["allowedValues"]] == ["Green", "Amber"]
        assert "customfield_20002" not in one("GET", "issue/WORK-1/editmeta").json()["fields"]


def test_the_history_is_told(cloud: Sandbox, jira: Caller) -> None:
    cloud.person("ben").set("WORK-2", "duedate", None)
    entry = jira("GET", "issue/WORK-2/changelog").json()["values"][-1]
    assert entry["author"]["displayName"] == "Ben"
    assert (entry["items"][0]["fieldId"], entry["items"][0]["fromString"]) == ("duedate", "2026-12-01")


def test_fields_are_found_by_schema(jira: Caller, server: Caller) -> None:
    for one, sprint in ((jira, "json"), (server, "string")):
        fields = {field["id"]: field for field in one("GET", "field").json()}
        assert fields["customfield_20006"]["schema"]["custom"] == "com.pyxis.greenhopper.jira:gh-epic-link"
        assert fields["customfield_20005"]["schema"]["items"] == sprint
        assert "cf[20002]" in fields["customfield_20002"]["clauseNames"]


def test_projects_are_listed(jira: Caller, server: Caller) -> None:
    first = jira("GET", "project/search?maxResults=1").json()
    assert (first["total"], first["isLast"], [one["key"] for one in first["values"]]) == (2, False, ["SIDE"])
    archived = jira("GET", "project/search?status=archived").json()
    assert [one["key"] for one in archived["values"]] == ["OLD"]
    assert [one["key"] for one in server("GET", "project").json()] == ["SIDE", "WORK"]
    assert jira("GET", "project/SECRET").status_code == 404


def test_fields_can_be_left_out(jira: Caller) -> None:
    fields = jira("GET", "issue/WORK-2?fields=*all,-description").json()["fields"]
    assert "description" not in fields
    assert "summary" in fields
