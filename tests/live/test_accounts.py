"""Whom Redmine's accounts belong to: a login in `people`, owners who were locked, and groups that own work."""

from __future__ import annotations

import pytest

from pmo_sync.model.snapshot import Snapshot
from pmo_sync.state.snapshots import load
from tests.live.bed.redmine import KEYS, Bed
from tests.live.conftest import Folder, NewFolder

pytestmark = pytest.mark.live

LOCKED = "UPDATE users SET status = 3 WHERE id = ?"


def _id(bed: Bed, login: str) -> int:
    ((number,),) = bed.query("SELECT id FROM users WHERE login = ?", login)
    assert isinstance(number, int)
    return number


def _pulled(folder: Folder, account: str = "bot") -> Snapshot:
    run = folder.run("pull", "--full", key=KEYS[account])
    assert run.code == 0, str(run)
    return load(folder.path / ".pmo-sync", "plant")


def _active(snapshot: Snapshot) -> dict[str, bool | None]:
    owned = snapshot.items.drop_nulls("owner").select("owner", "owner_active").unique()
    return dict(zip(owned["owner"], owned["owner_active"].to_list(), strict=True))


def _people(folder: Folder, text: str) -> None:
    settings = folder.path / "pmo.yaml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\npeople: {text}\n", encoding="utf-8")


@pytest.mark.parametrize("account", ["bot", "admin"])
@pytest.mark.parametrize("visible", ["all", "members_of_visible_projects"])
def test_an_owner_who_was_locked_has_left(bed: Bed, new_folder: NewFolder, account: str, visible: str) -> None:
    bed.execute("UPDATE roles SET users_visibility = ?", visible)
    ann = _id(bed, "ann")
    folder = new_folder(user="pmo-bot" if account == "bot" else "admin")
    before = _active(_pulled(folder, account))
    assert before[str(ann)] is True
    assert set(before.values()) == {True}
    bed.execute(LOCKED, ann)
    assert _active(_pulled(folder, account)) == before | {str(ann): False}


def test_a_group_that_owns_work_has_not_left(bed: Bed, new_folder: NewFolder) -> None:
    ann = _id(bed, "ann")
    bed.execute("UPDATE users SET type = 'Group', lastname = 'The team' WHERE id = ?", ann)
    assert _active(_pulled(new_folder()))[str(ann)] is True


def test_who_is_locked_and_a_member_of_nothing_is_not_known(bed: Bed, new_folder: NewFolder) -> None:
    ann = _id(bed, "ann")
    bed.execute(LOCKED, ann)
    bed.execute("DELETE FROM member_roles WHERE member_id IN (SELECT id FROM members WHERE user_id = ?)", ann)
    bed.execute("DELETE FROM members WHERE user_id = ?", ann)
    assert _active(_pulled(new_folder()))[str(ann)] is None


def test_a_login_and_a_name_mean_their_accounts(bed: Bed, new_folder: NewFolder) -> None:
    ((ben, first, last),) = bed.query("SELECT id, firstname, lastname FROM users WHERE login = 'ben'")
    ann = _id(bed, "ann")
    folder = new_folder()
    _people(folder, f"{{ann: {{plant: ann}}, ben: {{plant: {first} {last}}}}}")
    found = _pulled(folder)
    assert sorted(found.accounts.rows()) == sorted([(str(ann), "ann"), (str(ben), f"{first} {last}")])


def test_doctor_says_whom_nobody_knows(new_folder: NewFolder) -> None:
    folder = new_folder()
    _people(folder, "{ann: {plant: ann}, nobody: {plant: no-such-login}}")
    _pulled(folder)
    run = folder.run("doctor")
    assert run.code == 0, str(run)
    assert "nobody is no-such-login in plant" in run.out
    assert "ann is ann" not in run.out
