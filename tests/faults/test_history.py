"""Journals of a Redmine: what they tell, what they cost, and what is not known where they cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pmo_sync.connectors.answers import DeniedError
from pmo_sync.connectors.base import Needs, Since
from pmo_sync.connectors.redmine import RedmineConnector, history
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY
from pmo_sync.structure.history import HistoryOptions, with_history
from tests.faults.conftest import Contact
from tests.faults.faulty_redmine import Act, FaultyRedmine, Json, altered, page, raw, status, truncated

NEEDS = Needs(frozenset({"due"}), history=FROM_HISTORY)
US = 5


def pull(connector: RedmineConnector, needs: Needs = NEEDS, **more: Any) -> Snapshot:
    return connector.pull(needs, lambda _: None, **more)


def journal(number: int, at: str, by: int, name: str = "?", moved: tuple[int, int] | None = None) -> Json:
    details = []
    if moved is not None:
        old, new = map(str, moved)
        details = [{"property": "attr", "name": "status_id", "old_value": old, "new_value": new}]
    return {"id": number, "user": {"id": by, "name": name}, "created_on": at, "details": details}


def edited(redmine: FaultyRedmine, number: int, *journals: Json, **more: Any) -> None:
    redmine.issue(number, 2, **more)
    redmine.journals[number] = list(journals)


@pytest.fixture
def small(redmine: FaultyRedmine) -> FaultyRedmine:
    """Three issues of b, of which the third was never edited."""
    redmine.issues.clear()
    doing, closed = {"id": 2, "name": "In Progress", "is_closed": False}, {"id": 5, "name": "Closed", "is_closed": True}
    edited(
        redmine,
        401,
        journal(2, "2026-11-20T10:00:00Z", 7, "Ada", (1, 2)),
        journal(3, "2026-11-21T10:00:00Z", US, "pmo-bot"),
        journal(4, "2026-11-22T10:00:00Z", 9, "Robot"),
        status=doing,
    )
    edited(
        redmine,
        402,
        journal(6, "2026-11-05T20:00:00Z", 8, "Ben", (2, 5)),
        journal(5, "2026-11-03T20:00:00Z", 7, "Ada", (1, 2)),
        status=closed,
    )
    edited(redmine, 403, updated_on="2026-11-01T08:00:00Z")
    return redmine


def by_key(snapshot: Snapshot, *bots: str) -> dict[str, dict[str, Any]]:
    found = with_history(snapshot, HistoryOptions(bots, "Asia/Kolkata")).items
    return {row["key"]: row for row in found.select("key", *FROM_HISTORY).iter_rows(named=True)}


def unknown(snapshot: Snapshot) -> set[str]:
    found = with_history(snapshot, HistoryOptions())
    blind = found.items.join(found.scopes, on="scope").filter(pl.col("hidden").list.contains("last_human_change"))
    return set(blind["id"])


def alone(redmine: FaultyRedmine) -> list[str]:
    return [one.path for one in redmine.asked if one.query.get("include") == "journals"]


def test_nothing_is_asked_for_where_no_standard_needs_it(contact: Contact, redmine: FaultyRedmine) -> None:
    snapshot = pull(contact(), Needs(FROM_HISTORY))
    assert alone(redmine) == []
    assert snapshot.changes.is_empty()


def test_journals_tell_who_edited_last_and_how_phases_moved(contact: Contact, small: FaultyRedmine) -> None:
    snapshot = pull(contact(), Needs(NEEDS.columns, history=FROM_HISTORY, people=frozenset({"Robot"})))
    first, second, third = by_key(snapshot, "Robot").values()
    assert snapshot.manifest.complete
    assert first["last_human_change"] == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert by_key(snapshot)["#401"]["last_human_change"] == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert (first["actual_start"], first["status_since"], first["actual_finish"]) == (None, date(2026, 11, 20), None)
    assert second["actual_finish"] == second["phase_since"] == date(2026, 11, 6), "the day in the project's zone"
    assert third["last_human_change"] == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert sorted(alone(small)) == ["/issues/401.json", "/issues/402.json"], "what was never edited has no journals"


def test_it_does_not_show_how_many_journals_were_folded_at_a_time(
    contact: Contact, small: FaultyRedmine, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Needs(NEEDS.columns, history=FROM_HISTORY | {"status"}, people=frozenset({"Robot", "Ben"}))
    whole = pull(contact(), people)
    monkeypatch.setattr(history, "_FOLD_AT", 1)
    parts = pull(contact(), people)
    assert_frame_equal(parts.changes, whole.changes)
    assert_frame_equal(parts.accounts, whole.accounts)
    assert set(whole.changes["id"]) == {"401", "402", "403"}
    assert len(alone(small)) == 4


def test_phases_are_those_of_the_settings(contact: Contact, small: FaultyRedmine) -> None:
    snapshot = pull(contact(phases={"doing": ["In Progress"]}, dropped=["Closed"]))
    found = by_key(snapshot)
    assert found["#401"]["actual_start"] == date(2026, 11, 20)
    assert (found["#402"]["actual_start"], found["#402"]["actual_finish"]) == (date(2026, 11, 4), None)
    assert alone(small)


def test_with_many_the_closed_ones_are_left_out(
    contact: Contact, small: FaultyRedmine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_ASKED", 1)
    snapshot = pull(contact())
    assert alone(small) == ["/issues/401.json"]
    assert unknown(snapshot) == {"402"}
    assert snapshot.manifest.complete, "nothing is missing that was wanted"


def test_what_has_not_changed_is_not_asked_for_again(contact: Contact, small: FaultyRedmine) -> None:
    connector = contact()
    first = pull(connector)
    small.asked.clear()
    small.issues[402]["updated_on"] = "2026-11-22T09:00:00Z"
    small.journals[402].append(journal(8, "2026-11-22T09:00:00Z", 8, "Ben"))
    again = pull(connector, since=Since(first, datetime(2026, 11, 1, tzinfo=UTC)))
    assert alone(small) == ["/issues/402.json"]
    assert by_key(again)["#401"] == by_key(first)["#401"]
    assert by_key(again)["#402"]["last_human_change"] == datetime(2026, 11, 22, 9, tzinfo=UTC)


BROKEN: dict[str, Act] = {
    "500": status(500),
    "422": status(422),
    "login page": page(),
    "no journal": raw(b'{"issue": 7}'),
    "truncated": truncated,
    "another": altered(lambda body: body["issue"].update(id=999)),
}


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN.keys())
def test_one_that_cannot_be_read_is_unknown_and_said(contact: Contact, small: FaultyRedmine, act: Act) -> None:
    small.misbehave("/issues/401.json", act)
    snapshot = pull(contact())
    assert snapshot.items.height == 3
    assert unknown(snapshot) == {"401"}
    assert not snapshot.manifest.complete
    (problem,) = snapshot.manifest.problems
    assert problem.startswith("plant: the history of 1 issues could not be read: ")
    assert not any(snapshot.scopes["complete"].to_list())


def test_after_three_failures_no_more_is_asked(contact: Contact, redmine: FaultyRedmine) -> None:
    redmine.misbehave("/issues/", status(422))
    snapshot = pull(contact())
    assert len(set(alone(redmine))) < 30, "those under way when the third came"
    assert unknown(snapshot) == set(snapshot.items["id"])
    assert "the history of 270 issues" in snapshot.manifest.problems[0]


def test_without_the_statuses_only_the_never_edited_is_known(contact: Contact, small: FaultyRedmine) -> None:
    small.misbehave("/issue_statuses.json", status(500))
    snapshot = pull(contact())
    assert unknown(snapshot) == {"401", "402"}
    assert not snapshot.manifest.complete


def test_an_issue_that_is_gone_meanwhile_is_unknown_and_nothing_to_tell(contact: Contact, small: FaultyRedmine) -> None:
    small.misbehave("/issues/401.json", status(404))
    snapshot = pull(contact())
    assert unknown(snapshot) == {"401"}
    assert snapshot.manifest.complete


def test_a_key_that_is_refused_half_way_ends_it(contact: Contact, small: FaultyRedmine) -> None:
    small.misbehave("/issues/402.json", status(401))
    with pytest.raises(DeniedError):
        pull(contact())


def test_a_time_that_is_none_makes_the_item_unknown(contact: Contact, small: FaultyRedmine) -> None:
    small.journals[401][0]["created_on"] = "yesterday"
    assert unknown(pull(contact())) == {"401"}
