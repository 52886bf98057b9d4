"""What the long tests share: a local server, and figures that are printed when all is done."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.faulty_redmine import FaultyRedmine

Say = Callable[[str, str], None]
_FIGURES = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Say:
    """`figure(name, value)`: one line under the tests' results; nothing is written to a file."""
    figures = request.config.stash.setdefault(_FIGURES, [])
    return lambda name, value: figures.append((name, value))


@pytest.fixture
def server() -> Iterator[FaultyRedmine]:
    """A local Redmine-like server."""
    redmine = FaultyRedmine()
    yield redmine
    redmine.close()


@pytest.fixture(scope="session")
def locale_path(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A folder with the Turkish and the German locale, for LOCPATH; None where they cannot be compiled."""
    folder = tmp_path_factory.mktemp("locales")
    for name in ("tr_TR", "de_DE"):
        command = ["localedef", "-i", name, "-f", "UTF-8", "--no-archive", str(folder / f"{name}.UTF-8")]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if done.returncode != 0:
            return None
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the figures in the order they came."""
    figures = config.stash.get(_FIGURES, [])
    if figures:
        terminalreporter.section("figures")
    for name, value in figures:
        terminalreporter.write_line(f"{name:<28}  {value}")
