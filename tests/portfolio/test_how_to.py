"""The folder that the guide shows loads as it stands, and its structure and people mean what the guide says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pmo_sync.model.portfolio import path_text
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.settings.folder import load
from pmo_sync.structure.build import build
from pmo_sync.structure.people import People

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "one-portfolio-two-trackers.md"


def test_the_settings_of_the_guide_do_what_it_says(tmp_path: Path, make_snapshot: Callable[..., Snapshot]) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "pmo.yaml").write_text(block, encoding="utf-8")
    project = load(tmp_path)
    assert project.custom == {"checker": ColumnType.PERSON}
    jira = make_snapshot(
        [{"id": "1", "key": "PAY-1", "project_id": "10", "owner": "5b10ac8d82e05b22cc7d4ef5"}],
        tracker="bank",
        projects=[{"id": "10", "key": "PAY", "name": "Cards", "project_category": "Payments"}],
    )
    redmine = make_snapshot(
        [{"id": "1", "key": "#1", "project_id": "2", "owner": "ann"}],
        tracker="plant",
        projects=[{"id": "1", "name": "Core banking"}, {"id": "2", "name": "Vault", "parent_id": "1"}],
    )
    people = People(project.settings.people, frozenset({"fields.checker"}))
    found = build([jira, redmine], project.settings.structure, portfolio_name=project.name, people=people)
    assert [path_text(path) for path in found.nodes["path"].to_list()] == [
        "Digital Bank",
        "Digital Bank/Payments",
        "Digital Bank/Payments/Cards",
        "Digital Bank/Payments/Vault",
    ]
    assert found.items["owner"].to_list() == ["ann", "ann"]
    assert found.nodes["item"].drop_nulls().to_list() == [0]
