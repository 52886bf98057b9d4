"""docs/reference/conformance.md names tests that exist, and every behaviour it calls handled has one."""

from __future__ import annotations

import re
from pathlib import Path

from pmo_sync.connectors.assumptions import ASSUMPTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/conformance.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)


def test_every_test_that_the_page_names_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in sorted(set(NAMED))
        if not (ROOT / "tests" / file).is_file()
        or not re.search(rf"def {name}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"))
    ]
    assert len(NAMED) > 100
    assert missing == []


def test_every_behaviour_that_is_called_handled_names_its_test() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")]
    told = [row for row in rows if len(row) >= 3 and row[1].strip().startswith("yes")]
    assert len(told) > 80
    assert [row[0] for row in told if "::" not in row[2]] == []


def test_what_is_known_of_a_behaviour_is_one_of_four_words() -> None:
    bases = {row[3].strip() for line in PAGE.splitlines() if len(row := line.split("|")[1:-1]) == 4}
    assert bases - {"basis", "---"} <= {"documented by Atlassian", "assumed", "observed on Redmine 5.0.4"}


def test_the_page_has_the_table_of_what_doctor_looks_at_word_for_word() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (jira|redmine)\.[\w-]+ \|", line)]
    assert rows == [
        f"| {one.id} | {', '.join(one.kinds)} | {one.assumed} | {one.look} | {one.remedy} |" for one in ASSUMPTIONS
    ]


def test_every_promise_of_reading_of_the_safety_design_has_its_line() -> None:
    told = set(re.findall(r"^\| (I\d+) ", PAGE, re.MULTILINE))
    assert told == {"I7", "I8", "I9", "I10", "I14", "I15", "I21"}
