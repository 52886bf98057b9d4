"""Every mistake in a standard is found at load, with its place, what is wrong, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Source
from pmo_sync.model.vocabulary import ColumnType

Mistakes = Callable[..., list[Problem]]

FRAME = """\
standards:
  - id: X-1
    title: A standard
    level: {level}
    severity: minor
    values: {{few: 3, soon: 10 working days, share: 5%, names: [a, b]}}
    applies_to: {applies}
    require: {require}
"""


def one(mistakes: Mistakes, require: str, *, applies: str = "{}", level: str = "item") -> Problem:
    found = mistakes(FRAME.format(level=level, applies=applies, require=require))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("require", "code", "column", "message", "hint"),
    [
        ("{onwer: present}", "unknown-column", 15, "`onwer` is no column, figure or relation of an item", "`owner`"),
        ("{owner: {is_nott: ann}}", "unknown-test", 23, "`is_nott` is no test", "`is_not`"),
        ("{phase: doign}", "unknown-word", 22, "`phase` has no word `doign`", "`doing`"),
        ("{phase: [todo, doign]}", "unknown-word", 29, "`phase` has no word `doign`", "`doing`"),
        ("{due: {within: 10 workin days}}", "unknown-unit", 29, "`10 workin days` is no duration", "working days"),
        ("{due: {within: 10 hours}}", "unknown-unit", 29, "`10 hours` is no duration", "working days"),
        ("{due: {within: 10}}", "wrong-type", 29, "is a duration, not `10`", "10 working days"),
        ("{due: {older_than: -3 days}}", "wrong-type", 33, "`-3 days` is negative", None),
        ("{due: {within: 999999 days}}", "wrong-type", 29, "longer than a hundred years", None),
        ("{due: {before: {column: start, plus: 1201 months}}}", "wrong-type", 51, "longer than a hundred years", None),
        ("{points: {lt: " + "9" * 16 + "}}", "wrong-type", 28, "a number of more than 15 digits", None),
        ("{points: {lt: .inf}}", "wrong-type", 28, "takes a number", None),
        ("{title: {min_length: " + "9" * 400 + "}}", "wrong-type", 35, "a whole number of at least 0", None),
        ("{due: {before: tomorrow}}", "wrong-type", 29, "takes a date, not `tomorrow`", "2026-12-01 or today"),
        ("{due: {before: today + 3 days}}", "wrong-type", 29, "takes a date", "{column: today, plus: 10 working days}"),
        ("{due: {before: 2026-13-01}}", "wrong-type", 29, "takes a date, not `2026-13-01`", None),
        ("{due: {gt: 3}}", "wrong-test", 21, "`gt` does not suit `due`, which is a date", "on_or_before"),
        ("{owner: {gt: 3}}", "wrong-test", 23, "`gt` does not suit `owner`, which is a person", None),
        ("{phase: {worse_than: todo}}", "wrong-test", 23, "`worse_than` does not suit `phase`", None),
        ("{labels: a}", "wrong-test", 15, "`is` does not suit `labels`, which is a list of texts", "any_of"),
        ("{points: {lt: many}}", "wrong-type", 28, "`points` takes a number, not `many`", None),
        ("{points: {lt: 5%}}", "wrong-type", 28, "`points` is no share", None),
        ("{points: {lt: 3 days}}", "unknown-unit", 28, "is no number of working days", None),
        ("{quiet_working_days: {lt: 3 weeks}}", "unknown-unit", 40, "counts working days", "3 working days"),
        ("{percent_done: {lt: a lot}}", "wrong-type", 34, "takes a number, not `a lot`", "5%"),
        ("{on_hold: maybe}", "wrong-type", 24, "is true or false, not `maybe`", None),
        ("{owner: null}", "wrong-type", 22, "compared with nothing: write `owner: absent`", None),
        ("{owner: {present: true}}", "wrong-test", 23, "write `owner: present`", None),
        ("{owner: {}}", "unknown-test", 22, "`owner` has no test", None),
        ("{points: {lt: {value: fwe}}}", "unknown-value", 36, "`fwe` is none of this standard's `values`", "`few`"),
        ("{due: {before: {column: strat}}}", "unknown-column", 38, "`strat` is no column or figure", "`start`"),
        ("{due: {before: {column: owner}}}", "wrong-type", 38, "`owner` cannot be compared with `due`", None),
        ("{budget: {gt: {column: estimate_hours}}}", "wrong-type", 37, "cannot be compared with `budget`", None),
        ("{due: {before: {column: start, times: 2}}}", "wrong-type", 52, "plus or minus a duration, not times", None),
        ("{due: {before: {column: start, plus: 2}}}", "wrong-type", 51, "is a duration, not `2`", None),
        ("{due: {before: {column: start, plsu: 2 days}}}", "unknown-key", 45, "has no key `plsu`", "`plus`"),
        (
            "{due: {before: {column: start, plus: 2 days, minus: 1 days}}}",
            "wrong-type",
            59,
            "one of times, plus and minus is allowed",
            None,
        ),
        ("{title: {matches: '(?=a)'}}", "bad-pattern", 32, "look-around", None),
        ("{title: {matches: '('}}", "bad-pattern", 32, "no regular expression", None),
        ("{title: {min_length: -1}}", "wrong-type", 35, "a whole number of at least 0", None),
        ("{labels: {any_of: []}}", "wrong-type", 32, "the list for `labels` is empty", None),
        ("{labels: {count: {least: 2}}}", "unknown-test", 32, "`least` is no test of a number", None),
        ("{band: {by_at_least: 1}}", "wrong-test", 22, "stands beside `better_than` or `worse_than`", None),
        ("{due: {changed: {}}}", "missing-key", 30, "says how often, and within which time", "changed: {within"),
        ("{due: {changed: {with: 90 days, at_least: 1}}}", "unknown-key", 31, "`changed` has no key `with`", "within"),
        ("{due: {changed: {within: 90}}}", "wrong-type", 39, "is a duration", None),
        ("{due: {changed: {at_least: some}}}", "wrong-type", 41, "a whole number of at least 0", None),
        ("{quiet_working_days: {changed: {at_least: 1}}}", "wrong-test", 36, "has no history", None),
        ("{level: {changed: {at_least: 1}}}", "wrong-test", 23, "has no history", None),
        ("{links: {any: {type: {changed: {at_least: 1}}}}}", "wrong-test", 36, "has no history", None),
        ("{any: {owner: present}}", "wrong-type", 20, "`any` takes a list of conditions", None),
        ("{any: []}", "wrong-type", 20, "`any` takes a list of conditions", None),
        ("{not: [owner]}", "wrong-type", 20, "a condition is a mapping, not a list", None),
        ("owner", "wrong-type", 14, "a condition is a mapping, not `owner`", None),
        ("{children: {some: {}}}", "unknown-test", 26, "`some` is no quantifier of `children`", "any"),
        ("{children: {phase: doing}}", "unknown-test", 26, "`phase` is no quantifier of `children`", None),
        ("{children: {any: {onwer: present}}}", "unknown-column", 32, "`onwer` is no column", "`owner`"),
        ("{children: {at_least: {where: {}}}}", "missing-key", 36, "`at_least` needs `n`", None),
        ("{children: {share: {lte: 5%}}}", "missing-key", 33, "`share` needs `where`", None),
        (
            "{links: {any: {kind: risk}}}",
            "unknown-column",
            29,
            "`kind` is no column, figure or relation of a link",
            None,
        ),
        ("{links: {any: {type: FSS}}}", "unknown-word", 35, "`type` has no word `FSS`", "`FS`"),
        ("{progress: {lt: 50%}}", "unknown-column", 15, "`progress` is no column", None),
        ("{fields.reg_date: present}", "unknown-column", 15, "is not declared: give it a type under `fields`", None),
        ("{owner: {in: {column: reporter}}}", "wrong-type", 36, "cannot be compared", "a list column"),
        ("{reporter: 1.5}", "wrong-type", 25, "is a text, not `1.5`", None),
    ],
)
def test_a_mistake_in_a_condition(
    mistakes: Mistakes, require: str, code: str, column: int, message: str, hint: str | None
) -> None:
    problem = one(mistakes, require)
    assert problem.code == code
    assert problem.source == Source("s.yaml", 8, column), problem
    assert message in problem.message
    if hint is not None:
        assert hint in (problem.hint or "")


@pytest.mark.parametrize("name", ["compliance", "health_score"])
@pytest.mark.parametrize("where", ["{%s: {gt: 1}}", "{progress: {lt: {column: %s}}}"])
def test_no_standard_may_name_what_is_made_from_verdicts(mistakes: Mistakes, name: str, where: str) -> None:
    problem = one(mistakes, where % name, level="project")
    assert problem.code == "after-rules"
    assert problem.width == len(name)


def test_the_caret_underlines_the_word(mistakes: Mistakes) -> None:
    assert one(mistakes, "{onwer: present}").width == len("onwer")
    assert one(mistakes, "{due: {within: 10 workin days}}").width == len("10 workin days")


def test_all_mistakes_of_all_standards_are_told_at_once(mistakes: Mistakes) -> None:
    text = """\
standards:
  - id: X-1
    title: First
    level: itme
    severity: huge
    requier: {owner: present}
  - title: Second
    level: [item, project]
    severity: minor
    require: {phase: {in: [doing, dne]}, due: {before: todya}}
"""
    found = mistakes(text)
    assert [(one.code, one.source.line if one.source else None) for one in found] == [
        ("missing-key", 2),  # require
        ("unknown-word", 4),
        ("unknown-word", 5),
        ("unknown-key", 6),
        ("missing-key", 7),  # id
        ("unknown-word", 10),
        ("wrong-type", 10),
    ]
    hints = [one.hint for one in found]
    assert hints[1] == "did you mean `item`?"
    assert hints[3] == "did you mean `require`?"
    assert hints[5] == "did you mean `done`?"


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        ("level: item\n    share: {of: items, where: {}}\n    limit: {fail_above: 5%}", "wrong-type", "not on an item"),
        ("level: project\n    share: {of: items, where: {}}", "missing-key", "a share needs `limit"),
        (
            "level: project\n    share: {of: itms, where: {}}\n    limit: {fail_above: 5%}",
            "unknown-word",
            "`of` is one of",
        ),
        ("level: project\n    share: {of: items}\n    limit: {fail_above: 5%}", "missing-key", "`share` needs `where`"),
        (
            "level: project\n    share: {of: items, where: {}}\n    limit: {warn_above: 5%}",
            "missing-key",
            "`fail_above`",
        ),
        (
            "level: project\n    share: {of: items, where: {}}\n    limit: {warn_above: 9%, fail_above: 5%}",
            "wrong-type",
            "it could never warn",
        ),
        (
            "level: project\n    share: {of: items, where: {}, exempt: [first_start]}\n    limit: {fail_above: 5%}",
            "wrong-type",
            "for a share of leaves, not of items",
        ),
        (
            "level: project\n    share: {of: leaves, where: {}, exempt: [start]}\n    limit: {fail_above: 5%}",
            "unknown-word",
            "`exempt` takes first_start, last_finish",
        ),
        (
            "level: project\n    share: {of: items, where: {}}\n    limit: {fail_above: 5%}\n    require: {}",
            "wrong-type",
            "a share standard has a `limit`",
        ),
        (
            "level: project\n    share: {of: items, where: {}}\n    limit: {fail_above: 5%}\n    kinds: [task]",
            "wrong-type",
            "stand in `among`",
        ),
        ("level: project\n    subject: link\n    require: {}", "wrong-type", "a link is reported at `level: item`"),
        ("level: item\n    subject: sprint\n    require: {}", "wrong-type", "reported at `level: project`"),
        ("level: [project, portfolio]\n    subject: person_week\n    require: {}", "wrong-type", "is reported at"),
        ("level: item\n    subject: link\n    kinds: [task]\n    require: {}", "wrong-type", "kinds are of items"),
        ("level: item\n    subject: link\n    require: {owner: present}", "unknown-column", "of a link"),
        ("level: item\n    subject: link\n    require: {other: {}}", "unknown-column", "`other` is the far end"),
        ("level: item\n    subject: link\n    require: {direction: inward}", "unknown-column", "has no direction"),
        (
            "level: item\n    subject: link\n    require: {}\n    cases: [{pass: {other: {}}}]",
            "unknown-column",
            "has the ends",
        ),
        (
            "level: portfolio\n    subject: person_week\n    require: {}\n    message: '{person}'",
            "wrong-type",
            "no person",
        ),
        ("level: item\n    require: {}\n    cases: [{pass: {history: 1}}]", "wrong-type", "`history` is a list"),
        ("level: item\n    require: {}\n    cases: [{pass: {history: [{column: due}]}}]", "wrong-type", "and a day"),
        ("level: item\n    subject: lnk\n    require: {}", "unknown-word", "is no subject"),
        ("level: item\n    require: {}\n    kinds: [tsk]", "unknown-word", "`kinds` is one of"),
        ("level: item\n    require: {}\n    flag: No Owner", "wrong-type", "is no flag"),
        ("level: item\n    require: {}\n    for: 1 workday", "unknown-unit", "no duration"),
        ("level: item\n    require: {}\n    limit: {fail_above: 5%}", "missing-key", "belongs to a `share`"),
        ("level: item\n    require: {}\n    escalate: [{to: major}]", "missing-key", "needs `to`, a severity"),
        ("level: item\n    require: {}\n    waiver: {requires: [resaon]}", "unknown-word", "a waiver has reason"),
        ("level: item\n    require: {}\n    message: '{keey} is late'", "unknown-column", "the message names `keey`"),
        ("level: item\n    require: {}\n    mode: strict", "unknown-word", "`mode` is one of"),
        ("level: item\n    require: {}\n    enabled: 'yes'", "wrong-type", "is true or false"),
        ("level: item\n    require: {}\n    cases: [{passes: {}}]", "unknown-key", "a case is one of pass, fail"),
        ("level: item\n    require: {}\n    cases: [{pass: {onwer: ann}}]", "unknown-column", "`onwer` is no column"),
        ("level: item\n    require: {}\n    cases: [{pass: {due: soon}}]", "wrong-type", "takes a date, not `soon`"),
        ("level: item\n    require: {}\n    cases: [{pass: {due: today + 3 day s}}]", "unknown-unit", "no duration"),
        ("level: item\n    require: {}\n    cases: [{pass: {not_visible: [onwer]}}]", "unknown-column", "no column"),
        (
            "level: item\n    require: {}\n    cases: [{pass: {today: soon}}]",
            "wrong-type",
            "`today` of a case is a date",
        ),
    ],
)
def test_a_mistake_in_another_key(mistakes: Mistakes, lines: str, code: str, message: str) -> None:
    text = f"standards:\n  - id: X-1\n    title: A standard\n    severity: minor\n    {lines}\n"
    found = mistakes(text)
    assert [one.code for one in found] == [code], found
    assert message in found[0].message


def test_two_standards_may_not_share_an_id_or_a_flag(mistakes: Mistakes) -> None:
    entry = "  - {{id: {id}, title: T, level: {level}, severity: minor, require: {{}}, flag: {flag}}}\n"
    same_id = (
        "standards:\n" + entry.format(id="X-1", level="item", flag="a") + entry.format(id="X-1", level="item", flag="b")
    )
    found = mistakes(same_id)
    assert [(one.code, one.source and one.source.line) for one in found] == [("duplicate", 3)]
    assert "s.yaml:2:5" in found[0].message
    same_flag = (
        "standards:\n" + entry.format(id="X-1", level="item", flag="a") + entry.format(id="X-2", level="item", flag="a")
    )
    assert [one.code for one in mistakes(same_flag)] == ["duplicate"]


def test_a_flag_of_a_standard_that_marks_no_items_is_nobodys(load: Callable[..., object]) -> None:
    entry = "  - {{id: {id}, title: T, level: project, severity: minor, require: {{}}, flag: a}}\n"
    assert load("standards:\n" + entry.format(id="X-1") + entry.format(id="X-2"))


def test_a_custom_column_has_its_declared_type(load: Callable[..., object], mistakes: Mistakes) -> None:
    text = FRAME.format(level="item", applies="{}", require="{fields.reg_date: {before: today}}")
    assert load(text, custom={"reg_date": ColumnType.DATE})
    assert mistakes(text, custom={"reg_date": ColumnType.TEXT})[0].code == "wrong-test"
    near = mistakes(text, custom={"reg_dat": ColumnType.DATE})[0]
    assert near.hint == "did you mean `fields.reg_dat`?"
