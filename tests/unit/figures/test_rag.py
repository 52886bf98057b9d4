"""Colours: what is reported, what the data says, what the children give, and the steps between them."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., Any]

ORACLES = Path(__file__).parents[4] / "shared" / "domain" / "oracles.json"
ONLY_OVERDUE = {"rag": {"dimensions": {"overdue_share": {"amber": "5%", "red": "15%"}}}}
LATE, SOON = date(2026, 3, 1), date(2026, 3, 30)


def _tasks(project: str, late: int, on_time: int, undated: int = 0) -> list[dict[str, Any]]:
    dues = [LATE] * late + [SOON] * on_time + [None] * undated
    base = {"programme": "Q", "project": project, "kind": "task", "phase": "doing"}
    return [{"id": f"{project}{number}", **base, "due": due} for number, due in enumerate(dues)]


def _said(computed: Any, node: str) -> tuple[str | None, tuple[str, ...], str | None]:
    row = computed.row(node)
    return computed.of(node, "computed_rag")[0], computed.figures.why[row], computed.figures.says[row]


@pytest.mark.parametrize(
    ("late", "on_time", "expected"),
    [
        (0, 10, ("green", (), "data says green: 0 % overdue")),
        (1, 19, ("green", (), "data says green: 5 % overdue")),
        (3, 22, ("amber", ("overdue_share",), "data says amber: 12 % overdue")),
        (3, 17, ("amber", ("overdue_share",), "data says amber: 15 % overdue")),
        (1, 2, ("red", ("overdue_share",), "data says red: 33.3 % overdue")),
    ],
)
def test_the_data_has_a_colour_and_says_why(
    figures_of: Make, late: int, on_time: int, expected: tuple[str, tuple[str, ...], str]
) -> None:
    assert _said(figures_of(_tasks("X", late, on_time), rollup=ONLY_OVERDUE), "X") == expected


def test_thin_cover_is_never_green_but_may_be_red(figures_of: Make) -> None:
    thin = figures_of(_tasks("X", 0, 6, undated=4), rollup=ONLY_OVERDUE)
    assert _said(thin, "X") == (None, (), None)
    assert thin.of("X", "computed_rag") == (None, 0, 1, "unknown: overdue_share")
    assert _said(figures_of(_tasks("X", 0, 7, undated=3), rollup=ONLY_OVERDUE), "X")[0] == "green"
    assert _said(figures_of(_tasks("X", 6, 0, undated=4), rollup=ONLY_OVERDUE), "X")[0] == "red"


def test_before_the_start_and_after_the_end_it_is_grey(figures_of: Make) -> None:
    todo = [{**row, "phase": "todo"} for row in _tasks("X", 1, 0)]
    done = [{**row, "phase": "done"} for row in _tasks("Y", 1, 0)]
    computed = figures_of([*todo, *done])
    assert _said(computed, "X") == ("grey", (), "data says grey: not started")
    assert _said(computed, "Y") == ("grey", (), "data says grey: closed")
    assert computed.of("X", "computed_rag") == ("grey", 1, 0, "phase")


def test_what_is_asked_for_and_not_built_is_named(figures_of: Make) -> None:
    basis = figures_of(_tasks("X", 0, 9)).of("X", "computed_rag")
    assert basis == ("green", 1, 0, "worst of overdue_share; unknown: cpi, spi, overrun_share, benefit_realisation")


def test_the_worst_dimension_decides(figures_of: Make) -> None:
    slipped = {"baseline_finish": date(2026, 2, 2), "due": SOON, "kind": "milestone"}
    rows = [*_tasks("X", 1, 9), {**_tasks("X", 0, 1)[0], "id": "m", **slipped}]
    computed = figures_of(rows)
    expected = ("red", ("milestone_slip",), "data says red: a milestone 40 working days late")
    assert _said(computed, "X") == expected
    assert computed.of("X", "computed_rag")[1:3] == (2, 0)


def test_a_milestone_without_a_baseline_is_an_unknown_dimension(figures_of: Make) -> None:
    rows = [*_tasks("X", 0, 9), {**_tasks("X", 0, 1)[0], "id": "m", "kind": "milestone"}]
    value, used, missing, basis = figures_of(rows).of("X", "computed_rag")
    assert (value, used, missing) == ("green", 1, 1)
    assert basis.startswith("worst of overdue_share; unknown: milestone_slip, ")


@pytest.mark.parametrize(
    ("appetite", "expected", "says"),
    [
        (100.0, "green", "data says green: risk exposure 50 % of appetite"),
        (48.0, "amber", "data says amber: risk exposure 104.2 % of appetite"),
        (20.0, "red", "data says red: risk exposure 250 % of appetite"),
        (0.0, "red", "data says red: risk exposure without an appetite"),
    ],
)
def test_exposure_is_measured_by_the_appetite(figures_of: Make, appetite: float, expected: str, says: str) -> None:
    risk = {"id": "r", "project": "X", "kind": "risk", "phase": "doing", "probability": 0.5, "impact_money": 100.0}
    computed = figures_of([risk], appetite=[{"scope": {"project": "X"}, "money": appetite}])
    assert _said(computed, "X") == (expected, () if expected == "green" else ("appetite_used",), says)
    assert _said(computed, "P")[0] is None, "nobody stated an appetite for the portfolio"


# --- the children's colours ---------------------------------------------------------------------------------------


def _children(colours: Sequence[str | None], **columns: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Projects in doing whose home reports a colour, all in programme Q."""
    base = {"programme": "Q", "kind": "summary", "phase": "doing", **columns}
    rows = [{"id": f"h{n}", **base, "project": f"C{n}", "reported_rag": colour} for n, colour in enumerate(colours)]
    homes = [{"level": "project", "name": f"C{n}", "tracker": "t", "item": f"h{n}"} for n in range(len(colours))]
    return rows, homes


def _rolled(figures_of: Make, colours: Sequence[str | None], **rag: Any) -> tuple[Any, int, int, str]:
    rows, homes = _children(colours)
    found: tuple[Any, int, int, str] = figures_of(rows, homes=homes, rollup={"rag": rag}).of("Q", "rollup_rag")
    return found


G, A, R = "green", "amber", "red"


def test_the_example_of_the_children(figures_of: Make) -> None:
    value, used, missing, basis = _rolled(figures_of, [G, G, A, None, "grey"])
    assert (value, used, missing) == (A, 3, 1)
    assert basis.startswith("worst_of")


@pytest.mark.parametrize(
    ("policy", "expected"), [("weighted", G), ("share", G), ("worst_of", R), ("tolerant_worst", G)]
)
def test_nine_greens_and_one_fatal_red(figures_of: Make, policy: str, expected: str) -> None:
    assert _rolled(figures_of, [G] * 9 + [R], policy=policy)[0] == expected


@pytest.mark.parametrize(("policy", "expected"), [("weighted", A), ("tolerant_worst", R)])
def test_a_red_key_child_is_not_averaged_away(figures_of: Make, policy: str, expected: str) -> None:
    rows, homes = _children([G] * 9 + [R], labels=[])
    rows[9]["labels"] = ["key"]
    assert figures_of(rows, homes=homes, rollup={"rag": {"policy": policy}}).of("Q", "rollup_rag")[0] == expected


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        ([G, "amber_green"], "amber_green"),  # 0.5
        ([G, G, G, "amber_green"], G),  # 0.25
        ([R, R, "amber_green"], "amber_red"),  # 3
        ([R, R, R, R, "amber_green", R], R),  # 3.5
        ([G, A], A),  # 1, and three colours stay three
        ([A, R], A),  # 3, likewise
    ],
)
def test_weights_cut_to_the_worse_side(figures_of: Make, colours: Sequence[str | None], expected: str) -> None:
    assert _rolled(figures_of, colours, policy="weighted")[0] == expected


def test_budgets_weigh(figures_of: Make) -> None:
    rows, homes = _children([G, R])
    for row, budget in zip(rows, (900.0, 100.0), strict=True):
        row["budget"] = budget
    value, _, _, basis = figures_of(rows, homes=homes, rollup={"rag": {"policy": "weighted"}}).of("Q", "rollup_rag")
    assert value == G, "0.4"
    assert basis.endswith("by budget")
    tolerant = {"rag": {"policy": "tolerant_worst", "red_share": "10%"}}
    assert figures_of(rows, homes=homes, rollup=tolerant).of("Q", "rollup_rag")[0] == R


def test_too_many_unknown_is_unknown(figures_of: Make) -> None:
    assert _rolled(figures_of, [R, R, None])[:3] == (None, 2, 1)
    assert _rolled(figures_of, [R, R, None], unknown_above="40%")[0] == R
    assert _rolled(figures_of, [G, G, None], unknown_above="40%")[0] is None, "never green on thin cover"


def test_children_of_nothing_are_unknown(figures_of: Make) -> None:
    assert _rolled(figures_of, ["grey", "grey"])[:3] == (None, 0, 0)
    computed = figures_of(_tasks("X", 0, 3))
    assert computed.of("X", "rollup_rag") == (None, 0, 0, "empty")


def test_the_data_stands_in_for_a_child_that_reports_nothing(figures_of: Make) -> None:
    computed = figures_of([*_tasks("X", 1, 1), *_tasks("Y", 0, 5)], rollup=ONLY_OVERDUE)
    assert computed.of("Q", "rollup_rag")[:3] == (R, 2, 0)


def test_each_level_may_have_its_policy(figures_of: Make) -> None:
    rows, homes = _children([G] * 9 + [R])
    computed = figures_of(rows, homes=homes, rollup={"rag": {"policy": {"programme": "share"}}})
    assert computed.of("Q", "rollup_rag")[0] == G
    assert computed.of("P", "rollup_rag")[0] == G, "a programme that reports nothing speaks by its children"


@pytest.mark.parametrize(
    ("reported", "late", "expected"),
    [(G, 3, 2), (A, 3, 1), (R, 3, 0), (R, 0, -2), ("amber_green", 0, -1), (None, 3, None), ("grey", 3, None)],
)
def test_steps_between_report_and_data(figures_of: Make, reported: str | None, late: int, expected: int | None) -> None:
    home = {"id": "h", "programme": "Q", "project": "X", "kind": "summary", "phase": "doing", "reported_rag": reported}
    computed = figures_of(
        [home, *_tasks("X", late, 10 - late)],
        homes=[{"level": "project", "name": "X", "tracker": "t", "item": "h"}],
        rollup=ONLY_OVERDUE,
    )
    assert computed.of("X", "rag_gap")[0] == expected
    assert computed.of("X", "rag_gap")[1:3] == ((0, 1) if expected is None else (1, 0))
    assert computed.of("X", "reported_rag")[:3] == (reported, int(reported is not None), int(reported is None))


def test_steps_between_report_and_children(figures_of: Make) -> None:
    rows, homes = _children([A, R])
    rows.append({"id": "q", "programme": "Q", "kind": "summary", "phase": "doing", "reported_rag": G})
    homes.append({"level": "programme", "name": "Q", "tracker": "t", "item": "q"})
    assert figures_of(rows, homes=homes).of("Q", "rollup_rag_gap")[0] == 2


@pytest.mark.skipif(not ORACLES.exists(), reason=f"{ORACLES.name} of the shared folder is absent")
def test_published_shares(figures_of: Make) -> None:
    cases = json.loads(ORACLES.read_text(encoding="utf-8"))["cases"]
    share = next(case for case in cases if case["kind"] == "rag_share")
    known = [
        *(
            (given["green"], given["total"], told["rag"])
            for given, told in zip(share["inputs"], share["expected"], strict=True)
        ),
        *((case["green"], case["total"], case["rag"]) for case in share["edge_cases"] if case["total"]),
    ]
    for green, total, expected in known:
        assert _rolled(figures_of, [G] * green + [R] * (total - green), policy="share")[0] == expected


@pytest.mark.skipif(not ORACLES.exists(), reason=f"{ORACLES.name} of the shared folder is absent")
def test_published_ratings_and_sizes(figures_of: Make) -> None:
    cases = {case["kind"]: case for case in json.loads(ORACLES.read_text(encoding="utf-8"))["cases"]}
    rated = cases["rag_distribution"]["expected"]
    colours = [colour for colour, number in rated["rank_counts"].items() for _ in range(number)]
    colours += [None] * rated["unknown"]
    for policy, expected in (("worst_of", rated["worst_of"]), ("share", rated["share_policy"]["rag"])):
        assert _rolled(figures_of, colours, policy=policy)[:3] == (expected, rated["rated"], rated["unknown"])
    sizes = cases["wsjf"]
    rows = [{**row, "kind": "task", "phase": "todo"} for row in sizes["inputs"]]
    computed = figures_of(rows)
    assert {row["id"]: computed.item(row["id"], "wsjf") for row in rows} == sizes["expected"]["wsjf"]
