"""One portfolio over a tracker like Jira and one like Redmine: merged nodes, homes, gaps of one of the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.portfolio import Figures, Portfolio, path_text
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions
from pmo_sync.structure.stack import stack

MakeSnapshot = Callable[..., Snapshot]

OPTIONS: dict[str, Any] = {
    "programme": [
        {"tracker": "bank", "by": "project_category"},
        {"tracker": "plant", "by": "project", "depth": 1},
    ],
    "project": [{"tracker": "bank", "by": "project"}, {"tracker": "plant", "by": "project", "depth": 2}],
    "merge": [{"level": "programme", "names": ["Payments", "Core banking"], "as": "Payments"}],
    "homes": [{"level": "programme", "name": "Payments", "tracker": "bank", "item": "PAY-1"}],
}
CORE = {"id": "1", "key": "core", "name": "Core banking"}
CARDS = {"id": "2", "key": "cards", "name": "Cards", "parent_id": "1"}


@pytest.fixture
def bank(make_snapshot: MakeSnapshot) -> Callable[..., Snapshot]:
    """A tracker like Jira: categories of projects, labels, a home of the programme."""

    def make(*more: dict[str, Any], **options: Any) -> Snapshot:
        items: list[dict[str, Any]] = [
            {"id": "1", "key": "PAY-1", "project_id": "10", "labels": [], "issue_type": "Charter", "sponsor": "ann"},
            {"id": "12", "key": "PAY-2", "project_id": "10", "labels": ["x"], "due": date(2026, 11, 20)},
            *({"project_id": "10", "labels": [], **one} for one in more),
        ]
        projects = options.pop(
            "projects", [{"id": "10", "key": "PAY", "name": "Cards", "project_category": "Payments"}]
        )
        items = [{"phase": "todo", **one} for one in items]
        return make_snapshot(items, tracker="bank", projects=projects, **options)

    return make


@pytest.fixture
def plant(make_snapshot: MakeSnapshot) -> Callable[..., Snapshot]:
    """A tracker like Redmine: projects in projects, numbers as keys, no labels."""

    def make(*more: dict[str, Any], **options: Any) -> Snapshot:
        items: list[dict[str, Any]] = [
            {"id": "12", "key": "#12", "project_id": "2", "due": date(2026, 11, 27)},
            *({"project_id": "2", **one} for one in more),
        ]
        projects = options.pop("projects", [CORE, CARDS])
        items = [{"phase": "todo", **one} for one in items]
        return make_snapshot(items, tracker="plant", projects=projects, **options)

    return make


Make = Callable[..., Snapshot]


def _built(*snapshots: Snapshot, **more: Any) -> Portfolio:
    return build(snapshots, StructureOptions.model_validate({**OPTIONS, **more}), portfolio_name="P")


def _figures(portfolio: Portfolio) -> Figures:
    return compute(portfolio, RollupOptions(), today=date(2026, 11, 23), calendar=Calendar(), currency="GBP")


def _paths(portfolio: Portfolio) -> list[str]:
    return [path_text(path) for path in portfolio.nodes["path"].to_list()]


def _node(portfolio: Portfolio, path: str) -> dict[str, Any]:
    return portfolio.nodes.row(_paths(portfolio).index(path), named=True)


def _codes(portfolio: Portfolio) -> list[str]:
    return [notice.code for notice in portfolio.notices]


def test_a_category_here_and_a_project_there_are_one_programme(bank: Make, plant: Make) -> None:
    found = _built(bank(), plant())
    assert _paths(found) == ["P", "P/Payments", "P/Payments/Cards", "P/Payments/Cards (cards)"]
    where = dict(zip(zip(found.items["tracker"], found.items["key"], strict=True), found.items["node"], strict=True))
    paths = _paths(found)
    assert {key: paths[node] for key, node in where.items()} == {
        ("bank", "PAY-1"): "P/Payments/Cards",
        ("bank", "PAY-2"): "P/Payments/Cards",
        ("plant", "#12"): "P/Payments/Cards (cards)",
    }


def test_projects_of_one_name_stay_two_until_they_are_merged(bank: Make, plant: Make) -> None:
    assert _codes(_built(bank(), plant())) == ["same-name"]
    merges = [*OPTIONS["merge"], {"level": "project", "names": ["Cards"], "as": "Cards"}]
    merged = _built(bank(), plant(), merge=merges)
    assert _paths(merged) == ["P", "P/Payments", "P/Payments/Cards"]
    assert _codes(merged) == []
    assert merged.node_projects.filter(pl.col("node") == 2).select("tracker", "key").rows() == [
        ("bank", "PAY"),
        ("plant", "cards"),
    ]


def test_one_id_and_one_number_in_both_trackers_are_two_items(bank: Make, plant: Make) -> None:
    found = _built(
        bank(
            {"id": "13", "key": "PAY-3", "parent_id": "12"},
            links=[{"source_id": "12", "target_id": "13", "type": "FS"}],
        ),
        plant(
            {"id": "13", "key": "#13", "parent_id": "12"}, links=[{"source_id": "13", "target_id": "12", "type": "FS"}]
        ),
    )
    rows = {(row["tracker"], row["id"]): row["item"] for row in found.items.iter_rows(named=True)}
    assert len(rows) == 5
    parents = {row["item"]: row["parent"] for row in found.items.iter_rows(named=True)}
    for tracker in ("bank", "plant"):
        assert parents[rows[tracker, "13"]] == rows[tracker, "12"]
    assert set(found.links.select("source", "target").rows()) == {
        (rows["bank", "12"], rows["bank", "13"]),
        (rows["plant", "13"], rows["plant", "12"]),
    }


def test_a_link_to_another_tracker_has_an_end_that_cannot_be_seen(bank: Make, plant: Make) -> None:
    """A number that both trackers use is never taken for the one of the other."""
    found = _built(bank(links=[{"source_id": "12", "target_id": None, "type": "FS"}]), plant())
    (link,) = found.links.to_dicts()
    (source,) = found.items.filter((pl.col("tracker") == "bank") & (pl.col("id") == "12"))["item"]
    assert (link["source"], link["target"]) == (source, None)
    assert (link["crosses_project"], link["crosses_tracker"]) == (None, None), "unknown, not false"


def test_the_home_speaks_for_the_programme_of_both(bank: Make, plant: Make) -> None:
    found = _built(bank(), plant(projects=[{**CORE, "sponsor": "ben"}, CARDS]))
    node = _node(found, "P/Payments")
    home = found.items.row(node["item"], named=True)
    assert (home["tracker"], home["key"], node["sponsor"]) == ("bank", "PAY-1", "ann")


def test_a_home_names_its_tracker(bank: Make, plant: Make) -> None:
    homes = [{"level": "programme", "name": "Payments", "tracker": "plant", "item": "12"}]
    node = _node(found := _built(bank(), plant(), homes=homes), "P/Payments")
    assert found.items.row(node["item"], named=True)["key"] == "#12"


def test_what_hangs_too_high_is_counted_by_tracker(bank: Make, plant: Make) -> None:
    found = _built(
        bank({"id": "5", "key": "NEW-1", "project_id": "11"}),
        plant({"id": "6", "key": "#6", "project_id": "1"}, {"id": "7", "key": "#7", "project_id": None}),
    )
    told = [notice.text for notice in found.notices if notice.code in {"orphan", "no-project", "no-programme"}]
    assert told == [
        "1 item of bank hangs under no programme: no rule of structure says more",
        "1 item of plant hangs directly under a programme: no rule of structure says more",
        "1 item of plant hangs directly under the portfolio: no rule of structure says more",
    ]


def test_one_tracker_read_in_part_makes_its_nodes_and_those_above_incomplete(bank: Make, plant: Make) -> None:
    partly = plant(scopes=[{"project_id": "2", "complete": False}], complete=False)
    found = _built(bank(), partly)
    complete = dict(zip(_paths(found), found.nodes["complete"].to_list(), strict=True))
    assert complete == {
        "P": False,
        "P/Payments": False,
        "P/Payments/Cards": True,
        "P/Payments/Cards (cards)": False,
    }


def test_a_tracker_of_which_nothing_was_read_makes_every_node_incomplete(
    bank: Make, make_snapshot: MakeSnapshot
) -> None:
    found = _built(bank(), make_snapshot([], tracker="plant", scopes=[], complete=False))
    assert not found.nodes["complete"].any()


def test_a_column_that_one_tracker_lacks_is_hidden_there_and_missing_nowhere(bank: Make, plant: Make) -> None:
    found = _built(bank(), plant())
    scope = dict(zip(found.items["key"], found.items["scope"], strict=True))
    assert found.item_visibility.hidden["labels"] == {scope["#12"]}
    labels = dict(zip(found.items["key"], found.items["labels"].to_list(), strict=True))
    assert (labels["PAY-1"], labels["#12"]) == ([], None), "an empty list was seen to be empty"


def test_figures_of_the_programme_say_how_much_of_it_they_rest_on(bank: Make, plant: Make) -> None:
    """The estimate is a field of one tracker: what the other does not say is missing from the sum."""
    found = _built(bank({"id": "2", "key": "PAY-5", "estimate_hours": 8.0}), plant())
    figures = _figures(found)
    row = figures.nodes.row(_paths(found).index("P/Payments"), named=True)
    assert (row["estimate_hours"], row["estimate_hours__used"], row["estimate_hours__missing"]) == (8.0, 1, 3)
    assert row["due"] == date(2026, 11, 27)
    assert (row["due__used"], row["due__missing"]) == (2, 2)


def test_custom_columns_of_one_name_need_one_type_and_may_be_of_one_tracker(bank: Make, plant: Make) -> None:
    found = _built(bank({"id": "3", "key": "PAY-9", "fields.line": "retail"}), plant())
    scope = dict(zip(found.items["key"], found.items["scope"], strict=True))
    assert found.item_visibility.hidden["fields.line"] == {scope["#12"]}


def test_the_tracker_tells_how_addresses_are_made_and_an_item_s_own_counts_more(make_snapshot: MakeSnapshot) -> None:
    jira = _at(make_snapshot([{"id": "1", "key": "A-1", "url": None}, {"id": "2", "url": "x://2"}]), "j/{key}?")
    redmine = _at(make_snapshot([{"id": "7", "key": "#7"}], tracker="tr"), "r/{id}")
    file = make_snapshot([{"id": "9"}], tracker="z")
    items = stack([jira, redmine, file]).items
    assert items["url"].to_list() == ["j/A-1?", "x://2", "r/7", None]


def _at(snapshot: Snapshot, address: str) -> Snapshot:
    return replace(snapshot, manifest=replace(snapshot.manifest, address=address))
