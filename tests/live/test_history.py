"""Journals of a real Redmine: work that people have left alone is quiet, whatever we and a bot do to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pmo_sync.model.snapshot import Snapshot
from pmo_sync.state.snapshots import load
from pmo_sync.structure.history import HistoryOptions, with_history
from tests.live.bed import oracle
from tests.live.bed.redmine import TODAY, Bed
from tests.live.conftest import FEW, Folder, NewFolder, only

pytestmark = pytest.mark.live

ITEM = "Payments C task 1.1.3"


@pytest.fixture
def folder(bed: Bed, new_folder: NewFolder) -> Folder:
    """A project folder of few projects in which HYG-08 judges; the issue was made, and begun, long ago by people."""
    number = oracle.issue(bed, ITEM)
    ((ann,),) = bed.query("SELECT id FROM users WHERE login = 'ann'")
    ((begun,),) = bed.query("SELECT id FROM issue_statuses WHERE name = 'In Progress'")
    ((new,),) = bed.query("SELECT id FROM issue_statuses WHERE name = 'New'")
    bed.execute("DELETE FROM journals WHERE journalized_id = ?", number)
    bed.execute(
        "UPDATE issues SET status_id = ?, author_id = ?, created_on = ? WHERE id = ?", begun, ann, _days(-90), number
    )
    bed.execute(
        "INSERT INTO journals (id, journalized_id, journalized_type, user_id, notes, created_on, private_notes) "
        "VALUES (999001, ?, 'Issue', ?, '', ?, 0)",
        number,
        ann,
        _days(-60),
    )
    bed.execute(
        "INSERT INTO journal_details (journal_id, property, prop_key, old_value, value) "
        "VALUES (999001, 'attr', 'status_id', ?, ?)",
        str(new),
        str(begun),
    )
    made = new_folder(scope=only(*FEW))
    settings = made.path / "pmo.yaml"
    text = settings.read_text(encoding="utf-8")
    assert ", HYG-08: off" in text
    settings.write_text(text.replace(", HYG-08: off", "").replace("standards:\n", "bots: [admin]\nstandards:\n"))
    return made


def _days(number: int) -> str:
    return (datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC) + timedelta(days=number)).strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def _quiet(folder: Folder, bed: Bed) -> dict[str, Any] | None:
    run = folder.run("check", "--format", "json")
    number = str(oracle.issue(bed, ITEM))
    found = [one for one in json.loads(run.out)["findings"] if one["standard"] == "HYG-08" and one["id"] == number]
    return found[0] if found else None


def _snapshot(folder: Folder) -> Snapshot:
    return with_history(load(folder.path / ".pmo-sync", "plant"), HistoryOptions(("admin",)))


def test_only_what_people_do_is_life(bed: Bed, folder: Folder) -> None:
    number = oracle.issue(bed, ITEM)
    before = _quiet(folder, bed)
    assert before is not None
    assert before["verdict"] == "fail"
    for account in ("bot", "admin"):  # our own account, and a bot by its login
        body = {"issue": {"notes": "Synchronised."}}
        assert bed.rest("PUT", f"/issues/{number}.json", account=account, body=body).status == 204
    again = _quiet(folder, bed)
    assert again is not None
    assert again["verdict"] == "fail"
    row = _snapshot(folder).items.filter(pl.col("id") == str(number)).row(0, named=True)
    assert row["last_human_change"].strftime("%Y-%m-%d %H:%M:%S") == _days(-60)
    ((journals,),) = bed.query("SELECT count(*) FROM journals WHERE journalized_id = ?", number)
    assert journals == 3, "a person's, ours and the bot's"


def test_a_note_of_a_person_is_life(bed: Bed, folder: Folder) -> None:
    number = oracle.issue(bed, ITEM)
    body = {"issue": {"notes": "I look at it."}}
    assert bed.rest("PUT", f"/issues/{number}.json", account="admin", body=body).status == 204
    settings = folder.path / "pmo.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("bots: [admin]\n", ""), encoding="utf-8")
    assert _quiet(folder, bed) is None
