"""One set of items in a sandbox Cloud, a sandbox Data Center and a real Redmine: the same output, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmo_sync.sandbox import Flavour, Sandbox
from tests.live.bed import redmine
from tests.live.bed.redmine import KEYS, Bed
from tests.parity import item_set, jira
from tests.parity import redmine as in_redmine
from tests.parity.checked import checked, of_the_file
from tests.parity.same import Names

pytestmark = pytest.mark.live


@pytest.fixture
def filled(bed: Bed, tmp_path: Path) -> Bed:
    """The Redmine of the session with the set in it and nothing else."""
    bed.restore(redmine.filled(in_redmine.SCRIPT, PARITY_DATA=in_redmine.write_data(tmp_path / "set.json")))
    return bed


def _of_redmine(bed: Bed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PARITY_TOKEN", KEYS["bot"])
    in_redmine.write_folder(folder, bed.url, "plant")
    return checked(
        folder, Names("plant", bed.url, in_redmine.identity, lambda item: f"#{in_redmine.identity(item.number)}")
    )


def _of_jira(flavour: Flavour, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    with Sandbox(flavour) as sandbox:
        sandbox.load(jira.seed(flavour))
        monkeypatch.setenv("PARITY_TOKEN", sandbox.writer.token)
        jira.write_folder(folder, sandbox, flavour, "bank")
        return checked(folder, Names("bank", sandbox.url, lambda number: jira.identity(flavour, number), item_set.key))


def test_three_trackers_and_a_file_give_the_same_bytes(
    filled: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file = of_the_file(tmp_path / "file")
    found = {flavour.value: _of_jira(flavour, tmp_path / flavour.value, monkeypatch) for flavour in Flavour}
    found["redmine"] = _of_redmine(filled, tmp_path / "redmine", monkeypatch)
    for name, said in found.items():
        assert said.splitlines() == in_file.splitlines(), name
    assert len({said.encode() for said in (*found.values(), in_file)}) == 1


def test_one_value_in_redmine_makes_a_difference(filled: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = next(item for item in item_set.items() if item.type == "Task" and item.status == "In Progress")
    number = in_redmine.identity(late.number)
    filled.execute("UPDATE issues SET due_date = '2026-11-02' WHERE id = ?", number)
    assert _of_redmine(filled, tmp_path / "redmine", monkeypatch) != of_the_file(tmp_path / "file")
