"""Project folders of two files in place of trackers, run by the pipeline as the command line runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.pipeline.context import Context, open_project

TODAY = date(2026, 11, 20)
SETTINGS = """
version: 1
trackers:
  bank: {kind: export, path: bank.jsonl, write: {labels: true, fields: {progress: PMO progress}}}
  plant: {kind: export, path: plant.jsonl, write: {labels: true}}
structure:
  portfolio: {name: Group}
  programme: [{tracker: bank, by: field, field: programme}, {tracker: plant, by: field, field: programme}]
  project: [{tracker: bank, by: field, field: project}, {tracker: plant, by: field, field: project}]
  homes: [{level: programme, name: Core, tracker: bank, item: HOME}]
"""
STANDARDS = """
standards:
  - {id: HYG-01, title: Has an owner, level: item, severity: major, flag: no-owner, require: {owner: present}}
"""
Open = Callable[..., Context]


def row(number: str, project: str, **columns: Any) -> dict[str, Any]:
    """One line of a file: a task of the programme Core, in todo and without an owner unless said otherwise."""
    said = {"id": number, "key": f"{project}-{number}", "programme": "Core", "project": project}
    return {**said, "kind": "task", "phase": "todo", "owner": None, **columns}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Core is a third done: one task of the bank is done, two of the plant are not. Its home is an item of the bank."""
    home = row("1", "PAY", key="HOME", kind="summary", owner="ann", fields={"PMO progress": None})
    lines = {"bank": [home, row("2", "PAY", phase="done", owner="ben")], "plant": [row("7", "WEB"), row("8", "WEB")]}
    for name, rows in lines.items():
        write_lines(tmp_path, name, rows)
    return tmp_path


def write_lines(folder: Path, tracker: str, rows: Sequence[dict[str, Any]]) -> None:
    (folder / f"{tracker}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")


@pytest.fixture
def opened(folder: Path) -> Open:
    """A run on the folder: of a day and an hour, with these lines at the end of pmo.yaml and these standards."""

    def of(
        extra: str = "standards: {packs: [], files: [own.yaml], first_run: apply}\n",
        *,
        standards: str = STANDARDS,
        today: date = TODAY,
        hour: int = 9,
        **options: Any,
    ) -> Context:
        (folder / "pmo.yaml").write_text(SETTINGS + extra, encoding="utf-8")
        (folder / "own.yaml").write_text(standards, encoding="utf-8")
        now = datetime(today.year, today.month, today.day, hour, tzinfo=UTC)
        return Context(open_project(folder), today, lambda: now, lambda _: None, **options)

    return of
