"""The guide to exports: its file, its settings and its commands work as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "try-it-on-an-export.md"
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def guided(tmp_path: Path) -> Path:
    """A folder with the file that the guide shows, and nothing else."""
    (content,) = (text for kind, text in BLOCKS if kind == "csv")
    (tmp_path / "export.csv").write_text(content, encoding="utf-8")
    return tmp_path


def commands() -> list[list[str]]:
    lines = [line for kind, text in BLOCKS if not kind for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("pmo-sync ")]


def test_the_commands_of_the_guide_run(pmo: Run, guided: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(guided)
    first, *others = commands()
    done = pmo(*first)
    (shown,) = (text for kind, text in BLOCKS if not kind and not text.startswith("pmo-sync "))
    assert done.returncode == 1
    assert done.stdout == shown
    (settings,) = (text for kind, text in BLOCKS if kind == "yaml")
    (guided / "pmo.yaml").write_text(settings, encoding="utf-8")
    codes = [(arguments[0], pmo(*arguments).returncode) for arguments in others]
    assert codes == [("check", 1), ("doctor", 0), ("pull", 0), ("check", 1)]


def test_the_file_and_what_was_taken_of_it_are_judged_alike(
    pmo: Run, guided: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(guided)
    (guided / "pmo.yaml").write_text(
        "version: 1\ntrackers:\n  bank: {kind: export, path: export.csv}\n", encoding="utf-8"
    )
    assert pmo("pull", "-o", "export.jsonl").returncode == 0
    judged = [
        pmo("check", "--from", name, "--status-date", "2026-11-23", "--format", "csv").stdout
        for name in ("export.csv", "export.jsonl")
    ]
    assert judged[0] == judged[1]
    assert "PAY-3" in judged[0]
