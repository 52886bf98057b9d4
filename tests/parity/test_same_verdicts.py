"""One set of items in a Jira Cloud, a Jira Data Center and a file: the same verdicts and figures, byte for byte.

The same against a real Redmine stands in tests/live/test_parity.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from pmo_sync.model.vocabulary import STRUCTURAL
from pmo_sync.pipeline.context import open_project
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.rules.language import needed_columns
from pmo_sync.sandbox import Flavour, Sandbox
from tests.parity import item_set, jira, settings
from tests.parity.checked import checked, of_the_file
from tests.parity.same import Names, normalised

FLAVOURS: Final = (Flavour.CLOUD, Flavour.DATA_CENTER)


@pytest.fixture(scope="module")
def of_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return of_the_file(tmp_path_factory.mktemp("file") / "folder")


@pytest.fixture(params=FLAVOURS, ids=lambda flavour: flavour.value)
def tracker(request: pytest.FixtureRequest) -> Iterator[tuple[Sandbox, Flavour]]:
    flavour: Flavour = request.param
    with Sandbox(flavour) as sandbox:
        sandbox.load(jira.seed(flavour))
        yield sandbox, flavour


def _checked(folder: Path, sandbox: Sandbox, flavour: Flavour, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PARITY_TOKEN", sandbox.writer.token)
    name = f"my-{flavour.value}"
    jira.write_folder(folder, sandbox, flavour, name)
    return checked(folder, Names(name, sandbox.url, lambda number: jira.identity(flavour, number), item_set.key))


def test_a_jira_is_judged_as_the_file_is(
    tracker: tuple[Sandbox, Flavour], of_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _checked(tmp_path / "folder", *tracker, monkeypatch).splitlines() == of_file.splitlines()


def test_one_value_of_one_item_makes_a_difference(
    tracker: tuple[Sandbox, Flavour], of_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, flavour = tracker
    late = next(
        item
        for item in item_set.items()
        if item.type == "Task" and item.status == "In Progress" and item.columns["due"]
    )
    sandbox.person("ann@example.net" if flavour is Flavour.CLOUD else "ann").set(
        item_set.key(late), "duedate", date(2026, 11, 2)
    )
    assert _checked(tmp_path / "folder", sandbox, flavour, monkeypatch) != of_file


def test_the_set_is_worth_comparing(of_file: str) -> None:
    said = json.loads(of_file)
    found = {(one["standard"], one["verdict"]) for one in said["findings"]}
    assert len({standard for standard, verdict in found if verdict == "fail"}) >= 25
    assert len(said["items"]) >= 120
    assert len([node for node in said["nodes"] if node["level"] == "project"]) == 5
    assert len([node for node in said["nodes"] if node["level"] == "programme"]) == 2
    assert said["summary"]["waived"] >= 2
    assert said["summary"]["unknown"] >= 40


def test_every_column_that_a_standard_reads_is_in_all_trackers_or_left_out_with_a_reason(tmp_path: Path) -> None:
    of_the_file(tmp_path / "folder")
    standards = [one for one in load_standards(open_project(tmp_path / "folder")) if is_on(one)]
    read = needed_columns(standards) - STRUCTURAL - {"title", "risk_appetite", "risks_high_appetite"}  # pmo.yaml's own
    in_set = {
        column
        for project in item_set.PROJECTS
        for type_ in item_set.KIND
        for column in item_set.columns_of(project.key, type_)
    }
    assert read - in_set <= settings.LEFT_OUT.keys()
    assert not in_set & settings.LEFT_OUT.keys()
    native = set(item_set.columns_of("PAY", "Epic"))
    mapped = {*settings.FIELDS, *settings.ONLY_JIRA, *settings.ONLY_REDMINE}
    assert in_set <= native | mapped


def _turned(said: dict[str, Any]) -> None:
    said["findings"][3], said["findings"][4] = said["findings"][4], said["findings"][3]


def _nudged(said: dict[str, Any]) -> None:
    figure = next(node["figures"]["progress"] for node in said["nodes"] if node["figures"]["progress"]["value"])
    figure["value"] += 1e-6


def _dropped(said: dict[str, Any]) -> None:
    said["items"].pop()


def _mistaken(said: dict[str, Any]) -> None:
    said["findings"][0]["id"], said["findings"][0]["key"] = said["findings"][-1]["id"], said["findings"][-1]["key"]


def _empty(said: dict[str, Any]) -> None:
    next(one for one in said["findings"] if one["evidence"])["evidence"].popitem()


@pytest.mark.parametrize("planted", [_turned, _nudged, _dropped, _mistaken, _empty])
def test_a_planted_difference_in_the_output_is_seen(
    planted: Callable[[dict[str, Any]], None], of_file: str, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    assert of_the_file(folder) == of_file
    said = json.loads((folder / "check.json").read_text(encoding="utf-8"))
    planted(said)
    (folder / "check.json").write_text(json.dumps(said), encoding="utf-8")
    names = Names("file", "file:", item_set.identity, item_set.key)
    assert normalised((folder / "check.json").read_text(encoding="utf-8"), names) != of_file
