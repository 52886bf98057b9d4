"""Changes alone are read of a real Redmine, whatever the zones of its people are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pmo_sync.model.snapshot import Snapshot
from pmo_sync.state import snapshots as store
from tests.live.bed import oracle
from tests.live.bed.redmine import Bed
from tests.live.conftest import Folder, NewFolder

pytestmark = pytest.mark.live

EDITED = "Payments C task 1.1.3"
MOVED = "Payments C task 2.0.0"


def _lives_in(bed: Bed, login: str, zone: str) -> None:
    ((number,),) = bed.query("SELECT id FROM users WHERE login = ?", login)
    bed.execute("DELETE FROM user_preferences WHERE user_id = ?", number)
    bed.execute("INSERT INTO user_preferences (user_id, others, time_zone) VALUES (?, '--- {}', ?)", number, zone)


def _pulled(folder: Folder, *words: str) -> Snapshot:
    run = folder.run("pull", *words)
    assert run.code == 0, str(run)
    return store.load(folder.path / ".pmo-sync", "plant")


def test_an_edit_of_a_person_in_another_zone_is_seen(bed: Bed, new_folder: NewFolder) -> None:
    folder = new_folder()
    settings = folder.path / "pmo.yaml"
    settings.write_text(settings.read_text("utf-8") + "\npull: {overlap: 0 hours}\n", encoding="utf-8")
    _lives_in(bed, "pmo-bot", "Mumbai")
    _lives_in(bed, "admin", "Hawaii")
    first = _pulled(folder)
    assert first.manifest.changes_since is None
    mark = bed.mark()
    quiet = _pulled(folder)
    assert quiet.manifest.changes_since is not None
    assert first.manifest.watermark is not None
    assert quiet.manifest.changes_since == first.manifest.watermark - timedelta(minutes=5)
    assert quiet.items.equals(first.items)
    assert bed.writes_since(mark) == []
    edited, moved = oracle.issue(bed, EDITED), oracle.issue(bed, MOVED)
    for number, body in ((edited, {"subject": "Said in Hawaii"}), (moved, {"project_id": "payments-d"})):
        assert bed.rest("PUT", f"/issues/{number}.json", account="admin", body={"issue": body}).status == 204
    found = _pulled(folder)
    assert found.manifest.changes_since is not None
    titles = dict(found.items.select("id", "title").iter_rows())
    assert titles[edited.removeprefix("#")] == "Said in Hawaii"
    whole = _pulled(folder, "--full")
    assert whole.manifest.changes_since is None
    for name in ("items", "scopes", "projects", "links", "marks"):
        assert getattr(found, name).to_dicts() == getattr(whole, name).to_dicts(), name
