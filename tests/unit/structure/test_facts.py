"""What is true of items and nodes once they have their places: phase, hold, completeness, visibility, relations."""

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.figures.options import RiskAppetite
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

MakeSnapshot = Callable[..., Snapshot]

OPTIONS: dict[str, Any] = {
    "programme": [{"tracker": "t", "by": "field", "field": "programme"}],
    "project": [
        {"tracker": "t", "by": "field", "field": "project"},
        {"tracker": "t", "by": "project"},
    ],
}


def _built(*snapshots: Snapshot, appetite: tuple[RiskAppetite, ...] = (), **options: Any) -> Portfolio:
    chosen = StructureOptions.model_validate({**OPTIONS, **options})
    return build(snapshots, chosen, portfolio_name="P", appetite=appetite)


def _of(portfolio: Portfolio, column: str) -> dict[str, object]:
    return dict(zip(portfolio.nodes["name"], portfolio.nodes[column].to_list(), strict=True))


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ([], "todo"),
        (["todo", "todo"], "todo"),
        (["todo", "dropped"], "todo"),
        (["todo", "done"], "doing"),
        (["doing"], "doing"),
        (["done", "dropped"], "done"),
        (["done", None], None),
        (["todo", None], None),
        (["doing", None], "doing"),
        (["todo", "done", None], "doing"),
    ],
)
def test_what_is_below_tells_the_phase(
    make_snapshot: MakeSnapshot, below: list[str | None], expected: str | None
) -> None:
    rows = [{"id": str(number), "phase": phase, "project_id": "9"} for number, phase in enumerate(below)]
    portfolio = _built(make_snapshot(rows, projects=[{"id": "9", "name": "X"}]))
    assert _of(portfolio, "phase")["X"] == expected


def test_a_closed_project_is_done_and_an_empty_one_holds_its_programme_open(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [{"id": "1", "phase": "todo", "project_id": "1"}],
            projects=[{"id": "1", "name": "Closed", "closed": True}, {"id": "2", "name": "Empty"}],
        )
    )
    assert _of(portfolio, "phase") == {"P": "doing", "Closed": "done", "Empty": "todo"}


def test_a_home_tells_phase_hold_and_columns(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [
                {"id": "1", "key": "C-1", "programme": "A", "project": "X", "phase": "dropped", "sponsor": "ann"},
                {"id": "2", "key": "C-2", "programme": "A", "project": "X", "phase": "doing", "on_hold": False},
                {"id": "3", "key": "C-3", "programme": "A", "project": "Y", "on_hold": True},
                {"id": "4", "key": "C-4", "programme": "A", "project": "Y", "on_hold": None},
            ]
        ),
        homes=[
            {"level": "project", "name": "X", "tracker": "t", "item": "C-1"},
            {"level": "project", "name": "Y", "tracker": "t", "item": "3"},
        ],
    )
    assert _of(portfolio, "phase")["X"] == "dropped"
    assert _of(portfolio, "sponsor") == {"P": None, "A": None, "X": "ann", "Y": None}
    assert _of(portfolio, "on_hold") == {"P": False, "A": False, "X": False, "Y": True}
    assert portfolio.items["on_hold"].to_list() == [False, False, True, True], "a held node holds what is below it"


def test_hold_is_inherited_down_the_nodes(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": "1", "programme": "A", "on_hold": True}, {"id": "2", "programme": "A", "project": "X"}]),
        homes=[{"level": "programme", "name": "A", "tracker": "t", "item": "1"}],
    )
    assert _of(portfolio, "on_hold") == {"P": False, "A": True, "X": True}
    assert portfolio.items["on_hold"].to_list() == [True, True]


def test_homes_by_rule_want_exactly_one(make_snapshot: MakeSnapshot) -> None:
    rows = [
        {"id": "1", "project": "One", "issue_type": "Charter", "phase": "doing"},
        {"id": "2", "project": "One", "issue_type": "Charter", "phase": "dropped"},
        {"id": "3", "project": "Two", "issue_type": "Charter", "phase": "doing"},
        {"id": "4", "project": "Two", "issue_type": "Charter", "phase": "todo"},
        {"id": "5", "project": "None", "issue_type": "Task", "phase": "todo"},
    ]
    portfolio = _built(
        make_snapshot(rows),
        programme="none",
        homes=[{"level": "project", "tracker": "t", "issue_type": "Charter"}],
    )
    assert _of(portfolio, "item") == {"P": None, "One": 0, "Two": None, "None": None}
    assert [notice.code for notice in portfolio.notices] == ["no-home", "two-homes"]


def test_a_home_that_is_not_there_is_told(make_snapshot: MakeSnapshot) -> None:
    homes = [
        {"level": "project", "name": "X", "tracker": "t", "item": "GONE"},
        {"level": "project", "name": "Nowhere", "tracker": "t", "item": "1"},
    ]
    portfolio = _built(make_snapshot([{"id": "1", "project": "X"}]), programme="none", homes=homes)
    assert [notice.code for notice in portfolio.notices] == ["home-not-seen", "home-without-node"]


def test_columns_of_a_node_come_from_its_home_else_its_tracker_project(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot(
            [{"id": "1", "project_id": "1", "sponsor": None}, {"id": "2", "project_id": "3"}],
            projects=[
                {"id": "1", "name": "Home", "sponsor": "eve", "budget": 5.0},
                {"id": "2", "name": "Bare", "sponsor": "eve", "budget": None, "hidden": ["sponsor"]},
                {"id": "3", "name": "Plain", "sponsor": "eve", "budget": 7.0},
            ],
        ),
        programme="none",
        homes=[{"level": "project", "name": "Home", "tracker": "t", "item": "1"}],
    )
    assert _of(portfolio, "sponsor") == {"P": None, "Bare": None, "Home": None, "Plain": "eve"}
    assert _of(portfolio, "budget") == {"P": None, "Bare": None, "Home": 5.0, "Plain": 7.0}
    scope = _of(portfolio, "scope")
    blind = {name for name, row in scope.items() if row in portfolio.node_visibility.hidden["sponsor"]}
    assert blind == {"P", "Bare"}, "Home shows an empty sponsor, Bare shows none"
    assert portfolio.node_visibility.hidden["budget"] == {scope["P"]}
    assert "owner" in portfolio.node_visibility.nowhere


def test_a_column_of_one_tracker_is_hidden_for_the_others(make_snapshot: MakeSnapshot) -> None:
    portfolio = _built(
        make_snapshot([{"id": "1", "owner": "ann", "points": None}], tracker="a", scopes=[{"hidden": ["points"]}]),
        make_snapshot([{"id": "1", "due": None}], tracker="b"),
    )
    assert portfolio.item_visibility.hidden == {"owner": {1}, "points": {0, 1}, "due": {0}}
    assert "sponsor" in portfolio.item_visibility.nowhere
    assert not {"phase", "kind", "url", "key"} & portfolio.item_visibility.nowhere
    assert portfolio.items["kind"].to_list() == ["task", "task"]


def test_kinds_stay_unknown_and_tasks_with_children_are_summaries(make_snapshot: MakeSnapshot) -> None:
    rows = [
        {"id": "1", "kind": "task"},
        {"id": "2", "kind": None, "parent_id": "1"},
        {"id": "3", "kind": "risk"},
        {"id": "4", "kind": "task", "parent_id": "3"},
        {"id": "5", "kind": "task", "parent_id": "elsewhere"},
    ]
    items = _built(make_snapshot(rows)).items
    assert items["kind"].to_list() == ["summary", None, "risk", "task", "task"]
    assert items["parent"].to_list() == [None, 0, None, 2, None]
    assert items["parent_known"].to_list() == [False, True, False, True, True]


def test_parents_in_a_circle_are_cut_and_told(make_snapshot: MakeSnapshot) -> None:
    rows = [
        {"id": "1", "parent_id": "2"},
        {"id": "2", "parent_id": "1"},
        {"id": "3", "parent_id": "1"},
        {"id": "4", "parent_id": "4"},
    ]
    portfolio = _built(make_snapshot(rows))
    assert portfolio.items["parent"].to_list() == [None, None, 0, None]
    assert [(notice.code, notice.count) for notice in portfolio.notices if notice.code == "parent-circle"] == [
        ("parent-circle", 3)
    ]


def _complete(portfolio: Portfolio) -> set[str]:
    return {str(name) for name, complete in _of(portfolio, "complete").items() if complete}


def test_what_was_read_in_part_makes_its_nodes_incomplete(make_snapshot: MakeSnapshot) -> None:
    rows = [{"id": "1", "project": "X", "scope": 0}, {"id": "2", "project": "Y", "scope": 1}]
    scopes = [{"project_id": None}, {"project_id": None, "complete": False}]
    portfolio = _built(make_snapshot(rows, scopes=scopes, complete=False), programme="none")
    assert _complete(portfolio) == {"X"}
    assert portfolio.items["complete"].to_list() == [True, False]


def test_an_unread_project_without_items_marks_the_node_above_it(make_snapshot: MakeSnapshot) -> None:
    projects = [
        {"id": "1", "name": "Top"},
        {"id": "2", "name": "Below", "parent_id": "1", "complete": False},
        {"id": "3", "name": "Beside"},
    ]
    options: dict[str, Any] = {"programme": "none", "project": [{"tracker": "t", "by": "project", "depth": 1}]}
    portfolio = _built(make_snapshot(projects=projects, complete=False), **options)
    assert _complete(portfolio) == {"Beside"}


@pytest.mark.parametrize("scopes", [[], [{}], [{"complete": False, "project_id": "unheard of"}]])
def test_a_gap_that_cannot_be_located_is_everywhere(make_snapshot: MakeSnapshot, scopes: list[dict[str, Any]]) -> None:
    whole = make_snapshot([{"id": "1", "project": "X"}], tracker="t")
    broken = make_snapshot(tracker="u", scopes=scopes, complete=False)
    assert _complete(_built(whole, broken, programme="none")) == set()


def test_appetite_goes_to_the_deepest_level_its_scope_names(make_snapshot: MakeSnapshot) -> None:
    entries = [
        {"scope": {"project": "X", "programme": "A"}, "money": 10.0},
        {"scope": {"programme": "A"}, "money": 50.0, "high": 2},
        {"scope": {}, "high": 9},
        {"scope": {"programme": "A"}, "money": 99.0},
        {"scope": {"programme": "Nobody"}, "money": 1.0},
    ]
    portfolio = _built(
        make_snapshot([{"id": "1", "programme": "A", "project": "X"}]),
        appetite=tuple(RiskAppetite.model_validate(entry) for entry in entries),
    )
    assert _of(portfolio, "risk_appetite") == {"P": None, "A": 50.0, "X": 10.0}
    assert _of(portfolio, "risks_high_appetite") == {"P": 9, "A": 2, "X": None}
    assert "risk_appetite" not in portfolio.node_visibility.hidden
    assert "risk_appetite" not in portfolio.node_visibility.nowhere
    assert [notice.code for notice in portfolio.notices] == ["appetite-unused"]


def test_links_by_rows_with_unseen_ends(make_snapshot: MakeSnapshot) -> None:
    rows = [{"id": "1", "project": "X"}, {"id": "2", "project": "Y"}, {"id": "3", "project": "Y"}]
    links = [
        {"source_id": "1", "target_id": "2", "type": "FS", "lag_working_days": 2},
        {"source_id": "1", "target_id": "2", "type": "FS", "lag_working_days": 2},
        {"source_id": "2", "target_id": "3", "type": "SS"},
        {"source_id": "2", "target_id": "gone", "type": "FS"},
        {"source_id": None, "target_id": "3", "type": "FS"},
        {"source_id": "gone", "target_id": None, "type": "FS"},
    ]
    found = _built(make_snapshot(rows, links=links), programme="none").links
    assert found.rows() == [
        (None, 2, "FS", None, None, None),
        (0, 1, "FS", 2, True, False),
        (1, None, "FS", None, None, None),
        (1, 2, "SS", None, False, False),
    ]


@pytest.mark.parametrize("complete", [True, False], ids=["read whole", "not read"])
def test_nothing_is_missed_in_what_was_not_read(make_snapshot: MakeSnapshot, complete: bool) -> None:
    homes = [
        {"level": "project", "tracker": "t", "issue_type": "Charter"},
        {"level": "project", "name": "X", "tracker": "t", "item": "9"},
    ]
    appetite = RiskAppetite.model_validate({"scope": {"programme": "A"}, "money": 1.0})
    portfolio = _built(make_snapshot([], complete=complete), programme="none", homes=homes, appetite=(appetite,))
    told = ["appetite-unused", "home-not-seen", "no-home"]
    assert [one.code for one in portfolio.notices] == ([*told, "no-items"] if complete else [])


def test_a_home_of_a_node_that_another_tracker_may_have(make_snapshot: MakeSnapshot) -> None:
    homes = [{"level": "project", "name": "Y", "tracker": "t", "item": "1"}]
    for complete, told in ((True, ["home-without-node"]), (False, [])):
        other = make_snapshot([], tracker="other", complete=complete)
        found = build(
            [make_snapshot([{"id": "1"}]), other], StructureOptions.model_validate({"homes": homes}), portfolio_name="P"
        )
        assert [notice.code for notice in found.notices if notice.code not in ("orphan", "no-items")] == told
