"""One portfolio over two trackers is one portfolio: its figures equal a sum made by hand, and those of one tracker.

The sums of this file are plain Python over the items. They share nothing with the figures but the definitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.model.snapshot import Snapshot
from tests.portfolio.worlds import PROJECTS, TODAY, Row, bank, outcome, plant, standards

Make = Callable[..., Snapshot]
Items = list[Row]

LAWS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _maybe(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


def _amount(most: float) -> st.SearchStrategy[Any]:
    return st.none() | st.floats(0, most).map(lambda number: round(number, 2))


ITEM = st.fixed_dictionaries(
    {
        "in": st.sampled_from(PROJECTS),
        "where": st.sampled_from(["bank", "plant"]),
        "parent_id": st.none() | st.integers(0, 7),
        "kind": st.sampled_from(["task", "task", "task", "milestone", "risk", "change"]),
        "phase": st.sampled_from(["todo", "doing", "doing", "done", "dropped"]),
        "on_hold": st.sampled_from([False, False, True]),
        "owner": _maybe("ann", "ben", "ann", "cyd"),
        "start": _maybe(date(2026, 2, 2), date(2026, 3, 2)),
        "actual_start": _maybe(date(2026, 2, 3)),
        "due": _maybe(date(2026, 3, 1), date(2026, 3, 10), date(2026, 4, 1)),
        "estimate_hours": _amount(400),
        "remaining_hours": _amount(400),
        "spent_hours": _amount(400),
        "percent_done": _maybe(None, 0.0, 0.25, 1.0, 1.5),
        "budget": _amount(1e6),
        "actual_cost": _amount(1e6),
        "probability": _maybe(0.1, 0.5, 1.0),
        "impact_money": _amount(1e5),
        "response": _maybe("reduce", "exploit"),
        "title": st.just("a title"),
        "description": _maybe("words"),
    }
)


@st.composite
def worlds(draw: st.DrawFn) -> Items:
    """Items in families: a child lives in the tracker of its parent, as no tracker has a parent in another."""
    items: Items = []
    for number, one in enumerate(draw(st.lists(ITEM, min_size=1, max_size=14))):
        above = one["parent_id"]
        parent = items[above] if above is not None and above < number else None
        where = one["where"] if parent is None else parent["where"]
        items.append({**one, "id": str(number), "where": where, "parent_id": parent and parent["id"]})
    return items


def _split(make: Make, items: Items) -> list[Snapshot]:
    return [make_one(make, [one for one in items if one["where"] == name]) for name, make_one in SPLIT.items()]


SPLIT = {"bank": bank, "plant": plant}


# --- sums by hand ---------------------------------------------------------------------------------------------------


def _net(items: Items, everything: Items) -> Items:
    """Tasks and milestones that nothing hangs below, not dropped."""
    parents = {one["parent_id"] for one in everything}
    return [
        one
        for one in items
        if one["kind"] in {"task", "milestone"} and one["id"] not in parents and one["phase"] != "dropped"
    ]


def _known(items: Items, name: str) -> list[Any]:
    return [one[name] for one in items if one[name] is not None]


def _share(one: Row) -> float | None:
    if one["phase"] in {"done", "todo"}:
        return 1.0 if one["phase"] == "done" else 0.0
    if one["percent_done"] is not None:
        return one["percent_done"] if 0 <= one["percent_done"] <= 1 else None
    spent, left = one["spent_hours"], one["remaining_hours"]
    if spent is not None and left is not None and spent + left > 0:
        return float(spent / (spent + left))
    return 0.0


def _progress(net: Items) -> tuple[float | None, int, int]:
    effort = [one for one in net if one["kind"] == "task"]
    if _known(effort, "estimate_hours"):
        members, weights = effort, [one["estimate_hours"] for one in effort]
    else:
        members, weights = net, [1.0] * len(net)
    told = [
        (weight, share)
        for one, weight in zip(members, weights, strict=True)
        if weight is not None and (share := _share(one)) is not None
    ]
    total = sum(weight for weight, _ in told)
    value = sum(weight * share for weight, share in told) / total if total > 0 else None
    return value, len(told), len(members) - len(told)


def _money(items: Items, everything: Items, name: str, *, with_dropped: bool) -> float | None:
    """What no item above speaks for."""
    by_id = {one["id"]: one for one in everything}

    def above(one: Row) -> Iterator[Row]:
        while one["parent_id"] is not None:
            one = by_id[one["parent_id"]]
            yield one

    counted = [
        one[name]
        for one in items
        if one[name] is not None
        and (with_dropped or one["phase"] != "dropped")
        and all(other[name] is None for other in above(one))
    ]
    return sum(counted) if counted else None


def _exposure(items: Items) -> tuple[float | None, int, int]:
    risks = [
        one for one in items if one["kind"] == "risk" and one["phase"] in {"todo", "doing"} and one["probability"] != 1
    ]
    scored = [
        (-1 if one["response"] == "exploit" else 1) * one["probability"] * one["impact_money"]
        for one in risks
        if one["probability"] is not None and one["impact_money"] is not None
    ]
    return sum(scored) if scored else None, len(scored), len(risks) - len(scored)


def _by_hand(items: Items, everything: Items) -> dict[str, tuple[Any, ...]]:
    """Figure → value, used, missing; of money the value alone."""
    net = _net(items, everything)
    live = [one for one in net if one["phase"] in {"todo", "doing"} and not one["on_hold"]]
    dues, late = _known(live, "due"), [one for one in _known(live, "due") if one < TODAY]
    starts = [day for one in net if (day := one["actual_start"] or one["start"]) is not None]
    found: dict[str, tuple[Any, ...]] = {
        "items": (len(items), len(items), 0),
        "leaves": (len(net), len(net), 0),
        "open": (sum(one["phase"] in {"todo", "doing"} for one in items), len(items), 0),
        "progress": _progress(net),
        "start": (min(starts, default=None), len(starts), len(net) - len(starts)),
        "due": (max(_known(net, "due"), default=None), len(_known(net, "due")), len(net) - len(_known(net, "due"))),
        "overdue_share": (len(late) / len(dues) if dues else None, len(dues), len(live) - len(dues)),
        "budget": (_money(items, everything, "budget", with_dropped=False),),
        "actual_cost": (_money(items, everything, "actual_cost", with_dropped=True),),
        "risk_exposure": _exposure(items),
    }
    for name in ("estimate_hours", "remaining_hours", "spent_hours"):
        values = _known(net, name)
        found[name] = (sum(values) if values else None, len(values), len(net) - len(values))
    return found


def _same(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float | int):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)
    return left == right


# --- laws -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packs() -> tuple[Any, ...]:
    return standards()


@LAWS
@given(items=worlds())
def test_figures_over_two_trackers_are_the_sum_over_their_items(make_snapshot: Make, items: Items) -> None:
    found = outcome(_split(make_snapshot, items), ())
    below = {f"P/Payments/{name}": [one for one in items if one["in"] == name] for name in PROJECTS}
    for path, members in ({"P": items, "P/Payments": items} | below).items():
        for name, (value, *coverage) in _by_hand(members, items).items():
            told = found.figures[path]
            assert _same(value, told[name]), (path, name, value, told[name])
            if coverage:
                assert coverage == [told[f"{name}__used"], told[f"{name}__missing"]], (path, name)


@LAWS
@given(items=worlds())
def test_two_trackers_come_to_what_one_would(make_snapshot: Make, packs: tuple[Any, ...], items: Items) -> None:
    """Every figure of every node and item, every verdict and every count, wherever an item lives."""
    split = outcome(_split(make_snapshot, items), packs)
    for alone in (bank, plant):
        one = outcome([alone(make_snapshot, items)], packs)
        expected, told = dict(one.figures), dict(split.figures)
        assert told.keys() == expected.keys()
        for found, wanted in ((told, expected), (split.item_figures, one.item_figures)):
            for subject, figures in wanted.items():
                wrong = {
                    name: (found[subject][name], value)
                    for name, value in figures.items()
                    if not _same(found[subject][name], value)
                }
                assert wrong == {}, subject
        assert split.verdicts == one.verdicts
        assert split.counts == one.counts


def test_a_tracker_that_says_less_makes_the_programme_s_figures_rest_on_less(make_snapshot: Make) -> None:
    """Estimates are a field of the bank alone: the sum names what it rests on, and standards on them are unknown."""
    base = {
        "in": "Cards",
        "parent_id": None,
        "kind": "task",
        "phase": "doing",
        "on_hold": False,
        "owner": "ann",
        "due": date(2026, 3, 20),
    }
    here = [{**base, "id": "1", "where": "bank", "estimate_hours": 8.0}]
    there = [{**base, "id": str(number), "where": "plant"} for number in (2, 3)]
    found = outcome([bank(make_snapshot, here), plant(make_snapshot, there)], ())
    row = found.figures["P/Payments"]
    assert [row[f"estimate_hours{part}"] for part in ("", "__used", "__missing")] == [8.0, 1, 2]
    assert [row[f"due{part}"] for part in ("", "__used", "__missing")] == [date(2026, 3, 20), 3, 0]


def test_one_person_has_the_work_of_both_trackers(make_snapshot: Make) -> None:
    base = {"in": "Cards", "parent_id": None, "kind": "task", "phase": "doing", "on_hold": False, "due": TODAY}
    items = [
        {**base, "id": str(number), "where": where, "owner": owner}
        for number, (where, owner) in enumerate(
            [("bank", "ann"), ("plant", "ann"), ("plant", "ben"), ("bank", "cyd"), ("plant", "dee")]
        )
    ]
    found = outcome(_split(make_snapshot, items), ())
    owners = dict(found.portfolio.items.select("id", "owner").iter_rows())
    assert owners == {"0": "ann", "1": "ann", "2": "ben", "3": "cyd", "4": "dee"}
    doing = {number: figures["owner_doing"] for number, figures in found.item_figures.items()}
    assert doing == {"0": 2, "1": 2, "2": 1, "3": 1, "4": 1}
