"""The page "from JQL to conditions": each query finds in a Jira what its condition finds in what was read from it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
import requests

from pmo_sync.model.frames import verdict_column
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.context import Context, open_project
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import pull
from pmo_sync.pipeline.standards import load_standards
from pmo_sync.sandbox import Flavour, Sandbox
from tests.parity import jira

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "jql-to-conditions.md"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
SAID = re.findall(r"^\| [^`|]+ \| `([^`…]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)


def _standard(number: int, condition: str) -> str:
    head = f"id: Q-{number}, title: Query number {number}, level: item, severity: info, flag: q-{number}"
    return f"  - {{{head}, require: {{{condition}}}}}\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, set[str]], dict[str, set[str]], int]:
    """By query: the keys that the Jira finds, and those that pass; and how many items there are."""
    folder = tmp_path_factory.mktemp("jql") / "folder"
    with Sandbox(Flavour.DATA_CENTER, now=lambda: NOW) as sandbox:
        sandbox.load(jira.seed(Flavour.DATA_CENTER))
        jira.write_folder(folder, sandbox, Flavour.DATA_CENTER, "centre")
        settings = (folder / "pmo.yaml").read_text("utf-8")
        settings = re.sub(r"standards:\n(?:  .*\n)+", "standards: {packs: [], files: [own.yaml]}\n", settings)
        (folder / "pmo.yaml").write_text(settings, "utf-8")
        (folder / "waivers.yaml").unlink()
        standards = "".join(_standard(number, condition) for number, (_, condition) in enumerate(ROWS))
        (folder / "own.yaml").write_text("standards:\n" + standards, "utf-8")
        token = sandbox.writer.token
        asked = {query: _asked(sandbox.url, token, query) for query, _ in ROWS}
        context = Context(open_project(folder), NOW.date(), lambda: NOW, lambda _: None, {"PARITY_TOKEN": token})
        evaluation = evaluate(context, pull(context).snapshots, verdicts=True)
    verdicts, items = evaluation.judgement.verdicts, evaluation.portfolio.items
    assert verdicts is not None
    passed = {
        query: set(items.filter(verdicts[verdict_column(f"Q-{number}")] == Verdict.PASS.value)["key"])
        for number, (query, _) in enumerate(ROWS)
    }
    return asked, passed, items.select(pl.len()).item()


def _asked(url: str, token: str, query: str) -> set[str]:
    answer = requests.get(
        f"{url}/rest/api/2/search?maxResults=1000&fields=key&jql={quote(query)}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    return {issue["key"] for issue in answer.json()["issues"]}


def test_there_are_thirty_rows() -> None:
    assert len(ROWS) >= 30
    assert len(SAID) >= 4


@pytest.mark.parametrize("query", [query for query, _ in ROWS])
def test_both_find_the_same(found: tuple[dict[str, set[str]], dict[str, set[str]], int], query: str) -> None:
    asked, passed, items = found
    assert passed[query] == asked[query]
    assert 0 < len(asked[query]) < items, "a row that finds nothing, or everything, shows nothing"


def test_what_jql_cannot_say_is_read_too(tmp_path: Path) -> None:
    tracker = "trackers: {t: {kind: export, path: t.jsonl, fields: {regulator_date: {field: R, type: date}}}}\n"
    (tmp_path / "pmo.yaml").write_text(f"version: 1\n{tracker}standards: {{packs: [], files: [own.yaml]}}\n")
    standards = "".join(_standard(number, condition) for number, condition in enumerate(SAID))
    (tmp_path / "own.yaml").write_text("standards:\n" + standards)
    assert len(load_standards(open_project(tmp_path))) == len(SAID)
