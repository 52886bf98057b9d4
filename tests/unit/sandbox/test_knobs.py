"""Faults that strike when they should, and are true to what they say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from pmo_sync.errors import UsageError
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Fault, Incoming, Knobs

Caller = Any
ALL = {"jql": "project in (WORK, SIDE) ORDER BY id", "fields": ["summary"], "maxResults": 2}
LABEL = {"labels": [{"add": "pmo-late"}]}


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504])
def test_a_status_instead_of_an_answer(cloud: Sandbox, jira: Caller, status: int) -> None:
    cloud.knobs.faults.append(Fault(str(status), times=1, retry_after="7"))
    answer = jira.edit("WORK-2", update=LABEL)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("7" if status in (429, 503) else None)
    assert cloud.writes == []
    assert jira.edit("WORK-2", update=LABEL).status_code == 204


def test_a_dropped_write_is_applied(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.faults.append(Fault("drop", times=1, method="PUT"))
    with pytest.raises(requests.ConnectionError):
        jira.edit("WORK-2", update=LABEL)
    assert "pmo-late" in cloud.issue("WORK-2").labels
    assert [(entry.status, entry.is_write) for entry in cloud.log] == [(0, True)]


def test_a_lost_answer(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.faults.append(Fault("lost", times=1))
    assert jira.edit("WORK-2", update=LABEL).status_code == 504
    assert "pmo-late" in cloud.issue("WORK-2").labels


def test_a_login_page(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.faults.append(Fault("html", path="search"))
    answer = jira("POST", "search/jql", ALL)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert jira("GET", "myself").status_code == 200


def _pages(jira: Caller, most: int) -> tuple[list[list[str]], list[str]]:
    pages: list[list[str]] = []
    tokens: list[str] = []
    while len(pages) < most:
        page = jira("POST", "search/jql", {**ALL, **({"nextPageToken": tokens[-1]} if tokens else {})}).json()
        pages.append([one["key"] for one in page["issues"]])
        if page["isLast"]:
            break
        tokens.append(page["nextPageToken"])
    return pages, tokens


def test_short_and_empty_pages_of_cloud_lose_nothing(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.faults += [Fault("empty", times=1), Fault("short", times=1)]
    pages, _ = _pages(jira, 9)
    assert pages == [[], ["WORK-1"], ["WORK-2", "WORK-3"], ["SIDE-1"]]


def test_a_token_that_repeats(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.faults.append(Fault("repeat", skip=1))
    _, tokens = _pages(jira, 4)
    assert tokens == [tokens[0]] * 4


def test_bad_pages_of_data_center(centre: Sandbox, server: Caller) -> None:
    def page(kind: str) -> tuple[int, list[str]]:
        centre.knobs.faults[:] = [Fault(kind)]
        answer = server("POST", "search", {**ALL, "startAt": 2}).json()
        return answer["total"], [one["key"] for one in answer["issues"]]

    assert page("short") == (4, ["WORK-3"])
    assert page("empty") == (4, [])
    assert page("repeat") == (4, ["WORK-2", "WORK-3"])


def test_chaos_strikes_the_same_requests_again() -> None:
    def struck(seed: int) -> list[str | None]:
        knobs = Knobs()
        knobs.chaos(f"429=0.2,503=0.1,latency=80ms,lag=2s,seed={seed}")
        assert (knobs.latency, knobs.index_lag) == (0.08, 2.0)
        hits = [knobs.strike("GET", "/rest/api/3/field") for _ in range(200)]
        return [hit.kind if hit else None for hit in hits]

    assert struck(1) == struck(1) != struck(2)
    assert {"429", "503", None} == set(struck(1))


@pytest.mark.parametrize("spec", ["418=0.1", "429=2", "429", "latency=soon", "seed=x", "nonsense"])
def test_chaos_that_is_none(spec: str) -> None:
    knobs = Knobs()
    with pytest.raises(UsageError):
        knobs.chaos(f"500=0.1,latency=1s,{spec}")
    assert (knobs.faults, knobs.latency) == ([], 0.0)


def test_a_change_between_two_requests(cloud: Sandbox, jira: Caller) -> None:
    seen: list[Incoming] = []

    def meddle(incoming: Incoming) -> None:
        seen.append(incoming)
        cloud.person("ann").label("WORK-2", remove="Human")

    cloud.knobs.before = meddle
    assert "Human" not in jira.fields("WORK-2", "labels")["labels"]
    assert [(one.method, one.path) for one in seen] == [("GET", "/rest/api/3/issue/WORK-2?fields=labels")]
    assert seen[0].user == cloud.writer.login
    assert cloud.writes == []  # a person's edit is no request's


def test_latency(cloud: Sandbox, jira: Caller) -> None:
    cloud.knobs.latency = 0.05
    begun = time.monotonic()
    jira("GET", "myself")
    assert time.monotonic() - begun >= 0.05


def test_the_port_is_taken(make: Callable[..., Sandbox]) -> None:
    first = make(Flavour.CLOUD)
    with pytest.raises(UsageError, match="cannot listen"):
        make(Flavour.CLOUD, port=int(first.url.rpartition(":")[2]))
