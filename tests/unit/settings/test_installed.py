"""An installed package brings its packs and its demo: a wheel is built, unpacked and run away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.settings.packs import pack_names

ROOT: Final = Path(__file__).parents[3]
PRINT_FOLDERS: Final = """\
import pmo_sync
from pmo_sync.settings.demo import demo_folder
from pmo_sync.settings.packs import packs_folder
print(pmo_sync.__file__, packs_folder(), demo_folder(), sep="\\n")
"""
WRITE_DEMO: Final = """\
import sys
from datetime import date
from pathlib import Path
from pmo_sync.settings.demo import write_demo
write_demo(Path(sys.argv[1]), today=date(2026, 11, 23))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an unpacked wheel."""
    place = tmp_path_factory.mktemp("wheel")
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    done = subprocess.run(
        [uv, "build", "--wheel", "--quiet", "--out-dir", place / "dist", ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (place / "dist").glob("pmo_sync-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "unpacked")
    return place / "unpacked"


def python(package: Path, folder: Path, *words: str | Path) -> str:
    """What this Python says in a folder, with the package found in another one before all others."""
    done = subprocess.run(
        [sys.executable, "-P", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def test_packs_and_demo_are_those_of_the_package(installed: Path, tmp_path: Path) -> None:
    package, packs, demo = map(Path, python(installed, tmp_path, "-c", PRINT_FOLDERS).split())
    assert package == installed / "pmo_sync" / "__init__.py"
    assert packs == installed / "pmo_sync" / "_config" / "standards"
    assert demo == installed / "pmo_sync" / "_config" / "demo"
    assert tuple(sorted(path.stem for path in packs.glob("*.yaml"))) == pack_names()


def test_the_pages_of_the_sandbox_are_in_the_package(installed: Path) -> None:
    templates = Path("pmo_sync", "sandbox", "templates")
    names = {path.name for path in (ROOT / templates).iterdir()}
    assert {path.name for path in (installed / templates).iterdir()} == names >= {"issue.html", "list.html"}


def test_standards_and_findings_of_the_demo_are_as_in_the_checkout(installed: Path, tmp_path: Path) -> None:
    python(installed, tmp_path, "-c", WRITE_DEMO, "bank")
    rules = ("-m", "pmo_sync", "rules", "list", "--format", "json", "-C", "bank")
    check = ("-m", "pmo_sync", "check", "--from", "bank/items.jsonl", "--format", "csv", "--status-date", "2026-11-23")
    for words, least in ((rules, 15), (check, 2)):
        found = python(installed, tmp_path, *words)
        assert len(found.splitlines()) > least
        assert found == python(ROOT, tmp_path, *words)
