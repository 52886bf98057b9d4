"""Contradictions and doubles: found where they are proven, against brute force, and never in the shipped packs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.frames import verdict_column
from pmo_sync.model.past import Past
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.standards import shipped
from pmo_sync.rules.condition import columns_named
from pmo_sync.rules.conflicts import Clash, conflicts
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.standard import Standard
from tests.unit.rules.conftest import Load, MakeFigures, MakePortfolio

HEAD = "id: {id}, title: {title}, level: {level}, severity: minor"
TITLES = {"A": "Every task has a due date", "B": "What moves is looked at"}


def _pair(first: str, second: str, *, level: str = "item") -> str:
    entries = [
        f"  - {{{HEAD.format(id=f'{letter}-1', level=level, title=TITLES[letter])}, flag: {letter.lower()}, {rest}}}\n"
        for letter, rest in (("A", first), ("B", second))
    ]
    return "standards:\n" + "".join(entries)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("require: {due: present}", "require: {due: absent}"),
        (
            "applies_to: {phase: [todo, doing]}, require: {due: present}",
            "applies_to: {phase: todo}, require: {due: absent}",
        ),
        ("require: {points: {lte: 3}}", "require: {points: {gt: 3}}"),
        ("require: {due: {within: 5 days}}", "require: {due: {older_than: 0 days}}"),
        ("require: {due: {within: 1 weeks}}", "require: {due: {after: {column: today, plus: 7 days}}}"),
        ("require: {due: {newer_than: 3 working days}}", "require: {due: {older_than: 3 working days}}"),
        ("require: {due: {before: 2026-01-01}}", "require: {due: {on_or_after: 2026-01-01}}"),
        ("require: {phase: [todo, doing]}", "require: {phase: [done, dropped]}"),
        ("require: {priority: High}", "require: {priority: {not_in: [High, Highest]}}"),
        ("require: {labels: {any_of: [a, b]}}", "require: {labels: {none_of: [a, b, c]}}"),
        ("require: {labels: {count: {gte: 3}}}", "require: {labels: {count: 2}}"),
        ("require: {labels: {all_of: [a, b]}}", "require: {labels: {count: {lt: 2}}}"),
        ("require: {on_hold: true}", "require: {not: {on_hold: true}}"),
        ("require: {not: {title: {contains: x}}}", "require: {title: {contains: x}}"),
        ("require: {children: {any: {phase: done}}}", "require: {not: {children: {any: {phase: done}}}}"),
        ("require: {any: [{points: 1}, {points: 2}]}", "require: {any: [{points: 3}, {due: absent, points: absent}]}"),
        ("kinds: [task], require: {due: present}", "kinds: [task, risk], require: {due: absent}"),
        ("require: {title: {contains: x}, due: present}", "require: {owner: present, due: absent}"),
    ],
)
def test_what_nobody_can_meet(load: Load, first: str, second: str) -> None:
    (found,) = conflicts(load(_pair(first, second)))
    assert found.clash is Clash.CONTRADICTION
    assert "A-1 (s.yaml:2:5) and B-1 (s.yaml:3:5) contradict each other" in found.text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("applies_to: {phase: todo}, require: {due: absent}", "applies_to: {phase: doing}, require: {due: present}"),
        ("kinds: [task], require: {due: absent}", "kinds: [risk], require: {due: present}"),
        ("require: {due: absent}, unless: {on_hold: true}", "applies_to: {on_hold: true}, require: {due: present}"),
        ("require: {points: {gte: 3}}", "require: {points: {lte: 3}}"),
        ("require: {estimate_hours: {gt: 3}}", "require: {estimate_hours: {lt: 4}}"),
        # A person who has left, and an empty text, are absent and have a value.
        ("require: {owner: absent}", "require: {owner: {is_not: ann}}"),
        ("require: {status: absent}", "require: {status: {is_not: Done}}"),
        # Days and working days cannot be compared for every day of the week.
        ("require: {due: {within: 5 working days}}", "require: {due: {after: {column: today, plus: 7 days}}}"),
        ("require: {due: {before: {column: start}}}", "require: {due: {after: {column: start}}}"),
        # Not proven that anybody is meant by both.
        ("applies_to: {title: {contains: a}}, require: {due: present}", "require: {due: absent}"),
        ("applies_to: {in_horizon: true}, require: {start: present}", "require: {start: absent}"),
        ("require: {not: {due: {within: 10 days}}}", "require: {due: {before: {column: today, plus: 5 days}}}"),
        ("require: {labels: {none_of: [a]}}", "require: {labels: absent}"),
    ],
)
def test_what_somebody_can_meet_or_what_is_not_proven(load: Load, first: str, second: str) -> None:
    assert conflicts(load(_pair(first, second))) == ()


def test_one_that_can_never_be_met_is_told_once(load: Load) -> None:
    never = "applies_to: {due: absent}, require: {due: {within: 5 days}}"
    (found,) = conflicts(load(_pair(never, "require: {due: present}")))
    assert found.clash is Clash.NEVER_MET
    assert found.second is None


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("require: {due: present, owner: present}", "require: {owner: present, due: present}", Clash.SAME_RULE),
        ("require: {phase: [done]}", "require: {phase: done}", Clash.SAME_RULE),
        ("require: {phase: [todo, done]}", "require: {phase: [done, todo]}", Clash.SAME_RULE),
        ("require: {due: present}", "require: {due: present}, kinds: [task]", None),
    ],
)
def test_doubles(load: Load, first: str, second: str, clash: Clash | None) -> None:
    assert [one.clash for one in conflicts(load(_pair(first, second)))] == ([] if clash is None else [clash])


def test_titles_that_are_nearly_the_same(load: Load) -> None:
    text = _pair("require: {due: present}", "require: {owner: present}")
    text = text.replace(TITLES["B"], "Every task has its due date")
    (found,) = conflicts(load(text))
    assert found.clash is Clash.ALIKE
    assert '"Every task has a due date", "Every task has its due date"' in found.text


def test_what_is_off_says_nothing(load: Load) -> None:
    text = _pair("require: {due: present}", "require: {due: absent}")
    assert conflicts(load(text, override={"B-1": "off"})) == ()


def test_the_shipped_packs_are_at_peace() -> None:
    on = [replace(one, enabled=True) for one in shipped()]
    assert [one.text for one in conflicts(on)] == []


TODAY = date(2026, 11, 23)
_DAYS = [None, *(TODAY + timedelta(number) for number in range(-4, 5))]
_HALVES = [None, *(number / 2 for number in range(-4, 14))]
_ROWS: list[dict[str, Any]] = [
    {"phase": phase, "points": points, "due": due}
    for phase, points, due in product(
        ("todo", "doing", "done", "dropped"), (None, *(number / 2 for number in range(-4, 14))), _DAYS
    )
]
_SPANS = ["within", "older_than", "newer_than"]
_LISTED = st.sampled_from(["in", "not_in"])
_NUMBER = st.integers(0, 4)
_POINTS = st.one_of(
    st.builds("points: {{{}: {}}}".format, st.sampled_from(["gt", "gte", "lt", "lte", "is", "is_not"]), _NUMBER),
    st.builds("points: {{{}: [{}, {}]}}".format, st.sampled_from(["in", "not_in"]), _NUMBER, _NUMBER),
    st.sampled_from(["points: present", "points: absent"]),
)
_DUE = st.one_of(
    st.builds("due: {{{}: {} days}}".format, st.sampled_from(_SPANS), st.integers(0, 2)),
    st.builds(
        "due: {{{}: {{column: today, {}: {} days}}}}".format,
        st.sampled_from(["before", "after", "on_or_before", "on_or_after"]),
        st.sampled_from(["plus", "minus"]),
        st.integers(0, 2),
    ),
    st.sampled_from(["due: present", "due: absent"]),
)
_PHASE = st.builds("phase: {{{}: [todo, {}]}}".format, _LISTED, st.sampled_from(["doing", "done"]))
_LEAF = st.one_of(_POINTS, _DUE, _PHASE).map("{{{}}}".format)
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: f"{{all: [{', '.join(parts)}]}}"),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: f"{{any: [{', '.join(parts)}]}}"),
        inner.map("{{not: {}}}".format),
    ),
    max_leaves=3,
)


def _about_the_same(one: Standard, other: Standard) -> bool:
    """Whether one asks for something that the other looks at: else it is the one's own affair that it cannot be met."""
    asks, looks = [], []
    for standard in (one, other):
        assert standard.require is not None
        asks.append(set(columns_named(standard.require)))
        looks.append(asks[-1] | set(columns_named(standard.applies_to)))
    return bool(asks[0] & looks[1] or asks[1] & looks[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TREE, _TREE, _TREE, _TREE)
@example(  # of those with points A-1 judges only whom it then fails, whatever B-1 asks
    a="{any: [{points: absent}, {due: {within: 0 days}}]}",
    b="{not: {due: {within: 0 days}}}",
    c="{points: {gt: 0}}",
    d="{phase: {in: [todo, doing]}}",
)
def test_against_brute_force(
    load: Load, make_portfolio: MakePortfolio, make_figures: MakeFigures, a: str, b: str, c: str, d: str
) -> None:
    """Every value that the tests can tell apart is tried, so what is proven and what is true are the same."""
    standards = load(_pair(f"applies_to: {a}, require: {b}", f"applies_to: {c}, require: {d}"))
    portfolio = make_portfolio(_ROWS)
    judged = judge(
        standards,
        portfolio,
        make_figures(portfolio),
        today=TODAY,
        calendar=Calendar(),
        past=Past(),
        keep_verdicts=True,
    )
    assert judged.verdicts is not None
    first, second = (judged.verdicts[verdict_column(id_)] for id_ in ("A-1", "B-1"))
    passes = [verdict == Verdict.PASS.value for verdict in (first, second)]
    meant = [verdict != Verdict.NOT_APPLICABLE.value for verdict in (first, second)]
    clashes = {one.clash: one for one in conflicts(standards)}
    never = {id_ for id_, ok in zip(("A-1", "B-1"), passes, strict=True) if not ok.any()}
    told = {one.first.id for one in conflicts(standards) if one.clash is Clash.NEVER_MET}
    assert told <= never
    if Clash.CONTRADICTION in clashes:
        assert (meant[0] & meant[1]).any()
        assert not (passes[0] & passes[1]).any()
    same = Clash.SAME_RULE in clashes
    fails_or_passes = [verdict <= Verdict.FAIL.value for verdict in (first, second)]
    true_clash = (fails_or_passes[0] & fails_or_passes[1]).any() and not (passes[0] & passes[1]).any()
    if true_clash and passes[0].any() and passes[1].any() and not same and _about_the_same(*standards):
        assert Clash.CONTRADICTION in clashes
