"""Items in their places: levels, merges, overrides, gaps, names."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from pmo_sync.errors import UsageError
from pmo_sync.model.frames import CHANGES, ITEMS, LINKS, NODES, PLACES, check
from pmo_sync.model.portfolio import Portfolio, path_text
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build, needed_columns
from pmo_sync.structure.options import StructureOptions

MakeSnapshot = Callable[..., Snapshot]

BY_FIELD: dict[str, Any] = {
    "programme": [{"tracker": "t", "by": "field", "field": "programme"}],
    "project": [{"tracker": "t", "by": "field", "field": "project"}],
}
BY_DEPTH: dict[str, Any] = {
    "programme": [{"tracker": "t", "by": "project", "depth": 1}],
    "project": [{"tracker": "t", "by": "project", "depth": 2}],
}


def _built(snapshots: Snapshot | Sequence[Snapshot], **options: Any) -> Portfolio:
    every = [snapshots] if isinstance(snapshots, Snapshot) else snapshots
    return build(every, StructureOptions.model_validate(options), portfolio_name="P")


def _paths(portfolio: Portfolio) -> list[str]:
    return [path_text(path) for path in portfolio.nodes["path"].to_list()]


def _where(portfolio: Portfolio) -> dict[str, str]:
    paths = _paths(portfolio)
    return {row["key"]: paths[row["node"]] for row in portfolio.items.iter_rows(named=True)}


def _codes(portfolio: Portfolio) -> dict[str, int]:
    return {notice.code: notice.count for notice in portfolio.notices}


def test_every_frame_keeps_its_schema(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(make_snapshot([{"id": "1", "programme": "A", "project": "X"}]), **BY_FIELD)
    for frame, schema in (
        (portfolio.items, ITEMS),
        (portfolio.nodes, NODES),
        (portfolio.places, PLACES),
        (portfolio.links, LINKS),
        (portfolio.changes, CHANGES),
    ):
        check(frame, schema, "frame")
    assert portfolio.nodes["node"].to_list() == [0, 1, 2]


def test_nothing_at_all_is_a_portfolio_alone(make_snapshot: MakeSnapshot) -> None:
    assert _paths(_built([])) == ["P"]
    portfolio = _built(make_snapshot())
    assert _paths(portfolio) == ["P"]
    assert portfolio.nodes["phase"].to_list() == ["todo"]
    assert [notice.code for notice in portfolio.notices] == ["no-items"]


def test_fields_place_items(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [
                {"id": "1", "programme": "Payments", "project": "PAY"},
                {"id": "2", "programme": "Payments"},
                {"id": "3", "project": "LONE"},
                {"id": "4"},
            ]
        ),
        **BY_FIELD,
    )
    assert _where(portfolio) == {"1": "P/Payments/PAY", "2": "P/Payments", "3": "P/LONE", "4": "P"}
    assert _codes(portfolio) == {"no-project": 1, "no-programme": 1, "orphan": 1}
    row = portfolio.items.row(2, named=True)
    assert (row["portfolio"], row["programme"], row["project"]) == ("P", None, "LONE")


def test_a_programme_and_a_project_may_share_a_name(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(make_snapshot([{"id": "1", "programme": "PAY", "project": "PAY"}]), **BY_FIELD)
    assert _where(portfolio) == {"1": "P/PAY/PAY"}


def test_a_level_that_is_declared_absent_is_not_missed(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(make_snapshot([{"id": "1", "project": "X"}]), programme="none", project=BY_FIELD["project"])
    assert _where(portfolio) == {"1": "P/X"}
    assert portfolio.absent_levels == {"programme"}
    assert portfolio.notices == ()


TREE = [
    {"id": "1", "name": "Core"},
    {"id": "2", "name": "Cards", "parent_id": "1"},
    {"id": "3", "name": "Vault", "parent_id": "2"},
    {"id": "4", "name": "Empty", "parent_id": "1"},
    {"id": "5", "name": "Seen", "parent_id": "not visible"},
]


def test_depth_takes_the_ancestor_of_the_project_tree(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": f"i{number}", "project_id": str(number)} for number in (1, 2, 3, 5)], projects=TREE),
        **BY_DEPTH,
    )
    assert _where(portfolio) == {"i1": "P/Core", "i2": "P/Core/Cards", "i3": "P/Core/Cards", "i5": "P/Seen"}
    assert "P/Core/Empty" in _paths(portfolio), "a project without items shows"
    assert _codes(portfolio) == {"no-project": 2}
    owned = {(_paths(portfolio)[row[0]], row[2]) for row in portfolio.node_projects.iter_rows()}
    assert owned == {("P/Core", "1"), ("P/Core/Cards", "2"), ("P/Core/Empty", "4"), ("P/Seen", "5")}


def test_one_tracker_project_is_one_node(make_snapshot: MakeSnapshot) -> None:
    """Programme by depth and project without: what is directly in the root is in the programme only."""
    portfolio = _built(
        make_snapshot([{"id": "a", "project_id": "1"}, {"id": "b", "project_id": "3"}], projects=TREE),
        programme=[{"tracker": "t", "by": "project", "depth": 1}],
        project=[{"tracker": "t", "by": "project"}],
    )
    assert _where(portfolio) == {"a": "P/Core", "b": "P/Core/Vault"}


def test_a_project_tree_that_goes_round_ends(make_snapshot: MakeSnapshot) -> None:
    circle = [{"id": "1", "name": "A", "parent_id": "2"}, {"id": "2", "name": "B", "parent_id": "1"}]
    portfolio = _built(make_snapshot([{"id": "x", "project_id": "1"}], projects=circle), **BY_DEPTH)
    assert _where(portfolio)["x"].startswith("P/")


def test_namesakes_carry_their_key_unless_merged(make_snapshot: MakeSnapshot) -> None:
    projects = [{"id": "1", "key": "a", "name": "Web"}, {"id": "2", "key": "b", "name": "Web"}]
    snapshot = make_snapshot([{"id": "x", "project_id": "1"}, {"id": "y", "project_id": "2"}], projects=projects)
    rule = {"project": [{"tracker": "t", "by": "project"}], "programme": "none"}
    apart = _built(snapshot, **rule)
    assert _where(apart) == {"x": "P/Web", "y": "P/Web (b)"}
    assert _codes(apart) == {"same-name": 1}
    one = _built(snapshot, **rule, merge=[{"level": "project", "names": ["Web"], "as": "Web"}])
    assert _where(one) == {"x": "P/Web", "y": "P/Web"}
    assert one.notices == ()
    assert one.node_projects["project_id"].to_list() == ["1", "2"]


def test_merge_makes_one_programme_of_two_trackers(make_snapshot: MakeSnapshot) -> None:
    bank = make_snapshot([{"id": "1", "project_category": "Payments", "project_id": "PAY"}], tracker="bank")
    plant = make_snapshot(
        [{"id": "1", "project_id": "2"}],
        tracker="plant",
        projects=[{"id": "1", "name": "Core banking"}, {"id": "2", "name": "Ledger", "parent_id": "1"}],
    )
    portfolio = _built(
        [plant, bank],
        programme=[
            {"tracker": "bank", "by": "project_category"},
            {"tracker": "plant", "by": "project", "depth": 1},
        ],
        project=[{"tracker": "bank", "by": "project"}, {"tracker": "plant", "by": "project", "depth": 2}],
        merge=[{"level": "programme", "names": ["Payments", "Core banking"], "as": "Payments"}],
    )
    assert _paths(portfolio) == ["P", "P/Payments", "P/Payments/Ledger", "P/Payments/PAY"]
    assert portfolio.items["tracker"].to_list() == ["bank", "plant"]


def test_the_category_of_a_project_places_its_items(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [{"id": "1", "project_id": "9"}], projects=[{"id": "9", "name": "PAY", "project_category": "Payments"}]
        ),
        programme=[{"tracker": "t", "by": "project_category"}],
        project=[{"tracker": "t", "by": "project"}],
    )
    assert _where(portfolio) == {"1": "P/Payments/PAY"}


def test_labels_place_by_the_first_in_alphabetical_order(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [
                {"id": "1", "labels": ["prog-Zeta", "prog-Alpha", "x"]},
                {"id": "2", "labels": ["prog-", "other"]},
                {"id": "3", "labels": None},
            ]
        ),
        programme=[{"tracker": "t", "by": "label", "prefix": "prog-"}],
        project="none",
    )
    assert _where(portfolio) == {"1": "P/Alpha", "2": "P", "3": "P"}


def test_the_nearest_item_of_a_type_is_the_project_and_its_home(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [
                {"id": "1", "key": "E-1", "title": "Vault", "issue_type": "Epic", "programme": "Pay", "sponsor": "ann"},
                {"id": "2", "parent_id": "1", "issue_type": "Story", "programme": "Other"},
                {"id": "3", "parent_id": "2", "issue_type": "Sub-task"},
                {"id": "4", "issue_type": "Story"},
            ]
        ),
        programme=BY_FIELD["programme"],
        project=[{"tracker": "t", "by": "issue", "type": "Epic"}],
    )
    assert _where(portfolio) == {"E-1": "P/Pay/Vault", "2": "P/Pay/Vault", "3": "P/Pay/Vault", "4": "P"}
    project = portfolio.nodes.row(_paths(portfolio).index("P/Pay/Vault"), named=True)
    assert project["item"] == 0
    assert project["sponsor"] == "ann"


def test_the_first_rule_that_matches_wins(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": "1", "team": "Red", "size": "L"}, {"id": "2", "size": "L"}, {"id": "3", "size": ""}]),
        programme=[{"tracker": "t", "by": "field", "field": "team"}, {"tracker": "t", "by": "field", "field": "size"}],
        project="none",
    )
    assert _where(portfolio) == {"1": "P/Red", "2": "P/L", "3": "P"}


def test_a_project_gives_its_one_programme_to_items_without(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": "1", "programme": "A", "project": "X"}, {"id": "2", "project": "X"}]), **BY_FIELD
    )
    assert _where(portfolio) == {"1": "P/A/X", "2": "P/A/X"}
    assert portfolio.notices == ()


def test_an_item_placed_elsewhere_says_nothing_of_its_project(make_snapshot: MakeSnapshot) -> None:
    rows = [
        {"id": "1", "programme": "A", "project": "X"},
        {"id": "2", "programme": "B", "project": "X"},
        {"id": "3", "project": "X"},
    ]
    portfolio = _built(make_snapshot(rows), **BY_FIELD, overrides=[{"item": "2", "programme": "B"}])
    assert _where(portfolio) == {"1": "P/A/X", "2": "P/B", "3": "P/A/X"}


def test_a_tracker_project_in_two_programmes_takes_no_summary(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [{"id": "1", "programme": "A", "project_id": "9"}, {"id": "2", "programme": "B", "project_id": "9"}],
            projects=[{"id": "9", "name": "X"}],
        ),
        programme=BY_FIELD["programme"],
        project=[{"tracker": "t", "by": "project"}],
    )
    assert _where(portfolio) == {"1": "P/A/X", "2": "P/B/X"}
    assert portfolio.node_projects.is_empty()
    assert _codes(portfolio) == {"split-project": 2}


def test_overrides_place_items_and_projects(make_snapshot: MakeSnapshot) -> None:
    rows = [
        {"id": "1", "key": "K-1", "programme": "A", "project": "X"},
        {"id": "2", "key": "K-2", "programme": "A", "project": "X"},
        {"id": "3", "key": "K-3", "programme": "A", "project": "Y"},
        {"id": "4", "key": "K-4", "programme": "B", "project": "Z"},
        {"id": "5", "key": "K-5", "programme": "B", "project": "Z"},
    ]
    portfolio = _built(
        make_snapshot(rows),
        **BY_FIELD,
        overrides=[
            {"item": "K-1", "project": "Z"},
            {"item": "2", "programme": "New"},
            {"project": "Y", "programme": "B"},
            {"item": "K-5", "portfolio": "P"},
            {"project": "Nobody", "programme": "B"},
        ],
    )
    assert _where(portfolio) == {"K-1": "P/B/Z", "K-2": "P/New", "K-3": "P/B/Y", "K-4": "P/B/Z", "K-5": "P"}
    assert _codes(portfolio) == {"override-unused": 1}


def test_the_first_override_that_matches_wins(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": "1", "programme": "A", "project": "X"}]),
        **BY_FIELD,
        overrides=[{"project": "X", "programme": "B"}, {"item": "1", "programme": "C"}],
    )
    assert _where(portfolio) == {"1": "P/B/X"}


def test_every_item_stands_once_at_every_node_above(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(make_snapshot([{"id": "1", "programme": "A", "project": "X"}, {"id": "2"}]), **BY_FIELD)
    assert portfolio.places.rows() == [(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0), (1, 0, 1.0)]


def test_columns_in_use_and_their_types(make_snapshot: MakeSnapshot) -> None:
    wanted = StructureOptions.model_validate(
        {
            "programme": [{"tracker": "t", "by": "label", "prefix": "p-"}],
            "project": [{"tracker": "t", "by": "field", "field": "fields.x"}],
            "homes": [{"level": "project", "tracker": "t", "issue_type": "Charter"}],
        }
    )
    assert needed_columns(wanted) == {"labels", "fields.x", "issue_type"}
    one = make_snapshot([{"id": "1", "fields.x": "text"}], tracker="a")
    other = make_snapshot([{"id": "1"}], tracker="b")
    dated = Snapshot(other.manifest, other.items.with_columns(pl.lit(None, pl.Date).alias("fields.x")), other.scopes)
    with pytest.raises(UsageError, match=r"two trackers give `fields\.x` two types"):
        _built([one, dated])


def test_a_home_is_missed_nowhere(make_snapshot: MakeSnapshot) -> None:
    """A programme's own brief stands directly under it on purpose; the plain item beside it is still named."""
    rows = [
        {"id": "1", "programme": "A", "issue_type": "Programme brief"},
        {"id": "2", "programme": "A", "issue_type": "Task"},
    ]
    homes = [{"level": "programme", "tracker": "t", "issue_type": "Programme brief"}]
    portfolio = _built(make_snapshot(rows), **BY_FIELD, homes=homes)
    assert portfolio.nodes["item"].to_list() == [None, 0]
    assert _codes(portfolio) == {"no-project": 1}


@pytest.mark.parametrize(
    ("partly", "told"),
    [((), ["K-1", "K-2", "K-3"]), (("t",), ["K-3"]), (("other",), ["K-2"])],
    ids=["all read", "own tracker in part", "another in part"],
)
def test_an_override_is_unused_only_where_all_it_may_mean_was_read(
    make_snapshot: MakeSnapshot, partly: tuple[str, ...], told: list[str]
) -> None:
    entries = [{"item": "K-1"}, {"item": "K-2", "tracker": "t"}, {"item": "K-3", "tracker": "other"}]
    snapshots = [make_snapshot([], tracker=name, complete=name not in partly) for name in ("t", "other")]
    portfolio = _built(snapshots, **BY_FIELD, overrides=[one | {"portfolio": "P"} for one in entries])
    assert [notice.text.split()[3].rstrip(",") for notice in portfolio.notices if notice.code != "no-items"] == told


def test_a_tracker_without_items_is_told_of_and_one_that_was_not_read_whole_is_not(make_snapshot: MakeSnapshot) -> None:
    empty, partly = make_snapshot(tracker="empty"), make_snapshot(tracker="partly", complete=False)
    built = build([empty, partly, make_snapshot([{"id": "1"}], tracker="full")], StructureOptions(), portfolio_name="P")
    said = [one.text for one in built.notices if one.code == "no-items"]
    assert said == ["empty was read whole and has no items: nothing of it is judged"]
