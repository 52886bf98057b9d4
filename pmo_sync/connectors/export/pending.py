"""The CSV of marks beside an export: what is to be imported into its tracker, and stands there as far as we can tell.

An export that is newer than its marks was taken after their import, so they count for nothing any more.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError

COLUMNS: Final = ("tracker", "id", "key", "op", "name", "value")
_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r\n'\uff1d\uff0b\uff0d\uff20]")  # with their full-width forms
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One mark to import. `op` is that of the plan: add_label, remove_label, set_field."""

    tracker: str
    id: str
    key: str
    op: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The file of marks of one export."""

    export: Path

    @property
    def path(self) -> Path:
        """Beside the export: items.jsonl has items.marks.csv."""
        return self.export.with_name(f"{self.export.stem}.marks.csv")

    def read(self) -> list[Row]:
        """The marks not yet in the export, in the order they were written. Raises UsageError for a foreign file."""
        if not self._counts():
            return []
        with self.path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())) != COLUMNS:
                raise UsageError(f"{self.path.name} is not a file of marks of ours", advice="move it away")
            return [Row(*map(_bare, cells)) for cells in rows if len(cells) == len(COLUMNS)]

    def append(self, rows: Iterable[Row]) -> None:
        """Adds marks; the file is begun anew when the export is newer. Raises UsageError where it cannot be written."""
        fresh = not self._counts()
        try:
            with self.path.open("w" if fresh else "a", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                if fresh:
                    out.writerow(COLUMNS)
                for row in rows:
                    out.writerow([_safe(cell) for cell in (row.tracker, row.id, row.key, row.op, row.name, row.value)])
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None

    def _counts(self) -> bool:
        try:
            return self.path.stat().st_mtime_ns >= self.export.stat().st_mtime_ns
        except FileNotFoundError:
            return False


def _safe(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula; plain numbers stay."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
