"""A world for each promise: one harness for every connector of the table, each tried on each promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conformance import redmine
from tests.conformance.files import files
from tests.conformance.harness import World
from tests.conformance.jira import cloud, data_center
from tests.conformance.table import HARNESSES, cannot
from tests.live.bed.redmine import Bed

for part in ("manners", "pages", "reading", "writing"):
    pytest.register_assert_rewrite(f"tests.conformance.promises_of_{part}")


@pytest.fixture(scope="session")
def real_redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bed, Path]]:
    """One empty Redmine for all promises. Skips by name where none is installed."""
    with redmine.started(tmp_path_factory.mktemp("conformance")) as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every promise for every connector, but for those that the table declares."""
    if "world" in metafunc.fixturenames:
        kinds = [kind for kind in HARNESSES if metafunc.definition.name not in cannot(kind)]
        marks = {"redmine": [pytest.mark.live]}
        chosen = [pytest.param(kind, marks=marks.get(kind, [])) for kind in kinds]
        metafunc.parametrize("world", chosen, indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An empty tracker of the kind."""
    with _opened(request, tmp_path) as found:
        yield found


def _opened(request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[World]:
    match request.param:
        case "redmine":
            bed, empty = request.getfixturevalue("real_redmine")
            return redmine.of(bed, empty, folder)
        case "jira-cloud":
            return cloud(folder)
        case "jira-dc":
            return data_center(folder)
        case _:
            return files(folder)
