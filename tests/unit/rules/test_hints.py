"""For the rules patch: hints for what analysts bring along. Goes to tests/unit/rules/test_hints.py."""

import pytest

from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.yaml import parse as parse_yaml


def hint(require: str, case: str = "pass") -> str:
    text = (
        "standards:\n  - {id: X-1, title: T, level: item, severity: minor, flag: x, "
        f"require: {{{require}}}, cases: [{{{case}: {{due: today}}}}]}}\n"
    )
    tree = parse_yaml(text, "x.yaml")
    assert isinstance(tree, Fields)
    listed = tree.get("standards")
    assert isinstance(listed, Entries)
    sources = [StandardSource(None, "x.yaml", node) for node in listed.items if isinstance(node, Fields)]
    with pytest.raises(ConfigurationError) as told:
        parse(sources, StandardsOptions(), custom={})
    return told.value.problems[0].hint or ""


@pytest.mark.parametrize(
    ("require", "said"),
    [
        ("estimate_hours: {lte: 7,5}", "a comma separates"),
        ('estimate_hours: {lte: "7,5"}', "after a point"),
        ('budget: {lte: "50.000"}', "no marks between thousands"),
        ("due: {on_or_after: start}", "`{column: start}`"),
        ("budget: {gte: actual_cost}", "`{column: actual_cost}`"),
        ("children: {phase: done}", "`children: {any: {…}}`"),
    ],
)
def test_a_habit_is_answered_with_what_to_write(require: str, said: str) -> None:
    assert said in hint(require)


def test_a_misspelt_verdict_is_told() -> None:
    assert hint("due: present", "na") == "did you mean `n/a`?"
