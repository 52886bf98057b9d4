from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.settings.folder import Project, load

Problems = Callable[..., tuple[Problem, ...]]
Loaded = Callable[..., Project]


def _write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    """The mistakes of a project folder made of a pmo.yaml and other files, sorted as they are shown."""

    def of(pmo: str | bytes = "version: 1\n", **files: str | bytes) -> tuple[Problem, ...]:
        named = {name.replace("__", "/") + ".yaml": content for name, content in files.items()}
        with pytest.raises(ConfigurationError) as caught:
            load(_write(tmp_path, {"pmo.yaml": pmo, **named}))
        return caught.value.problems

    return of


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """The project of a folder made of a pmo.yaml and other files."""

    def of(pmo: str = "version: 1\n", **files: str | bytes) -> Project:
        named = {name.replace("__", "/") + ".yaml": content for name, content in files.items()}
        return load(_write(tmp_path, {"pmo.yaml": pmo, **named}))

    return of
