"""What queries mean, in the caller's own time zone."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from pmo_sync.sandbox import Sandbox

Caller = Any


def _found(server: Caller, jql: str) -> list[str]:
    answer = server("GET", f"search?jql={quote(jql)}&fields=key")
    assert answer.status_code == 200, answer.text
    return [one["key"] for one in answer.json()["issues"]]


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("project = work and issuetype = Task", "WORK-2"),
        ("project = WORK AND NOT (issuetype = Task OR issuetype = Epic)", "WORK-3"),
        ("labels = HUMAN", "WORK-2"),
        ("labels in ('pmo-human', other)", "WORK-2"),
        ("labels != human", ""),
        ("labels is EMPTY order by id", "WORK-1 WORK-3 SIDE-1"),
        ("labels is not empty", "WORK-2"),
        ("status = Open ORDER BY key", "SIDE-1 WORK-1"),
        ("status not in (Open, Doing)", "WORK-3"),
        ("statusCategory = Done", "WORK-3"),
        ("statusCategory != Done order by id", "WORK-1 WORK-2 SIDE-1"),
        ("assignee = ann ORDER BY id DESC", "WORK-2 WORK-1"),
        ("assignee = EMPTY order by id asc", "WORK-3 SIDE-1"),
        ("assignee = currentUser()", ""),
        ("key = WORK-2", "WORK-2"),
        ("key in (WORK-1, 'WORK-2') order by id", "WORK-1 WORK-2"),
        ("id > 10003 order by id", "SIDE-1"),
        ("key >= WORK-2 order by key", "WORK-2 WORK-3"),
        ("parent = WORK-2", "WORK-3"),
        ("Epik = WORK-1", "WORK-2"),
        ("summary ~ 'BUILD'", "WORK-2"),
        ("duedate <= 2026-12-01", "WORK-2"),
        ("due < '2026/12/01'", ""),
        ("duedate is not EMPTY and due > -5d", "WORK-2"),
        ("resolution = Fixed", "WORK-3"),
        ("resolution is EMPTY order by id", "WORK-1 WORK-2 SIDE-1"),
        ("Health = Amber", "WORK-2"),
        ("cf[20002] > 12", "WORK-2"),
        ("Budget != 3", "WORK-2"),
        ("component = Core and fixVersion = '1.0'", "WORK-2"),
        ("Sprint = 7", "WORK-2"),
        ("updated >= -2d", "WORK-2"),
        ("updated > startOfDay()", ""),
    ],
)
def test_what_is_found(server: Caller, jql: str, keys: str) -> None:
    assert _found(server, jql) == keys.split()


def test_times_are_read_in_the_profile_zone(server: Caller) -> None:
    # 12:30:15 UTC is 18:00:15 there, and text knows minutes only
    assert _found(server, "updated >= '2026-11-20 18:00'") == ["WORK-2"]
    assert _found(server, "updated >= '2026-11-20 18:01'") == []
    assert _found(server, "updated >= '2026-11-20 12:30'") == ["WORK-2"]
    assert _found(server, "updated <= '2026-11-20 18:00' AND updated > '2026-11-20 17:00'") == []


def test_milliseconds_know_no_zone(server: Caller) -> None:
    at = 1_795_177_815_000  # 2026-11-20 12:30:15 UTC
    assert _found(server, f"updated >= {at}") == ["WORK-2"]
    assert _found(server, f"updated > {at}") == []


def test_the_default_order_is_the_newest_first(server: Caller) -> None:
    assert _found(server, "project = WORK") == ["WORK-3", "WORK-2", "WORK-1"]


def test_empty_values_come_last_either_way(server: Caller) -> None:
    for direction in ("ASC", "DESC"):
        assert _found(server, f"project = WORK ORDER BY Budget {direction}, id")[0] == "WORK-2"


def test_what_a_query_finds_follows_edits(centre: Sandbox, server: Caller) -> None:
    assert _found(server, "labels = fresh") == []
    centre.person("ann").label("SIDE-1", add="fresh")
    assert _found(server, "labels = fresh") == ["SIDE-1"]


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("nope = 1", "Field 'nope' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("status = Nope", "The value 'Nope' does not exist for the field 'status'."),
        ("assignee = nobody", "The value 'nobody' does not exist for the field 'assignee'."),
        ("key = WORK-99", "An issue with key 'WORK-99' does not exist for field 'key'."),
        ("updated >= soon", "Date value 'soon' for field 'updated' is invalid."),
        ("updated >= '2026-13-01'", "Date value '2026-13-01' for field 'updated' is invalid."),
        ("status ~ x", "The operator '~' is not supported by the 'status' field."),
        ("project WORK", "Error in the JQL Query: Expecting operator but got 'WORK'."),
        ("project = WORK AND", "Error in the JQL Query: Expecting a field name"),
        ("(project = WORK", "Error in the JQL Query: Expecting ')'"),
        ("project = 'WORK", "Error in the JQL Query: The character ''' is a reserved JQL character."),
        ("project = WORK ORDER key", "Error in the JQL Query: Expecting 'BY'"),
        ("not " * 500 + "project = WORK", "Error in the JQL Query: The query is nested too deeply."),
    ],
)
def test_what_is_refused(server: Caller, jql: str, message: str) -> None:
    answer = server("POST", "search", {"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith(message)
