"""The command line as a person types it, on a small project folder of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "project"
Run = Callable[..., subprocess.CompletedProcess[str]]

@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def pmo(folder: Path) -> Run:
    """Runs one command in the project folder, both streams into pipes."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR", "TERM"}}
        done = subprocess.run(
            [sys.executable, "-m", "pmo_sync", *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env=clean | environment,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
