"""The tutorial of ten standards: its blocks make ten standards whose cases hold; `make docs` makes its outputs."""

from __future__ import annotations

import re
from pathlib import Path

from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.rules.cases import run_cases, without_both
from pmo_sync.rules.conflicts import conflicts
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.yaml import parse as parse_yaml

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "ten-standards.md"


def test_the_blocks_of_the_page_are_ten_standards_whose_cases_hold() -> None:
    text = PAGE.read_text("utf-8")
    old, new = re.findall(r"<!-- mend: .*?\n(.*?)\n(.*?)\n-->", text)[0]
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "- id:" in block]
    tree = parse_yaml("\n".join(blocks).replace(old, new), "ten-standards.md")
    assert isinstance(tree, Fields)
    listed = tree.get("standards")
    assert isinstance(listed, Entries)
    sources = [StandardSource(None, "t.md", node) for node in listed.items if isinstance(node, Fields)]
    standards = parse(sources, StandardsOptions(), custom={"regulator_date": ColumnType.DATE})
    assert len(standards) == 10
    assert [result for result in run_cases(standards) if not result.passed] == []
    assert not without_both(standards)
    assert conflicts(standards) == ()


def test_what_was_printed_is_what_the_page_speaks_of() -> None:
    text = PAGE.read_text("utf-8")
    assert "43 cases of 10 standards: all as they ask" in text
    assert "BNK-02 case 2: asks for fail, gets pass" in text
    assert "error[" not in text
