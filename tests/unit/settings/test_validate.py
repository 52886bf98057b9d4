"""Mistakes in pmo.yaml: each with its place, a sentence and, where there is one, a way out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Source

Problems = Callable[..., tuple[Problem, ...]]

TRACKERS = """\
version: 1
trackers:
  plant:
    kind: redmine
    url: https://redmine.example.net
    token: ${PLANT_KEY}
"""


def at(problem: Problem) -> tuple[str, int, int, int]:
    assert problem.source is not None
    assert problem.source.file == "pmo.yaml"
    return (problem.code, problem.source.line, problem.source.column, problem.width)


@pytest.mark.parametrize(
    ("lines", "word", "column", "meant"),
    [
        ("tme_zone: UTC", "tme_zone", 1, "time_zone"),
        ("calendar: {contry: GB}", "contry", 12, "country"),
        ("pull: {overlp: 1 day}", "overlp", 8, "overlap"),
        ("state: {keep: {snapshot: 1 day}}", "snapshot", 16, "snapshots"),
        ("rollup: {rag: {dimensions: {overdue: {amber: 1%, red: 2%}}}}", "overdue", 29, "overdue_share"),
        ("rollup: {rag: {dimensions: {cpi: {ambr: 1, red: 2}}}}", "ambr", 35, "amber"),
        ("rollup: {rag: {policy: {projct: share}}}", "projct", 25, "project"),
        ("structure: {merge: [{level: project, names: [a], to: b, as: c}]}", "to", 50, None),
        ("structure: {overrides: [{itm: A-1, project: B}]}", "itm", 26, "item"),
        ("modes: [{mod: supportive}]", "mod", 10, "mode"),
        ("modes: [{mode: supportive, programm: P}]", "programm", 28, "programme"),
        ("standards: {override: {core: {only: {programm: P}}}}", "programm", 38, "programme"),
        ("standards: {override: {core: [off, {only: {trackr: P}}]}}", "trackr", 44, "tracker"),
        ("risk_appetite: [{programme: P, mony: 5}]", "mony", 32, "money"),
        ("exchange: [{currency: EUR, rate: 1.1, frm: 2026-01-01}]", "frm", 39, "from"),
        ("tables: [{fil: x.csv, level: item, key: id}]", "fil", 11, "file"),
    ],
)
def test_a_misspelt_key_is_told_at_its_place(
    problems: Problems, lines: str, word: str, column: int, meant: str | None
) -> None:
    problem = problems(f"version: 1\n{lines}\n")[0]
    assert at(problem) == ("unknown-key", 2, column, len(word))
    assert f"`{word}` is not a setting of" in problem.message
    if meant is not None:
        assert problem.hint is not None
        assert f"did you mean `{meant}`" in problem.hint


@pytest.mark.parametrize(
    ("kind", "entry", "word", "meant"),
    [
        ("redmine", "scop: {}", "scop", "scope"),
        ("redmine", "kinds: {}\n    wrte: {}", "wrte", "write"),
        ("jira-cloud", "api_ur: https://x.example", "api_ur", "api_url"),
        ("jira-dc", "usr: x", "usr", "user"),
    ],
)
def test_a_misspelt_key_of_a_tracker_is_found_behind_its_kind(
    problems: Problems, kind: str, entry: str, word: str, meant: str
) -> None:
    (problem,) = problems(TRACKERS.replace("redmine\n", f"{kind}\n") + f"    {entry}\n")
    assert at(problem) == ("unknown-key", 7 + entry.count("\n"), 5, len(word))
    assert problem.message == f"`{word}` is not a setting of `trackers.plant`"
    assert problem.hint is not None
    assert f"`{meant}`" in problem.hint


@pytest.mark.parametrize(
    ("entry", "word", "column"),
    [
        ("scope: {projcts: [a]}", "projcts", 13),
        ("limits: {conections: 1}", "conections", 14),
        ("write: {lables: true}", "lables", 13),
        ("phases: {dong: [x]}", "dong", 14),
        ("kinds: {rsk: [Risk]}", "rsk", 13),
        ("fields: {reg_date: {field: x, typ: date}}", "typ", 35),
    ],
)
def test_a_misspelt_key_deep_in_a_tracker(problems: Problems, entry: str, word: str, column: int) -> None:
    (problem,) = problems(TRACKERS + f"    {entry}\n")
    assert at(problem) == ("unknown-key", 7, column, len(word))
    assert problem.hint is not None
    assert "did you mean" in problem.hint


@pytest.mark.parametrize(
    ("rule", "code", "column", "width"),
    [
        ("{tracker: plant, by: project, dept: 1}", "unknown-key", 37, 4),
        ("{tracker: plant, by: label, prefx: x}", "unknown-key", 35, 5),
        ("{tracker: plant, by: projct}", "unknown-word", 28, 6),
        ("{tracker: plant}", "missing-key", 7, 1),
        ("{tracker: plant, by: issue}", "missing-key", 7, 1),
        ("{tracker: plant, by: project, depth: 0}", "wrong-value", 44, 1),
        ("plant", "wrong-type", 7, 5),
    ],
)
def test_placing_rules_are_told_apart_by_what_they_look_at(
    problems: Problems, rule: str, code: str, column: int, width: int
) -> None:
    (problem,) = problems(TRACKERS + f"structure:\n  project:\n    - {rule}\n")
    assert at(problem) == (code, 9, column, width)


def test_homes_by_name_and_by_rule_are_told_apart(problems: Problems) -> None:
    found = problems(
        TRACKERS
        + "structure:\n  homes:\n"
        + "    - {level: project, name: P, tracker: plant, itm: X}\n"
        + "    - {level: item, tracker: plant, issue_type: Charter}\n"
    )
    assert [at(problem) for problem in found] == [("unknown-key", 9, 49, 3), ("unknown-word", 10, 15, 4)]
    assert found[0].message == "`itm` is not a setting of `structure.homes[0]`"


@pytest.mark.parametrize(
    ("line", "code", "column", "width", "part"),
    [
        ("focus_factor: lots", "wrong-type", 15, 4, "is the text `lots`, not a number"),
        ("focus_factor: 2", "wrong-value", 15, 1, "must be at most 1"),
        ("guards: {max_mails: true}", "wrong-type", 21, 4, "is `true`, not a whole number"),
        ("guards: {max_mails: 1.5}", "wrong-type", 21, 3, "not a whole number"),
        ("guards: {max_mails: '5'}", "wrong-type", 21, 3, "not a whole number"),
        ("guards: {max_mails: -5}", "wrong-value", 21, 2, "must be at least 0"),
        ("guards: {max_changes: many}", "wrong-value", 23, 4, "`many` is not a share"),
        ("guards: {max_changes: true}", "wrong-value", 23, 4, "a share is no yes or no"),
        ("guards: 5", "wrong-type", 9, 1, "`guards` is the number 5, not a mapping"),
        ("modes: supportive", "wrong-type", 8, 10, "not a list"),
        ("stages: {a: b}", "wrong-type", 9, 1, "is a mapping, not a list"),
        ("stages: [a, '']", "wrong-value", 13, 2, "`stages[1]` is an empty text"),
        ("mode: control", "unknown-word", 7, 7, "known: `supportive`, `controlling`, `directive`"),
        ("time_zone: Europe/Londn", "wrong-value", 12, 12, "is no time zone"),
        ("currency: pounds", "wrong-value", 11, 6, "is no currency"),
        ("calendar: {weekend: [sundy]}", "unknown-word", 22, 5, "is the text `sundy`"),
        (
            "calendar: {weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}",
            "wrong-value",
            21,
            1,
            "all seven days are weekend",
        ),
        ("calendar: {holidays: [2026-13-01]}", "wrong-value", 23, 10, "`2026-13-01` is not a date"),
        ("calendar: {holidays: [20261224]}", "wrong-value", 23, 8, "`20261224` is not a date"),
        ("calendar: {holidays: [2026-12-24T00:00:00]}", "wrong-value", 23, 19, "is not a date"),
        ("calendar: {country: England}", "wrong-value", 21, 7, "is no country"),
        ("owner_id: a b", "wrong-value", 11, 3, "an owner id is made of"),
        ("label_prefix: 'p m'", "wrong-value", 15, 5, "a label prefix has no spaces"),
        ("rollup: {progress: {basis: custom}}", "wrong-value", 20, 1, "the basis `custom` weighs by a column"),
        ("rollup: {ev_rule: 0/50}", "unknown-word", 19, 4, "known: `0/100`, `50/50`"),
        ("risk_appetite: [{programme: P}]", "wrong-value", 17, 1, "an appetite without a number says nothing"),
        ("standards: {override: {core: maybe}}", "wrong-value", 30, 5, "an override is `on`, `off` or a mapping"),
        ("structure: {programme: nil}", "unknown-word", 24, 3, "known: `none`"),
        ("trackers: {a/b: {kind: export, path: x}}", "wrong-value", 12, 3, "`a/b`: the name of a tracker is made of"),
    ],
)
def test_a_wrong_value_is_told_at_its_place(
    problems: Problems, line: str, code: str, column: int, width: int, part: str
) -> None:
    (problem,) = problems(f"version: 1\n{line}\n")
    assert at(problem) == (code, 2, column, width)
    assert part in problem.message


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("12 hrs", "did you mean `12 hours`?"),
        ("10 workdays", "did you mean `10 working days`?"),
        ("3 wekes", "did you mean `3 weeks`?"),
        ("3weeks", "did you mean `3 weeks`?"),
        ("soon", "write a number and hours, days, working days, weeks, months or years: `10 working days`"),
        (
            "3 fortnights of rain",
            "write a number and hours, days, working days, weeks, months or years: `10 working days`",
        ),
    ],
)
def test_an_unknown_unit_of_a_duration_gets_a_suggestion(problems: Problems, said: str, meant: str) -> None:
    (problem,) = problems(f"version: 1\npull: {{overlap: {said}}}\n")
    assert at(problem) == ("wrong-value", 2, 17, len(said))
    assert problem.hint == meant


def test_an_unknown_kind_of_tracker(problems: Problems) -> None:
    (problem,) = problems("version: 1\ntrackers:\n  bank: {kind: jira, url: https://x.example}\n")
    assert at(problem) == ("unknown-word", 3, 16, 4)
    assert problem.message == "`jira` is no `kind` we know; known: `redmine`, `jira-cloud`, `jira-dc`, `export`"
    assert problem.hint == "did you mean `jira-dc`?"


def test_a_tracker_without_a_kind_and_one_without_an_address(problems: Problems) -> None:
    found = problems("version: 1\ntrackers:\n  a: {url: https://x.example}\n  b: {kind: redmine}\n  c: nonsense\n")
    assert [at(problem) for problem in found] == [
        ("missing-key", 3, 3, 1),
        ("missing-key", 4, 3, 1),
        ("wrong-type", 5, 6, 8),
    ]
    assert [problem.message for problem in found[:2]] == ["`trackers.a` lacks `kind`", "`trackers.b` lacks `url`"]


def test_the_version_is_mandatory_and_one(problems: Problems) -> None:
    (problem,) = problems("time_zone: UTC\n")
    assert problem.message == "pmo.yaml lacks `version`"
    (problem,) = problems("version: 2\n")
    assert at(problem) == ("unknown-word", 1, 10, 1)


def test_a_key_that_is_misspelt_is_not_also_missing(problems: Problems) -> None:
    (problem,) = problems("version: 1\ntrackers:\n  a: {kind: export, pth: x}\n")
    assert at(problem) == ("unknown-key", 3, 21, 3)


def test_a_key_with_nothing_behind_it_is_as_if_left_out(loaded: Callable[..., object]) -> None:
    assert loaded("version: 1\nguards:\nmodes:\nstate:\nstages:\nstructure: {homes: }\n")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    found = problems("version: 1\ntme_zone: UTC\nguards: {max_mails: x}\nmode: supportive\nmode: controlling\n")
    assert [at(problem)[:2] for problem in found] == [("unknown-key", 2), ("wrong-type", 3), ("duplicate-key", 5)]


def test_a_file_that_is_no_mapping(problems: Problems) -> None:
    (problem,) = problems("- a\n- b\n")
    assert (problem.code, problem.source) == ("wrong-type", Source("pmo.yaml", 1, 1))
    assert problem.message == "pmo.yaml is a list, not a mapping of settings"


@pytest.mark.parametrize("secret", ["abcsecret123", "12345678", "${A}${B}", "Bearer ${A}", "${}", "[x]", "true"])
def test_a_literal_token_is_an_error_that_never_repeats_it(problems: Problems, secret: str) -> None:
    (problem,) = problems(TRACKERS.replace("${PLANT_KEY}", secret))
    assert at(problem)[:3] == ("literal-secret", 6, 12)
    assert secret not in problem.message + (problem.hint or "")
    assert "${NAME}" in (problem.hint or "")


@pytest.mark.parametrize(
    ("entry", "secret"),
    [
        ("user: 'bot:hunter22'", "hunter22"),
        ("proxy: http://me:hunter22@proxy.example", "hunter22"),
        ("url: https://me:hunter22@redmine.example.net", "hunter22"),
    ],
)
def test_no_secret_in_a_user_an_address_or_a_proxy(problems: Problems, entry: str, secret: str) -> None:
    pmo = TRACKERS.replace("    url: https://redmine.example.net\n", "") if entry.startswith("url") else TRACKERS
    (problem,) = problems(f"{pmo}    {entry}\n")
    assert problem.code == "literal-secret"
    assert secret not in problem.message + (problem.hint or "")


@pytest.mark.parametrize(
    "url", ["redmine.example.net", "ftp://x.example", "https://", "https://x.example:port", "https://a b", "${URL}",
            "https://x.example/?a=b", "https://[::1"],
)  # fmt: skip
def test_an_address_that_is_none(problems: Problems, url: str) -> None:
    (problem,) = problems(TRACKERS.replace("https://redmine.example.net", url))
    assert at(problem)[:3] == ("wrong-value", 5, 10)


def test_a_token_and_a_file_of_a_token_exclude_each_other(problems: Problems) -> None:
    (problem,) = problems(TRACKERS + "    token_file: key.txt\n")
    assert "both `token` and `token_file` are given" in problem.message


@pytest.mark.parametrize(
    ("tracker", "said"),
    [
        (
            "{kind: redmine, url: 'https://r.example.net', token: '${K}', write: {labels: true}}",
            "Redmine has no labels",
        ),
        (
            "{kind: redmine, url: 'https://r.example.net', token: '${K}', write: {link: true}}",
            "Redmine has no web links",
        ),
        ("{kind: export, path: items.jsonl, write: {link: true}}", "a file has no web links"),
    ],
)
def test_a_channel_that_a_tracker_does_not_have_is_told_at_load(problems: Problems, tracker: str, said: str) -> None:
    (problem,) = problems(f"version: 1\ntrackers:\n  plant: {tracker}\n")
    assert said in problem.message
    assert problem.hint
