"""What is kept, over restarts too; seeds; and people's own edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.errors import StateError, UsageError
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import Seed, SeedAccount, SeedField, SeedIssue, SeedLink, SeedProject

Caller = Any
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("flavour", list(Flavour))
def test_a_restart_forgets_nothing(
    make: Callable[..., Sandbox], caller: Callable[..., Caller], tmp_path: Path, flavour: Flavour
) -> None:
    first = make(flavour, state=tmp_path / "state.db")
    one = caller(first)
    one.edit("SIDE-1", update={"labels": [{"add": "pmo-late"}]}, properties=[{"key": "k", "value": {"v": 1}}])
    one("POST", "issue/SIDE-1/remotelink", {"globalId": "g", "object": {"url": "https://a.example", "title": "t"}})
    moved = first.person("ann").move("WORK-2", "SIDE")
    states = {key: first.issue(key) for key in ("SIDE-1", moved)}
    fields = one.fields(moved, "*all")
    writes, mails, tokens = first.writes, first.mails, (first.writer, first.reader)
    first.close()

    second = make(flavour, state=tmp_path / "state.db")
    assert {key: second.issue(key) for key in states} == states
    assert second.issue("WORK-2").key == moved
    assert (second.writes, second.mails, (second.writer, second.reader)) == (writes, mails, tokens)
    base, other = first.url, second.url
    assert str(caller(second).fields(moved, "*all")).replace(other, base) == str(fields)


def test_a_private_state_is_gone_at_the_end() -> None:
    tracker = Sandbox(Flavour.CLOUD)
    path = tracker.store.path
    assert path.exists()
    tracker.close()
    tracker.close()
    assert not path.parent.exists()


def test_a_state_of_the_other_flavour(tmp_path: Path) -> None:
    Sandbox(Flavour.CLOUD, state=tmp_path / "s.db").close()
    with pytest.raises(StateError, match="flavour cloud, not dc"):
        Sandbox(Flavour.DATA_CENTER, state=tmp_path / "s.db")


def test_a_state_in_use(cloud: Sandbox) -> None:
    with pytest.raises(StateError, match="in use by another sandbox"):
        Sandbox(Flavour.CLOUD, state=cloud.store.path)


def test_a_file_that_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(StateError, match="is no state of a sandbox"):
        Sandbox(Flavour.CLOUD, state=tmp_path / "s.db")


def test_a_file_where_none_can_be(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot be opened") as caught:
        Sandbox(Flavour.CLOUD, state=tmp_path / "no such folder" / "state.db")
    assert "folder" in (caught.value.advice or "")


def test_a_person_edits(cloud: Sandbox) -> None:
    ann = cloud.person("ann")
    before = cloud.issue("WORK-2")
    ann.label("WORK-2", add="mine", remove=["Human", "never-there"])
    ann.set("WORK-2", "Health", "Green")
    ann.set("WORK-2", "status", "Closed")
    ann.set("WORK-2", "resolution", "Fixed")
    ann.set("WORK-2", "assignee", "ben")
    ann.set("WORK-2", "Budget", None)
    state = cloud.issue("WORK-2")
    assert state.labels == ("mine", "pmo-human")
    assert state["fields"]["customfield_20001"] == "Green"  # type: ignore[index] # a mapping
    assert "customfield_20002" not in state.fields
    assert "resolutiondate" in state.fields
    assert state.updated > before.updated
    told = [(item.field, item.before_text, item.after_text) for entry in state.history for item in entry.items]
    assert told == [
        ("labels", "Human pmo-human", "mine pmo-human"),
        ("Health", "Amber", "Green"),
        ("status", "Doing", "Closed"),
        ("resolution", None, "Fixed"),
        ("assignee", "Ann", "Ben"),
        ("Budget", "12.5", None),
    ]
    ann.set("WORK-2", "Health", "Green")
    assert cloud.issue("WORK-2") == state
    assert cloud.log == []


def test_a_person_deletes_moves_and_creates(cloud: Sandbox, jira: Caller) -> None:
    ann = cloud.person("ann")
    ann.delete("SIDE-1")
    assert jira("GET", "issue/SIDE-1").status_code == 404
    assert jira.fields("WORK-2", "issuelinks") == {"issuelinks": []}
    moved = ann.move("WORK-2", "SIDE")
    assert moved == "SIDE-2"  # no key is given twice
    assert jira("GET", "issue/WORK-2").json()["key"] == moved
    assert jira.fields("WORK-3", "parent")["parent"]["key"] == moved
    created = ann.create("WORK", "New", type="Task", status="Open", labels=["x"], parent="WORK-1")
    assert (created, jira.fields(created, "parent")["parent"]["key"]) == ("WORK-4", "WORK-1")


def test_a_person_cannot_do_what_is_not_there(cloud: Sandbox) -> None:
    ann = cloud.person("ann")
    for attempt in (
        lambda: ann.set("WORK-99", "Health", "Green"),
        lambda: ann.set("WORK-2", "Helth", "Green"),
        lambda: ann.set("WORK-2", "Health", "Purple"),
        lambda: ann.set("WORK-2", "status", "Purple"),
        lambda: ann.set("WORK-2", "assignee", "nobody"),
        lambda: ann.set("WORK-2", "Budget", "many"),
        lambda: ann.set("WORK-2", "Start", "2026-11-22"),
        lambda: cloud.person("nobody"),
    ):
        with pytest.raises(UsageError):
            attempt()
    with pytest.raises(KeyError):
        cloud.issue("WORK-99")


ISSUE = SeedIssue("WORK", "Task", "More", NOW, NOW, "Open")


@pytest.mark.parametrize(
    "seed",
    [
        Seed(issues=(ISSUE, replace(ISSUE, project="NOPE"))),
        Seed(issues=(ISSUE, replace(ISSUE, type="Nope"))),
        Seed(issues=(ISSUE, replace(ISSUE, status="Nope"))),
        Seed(issues=(ISSUE, replace(ISSUE, assignee="nobody"))),
        Seed(issues=(ISSUE, replace(ISSUE, fields={"Nope": 1}))),
        Seed(issues=(ISSUE, replace(ISSUE, key="WORK-2"))),
        Seed(issues=(ISSUE, replace(ISSUE, parent="WORK-99"))),
        Seed(issues=(ISSUE,), links=(SeedLink("Blocks", "WORK-1", "WORK-99"),)),
    ],
)
def test_a_seed_is_loaded_whole_or_not_at_all(cloud: Sandbox, seed: Seed) -> None:
    before = set(cloud.store.issues)
    with pytest.raises(UsageError):
        cloud.load(seed)
    assert set(cloud.store.issues) == before


def test_a_seed_loaded_again_keeps_ids(cloud: Sandbox, jira: Caller) -> None:
    before = jira("GET", "issue/WORK-2/editmeta").json()["fields"]["customfield_20001"]["allowedValues"]
    cloud.load(
        Seed(
            projects=(SeedProject("WORK", "Renamed"),),
            fields=(
                SeedField("Health", "select", options=("Green", "Red")),
                SeedField("Etiketten", "labels", id="labels", off_screen_for=frozenset({("WORK", "Task")})),
            ),
        )
    )
    assert jira("GET", "project/WORK").json()["name"] == "Renamed"
    fields = jira("GET", "issue/WORK-2/editmeta").json()["fields"]
    assert fields["customfield_20001"]["allowedValues"][:2] == before
    assert "labels" not in fields  # another screen for a field of the system
    assert {one["id"]: one["name"] for one in jira("GET", "field").json()}["labels"] == "Etiketten"


def test_an_account_id_is_never_taken_from_whom_it_belongs_to() -> None:
    with Sandbox(Flavour.DATA_CENTER) as tracker:
        taken = tracker.reader.account
        with pytest.raises(UsageError, match=r"is that of .*, so ann cannot have it"):
            tracker.load(Seed(accounts=(SeedAccount("ann", "Ann", account=taken),)))
        tracker.load(Seed(accounts=(SeedAccount("ann", "Ann"),)))
        assert tracker.reader.account == taken
