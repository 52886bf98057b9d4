"""The CSV of marks beside an export: what is to be imported into its tracker, and stands there as far as we can tell.

An export that is newer than its marks was taken after their import, so they count for nothing any more.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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


_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Pending:
    """The file of marks of one export. What was read stays known while nobody else touches the file."""

    export: Path
    _rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    _stamp: _Stamp | None = None
    _read_to: int = 0

    @property
    def path(self) -> Path:
        """Beside the export: items.jsonl has items.marks.csv."""
        return self.export.with_name(f"{self.export.stem}.marks.csv")

    def rows(self, tracker: str, item: str) -> Sequence[Row]:
        """The marks of an item that are not yet in the export, in the order they were written."""
        return self._rows.get((tracker, item), ())

    def refresh(self) -> None:
        """`rows` tells what the file holds now. Raises UsageError for a foreign file."""
        stamp = self._now() if self._counts() else None
        if stamp is not None and stamp[-1] == 0:  # begun by a run that was stopped there
            stamp = None
        if stamp == self._stamp and stamp is not None:
            return
        self._rows, self._stamp, self._read_to = {}, stamp, 0
        if stamp is not None:
            self._take()

    def append(self, rows: Iterable[Row]) -> None:
        """Adds marks, which `rows` reads back from the file; it is begun anew when the export is newer.

        Raises UsageError where it cannot be written.
        """
        self.refresh()
        fresh = self._stamp is None
        try:
            with self.path.open("w" if fresh else "a", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                if fresh:
                    out.writerow(COLUMNS)
                for row in rows:
                    out.writerow([_safe(cell) for cell in (row.tracker, row.id, row.key, row.op, row.name, row.value)])
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None
        self._take()
        self._stamp = self._now()

    def _take(self) -> None:
        """Reads what the file holds beyond what was read of it before."""
        with self.path.open("rb") as file:
            file.seek(self._read_to)
            content = file.read()
        try:
            rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        except (UnicodeDecodeError, csv.Error):
            rows = []
        if self._read_to == 0 and (not rows or tuple(rows.pop(0)) != COLUMNS):
            self._stamp = None
            raise UsageError(f"{self.path.name} is not a file of marks of ours", advice="move it away")
        for cells in rows:
            if len(cells) == len(COLUMNS):
                row = Row(*map(_bare, cells))
                self._rows.setdefault((row.tracker, row.id), []).append(row)
        self._read_to += len(content)

    def _now(self) -> _Stamp:
        stat = self.path.stat()
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

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
