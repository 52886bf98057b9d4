"""Whether an override asks for less: by hand for each kind of test, and against brute force for numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.rules.language import parse
from pmo_sync.rules.loosened import Effect, effect
from pmo_sync.rules.options import StandardsOptions
from tests.unit.rules.conftest import Load, _sources

LOOSER, TIGHTER, CHANGED = Effect.LOOSENED, Effect.TIGHTENED, Effect.CHANGED
ITEM = """
standards:
  - id: A-1
    title: T
    level: item
    severity: major
    kinds: [task, risk]
    mode: controlling
    values: {most: 40, soon: 10 working days, old: 5 days, words: [a, b]}
    applies_to: {phase: [todo, doing], estimate_hours: {gt: 1}}
    require:
      all:
        - {estimate_hours: {lte: {value: most}}}
        - {due: {on_or_before: {column: today, plus: {value: soon}}}}
        - {updated: {newer_than: {value: old}}}
        - {labels: {any_of: {value: words}}}
    unless: {points: {gte: 8}}
    for: 2 days
    waiver: {max_age: 30 days}
    escalate: [{to: critical, when: {estimate_hours: {gt: 100}}}]
"""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"values": {"most": 80}}, LOOSER),
        ({"values": {"most": 20}}, TIGHTER),
        ({"values": {"soon": "15 working days"}}, LOOSER),
        ({"values": {"old": "3 days"}}, TIGHTER),
        ({"values": {"old": "3 weeks"}}, CHANGED),
        ({"values": {"words": ["a", "b", "c"]}}, LOOSER),
        ({"values": {"words": ["c"]}}, CHANGED),
        ({"values": {"most": 80, "old": "1 days"}}, CHANGED),
        ({"severity": "minor"}, LOOSER),
        ({"severity": "critical"}, TIGHTER),
        ({"enabled": False}, LOOSER),
        ({"mode": "supportive"}, LOOSER),
        ({"mode": "directive"}, TIGHTER),
        ({"for": "5 days"}, LOOSER),
        ({"for": "5 weeks"}, CHANGED),
        ({"waiver": {"max_age": "60 days"}}, LOOSER),
        ({"kinds": ["task"]}, LOOSER),
        ({"kinds": ["task", "risk", "issue"]}, TIGHTER),
        ({"applies_to": {"phase": ["doing"], "estimate_hours": {"gt": 1}}}, LOOSER),
        ({"applies_to": {"estimate_hours": {"gt": 1}}}, TIGHTER),
        ({"applies_to": {"phase": ["todo", "doing"], "estimate_hours": {"gt": 3}}}, LOOSER),
        ({"unless": {"points": {"gte": 5}}}, LOOSER),
        ({"escalate": [{"to": "critical", "when": {"estimate_hours": {"gt": 200}}}]}, LOOSER),
        ({"require": {"due": "present"}}, CHANGED),
        ({"title": "Another"}, CHANGED),
    ],
)
def test_each_key(load: Load, changed: dict[str, Any], expected: Effect) -> None:
    (one,) = load(ITEM, override={"A-1": changed})
    assert one.own is not None
    assert {effect(one.own, one, change) for change in one.changes} == {expected}


def test_an_override_for_a_part_is_judged_by_its_own_variant(load: Load) -> None:
    entries = [{"values": {"most": 80}, "only": {"project": "A"}}, {"values": {"most": 10}}]
    (one,) = load(ITEM, override={"A-1": entries})
    assert one.own is not None
    (variant,) = one.variants
    assert [effect(one.own, variant.standard, one.changes[0]), effect(one.own, one, one.changes[1])] == [
        LOOSER,
        TIGHTER,
    ]


def test_a_share_is_looser_with_a_higher_limit(load: Load) -> None:
    text = """
standards:
  - id: S-1
    title: T
    level: project
    severity: major
    share: {of: leaves, among: {phase: doing}, where: {due: absent}}
    limit: {warn_above: 3%, fail_above: 5%, min_population: 20}
"""
    for limit, expected in (
        ({"fail_above": "8%"}, LOOSER),
        ({"min_population": 5}, TIGHTER),
        ({"fail_above": "8%", "warn_above": "1%"}, CHANGED),
    ):
        (one,) = load(text, override={"S-1": {"limit": limit}})
        assert one.own is not None
        assert {effect(one.own, one, change) for change in one.changes} == {expected}


_WORD = st.sampled_from(["lt", "lte", "gt", "gte"])
_LEAF = st.tuples(_WORD, st.integers(0, 4))


@given(_LEAF, st.integers(0, 4), st.booleans(), st.booleans())
def test_numbers_against_brute_force(leaf: tuple[str, int], other: int, negated: bool, exempting: bool) -> None:
    word, limit = leaf

    def text(number: int) -> str:
        test = f"{{points: {{{word}: {number}}}}}"
        rule = f"{{not: {test}}}" if negated else test
        place = f"require: {{due: present}}\n    unless: {rule}" if exempting else f"require: {rule}"
        return f"standards:\n  - id: A\n    title: T\n    level: item\n    severity: minor\n    {place}\n"

    def holds(number: int) -> set[int]:
        tests = {"lt": int.__lt__, "lte": int.__le__, "gt": int.__gt__, "gte": int.__ge__}
        return {value for value in range(-1, 6) if tests[word](value, number) is not negated}

    own, after = (parse(_sources(text(number), None), StandardsOptions(), custom={})[0] for number in (limit, other))
    changed = parse(
        _sources(text(limit), None),
        StandardsOptions.model_validate({"override": {"A": {"severity": "minor", "require": {"due": "present"}}}}),
        custom={},
    )[0].changes[-1]
    before, now = holds(limit), holds(other)
    expected = CHANGED if before == now else LOOSER if before < now else TIGHTER
    assert effect(own, after, changed) is expected
