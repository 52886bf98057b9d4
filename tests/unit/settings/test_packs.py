from __future__ import annotations

from pathlib import Path

import pytest

from pmo_sync.settings import packs
from pmo_sync.settings.files import Reading


def test_the_packs_of_a_checkout_stand_beside_the_package() -> None:
    folder = packs.packs_folder()
    assert folder.parts[-2:] == ("config", "standards")
    assert {"core", "risk", "status"} <= set(packs.pack_names())


def test_the_packs_of_an_installed_package_stand_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "pmo_sync" / "_config" / "standards"
    inside.mkdir(parents=True)
    monkeypatch.setattr(packs, "_PACKAGE", tmp_path / "pmo_sync")
    assert packs.packs_folder() == inside


def test_every_shipped_pack_can_be_read_and_names_itself(tmp_path: Path) -> None:
    reading = Reading(tmp_path)
    found = packs.read_packs([(name, None) for name in packs.pack_names()], reading)
    assert reading.problems == []
    assert {source.pack for source in found} == set(packs.pack_names())
    assert {source.file for source in found} == {f"packs/{name}.yaml" for name in packs.pack_names()}
    assert len(packs.ids_of(found)) == len(found)


def test_the_pack_of_a_shipped_standard_is_known() -> None:
    assert packs.shipped_in("HYG-01") == "core"
    assert packs.shipped_in("NONE-1") is None


def test_a_name_that_no_file_can_have_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    reading = Reading(tmp_path)
    assert packs.read_files([("x" * 5000, None), ("standards\0.yaml", None)], reading) == []
    assert [problem.code for problem in reading.problems] == ["no-file", "no-file"]
