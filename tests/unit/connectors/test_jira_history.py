"""Histories of both Jiras: who edited last, how status and phase moved, and what is not known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import polars as pl
import pytest
from msgspec import Raw

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira.changelog import Entry, Past, Tracked, whole
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY, VOCABULARY, WITHOUT_HISTORY
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Fault
from pmo_sync.sandbox.seed import SeedChange
from pmo_sync.structure.history import HistoryOptions, with_history
from tests.unit.connectors.jira_sites import NOW, pull, seed, site

BOTH = pytest.mark.parametrize("flavour", list(Flavour))
COLUMNS = frozenset({"status", "updated", "owner"})
EVERY = Needs(COLUMNS | FROM_HISTORY, history=FROM_HISTORY)


def rows(snapshot: Snapshot, key: str, column: str) -> list[tuple[Any, ...]]:
    (number,) = snapshot.items.filter(pl.col("key") == key)["id"]
    found = snapshot.changes.filter((pl.col("id") == number) & (pl.col("column") == column)).sort("at")
    return found.select("by", "before", "after", "ours").rows()


def one(snapshot: Snapshot, key: str, *bots: str) -> dict[str, Any]:
    found = with_history(snapshot, HistoryOptions(bots))
    return found.items.filter(pl.col("key") == key).row(0, named=True)


def unknown(snapshot: Snapshot) -> set[str]:
    found = with_history(snapshot, HistoryOptions())
    blind = found.items.join(found.scopes, on="scope").filter(pl.col("hidden").list.contains("last_human_change"))
    return set(blind["key"])


@BOTH
def test_nothing_is_asked_for_where_no_standard_needs_it(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        snapshot = pull(tracker, Needs(COLUMNS | FROM_HISTORY))
        asked = [entry.path for entry in tracker.log] + [entry.body or "" for entry in tracker.log]
    assert snapshot.changes.is_empty()
    assert not FROM_HISTORY & {*snapshot.manifest.columns}
    assert not [text for text in asked if "changelog" in str(text)]


@BOTH
def test_moves_in_the_words_of_the_tracker_and_of_the_pmo(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        tracker.person("ann").set("BANK-2", "status", "Done")
        tracker.person("ben").set("BANK-2", "status", "In Progress")
        tracker.person("ben").label("BANK-2", add="own")
        ann, ben = (tracker.person(login).account.id for login in ("ann", "ben"))
        snapshot = pull(tracker, EVERY)
        assert len(tracker.writes) == 0
    assert rows(snapshot, "BANK-2", "status") == [
        (ann, "In Progress", "Done", False),
        (ben, "Done", "In Progress", False),
    ]
    assert rows(snapshot, "BANK-2", "phase") == [(ann, "doing", "done", False), (ben, "done", "doing", False)]
    assert {by for by, *_ in rows(snapshot, "BANK-2", "updated")} == {ann, ben}
    assert rows(snapshot, "BANK-3", "created") == [(None, None, None, False)]
    assert unknown(snapshot) == set()
    item = one(snapshot, "BANK-2")
    assert item["phase_since"] == item["status_since"] == NOW.date()
    assert (item["actual_start"], item["actual_finish"]) == (date(2026, 1, 5), None)


@BOTH
def test_our_own_marks_and_a_bots_edits_are_no_life(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        tracker.person("ann").label("BANK-2", add="own")
        tracker.person("ben").label("BANK-2", add="robot")
        tracker.person(tracker.writer.login).label("BANK-2", add="pmo-overdue")
        words = Needs(EVERY.columns, history=FROM_HISTORY, people=frozenset({"Ben"}))
        snapshot = pull(tracker, words)
        first, second, third = (entry.at for entry in tracker.issue("BANK-2").history)
    assert [ours for *_, ours in rows(snapshot, "BANK-2", "updated")] == [False, False, True]
    at = {number: datetime.fromtimestamp(each / 1000, UTC) for number, each in enumerate((first, second, third))}
    assert one(snapshot, "BANK-2")["last_human_change"] == at[1]
    assert one(snapshot, "BANK-2", "Ben")["last_human_change"] == at[0], "a name that only the history shows"


@BOTH
def test_an_issue_that_moved_later_than_its_history_tells_has_a_comment(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        snapshot = pull(tracker, EVERY)
    assert rows(snapshot, "BANK-3", "updated") == [(None, None, None, False)]
    item = one(snapshot, "BANK-3")
    assert item["last_human_change"] == item["updated"]


@BOTH
def test_a_resolution_that_drops_moves_the_phase(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        hand = tracker.person("ann")
        hand.set("BANK-2", "status", "Done")
        hand.set("BANK-2", "resolution", "Won't Do")
        snapshot = pull(tracker, EVERY, dropped=["Won't Do"])
    assert [(old, new) for _, old, new, _ in rows(snapshot, "BANK-2", "phase")] == [
        ("doing", "done"),
        ("done", "dropped"),
    ]
    assert snapshot.items.filter(pl.col("key") == "BANK-2")["phase"].to_list() == ["dropped"]
    assert one(snapshot, "BANK-2")["actual_finish"] is None


@BOTH
@pytest.mark.parametrize("cap", [3, 1000])
def test_long_histories_are_read_whole_or_not_known(flavour: Flavour, cap: int) -> None:
    with site(flavour, 60) as tracker:
        hand = tracker.person("ann")
        for number in range(50):
            hand.set("BANK-2", "status", ("Done", "In Progress")[number % 2])
        for number in range(5, 9):
            hand.label(f"BANK-{number}", add="own")
        tracker.knobs.page_cap = cap
        snapshot = pull(tracker, EVERY)
    assert len(rows(snapshot, "BANK-2", "status")) == 50
    assert snapshot.manifest.complete
    assert unknown(snapshot) == set()


def test_a_cloud_is_asked_for_two_fields_where_they_are_enough() -> None:
    with site(Flavour.CLOUD, 30) as tracker:
        tracker.person("ann").label("BANK-2", add="own")
        tracker.person("ann").set("BANK-2", "status", "Done")
        snapshot = pull(tracker, Needs(COLUMNS, history=frozenset({"actual_finish"})))
        (asked,) = [entry for entry in tracker.log if entry.path.endswith("/changelog/bulkfetch")]
    assert msgspec.json.decode(asked.body or b"{}")["fieldIds"] == ["status", "resolution"]
    assert set(snapshot.changes["column"]) == {"created", "phase"}
    assert {"actual_finish"} == FROM_HISTORY & {*snapshot.manifest.columns}


def test_a_cloud_is_asked_for_all_fields_where_it_lets_nobody_name_so_many() -> None:
    tracked = frozenset(VOCABULARY) - WITHOUT_HISTORY
    with site(Flavour.CLOUD, 30) as tracker:
        tracker.person("ann").set("BANK-2", "duedate", date(2026, 12, 1))
        snapshot = pull(tracker, Needs(COLUMNS | tracked, history=tracked))
        (asked,) = [entry for entry in tracker.log if entry.path.endswith("/changelog/bulkfetch")]
    assert len(snapshot.manifest.histories) > 10
    assert snapshot.manifest.problems == ()
    assert "fieldIds" not in msgspec.json.decode(asked.body or b"{}")
    assert [after for _, _, after, _ in rows(snapshot, "BANK-2", "due")] == ["2026-12-01"]


@pytest.mark.parametrize("path", ["/changelog/bulkfetch", "/status"])
def test_histories_that_cannot_be_read_are_unknown_and_said(path: str) -> None:
    with site(Flavour.CLOUD, 30) as tracker:
        tracker.knobs.faults.append(Fault("404", times=100, path=path))
        snapshot = pull(tracker, EVERY)
    assert snapshot.items.height == 30
    assert not snapshot.manifest.complete
    assert snapshot.manifest.problems[0].startswith("j: the history of 30 issues could not be read: ")
    assert not any(snapshot.scopes["complete"].to_list())
    assert unknown(snapshot) == set(snapshot.items["key"])


@BOTH
def test_a_history_that_does_not_end_at_what_is_shown_tells_no_phase(flavour: Flavour) -> None:
    issues = list(seed(4).issues)
    strange = [SeedChange(NOW - timedelta(days=3), "ann", "status", "To Do", "Done")]
    issues[1] = replace(issues[1], history=strange)  # and it is in progress
    with Sandbox(flavour, now=lambda: NOW) as tracker:
        tracker.load(replace(seed(4), issues=issues, links=()))
        snapshot = pull(tracker, EVERY)
    found = with_history(snapshot, HistoryOptions())
    hidden = found.items.join(found.scopes, on="scope").filter(pl.col("key") == "BANK-2")["hidden"].to_list()[0]
    assert {*hidden} & FROM_HISTORY == FROM_HISTORY - {"last_human_change"}
    assert one(snapshot, "BANK-2")["last_human_change"] == NOW - timedelta(days=3)


def test_a_field_of_the_tracker_wins() -> None:
    with site(Flavour.CLOUD, 30) as tracker:
        needs = Needs(COLUMNS | {"actual_start"}, history=frozenset({"actual_start"}))
        snapshot = pull(tracker, needs, fields={"actual_start": "duedate"})
        assert not [entry for entry in tracker.log if "changelog" in entry.path]
    assert snapshot.items["actual_start"].null_count() < 30
    assert with_history(snapshot, HistoryOptions()) is snapshot


ENTRY = {"id": "1", "created": 0, "author": {"accountId": "5"}, "items": []}


@pytest.mark.parametrize(
    "told", ["2026-11-20T10:00:00.000+0000", 1_795_168_800_000, 1_795_168_800, "2026-11-20T15:30:00.000+0530"]
)
def test_times_come_as_dates_and_as_numbers(told: str | int) -> None:
    past = Past()
    past.add([msgspec.convert({**ENTRY, "created": told}, Entry)])
    assert list(past.latest.values()) == [datetime(2026, 11, 20, 10, tzinfo=UTC)]


def test_what_comes_along_counts_only_when_it_is_all() -> None:
    log = {"total": 2, "histories": [{**ENTRY, "created": 1_795_168_800_000}]}
    assert whole(Raw(msgspec.json.encode(log))) is None
    assert whole(Raw(msgspec.json.encode({**log, "total": 1}))) is not None
    assert whole(Raw(b"null")) is None
    assert whole(Raw()) is None


@pytest.mark.parametrize(
    "told", [b"7", b'{"total": 0, "histories": [7]}', b'{"total": 1, "histories": [{"created": "\xff"}]}', b"[" * 600]
)
def test_what_is_no_history_is_said(told: bytes) -> None:
    with pytest.raises(RequestError, match="the history of an issue cannot be read"):
        whole(Raw(told))


@BOTH
def test_the_history_of_each_column_that_somebody_asks_for_and_of_no_other(flavour: Flavour) -> None:
    asked = frozenset({"due", "priority", "labels"})
    with site(flavour, 30) as tracker:
        hand = tracker.person("ann")
        hand.set("BANK-2", "duedate", date(2026, 12, 1))
        hand.set("BANK-2", "duedate", date(2026, 12, 8))
        hand.set("BANK-2", "summary", "Other words")
        hand.set("BANK-2", "duedate", None)
        ann = tracker.person("ann").account.id
        snapshot = pull(tracker, Needs(COLUMNS | asked, history=asked - {"labels"}))
        paths = [entry.path for entry in tracker.log]
    assert snapshot.manifest.histories == ("due", "priority")
    moves = [(by, after) for by, _, after, _ in rows(snapshot, "BANK-2", "due")]
    assert [by for by, _ in moves] == [ann] * 3
    assert [after and after[:10] for _, after in moves] == ["2026-12-01", "2026-12-08", None]
    assert set(snapshot.changes["column"]) == {"created", "due"}
    assert not [path for path in paths if path.endswith("/status")], "statuses are asked for where nobody needs them"
    assert {*snapshot.manifest.columns} <= {*snapshot.items.columns, "url"}, "projects have their address"


@BOTH
def test_status_and_phase_have_a_history_of_their_own(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker:
        tracker.person("ann").set("BANK-2", "status", "Done")
        snapshot = pull(tracker, Needs(COLUMNS, history=frozenset({"status", "phase"})))
    assert snapshot.manifest.histories == ("phase", "status")
    assert [row[1:3] for row in rows(snapshot, "BANK-2", "status")] == [("In Progress", "Done")]
    assert [row[1:3] for row in rows(snapshot, "BANK-2", "phase")] == [("doing", "done")]


def test_edits_are_known_by_the_id_of_the_field_or_where_there_is_none_by_its_name() -> None:
    tracked = Tracked(
        {"duedate": "due", "customfield_1": "fields.board"}, {"duedate": "due", "board date": "fields.board"}
    )
    items = [
        {"field": "duedate", "fieldId": "duedate", "to": "2026-12-01", "toString": "1/Dec/26"},
        {"field": "Board date", "from": "1", "to": None},
        {"field": "duedate", "fieldId": "customfield_2", "to": "another of that name"},
    ]
    past = Past()
    past.add([msgspec.convert({"created": "2026-11-20T09:00:00.000+0000", "items": items}, Entry)], tracked)
    assert [(one.column, one.before, one.after) for one in past.edits] == [
        ("due", None, "2026-12-01"),
        ("fields.board", "1", None),
    ]
    plain = Past()
    plain.add([msgspec.convert({"created": "2026-11-20T09:00:00.000+0000", "items": items}, Entry)])
    assert plain.edits == []
