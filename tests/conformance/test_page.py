"""docs/reference/conformance.md names tests that exist, and every behaviour it calls handled has one."""

from __future__ import annotations

import re
from pathlib import Path

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
