"""Who comes in, and what each may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any


@pytest.mark.parametrize("who", ["nobody", "bad"])
def test_cloud_lets_anybody_in_as_nobody(cloud: Sandbox, caller: Callable[..., Caller], who: str) -> None:
    one = caller(cloud, who)
    assert one("GET", "myself").status_code == 401
    assert one("GET", "serverInfo").json()["deploymentType"] == "Cloud"
    assert one("POST", "search/jql", {"jql": "project = WORK"}).json() == {"issues": [], "isLast": True}
    assert one("GET", "project/search").json()["values"] == []
    assert one("GET", "issue/WORK-2").status_code == 404
    assert cloud.log[-1].user is None


def test_data_center_sends_a_bad_token_away(centre: Sandbox, caller: Callable[..., Caller]) -> None:
    bad = caller(centre, "bad")
    for path in ("myself", "serverInfo", "search?jql=project%3DWORK"):
        assert bad("GET", path).status_code == 401
    assert bad("GET", "myself").headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    nobody = caller(centre, "nobody")
    assert nobody("GET", "search?jql=project%3DWORK").json()["issues"] == []
    assert nobody("GET", "myself").status_code == 401


def test_a_revoked_token_is_worth_nothing(
    cloud: Sandbox, jira: Caller, centre: Sandbox, server: Caller, caller: Callable[..., Caller]
) -> None:
    assert jira("GET", "myself").json()["accountId"] == cloud.writer.account
    cloud.knobs.revoke(cloud.writer.token)
    assert jira("GET", "myself").status_code == 401
    assert jira("POST", "search/jql", {"jql": "project = WORK"}).json()["issues"] == []
    assert caller(cloud, "reader")("GET", "myself").status_code == 200
    centre.knobs.revoke(centre.writer.token)
    assert server("GET", "serverInfo").status_code == 401


def test_each_flavour_takes_its_own_scheme(cloud: Sandbox, centre: Sandbox, caller: Callable[..., Caller]) -> None:
    bearer = {"headers": {"Authorization": f"Bearer {cloud.writer.token}"}}
    assert caller(cloud, "nobody")("GET", "myself", **bearer).status_code == 401
    password = caller(centre, "nobody")
    assert password("GET", "myself", auth=(centre.writer.login, centre.writer.token)).status_code == 401


def test_tokens_are_in_no_repr(cloud: Sandbox) -> None:
    assert cloud.writer.token not in repr(cloud.writer)


def _has(one: Caller, query: str, *names: str) -> list[bool]:
    found = one("GET", f"mypermissions?permissions={','.join(names)}{query}").json()["permissions"]
    return [found[name]["havePermission"] for name in names]


def test_my_permissions(cloud: Sandbox, jira: Caller, server: Caller, caller: Callable[..., Caller]) -> None:
    names = ("BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER_PROJECTS", "ADMINISTER")
    for one in (jira, server):
        assert _has(one, "&projectKey=WORK", *names) == [True, True, True, False]
        assert _has(one, "&projectKey=SIDE", *names) == [True, True, False, False]
        assert _has(one, "&issueKey=OLD-1", *names) == [True, False, False, False]
        assert _has(one, "", *names) == [True, True, True, False]
        assert one("GET", "mypermissions?permissions=EDIT_ISSUES&projectKey=SECRET").status_code == 404
    assert _has(caller(cloud, "reader"), "&projectKey=WORK", *names) == [True, False, False, False]
    assert _has(caller(cloud, "nobody"), "", *names) == [False] * 4


def test_cloud_wants_to_be_told_which_permissions(jira: Caller, server: Caller) -> None:
    assert jira("GET", "mypermissions").status_code == 400
    assert jira("GET", "mypermissions?permissions=NOPE").status_code == 400
    assert "LINK_ISSUES" in server("GET", "mypermissions").json()["permissions"]


def test_permissions_of_many_projects_at_once(cloud: Sandbox, jira: Caller) -> None:
    projects = {one["key"]: int(one["id"]) for one in jira("GET", "project").json()}
    hidden = next(one.id for one in cloud.store.catalogue.projects.values() if one.key == "SECRET")
    wanted = {"permissions": ["ADMINISTER_PROJECTS", "EDIT_ISSUES"], "projects": [*projects.values(), hidden]}
    body = {"globalPermissions": ["ADMINISTER", "BULK_CHANGE"], "projectPermissions": [wanted]}
    found = jira("POST", "permissions/check", body).json()
    assert found["globalPermissions"] == ["BULK_CHANGE"]
    granted = {one["permission"]: set(one["projects"]) for one in found["projectPermissions"]}
    assert granted == {"ADMINISTER_PROJECTS": {projects["WORK"]}, "EDIT_ISSUES": set(projects.values())}
    assert jira("POST", "permissions/check", {"projectPermissions": [{"permissions": ["NOPE"]}]}).status_code == 400
