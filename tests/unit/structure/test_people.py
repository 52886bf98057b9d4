"""One person, several accounts: names in every tracker, and nobody taken for somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from pmo_sync.model import frames
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions
from pmo_sync.structure.people import People, with_names

MakeSnapshot = Callable[..., Snapshot]
Accounts = Mapping[str, Mapping[str, str]]


def _known(snapshot: Snapshot, *accounts: tuple[str, str]) -> Snapshot:
    return replace(snapshot, accounts=pl.DataFrame(accounts, schema=dict(frames.ACCOUNTS), orient="row"))


def _built(*snapshots: Snapshot, people: Accounts, columns: frozenset[str] = frozenset()) -> Portfolio:
    options = StructureOptions.model_validate({})
    return build(snapshots, options, portfolio_name="P", people=People(people, columns))


def _owners(portfolio: Portfolio, column: str = "owner") -> dict[str, str | None]:
    return dict(zip(portfolio.items["key"], portfolio.items[column].to_list(), strict=True))


def _told(portfolio: Portfolio) -> list[tuple[str, str]]:
    return [(one.code, one.text) for one in portfolio.notices if one.code.startswith("person-")]


def test_one_person_in_two_trackers_is_one_value(make_snapshot: MakeSnapshot) -> None:
    bank = make_snapshot([{"id": "1", "key": "B", "owner": "5b1-7", "sponsor": "5b1-8"}], tracker="bank")
    plant = _known(make_snapshot([{"id": "1", "key": "P", "owner": "8"}], tracker="plant"), ("8", "ann"))
    found = _built(bank, plant, people={"Ann": {"bank": "5b1-7", "plant": "ann"}})
    assert _owners(found) == {"B": "Ann", "P": "Ann"}
    assert _owners(found, "sponsor") == {"B": "5b1-8", "P": None}, "who is not listed stays the account"
    assert _told(found) == []


@pytest.mark.parametrize("word", ["8", "ann"])
def test_the_id_itself_and_a_word_mean_the_same(make_snapshot: MakeSnapshot, word: str) -> None:
    snapshot = _known(make_snapshot([{"id": "1", "owner": "8"}]), ("8", "ann"))
    assert _owners(_built(snapshot, people={"Ann": {"t": word}})) == {"1": "Ann"}


def test_own_columns_of_persons_and_projects_take_part_and_texts_do_not(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot(
        [{"id": "1", "project_id": "9", "fields.checker": "8", "fields.note": "8", "team": "8", "title": "8"}],
        projects=[{"id": "9", "name": "8", "sponsor": "8"}],
    )
    options = StructureOptions.model_validate({"project": [{"tracker": "t", "by": "project"}]})
    people = People({"Ann": {"t": "8"}}, frozenset({"fields.checker"}))
    found = build([snapshot], options, portfolio_name="P", people=people)
    (item,) = found.items.to_dicts()
    assert (item["fields.checker"], item["fields.note"], item["team"], item["title"]) == ("Ann", "8", "8", "8")
    assert found.nodes.filter(pl.col("name") == "8")["sponsor"].to_list() == ["Ann"]


def test_the_history_names_persons_too(make_snapshot: MakeSnapshot) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    snapshot = make_snapshot(
        [{"id": "1", "owner": "8"}],
        changes=[
            {"id": "1", "column": "owner", "at": at, "by": "8", "before": "7", "after": "8"},
            {"id": "1", "column": "status", "at": at, "by": "7", "before": "8", "after": "8"},
        ],
    )
    found = _built(snapshot, people={"Ann": {"t": "8"}}).changes
    assert found.select("column", "by", "before", "after").rows() == [
        ("owner", "Ann", "7", "Ann"),
        ("status", "7", "8", "8"),
    ]


def test_an_account_that_nobody_lists_is_never_taken_for_a_person(make_snapshot: MakeSnapshot) -> None:
    bank = make_snapshot([{"id": "1", "key": "B", "owner": "a1"}], tracker="bank")
    plant = make_snapshot(
        [{"id": "1", "key": "P", "owner": "ann"}, {"id": "2", "key": "Q", "owner": "ann (plant)"}], tracker="plant"
    )
    found = _built(bank, plant, people={"ann": {"bank": "a1"}})
    assert _owners(found) == {"B": "ann", "P": "ann (plant 2)", "Q": "ann (plant)"}
    ((code, text),) = _told(found)
    assert code == "person-apart"
    assert "people: {ann: {plant: …}}" in text


def test_an_account_called_like_a_person_can_be_somebody_else_s(make_snapshot: MakeSnapshot) -> None:
    found = _built(
        make_snapshot([{"id": "1", "owner": "ann"}, {"id": "2", "owner": "ben"}]),
        people={"ann": {"t": "ben"}, "ben": {"t": "ann"}},
    )
    assert _owners(found) == {"1": "ben", "2": "ann"}
    assert _told(found) == []


def test_a_word_that_means_nobody_is_told(make_snapshot: MakeSnapshot) -> None:
    found = _built(make_snapshot([{"id": "1", "owner": "8"}]), people={"Ann": {"t": "an"}, "Ben": {"u": "x"}})
    assert _told(found) == [
        ("person-unknown", "people: Ann is an in t, and nobody of that id, login or name was seen there")
    ]


def test_nobody_is_missed_where_no_person_was_looked_for(make_snapshot: MakeSnapshot) -> None:
    assert _told(_built(make_snapshot([{"id": "1"}]), people={"Ann": {"t": "an"}})) == []


def test_a_word_of_two_accounts_and_an_account_of_two_persons_are_nobody_s(make_snapshot: MakeSnapshot) -> None:
    snapshot = _known(
        make_snapshot([{"id": str(number), "owner": str(number)} for number in (7, 8, 9)]),
        ("7", "Ann Person"),
        ("8", "Ann Person"),
        ("9", "ben"),
    )
    found = _built(snapshot, people={"Ann": {"t": "Ann Person"}, "Ben": {"t": "ben"}, "Bea": {"t": "9"}})
    assert _owners(found) == {"7": "7", "8": "8", "9": "9"}
    assert [code for code, _ in _told(found)] == ["person-ambiguous", "person-twice"]


def test_without_people_snapshots_stay_as_they_are(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot([{"id": "1", "owner": "8"}])
    assert with_names([snapshot], People()) == ([snapshot], [])


def test_any_order_of_snapshots_gives_the_same(make_snapshot: MakeSnapshot) -> None:
    people = {"ann": {"bank": "x"}, "ben": {"plant": "x"}}
    bank = make_snapshot(
        [{"id": "1", "key": "B", "owner": "x"}, {"id": "2", "key": "C", "owner": "ben"}], tracker="bank"
    )
    plant = make_snapshot(
        [{"id": "1", "key": "P", "owner": "x"}, {"id": "2", "key": "Q", "owner": "ann"}], tracker="plant"
    )
    first, second = _built(bank, plant, people=people), _built(plant, bank, people=people)
    assert _owners(first) == {"B": "ann", "C": "ben (bank)", "P": "ben", "Q": "ann (plant)"}
    assert first.items.equals(second.items)
    assert first.notices == second.notices
