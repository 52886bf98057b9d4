"""Nothing sent to it makes it fail or listen to others."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any
JSON = {"Content-Type": "application/json"}


def _raw(tracker: Sandbox, data: bytes) -> bytes:
    """What comes back on a connection of its own until the server closes it."""
    port = int(tracker.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"jql": "\\ud800"}',
        b"[" * 100_000,
        b'{"fields": {"summary": 1e999}}',
    ],
    ids=lambda body: body[:12].decode(errors="replace"),
)
def test_malformed_bodies(cloud: Sandbox, jira: Caller, body: bytes) -> None:
    for method, path in (
        ("POST", "search/jql"),
        ("PUT", "issue/WORK-2"),
        ("POST", "issue/WORK-2/remotelink"),
        ("POST", "bulk/issues/fields"),
        ("POST", "permissions/check"),
    ):
        answer = jira(method, path, data=body, headers=JSON)
        assert answer.status_code == 400, (path, answer.text)
        assert "errorMessages" in answer.json()
    assert cloud.writes == []


@pytest.mark.parametrize(
    "body",
    [
        {"fields": [], "update": {}},
        {"update": {"labels": {"add": "x"}}},
        {"update": {"labels": [{"add": {"a": 1}}]}},
        {"fields": {"labels": [["x"]]}},
        {"fields": {"customfield_20007": [[], 3]}},
        {"fields": {"assignee": {"accountId": ["x"]}}},
        {"fields": {"parent": {"key": 3}}},
        {"fields": {"duedate": 10**30}},
        {"fields": {"customfield_20002": 10**300}},
        {"properties": {"key": "k"}},
        {"properties": [{"key": 3, "value": 1}]},
    ],
    ids=str,
)
def test_bodies_of_the_wrong_shape(cloud: Sandbox, jira: Caller, body: dict[str, object]) -> None:
    assert jira.edit("WORK-2", **body).status_code == 400
    assert cloud.writes == []


def test_a_body_too_large_is_not_read(cloud: Sandbox, jira: Caller) -> None:
    head = f"PUT /rest/api/3/issue/WORK-2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {10 * 1024 * 1024}\r\n\r\n"
    assert _raw(cloud, head.encode()).startswith(b"HTTP/1.1 413")
    assert jira("GET", "myself").status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /rest/api/3/myself HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        ("GET /rest/api/3/myself HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\n\r\n", 403),
        ("GET /rest/api/3/myself HTTP/1.1\r\n\r\n", 403),
        ("POST /rest/api/3/search/jql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ("POST /rest/api/3/search/jql HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n", 400),
        ("BREW /rest/api/3/myself HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
        ("GET //[ HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n", 404),
        ("GET /rest/api/3/issue/%00%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        ("GET /rest/../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        ("\x00\x01\x02\r\n\r\n", 400),
    ],
)
def test_requests_that_are_none(cloud: Sandbox, jira: Caller, head: str, status: int) -> None:
    answer = _raw(cloud, head.encode())
    assert int(answer.split()[1] if answer.startswith(b"HTTP") else status) == status
    assert jira("GET", "serverInfo").status_code == 200


@pytest.mark.parametrize("path", ["nothing", "issue", "issue/WORK-2/nothing", "issue/WORK-2/properties/a/b", ""])
def test_wrong_paths(jira: Caller, path: str) -> None:
    answer = jira("GET", path)
    assert (answer.status_code, answer.json()["status-code"]) == (404, 404)
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


def test_wrong_verbs_and_types(jira: Caller) -> None:
    answer = jira("DELETE", "issue/WORK-2")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")
    assert jira("PUT", "issue/WORK-2", data="a=b").status_code == 415


@pytest.mark.parametrize("key", ["99999999999999999999999", "WORK-99999999999999999999", "-1", "work", "*", "%"])
def test_keys_that_are_none(jira: Caller, key: str) -> None:
    assert jira("GET", f"issue/{key}").status_code == 404
    assert jira("GET", f"issue/{key}?fields=x&properties=y&expand=z").status_code == 404


@pytest.mark.parametrize("query", ["startAt=-1", "startAt=x", "maxResults=99999999999999", "maxResults=%F0%9F%98%80"])
def test_numbers_that_are_none(jira: Caller, server: Caller, query: str) -> None:
    assert jira("GET", f"project/search?{query}").status_code == 400
    assert server("GET", f"search?jql=&{query}").status_code == 400


@pytest.mark.parametrize(
    "jql",
    ['"', "(((((", "labels in (", "x" * 100_000, "labels = '\\'", "cf[999999999999999999999] = 1", "id = " + "9" * 400,
     "project = \x00", "labels = 💥 and 💥", "duedate > 99999999999999999999d", "updated > 999999999999999",
     "duedate > 999999999999999", "project in (" + "WORK," * 5000 + "WORK) or nope"],
    ids=lambda jql: jql[:20],
)  # fmt: skip
def test_queries_that_are_none(jira: Caller, jql: str) -> None:
    assert jira("POST", "search/jql", {"jql": jql}).status_code in (200, 400)
    assert jira("POST", "jql/parse", {"queries": [jql]}).status_code == 200


def test_bodies_are_in_the_log_as_text(cloud: Sandbox, jira: Caller) -> None:
    jira("POST", "search/jql", data=b"\xff", headers=JSON)
    entry = cloud.log[-1]
    assert (entry.number, entry.method, entry.path) == (len(cloud.log), "POST", "/rest/api/3/search/jql")
    assert (entry.status, entry.is_write, json.dumps(entry.body)) == (400, False, '"\\ufffd"')
