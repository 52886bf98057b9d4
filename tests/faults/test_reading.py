"""A page that fails or lies makes its scope incomplete: never a shorter tracker, nor the loss of the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from redminelib import Redmine
from redminelib.exceptions import PerformanceWarning

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.redmine import RedmineConnector
from pmo_sync.errors import UsageError
from pmo_sync.model.change import Target, TargetKind
from pmo_sync.model.snapshot import Snapshot
from tests.faults.conftest import Contact
from tests.faults.faulty_redmine import (
    KEY,
    Act,
    Asked,
    FaultyRedmine,
    Json,
    Normal,
    Reply,
    altered,
    dripping,
    hanging,
    lost,
    page,
    raw,
    status,
    truncated,
)
from tests.surroundings import Clock

NEEDS = Needs(frozenset({"due", "owner", "labels"}))


def pull(connector: RedmineConnector) -> Snapshot:
    return connector.pull(NEEDS, lambda _: None)


def ids(snapshot: Snapshot) -> list[int]:
    return [int(one) for one in snapshot.items["id"]]


def second_page(asked: Asked) -> bool:
    return "issue_id" not in asked.query and int(asked.query.get("offset", "0")) > 0


BROKEN: dict[str, Act] = {
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "429": status(429),
    "login page": page(),
    "empty": raw(b""),
    "null": raw(b"null"),
    "garbage": raw(b'{"issues": [{'),
    "wrong shape": raw(b'{"issues": {}, "total_count": 3}'),
    "truncated": truncated,
    "closed": lost,
    "hangs": hanging,
    "drips": dripping,
}


def _short(body: Json) -> None:
    body["issues"] = body["issues"][:75]


def _empty(body: Json) -> None:
    body["issues"] = []


def _skip_one(body: Json) -> None:
    del body["issues"][40]


def _twice(body: Json) -> None:
    body["issues"][41] = body["issues"][40]


def _reversed(body: Json) -> None:
    body["issues"] = body["issues"][::-1]


def _fewer(body: Json) -> None:
    body["total_count"] -= 60


def _more(body: Json) -> None:
    body["total_count"] += 3


LIES: dict[str, Callable[[Json], None]] = {
    "short": _short,
    "no rows": _empty,
    "one skipped": _skip_one,
    "one twice": _twice,
    "reordered": _reversed,
    "counts less": _fewer,
    "counts more": _more,
}


def _first_page_again(redmine: FaultyRedmine) -> Act:
    def act(asked: Asked, _normal: Normal) -> Reply:
        return redmine._normal(Asked(asked.method, asked.path, {**asked.query, "offset": "0"}, None, asked.with_key))

    return act


def test_a_clean_pull_is_whole(redmine: FaultyRedmine, contact: Contact) -> None:
    snapshot = pull(contact())
    assert ids(snapshot) == [*range(1, 251), *range(301, 321)]
    assert snapshot.manifest.complete
    assert snapshot.scopes["complete"].all()
    assert snapshot.projects["complete"].all()
    assert snapshot.manifest.problems == ()
    assert redmine.writes() == []


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_that_passes_costs_nothing(redmine: FaultyRedmine, contact: Contact, fault: str) -> None:
    clean = pull(contact())
    redmine.misbehave("/issues.json", BROKEN[fault], times=1, where=second_page)
    snapshot = pull(contact())
    assert snapshot.manifest.complete
    assert_frame_equal(snapshot.items, clean.items)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_that_stays_makes_its_scope_incomplete_and_no_other(
    redmine: FaultyRedmine, contact: Contact, fault: str
) -> None:
    redmine.misbehave(
        "/issues.json", BROKEN[fault], where=lambda asked: second_page(asked) and asked.query.get("project_id") == "1"
    )
    snapshot = pull(contact(scope={"projects": ["a", "b"]}))
    _only_b_is_whole(snapshot)
    assert ids(snapshot)[:100] == list(range(1, 101)), "what was read so far is kept"


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_that_passes_is_read_again(redmine: FaultyRedmine, contact: Contact, lie: str) -> None:
    redmine.misbehave("/issues.json", altered(LIES[lie]), times=1, where=second_page)
    snapshot = pull(contact())
    assert snapshot.manifest.complete
    assert ids(snapshot) == [*range(1, 251), *range(301, 321)]


@pytest.mark.parametrize("lie", [*LIES, "first page again"])
def test_a_lie_that_stays_makes_its_scope_incomplete_and_no_other(
    redmine: FaultyRedmine, contact: Contact, lie: str
) -> None:
    act = _first_page_again(redmine) if lie == "first page again" else altered(LIES[lie])
    redmine.misbehave(
        "/issues.json", act, where=lambda asked: second_page(asked) and asked.query.get("project_id") == "1"
    )
    snapshot = pull(contact(scope={"projects": ["a", "b"]}))
    _only_b_is_whole(snapshot)


def _only_b_is_whole(snapshot: Snapshot) -> None:
    assert not snapshot.manifest.complete
    assert len(snapshot.manifest.problems) == 1
    assert "project 1 could not be read whole" in snapshot.manifest.problems[0]
    assert KEY not in snapshot.manifest.problems[0]
    whole = dict(zip(snapshot.projects["key"], snapshot.projects["complete"], strict=True))
    assert whole == {"a": False, "b": True, "c": False}
    scopes = snapshot.scopes.group_by("project_id").agg(pl.col("complete").all())
    assert dict(scopes.iter_rows()) == {"1": False, "2": True, "3": False}
    assert set(range(301, 321)) <= set(ids(snapshot))


def test_when_everything_is_one_query_everything_is_incomplete(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/issues.json", status(500), where=second_page)
    snapshot = pull(contact())
    assert not snapshot.scopes["complete"].any()
    assert not snapshot.projects["complete"].any()


@pytest.mark.parametrize("path", ["/projects.json", "/trackers.json"])
def test_what_is_needed_to_understand_issues_must_be_read_too(
    redmine: FaultyRedmine, contact: Contact, path: str
) -> None:
    redmine.misbehave(path, status(500))
    snapshot = pull(contact())
    assert not snapshot.manifest.complete
    assert not snapshot.scopes["complete"].any()
    assert len(ids(snapshot)) == 270, "issues are kept all the same"


def test_rows_that_come_and_go_while_reading_lose_nothing_that_stayed(redmine: FaultyRedmine, contact: Contact) -> None:
    def delete_and_create(_asked: Asked, normal: Normal) -> Reply:
        redmine.issues.pop(5)
        redmine.issue(400, 1)
        return normal()

    redmine.misbehave("/issues.json", delete_and_create, times=1, where=second_page)
    snapshot = pull(contact())
    assert set(ids(snapshot)) >= (set(range(1, 251)) - {5}) | set(range(301, 321)) | {400}
    assert snapshot.manifest.complete


def test_the_clients_own_paging_loses_rows_without_a_word(redmine: FaultyRedmine) -> None:
    """The control: why the client's paging is not used. It must go wrong where ours does not."""
    redmine.misbehave("/issues.json", altered(_skip_one), times=1, where=second_page)
    naive = list(Redmine(redmine.url, key=KEY).issue.filter(status_id="*", sort="id"))
    assert len(naive) == 269


def test_a_redirect_is_not_followed(redmine: FaultyRedmine, contact: Contact) -> None:
    other = FaultyRedmine()
    try:
        redmine.misbehave("/issues.json", status(302, Location=f"{other.url}/login?back_url=x"))
        snapshot = pull(contact())
        assert other.asked == []
    finally:
        other.close()
    assert "127.0.0.1" in snapshot.manifest.problems[0]
    assert "not followed" in snapshot.manifest.problems[0]


def test_the_client_by_itself_takes_the_key_to_the_other_host(redmine: FaultyRedmine) -> None:
    """The control of the redirect."""
    other = FaultyRedmine()
    try:
        redmine.misbehave("/issues.json", status(302, Location=f"{other.url}/issues.json"))
        with pytest.warns(PerformanceWarning):
            list(Redmine(redmine.url, key=KEY).issue.filter(status_id="*"))
        assert any(asked.with_key for asked in other.asked)
    finally:
        other.close()


def test_a_project_of_the_scope_that_is_not_visible_is_named(contact: Contact) -> None:
    snapshot = pull(contact(scope={"projects": ["b", "archived"]}))
    assert ids(snapshot) == list(range(301, 321))
    assert not snapshot.manifest.complete
    assert '"archived"' in snapshot.manifest.problems[0]
    with pytest.raises(UsageError, match="archived"):
        pull(contact(scope={"projects": ["archived"]}))


def test_without_subprojects_only_the_project_itself_is_read(contact: Contact) -> None:
    snapshot = pull(contact(scope={"projects": ["a"], "subprojects": False}))
    assert ids(snapshot) == list(range(1, 251, 2))
    assert snapshot.projects["key"].to_list() == ["a"]


def test_a_field_that_nothing_shows_is_an_error_with_the_nearest_names(contact: Contact) -> None:
    fields: Any = {"reported_rag": "RAGG", "start": "Start date"}
    with pytest.raises(UsageError) as caught:
        pull(contact(fields=fields))
    assert 'did you mean "RAG"?' in caught.value.message
    assert "Redmine has `start` by itself" in caught.value.message


def test_a_field_is_not_called_unknown_where_nothing_was_seen(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.issues.clear()
    assert pull(contact(fields={"reported_rag": "RAGG"})).items.is_empty()


def test_looking_asks_again_for_each_one_that_a_list_leaves_out(redmine: FaultyRedmine, contact: Contact) -> None:
    targets = [Target("plant", TargetKind.ITEM, str(number), f"#{number}") for number in (250, 1, 999, 2)]
    redmine.misbehave("/issues.json", altered(_empty))
    seen = contact().look(targets)
    assert [one.target.id for one in seen] == ["250", "1", "999", "2"]
    assert [one.exists for one in seen] == [True, True, False, True]
    assert seen[0].fields == {"PMO compliance": None, "RAG": None}
    assert seen[0].updated == "2026-11-02T08:00:00Z"


def test_a_wait_that_is_asked_for_holds_for_the_next_request_too(
    redmine: FaultyRedmine, contact: Contact, clock: Clock
) -> None:
    until = clock.now()
    early: list[str] = []

    def busy(_asked: Asked, _normal: Normal) -> Reply:
        nonlocal until
        until = clock.now() + timedelta(seconds=20)
        return Reply(429, b"", {"Retry-After": "20"})

    def note(asked: Asked) -> None:
        if clock.now() < until:
            early.append(asked.path)

    connector = contact()
    redmine.chaos = note
    redmine.misbehave("/projects.json", busy, times=4)
    assert not pull(connector).manifest.complete
    assert early == []
