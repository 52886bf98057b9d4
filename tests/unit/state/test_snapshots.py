from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pmo_sync.errors import StateError, UsageError
from pmo_sync.model import frames
from pmo_sync.model.frames import Marks
from pmo_sync.model.snapshot import FORMAT_VERSION, Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.state import snapshots as store

ID = "20261123T060000Z-000001"


def snapshot(id_: str = ID, tracker: str = "plant") -> Snapshot:
    items = pl.DataFrame(
        [("1", "T-1", "Überweisung", "p1", None, False, 0), ("2", "T-2", None, None, "1", True, 0)],
        schema=dict(frames.PULLED),
        orient="row",
    ).with_columns(
        pl.Series("kind", ["risk", None], dtype=VOCABULARY["kind"].dtype),
        pl.Series("labels", [["a"], None], dtype=VOCABULARY["labels"].dtype),
        pl.Series("due", [date(2026, 12, 24), None], dtype=VOCABULARY["due"].dtype),
        pl.Series("updated", [datetime(2026, 11, 20, 9, tzinfo=UTC), None], dtype=VOCABULARY["updated"].dtype),
    )
    scopes = pl.DataFrame([(0, "p1", "Task", False, ["points"])], schema=dict(frames.SCOPES), orient="row")
    marks = pl.DataFrame([(tracker, "item", "1", "field", "F", '["a"]')], schema=dict(frames.MARKS), orient="row")
    manifest = Manifest(
        id=id_,
        tracker=tracker,
        kind="redmine",
        url="https://example.net",
        account=None,
        pulled_at=datetime(2026, 11, 23, 6, 0, 0, 1, tzinfo=UTC),
        complete=False,
        problems=("p1 was not read whole",),
        columns=("due", "kind"),
        requests=5,
        holidays=(date(2026, 12, 28),),
        unmapped=(("status", "Vielleicht", 3),),
    )
    remembered = marks.with_columns(channel=pl.lit("label"), name=pl.lit("pmo-quiet"), value=pl.lit("true"))
    accounts = pl.DataFrame([("5b10", "ann@example.net")], schema=dict(frames.ACCOUNTS), orient="row")
    return Snapshot(manifest, items, scopes, marks=Marks(marks), remembered=Marks(remembered), accounts=accounts)


def test_a_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    store.save(snapshot(), tmp_path)
    back = store.load(tmp_path, "plant")
    assert back.manifest == snapshot().manifest
    for name in ("items", "scopes", "projects", "links", "changes", "marks", "remembered", "accounts"):
        assert_frame_equal(getattr(back, name), getattr(snapshot(), name))


def test_a_snapshot_of_the_first_format_has_no_notes_and_no_accounts(tmp_path: Path) -> None:
    place = store.save(replace(snapshot(), manifest=replace(snapshot().manifest, format_version=1)), tmp_path)
    for name in ("remembered", "accounts"):
        (place / f"{name}.parquet").unlink()
    back = store.load(tmp_path, "plant")
    assert (back.remembered.height, back.accounts.height) == (0, 0)
    assert_frame_equal(back.marks, snapshot().marks)
    copied = store.load(store.save(back, tmp_path / "copy").parents[2], "plant")
    assert_frame_equal(copied.accounts, back.accounts)


def test_a_frame_that_is_missing_is_damage(tmp_path: Path) -> None:
    (store.save(snapshot(), tmp_path) / "remembered.parquet").unlink()
    with pytest.raises(StateError, match=r"damaged \(remembered.parquet"):
        store.load(tmp_path, "plant")


def test_the_latest_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    for number in (2, 3, 1):
        store.save(snapshot(f"2026112{number}"), tmp_path)
    assert store.ids(tmp_path, "plant") == ["20261121", "20261122", "20261123"]
    assert store.load(tmp_path, "plant").manifest.id == "20261123"
    assert store.load(tmp_path, "plant", "20261121").manifest.id == "20261121"
    assert store.manifest(tmp_path, "plant", "20261122").id == "20261122"
    assert store.trackers(tmp_path) == ["plant"]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    place = store.save(snapshot(), tmp_path / "state")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}
    assert len(list(place.iterdir())) == 9


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../../etc", ".hidden", "Größe", "a%2Fb", "with space"])
def test_any_name_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    place = store.save(snapshot(name, tracker=name), tmp_path)
    assert place.parent.parent == tmp_path / "snapshots"
    assert store.trackers(tmp_path) == [name]
    assert store.load(tmp_path, name).manifest.id == name


def test_none_and_an_unknown_one_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='no snapshot of tracker "plant" is kept') as caught:
        store.load(tmp_path, "plant")
    assert caught.value.advice == "take a new one: pmo-sync pull"
    store.save(snapshot(), tmp_path)
    with pytest.raises(UsageError, match=f"the latest is {ID}"):
        store.load(tmp_path, "plant", "nothing")


def test_one_id_is_kept_once(tmp_path: Path) -> None:
    store.save(snapshot(), tmp_path)
    with pytest.raises(StateError, match="kept already"):
        store.save(snapshot(), tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    newer = replace(snapshot(), manifest=replace(snapshot().manifest, format_version=FORMAT_VERSION + 1))
    store.save(newer, tmp_path)
    with pytest.raises(StateError, match="is of a newer version"):
        store.load(tmp_path, "plant")


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _scramble(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for place in range(0, len(data), 3):
        data[place] ^= 0x55
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [_truncate, _scramble, Path.unlink, lambda file: file.write_bytes(b"")])
@pytest.mark.parametrize("name", ["manifest.json", "items.parquet", "marks.parquet"])
def test_damage_is_one_sentence(tmp_path: Path, harm: Callable[[Path], object], name: str) -> None:
    place = store.save(snapshot(), tmp_path)
    harm(place / name)
    with pytest.raises(StateError, match="is damaged") as caught:
        store.load(tmp_path, "plant")
    assert caught.value.advice
    assert "\n" not in caught.value.message


def test_a_frame_of_another_shape_is_damage(tmp_path: Path) -> None:
    place = store.save(snapshot(), tmp_path)
    pl.DataFrame({"id": ["1"]}).write_parquet(place / "items.parquet")
    with pytest.raises(StateError, match="is damaged"):
        store.load(tmp_path, "plant")


def test_a_save_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "private_file", full)
    with pytest.raises(StateError, match="No space left on device"):
        store.save(snapshot(), tmp_path)
    assert store.ids(tmp_path, "plant") == []
    assert list((tmp_path / "snapshots" / "plant").iterdir()) == []


def test_a_half_written_draft_is_no_snapshot(tmp_path: Path) -> None:
    store.save(snapshot(), tmp_path)
    (tmp_path / "snapshots" / "plant" / ".20261231.77").mkdir()
    assert store.load(tmp_path, "plant").manifest.id == ID
