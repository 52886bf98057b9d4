"""A real Chromium without a window, fresh for each page; the demo's folder after one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.sandbox import Flavour, Sandbox

BROWSERS: Final = ("chromium", "chromium-browser")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1100,1400",
    "--virtual-time-budget=5000",
)
Visit = Callable[..., str]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program. Where there is none the test is skipped by name, unless the live tests are required."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and os.environ.get("PMO_SYNC_REQUIRE_LIVE") == "1":
        pytest.fail("Chromium is not installed: make live-setup")
    return found or pytest.skip("Chromium is not installed: make live-setup")


@pytest.fixture
def visit(chromium: str, tmp_path: Path) -> Visit:
    """`visit(url)`: the document as the browser has it after loading. `visit(url, picture)` saves a picture as well."""

    def go(url: str, picture: Path | None = None) -> str:
        profile = tmp_path / "profile"
        wanted = ["--dump-dom"] if picture is None else [f"--screenshot={picture}"]
        command = [chromium, *FLAGS, f"--user-data-dir={profile}", *wanted, url]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        shutil.rmtree(profile, ignore_errors=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return go


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The demo's tracker as `demo --once` has left it, serving again."""
    folder = tmp_path_factory.mktemp("browser") / "bank"
    command = [sys.executable, "-m", "pmo_sync", "demo", "--once", "--into", str(folder), "--status-date", "2026-11-23"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with Sandbox(Flavour.CLOUD, state=folder / ".pmo-sync" / "tracker.db") as tracker:
        yield tracker
