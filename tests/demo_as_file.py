"""The demo's folder with its items read from the file in place of the tracker: for tests that need no server."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from pmo_sync.settings.demo import write_demo

TRACKER = """\
    kind: export
    path: items.jsonl
    fields: {reg_date: {field: reg_date, type: date}}
"""


def write_demo_as_file(folder: Path, *, today: date) -> None:
    """The demo folder of that day; its tracker is items.jsonl, placed by what the lines say of themselves."""
    write_demo(folder, today=today)
    settings = folder / "pmo.yaml"
    text = settings.read_text(encoding="utf-8")
    text, tracker = re.subn(r"    kind: jira-cloud(?s:.*?)(?=    kinds:)", TRACKER, text)
    text, rule = re.subn("by: project_category", "by: field, field: programme", text)
    text, link = re.subn("(?m)^      link: true.*\n", "", text)  # a file has none
    assert (tracker, rule, link) == (1, 1, 1), "config/demo/pmo.yaml no longer looks as this expects"
    settings.write_text(text, encoding="utf-8")
