import json

from pmo_sync.errors import AccessError, UsageError
from pmo_sync.model.problem import ConfigurationError, Problem, Texts
from pmo_sync.model.source import Source
from pmo_sync.report import errors
from pmo_sync.report.style import Style

LINES = ("  - id: BNK-01", "    require: {due: present}", "    severitty: major")
TEXTS = Texts(
    {
        "standards/delivery.yaml": LINES,
    }
)
MISSPELT = Problem(
    "unknown-key",
    "`severitty` is not a setting of a standard",
    Source("standards/delivery.yaml", 3, 5),
    "did you mean `severity`?",
    9,
)


def test_the_line_the_caret_and_the_way_out() -> None:
    assert errors.text(ConfigurationError([MISSPELT], TEXTS), Style()) == (
        "error[unknown-key]: `severitty` is not a setting of a standard\n"
        "  --> standards/delivery.yaml:3:5\n"
        "  |\n"
        "2 |     require: {due: present}\n"
        "3 |     severitty: major\n"
        "  |     ^^^^^^^^^ did you mean `severity`?\n"
        "  |\n"
        "1 error, nothing was read or written.\n"
    )


def test_all_errors_at_once() -> None:
    other = Problem("unknown-key", "`x` is no setting", Source("pmo.yaml", 1, 1))
    text = errors.text(ConfigurationError([MISSPELT, other], TEXTS), Style())
    assert text.index("pmo.yaml:1:1") < text.index("delivery.yaml:3:5")
    assert text.endswith("2 errors, nothing was read or written.\n")


def test_a_problem_without_a_place_or_a_known_line_still_has_its_hint() -> None:
    nowhere = Problem("missing", "no pmo.yaml", None, "run pmo-sync init")
    elsewhere = Problem("bad", "off", Source("gone.yaml", 7, 1), "look there")
    text = errors.text(ConfigurationError([nowhere, elsewhere]), Style())
    assert "= run pmo-sync init" in text
    assert "gone.yaml:7:1" in text
    assert "= look there" in text


def test_hostile_text_in_a_file_cannot_reach_the_terminal() -> None:
    texts = Texts({"f": ("a: \x1b[2J\x9b31m\u202e",)})
    problem = Problem("bad\x1b", "value \x1b[1m is wrong", Source("f", 1, 4), "try \x1b", 3)
    text = errors.text(ConfigurationError([problem], texts), Style())
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text


def test_a_very_long_line_is_cut_around_the_place() -> None:
    line = "x: [" + "a, " * 400 + "here, " + "b, " * 400 + "]"
    column = line.index("here") + 1
    problem = Problem("bad", "no", Source("f", 1, column), None, 4)
    shown = errors.text(ConfigurationError([problem], Texts({"f": (line,)})), Style()).splitlines()
    caret = next(each for each in shown if "^" in each)
    above = shown[shown.index(caret) - 1]
    assert len(above) < 200
    assert above[caret.index("^") : caret.index("^") + 4] == "here"


def test_json_carries_the_same_facts() -> None:
    document = json.loads(errors.json(ConfigurationError([MISSPELT], TEXTS)))
    assert document == {
        "schema_version": 1,
        "errors": [
            {
                "code": "unknown-key",
                "message": "`severitty` is not a setting of a standard",
                "hint": "did you mean `severity`?",
                "file": "standards/delivery.yaml",
                "line": 3,
                "column": 5,
            }
        ],
        "exit_code": 2,
    }
    access = json.loads(errors.json(AccessError("bank: no", advice="grant it")))
    assert access["errors"] == [{"code": "access", "message": "bank: no", "hint": "grant it"}]
    assert access["exit_code"] == 4


def test_a_plain_error_is_a_sentence_and_its_advice() -> None:
    error = UsageError("2 of 17 items changed\nPAY-12 status", advice="make a new plan", code="stale-plan")
    assert errors.text(error, Style()) == (
        "error[stale-plan]: 2 of 17 items changed\n  PAY-12 status\n  make a new plan\n"
    )
    assert "\x1b[1;31merror" in errors.text(error, Style(colour=True))
