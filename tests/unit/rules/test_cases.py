"""Cases run through the evaluator, with a standard's own values."""

from __future__ import annotations

from collections.abc import Callable

from pmo_sync.model.words import Verdict
from pmo_sync.rules.cases import run_cases, without_both
from pmo_sync.rules.standard import Standard

Load = Callable[..., tuple[Standard, ...]]
TEXT = """\
standards:
  - id: X-1
    title: Things agree
    level: [item, project]
    kinds: [summary]
    severity: major
    enabled: false
    values: {grace: 2 working days}
    applies_to: {phase: [todo, doing]}
    require:
      all:
        - {due: {on_or_after: {column: today, minus: {value: grace}}}}
        - {children: {none: {phase: dropped}}}
        - {on_hold: false}
    cases:
      - pass: {phase: doing, due: today}
      - pass: {phase: doing, due: today - 2 working days, children: [{phase: done}, {phase: todo}]}
      - fail: {phase: doing, due: 2026-11-18}
      - fail: {phase: doing, due: today - 2 working days, today: 2026-12-24, on_hold: true}
      - pass: {phase: doing, due: 2026-12-22, today: 2026-12-24}
      - fail: {phase: doing, due: today, children: [{phase: dropped}]}
      - fail: {level: project, phase: doing, due: today, children: [{phase: done}, {level: programme, phase: dropped}]}
      - n/a: {phase: done}
      - n/a: {phase: doing, kind: task, due: 2026-01-01}
      - unknown: {phase: doing, due: today, children: [{phase: null}]}
      - unknown: {phase: doing, due: null}
      - unknown: {phase: doing, not_visible: [due]}
"""


def test_every_case_gets_its_verdict(load: Load) -> None:
    results = run_cases(load(TEXT, override={"X-1": {"values": {"grace": "90 working days"}}}))
    assert [(one.number, one.expected, one.got) for one in results if not one.passed] == []
    assert [one.number for one in results] == list(range(1, 13))
    assert results[0].source.line == 16


def test_a_case_that_is_wrong_says_what_came_out(load: Load) -> None:
    (result,) = run_cases(load(TEXT[: TEXT.index("      - pass")] + "      - pass: {phase: doing, due: 2026-11-01}\n"))
    assert (result.passed, result.expected, result.got) == (False, Verdict.PASS, Verdict.FAIL)


def test_relatives_of_every_kind_can_be_written(load: Load) -> None:
    text = """\
standards:
  - id: R-1
    title: Relations
    level: item
    severity: major
    require:
      all:
        - {parent: {phase: doing}}
        - {ancestors: {any: {level: project}}}
        - {predecessors: {none: {phase: todo}}}
        - {successors: {count: 1}}
        - {links: {any: {type: relates, direction: outward, other: {kind: risk}}}}
        - {risks: {any: {owner: present}}}
    cases:
      - pass: {parent: {phase: doing}, ancestors: [{level: project}], predecessors: [{phase: done}],
          successors: [{}], links: [{type: relates, direction: outward, other: {kind: risk}}], risks: [{owner: ann}]}
      - fail: {parent: {phase: done}, ancestors: [{level: project}], predecessors: [{phase: done}],
          successors: [{}], links: [{type: relates, direction: outward, other: {kind: risk}}], risks: [{owner: ann}]}
      - unknown: {not_visible: [parent], ancestors: [{level: project}], predecessors: [{phase: done}],
          successors: [{}], links: [{type: relates, direction: outward, visible: false}], risks: [{owner: ann}]}
  - id: R-2
    title: Shares of links
    level: project
    severity: major
    share: {of: links, among: {type: FS}, where: {lag_working_days: {lt: 0}, predecessor: {phase: doing}}}
    limit: {fail_above: 0%}
    cases:
      - pass: {links: [{type: FS, lag_working_days: 0}]}
      - fail: {links: [{type: FS, lag_working_days: -1, predecessor: {phase: doing}}]}
      - n/a: {links: [{type: relates, lag_working_days: -1}]}
      - unknown: {links: [{type: FS, lag_working_days: null, predecessor: {phase: doing}}]}
"""
    results = run_cases(load(text))
    assert [(one.standard, one.number, one.got) for one in results if not one.passed] == []
    assert len(results) == 7


def test_standards_without_both_a_pass_and_a_fail_are_named(load: Load) -> None:
    entry = "  - {{id: {id}, title: T, level: item, severity: minor, require: {{owner: present}}, cases: {cases}}}\n"
    both = "[{pass: {owner: ann}}, {fail: {}}]"
    text = "standards:\n" + "".join(
        entry.format(id=id_, cases=cases) for id_, cases in (("B", both), ("A", "[{pass: {owner: ann}}]"), ("C", "[]"))
    )
    assert without_both(load(text)) == ["A", "C"]


def test_what_can_only_be_unseen_needs_an_unknown_case_in_place_of_a_fail(load: Load) -> None:
    require = "{{links: {{all: {{visible: true}}}}}}"
    entry = f"  - {{{{id: {{id}}, title: T, level: item, severity: minor, require: {require}, cases: {{cases}}}}}}\n"
    seen, unseen = "{pass: {links: [{type: FS}]}}", "{unknown: {links: [{type: FS, visible: false}]}}"
    text = "standards:\n" + entry.format(id="A", cases=f"[{seen}, {unseen}]") + entry.format(id="B", cases=f"[{seen}]")
    assert without_both(load(text)) == ["B"]
