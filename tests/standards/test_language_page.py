"""The page of the language names all of it, and every example on it can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.rules.columns import LINK_COLUMNS, RELATIONS
from pmo_sync.rules.condition import Quantifier
from pmo_sync.rules.entry import KEYS
from pmo_sync.rules.entry_parts import LIMIT_KEYS
from pmo_sync.rules.language import parse
from pmo_sync.rules.names import COMBINERS
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import EXEMPT
from pmo_sync.rules.tests import BY_AT_LEAST, SEEING, WORDS
from pmo_sync.settings.yaml import parse as parse_yaml

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "language.md").read_text("utf-8")


def cells(heading: str) -> list[str]:
    """What stands in code marks in the first column of the tables below a heading."""
    part = PAGE.split(f"\n{heading}\n")[1].split("\n## ")[0].split("On the right of a test")[0]
    rows = [line.split(" | ")[0] for line in part.splitlines() if line.startswith("| `")]
    return [example for row in rows for example in re.findall(r"`([^`]+)`", row)]


def read(condition: str) -> None:
    """Raises ConfigurationError where it is no condition of an item or of a project."""
    text = f"""standards:
  - id: X-1
    title: T
    level: [item, project]
    severity: minor
    flag: x
    message: "{{key}}"
    require: {{{condition}}}
"""
    tree = parse_yaml(text, "language.md")
    assert isinstance(tree, Fields)
    listed = tree.get("standards")
    assert isinstance(listed, Entries)
    sources = [StandardSource(None, "language.md", node) for node in listed.items if isinstance(node, Fields)]
    parse(sources, StandardsOptions(), custom={"size": ColumnType.TEXT})


EXAMPLES = [*cells("## Conditions"), *[one for one in cells("## Relations") if ":" in one]]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 30


@pytest.mark.parametrize("condition", EXAMPLES)
def test_every_example_of_a_condition_can_be_read(condition: str) -> None:
    read(condition)


@pytest.mark.parametrize("wrong", ["due: {befor: today}", "children: {some: {due: present}}", "duedate: present"])
def test_what_is_no_condition_would_be_noticed(wrong: str) -> None:
    with pytest.raises(ConfigurationError):
        read(wrong)


def test_the_keys_of_the_page_are_the_keys_of_a_standard() -> None:
    assert sorted(cells("## Keys of a standard")) == sorted(KEYS)


def test_the_page_names_every_word_of_conditions_and_relations() -> None:
    conditions = "\n".join(EXAMPLES)
    words = {*WORDS, *SEEING, *COMBINERS, BY_AT_LEAST, *(each for each in Quantifier if each is not Quantifier.IS)}
    assert {word for word in words if not re.search(rf"\b{word}\b", conditions)} == set()
    named = {*RELATIONS, *LINK_COLUMNS, *LIMIT_KEYS, *EXEMPT}
    assert {word for word in named if not re.search(rf"\b{word}\b", PAGE.split("## Relations")[1])} == set()
