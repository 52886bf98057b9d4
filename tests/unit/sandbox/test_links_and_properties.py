"""Remote links and entity properties: one per key, silent, and refused where Jira refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any
LINK = {
    "globalId": "pmo-sync:owner:jira:1",
    "application": {"type": "org.pmo-sync", "name": "PMO"},
    "relationship": "PMO status",
    "object": {"url": "https://pmo.example/1", "title": "2 findings", "status": {"resolved": False}},
}


def test_a_link_is_written_once_per_global_id(cloud: Sandbox, jira: Caller) -> None:
    first = jira("POST", "issue/WORK-2/remotelink", LINK)
    assert first.status_code == 201
    shorter = {"globalId": LINK["globalId"], "object": {"url": "https://pmo.example/1", "title": "0 findings"}}
    again = jira("POST", "issue/WORK-2/remotelink", shorter)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    shown = jira("GET", "issue/WORK-2/remotelink").json()
    assert [one["object"]["title"] for one in shown] == ["0 findings"]
    assert "relationship" not in shown[0]  # members left out are gone
    assert len(cloud.writes) == 2
    assert jira("POST", "issue/WORK-2/remotelink", shorter).status_code == 200
    assert len(cloud.writes) == 2  # the same again changes nothing
    assert cloud.issue("WORK-2").history == ()


def test_a_link_is_found_and_deleted(jira: Caller, server: Caller) -> None:
    for one, created in ((jira, 201), (server, 200)):
        query = {"params": {"globalId": LINK["globalId"]}}
        assert one("GET", "issue/WORK-2/remotelink", **query).status_code == 404
        assert one("POST", "issue/WORK-2/remotelink", LINK).status_code == created
        assert one("GET", "issue/WORK-2/remotelink", **query).json()["object"] == LINK["object"]
        assert one("DELETE", "issue/WORK-2/remotelink", **query).status_code == 204
        assert one("DELETE", "issue/WORK-2/remotelink", **query).status_code == 404
        assert one("GET", "issue/WORK-2/remotelink").json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"object": None},
        {"object": {"title": "no address"}},
        {"object": {"url": "javascript:alert(1)", "title": "t"}},
        {"object": {"url": "https://a.example", "title": ""}},
        {"object": {"url": "https://a.example", "title": "t" * 256}},
        {"globalId": "g" * 256},
    ],
)
def test_links_that_are_refused(jira: Caller, change: dict[str, object]) -> None:
    assert jira("POST", "issue/WORK-2/remotelink", LINK | change).status_code == 400


def test_who_may_link(cloud: Sandbox, caller: Callable[..., Caller], jira: Caller) -> None:
    assert caller(cloud, "reader")("POST", "issue/WORK-2/remotelink", LINK).status_code == 403
    assert jira("POST", "issue/SECRET-1/remotelink", LINK).status_code == 404
    assert jira("POST", "issue/OLD-1/remotelink", LINK).status_code == 403


def test_properties_come_and_go(cloud: Sandbox, jira: Caller) -> None:
    updated = cloud.issue("WORK-2").updated
    assert jira("GET", "issue/WORK-2/properties/mine").status_code == 404
    assert jira("PUT", "issue/WORK-2/properties/mine", {"v": 1}).status_code == 201
    assert jira("PUT", "issue/WORK-2/properties/mine", {"v": 2}).status_code == 200
    assert jira("GET", "issue/WORK-2/properties/mine").json() == {"key": "mine", "value": {"v": 2}}
    assert [one["key"] for one in jira("GET", "issue/WORK-2/properties").json()["keys"]] == ["mine"]
    assert jira("DELETE", "issue/WORK-2/properties/mine").status_code == 204
    assert jira("DELETE", "issue/WORK-2/properties/mine").status_code == 404
    assert (cloud.issue("WORK-2").updated, cloud.mails) == (updated, {})


def test_the_size_of_a_property(jira: Caller) -> None:
    assert jira("PUT", "issue/WORK-2/properties/mine", "x" * 32_766).status_code == 201  # two quotes more
    assert jira("PUT", "issue/WORK-2/properties/mine", "x" * 32_767).status_code == 400
    assert jira("PUT", f"issue/WORK-2/properties/{'k' * 256}", 1).status_code == 400
    assert jira.edit("WORK-2", properties=[{"key": "mine", "value": "x" * 32_767}]).status_code == 400
    assert jira("PUT", "issue/WORK-2/properties/mine", {}).status_code == 400


def test_the_reader_writes_no_property(cloud: Sandbox, caller: Callable[..., Caller]) -> None:
    assert caller(cloud, "reader")("PUT", "issue/WORK-2/properties/mine", 1).status_code == 403
