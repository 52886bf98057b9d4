"""Which format a file has: told by what stands in it, never by its name alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from pmo_sync.connectors.export import jira_csv, jira_json, lines, redmine_csv
from pmo_sync.connectors.export.lines import Export, Line, Mistakes
from pmo_sync.connectors.export.projects import PROJECT
from pmo_sync.connectors.export.sheet import open_sheet
from pmo_sync.connectors.export.sprints import SPRINT
from pmo_sync.connectors.export.table import headings_found
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.errors import UsageError

_HEAD: Final = 1 << 16
_BOM: Final = b"\xef\xbb\xbf"
_WHAT: Final = "give an items.jsonl, a CSV export of Jira or Redmine in English, or a saved search of Jira (JSON)"


def read(path: Path, file: str, options: ExportOptions) -> Export:
    """What the file holds, whichever format it has; `file` is its name in messages.

    Raises ConfigurationError with every mistake in it, or where it has none of the formats; UsageError where it cannot
    be opened.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise OSError  # noqa: TRY301 - a device or a pipe: it may never end
        with path.open("rb") as opened:
            head = opened.read(_HEAD)
        return _read(path, file, options, head.removeprefix(_BOM).lstrip())
    except OSError as error:
        why = error.strerror or "it is not a file"
        raise UsageError(f"{file} cannot be read: {why}", advice=lines.NO_FILE) from None


def _read(path: Path, file: str, options: ExportOptions, head: bytes) -> Export:
    mistakes = Mistakes(file)
    if head.startswith(b"[") or (head.startswith(b"{") and _is_answer(head)):
        return jira_json.read(path, options, mistakes)
    if not head or head.startswith(b"{") or path.suffix == ".jsonl":
        return _parted(lines.read(path, file))
    sheet = open_sheet(path, mistakes, (jira_csv.KEY, redmine_csv.NUMBER))
    if jira_csv.is_jira(sheet, options):
        return jira_csv.read(sheet, options, mistakes)
    if redmine_csv.is_redmine(sheet):
        return redmine_csv.read(sheet, options, mistakes)
    what = "the file has no column Issue key (Jira) and no column # (Redmine)"
    raise mistakes.error(what, f"{_WHAT}; {headings_found(sheet)}")


def _parted(found: list[Line]) -> Export:
    """The items of items.jsonl, and beside them the sprints and projects: these have no id."""
    if all("id" in line.values for line in found):
        return Export(found)
    items: list[Line] = []
    apart: dict[str, list[Line]] = {SPRINT: [], PROJECT: []}
    for line in found:
        word = None if "id" in line.values else next((word for word in apart if word in line.values), None)
        (items if word is None else apart[word]).append(line)
    return Export(items, sprints=apart[SPRINT], projects=apart[PROJECT])


def _is_answer(head: bytes) -> bool:
    """True where an object is an answer of Jira, not an item: it is spread over lines, or has `issues`."""
    first = head.split(b"\n", 1)[0].strip()
    try:
        found = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return first == b"{" or b'"issues"' in head
    return "issues" in found and "id" not in found
