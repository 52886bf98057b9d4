"""People edit fields of ours: their value stays, is held and reported, and everything else goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.bed import oracle
from tests.live.bed.redmine import Bed
from tests.live.conftest import Folder, Synced

pytestmark = pytest.mark.live

CLEARED = "Payments C task 1.1.3"  # overdue, and we said so
TYPED = "Payments C task 2.0.0"  # nothing wrong with it
MENDED = "Payments D task 2.0.0"  # nobody owned it


@pytest.fixture
def edited(bed: Bed, few: Synced, tmp_path: Path) -> Folder:
    folder = few.again(bed, tmp_path / "folder")
    flags, health = oracle.field(bed, "PMO compliance"), oracle.field(bed, "PMO health")
    ((ann,),) = bed.query("SELECT id FROM users WHERE login = 'ann'")
    before = oracle.ours(bed)
    assert before["issue", oracle.issue(bed, CLEARED), "PMO compliance"] == ("overdue",)
    for path, body in (
        (f"/issues/{oracle.issue(bed, CLEARED)}", {"issue": {"custom_fields": [{"id": flags, "value": []}]}}),
        (f"/issues/{oracle.issue(bed, TYPED)}", {"issue": {"custom_fields": [{"id": flags, "value": ["ask-me"]}]}}),
        (f"/issues/{oracle.issue(bed, MENDED)}", {"issue": {"assigned_to_id": ann}}),
        ("/projects/payments-d", {"project": {"custom_fields": [{"id": health, "value": "Amber/Green"}]}}),
    ):
        assert bed.rest("PUT", f"{path}.json", account="admin", body=body).status == 204
    return folder


def _held(folder: Folder) -> list[dict[str, Any]]:
    run = folder.run("plan", "-o", "plan.json")
    assert run.code == 0, str(run)
    held: list[dict[str, Any]] = json.loads((folder.path / "plan.json").read_text())["held"]
    return held


def test_plan_lists_what_people_edited_as_held(edited: Folder, bed: Bed) -> None:
    mark = bed.mark()
    held = _held(edited)
    assert bed.writes_since(mark) == []
    colour = [entry for entry in held if entry.get("field") == "PMO health" and entry["observed"] == "Amber/Green"]
    assert [entry["reason"] for entry in colour] == ["edited by a person"]
    cleared = [entry for entry in held if entry.get("field") == "PMO compliance" and not entry["observed"]]
    assert [(entry["reason"], entry["wanted"]) for entry in cleared if entry["reason"] == "edited by a person"] == [
        ("edited by a person", ["overdue"])
    ]
    typed = [entry for entry in held if entry.get("field") == "PMO compliance" and entry["observed"] == ["ask-me"]]
    assert [entry["reason"] for entry in typed] == ["not written by us"]


def test_sync_leaves_their_values_and_goes_on_with_the_rest(edited: Folder, bed: Bed) -> None:
    mended = oracle.issue(bed, MENDED)
    wanted = oracle.ours(bed)
    del wanted["issue", mended, "PMO compliance"]
    theirs, mark = oracle.theirs(bed), bed.mark()
    run = edited.run("sync", "--format", "json")
    assert run.code == 0, str(run)
    assert bed.writes_since(mark) == [f"PUT /issues/{mended}.json"]
    assert oracle.ours(bed) == wanted
    assert oracle.theirs(bed) == theirs


def test_a_plan_made_before_an_edit_is_refused_and_names_what_changed(bed: Bed, few: Synced, tmp_path: Path) -> None:
    folder = few.again(bed, tmp_path / "folder")
    ((ann,),) = bed.query("SELECT id FROM users WHERE login = 'ann'")
    item = oracle.issue(bed, MENDED)
    body = {"issue": {"assigned_to_id": ann}}
    assert bed.rest("PUT", f"/issues/{item}.json", account="admin", body=body).status == 204
    assert folder.run("plan", "-o", "plan.json").code == 0
    body = {"issue": {"custom_fields": [{"id": oracle.field(bed, "PMO compliance"), "value": ["ask-me"]}]}}
    assert bed.rest("PUT", f"/issues/{item}.json", account="admin", body=body).status == 204
    before, mark = oracle.ours(bed), bed.mark()
    applied = folder.run("apply", "plan.json")
    assert applied.code == 5, str(applied)
    assert item in applied.err, str(applied)
    assert bed.writes_since(mark) == []
    assert oracle.ours(bed) == before
