"""The standards shown in the guide are read and judged as it says."""

from __future__ import annotations

import re
from pathlib import Path

from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.rules.cases import run_cases
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.yaml import parse as parse_yaml

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-standard.md"


def sources() -> list[StandardSource]:
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    entries = "".join(block.removeprefix("standards:\n") for block in blocks if "- id:" in block)
    tree = parse_yaml("standards:\n" + entries, "write-a-standard.md")
    assert isinstance(tree, Fields)
    listed = tree.get("standards")
    assert isinstance(listed, Entries)
    return [StandardSource(None, "write-a-standard.md", node) for node in listed.items if isinstance(node, Fields)]


def test_the_examples_of_the_guide_are_read() -> None:
    standards = parse(sources(), StandardsOptions(), custom={})
    assert [standard.id for standard in standards] == ["BNK-10", "BNK-11", "BNK-12"]
    assert {case.verdict.word for case in standards[0].cases} == {"pass", "fail", "n/a", "unknown"}


def test_their_cases_come_out_as_they_say() -> None:
    standards = parse(sources(), StandardsOptions(), custom={})
    assert [result for result in run_cases(standards) if not result.passed] == []
