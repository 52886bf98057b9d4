"""The mutants that the long tests run over the packs: which are made, and that weak cases let them live."""

from __future__ import annotations

from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.yaml import parse as read
from tests.standards.mutation import mutants
from tests.standards.survival import survivors

STANDARD = """\
standards:
  - id: X-1
    title: Work is young
    level: item
    kinds: [task]
    severity: minor
    values: {age: 10 working days, old: 20}
    applies_to: {phase: [todo, doing], any: [{points: {gt: 0}}, {children: {any: {due: present}}}]}
    require: {created: {newer_than: {value: age}}}
    unless: {not: {on_hold: false}}
    escalate: [{to: major, when: {quiet_working_days: {gte: {value: old}}}}]
    cases:
"""
STRONG = """\
      - pass: {phase: todo, points: 1, created: today - 10 working days}
      - pass: {phase: doing, children: [{due: today}, {}], created: today}
      - fail: {phase: doing, points: 1, created: today - 11 working days, quiet_working_days: 19}
      - fail: {phase: doing, points: 2, created: today - 11 working days, quiet_working_days: 20}
      - n/a: {phase: done, points: 1, created: 2026-01-05}
      - n/a: {phase: doing, points: 0, children: [], created: 2026-01-05}
      - n/a: {phase: doing, points: 0, children: [{due: null}], created: 2026-01-05}
      - n/a: {phase: doing, points: 1, on_hold: true, created: 2026-01-05}
      - n/a: {kind: risk, phase: doing, points: 1, created: 2026-01-05}
"""
SHARE = """\
standards:
  - id: X-2
    title: Few are late
    level: project
    severity: major
    share: {of: items, among: {phase: doing}, where: {due: {before: today}}}
    limit: {fail_above: 50%, min_population: 2}
    cases:
"""


def source_of(text: str) -> StandardSource:
    tree = read(text, "x.yaml")
    assert isinstance(tree, Fields)
    entries = tree.get("standards")
    assert isinstance(entries, Entries)
    (node,) = entries.items
    assert isinstance(node, Fields)
    return StandardSource(None, "x.yaml", node)


def made(text: str) -> list[str]:
    return [mutant.change for mutant in mutants(source_of(text), {})]


def alive(text: str) -> list[str]:
    source = source_of(text)
    (standard,) = parse([source], StandardsOptions(), custom={})
    return [mutant.change for mutant in survivors(standard, mutants(source, {}))]


def test_operators_are_flipped_values_moved_and_clauses_dropped() -> None:
    assert made(STANDARD + STRONG) == [
        "kinds dropped",
        "values.age = 9 working days",
        "values.age = 11 working days",
        "values.old = 19",
        "values.old = 21",
        "applies_to.phase dropped",
        "applies_to.phase → not_in",
        "applies_to.phase without todo",
        "applies_to.phase without doing",
        "applies_to.any dropped",
        "applies_to.any → all",
        "applies_to.any[0] dropped",
        "applies_to.any[0].points dropped",
        "applies_to.any[0].points.gt → gte",
        "applies_to.any[0].points.gt → lte",
        "applies_to.any[0].points.gt = -1",
        "applies_to.any[0].points.gt = 1",
        "applies_to.any[1] dropped",
        "applies_to.any[1].children dropped",
        "applies_to.any[1].children.any → all",
        "applies_to.any[1].children.any → none",
        "applies_to.any[1].children.any.due dropped",
        "applies_to.any[1].children.any.due → absent",
        "require.created dropped",
        "require.created.newer_than → older_than",
        "unless dropped",
        "unless.not dropped",
        "unless.not taken off",
        "unless.not.on_hold dropped",
        "unless.not.on_hold → true",
        "escalate[0] dropped",
        "escalate[0].when.quiet_working_days dropped",
        "escalate[0].when.quiet_working_days.gte → gt",
        "escalate[0].when.quiet_working_days.gte → lt",
    ]


def test_strong_cases_kill_them_all() -> None:
    assert alive(STANDARD + STRONG) == []


def test_each_missing_edge_lets_its_mutant_live() -> None:
    cases = STRONG.splitlines(keepends=True)
    weak = {
        0: ["values.age = 9 working days", "applies_to.phase without todo"],
        3: ["values.old = 21", "escalate[0] dropped", "escalate[0].when.quiet_working_days.gte → gt"],
        4: ["applies_to.phase dropped"],
        7: ["unless dropped", "unless.not.on_hold dropped"],
        8: ["kinds dropped"],
    }
    for left_out, expected in weak.items():
        rest = "".join(case for number, case in enumerate(cases) if number != left_out)
        assert [one for one in expected if one not in alive(STANDARD + rest)] == []


def test_the_limit_of_a_share_is_moved_and_its_severity_is_seen() -> None:
    half = "      - pass: {items: [{phase: doing, due: 2026-11-20}, {phase: doing, due: today}]}\n"
    most = "      - fail: {items: [{phase: doing, due: 2026-11-20}, {phase: doing, due: 2026-11-20}]}\n"
    left = alive(SHARE + half + most)
    assert "limit.min_population = 1" in left
    assert "limit.min_population = 3" not in left  # the failure of two would be one step lower
    assert "limit.fail_above = 49%" not in left
    one = "      - fail: {items: [{phase: doing, due: 2026-11-20}]}\n"
    assert "limit.min_population = 1" not in alive(SHARE + half + most + one)


def test_what_cannot_be_read_is_no_mutant() -> None:
    text = SHARE.replace("50%, ", "50%, warn_above: 50%, ") + "      - pass: {items: [{phase: doing, due: today}]}\n"
    assert [change for change in made(text) if change.startswith("limit")] == [
        "limit.fail_above = 51%",
        "limit.warn_above = 49%",
        "limit.min_population = 1",
        "limit.min_population = 3",
    ]
