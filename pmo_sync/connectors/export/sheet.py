"""A CSV file as headings and cells: its encoding, its separator, its shape. No meaning of headings here."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TextIO

from pmo_sync.connectors.export.lines import Mistakes

MOST_BYTES: Final = 100_000_000
MOST_COLUMNS: Final = 5_000
MOST_ROWS: Final = 250_000
MOST_CELLS: Final = 12_000_000
_LONGEST_ROW: Final = 10_000_000
_BLOCK: Final = 1 << 20
_SEPARATORS: Final = ",;\t"
_SAVE: Final = "save the file as UTF-8"
_GUARDED: Final = re.compile(r"'\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MISREAD: Final = re.compile(r"[\u00a1-\u00ff]{3}|[A-Za-z][\u00a1-\u00a9\u00ac-\u00b1\u00b3-\u00b6\u00b8-\u00bf]")
"""What Windows-1252 makes of a text in another alphabet: rows of accents, signs after letters."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line of the file it begins on, and as many cells as there are headings."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: its path, how it is encoded and divided, and its headings."""

    path: Path
    encoding: str
    separator: str
    headings: tuple[str, ...]

    def places(self, *names: str) -> tuple[int, ...]:
        """Where the first of these headings that is there stands; a heading may stand several times. Any case."""
        low = [one.casefold() for one in self.headings]
        found = (tuple(at for at, one in enumerate(low) if one == name.casefold()) for name in names)
        return next((places for places in found if places), ())

    def rows(self, mistakes: Mistakes) -> Iterator[Row]:
        """The records, blank ones left out. What is no record is a mistake; after many of them nothing more is read."""
        width, count = len(self.headings), 0
        with _opened(self.path, self.encoding) as file:
            bounded = _Bounded(file)
            reader = csv.reader(bounded, delimiter=self.separator, strict=True)
            try:
                next(reader, None)
                begins = reader.line_num + 1
                for cells in reader:
                    number, begins, bounded.length = begins, reader.line_num + 1, 0
                    if not any(cells):
                        continue
                    count += 1
                    if count > MOST_ROWS:
                        mistakes.add(number, f"there are more than {MOST_ROWS} rows", "export fewer items to a file")
                        return
                    if len(cells) != width:
                        what = f"the row has {len(cells)} cells, the headings are {width}"
                        mistakes.add(number, what, "export the file anew: a cell was added, or a quote is missing")
                        if mistakes.many:
                            return
                        continue
                    yield Row(number, [_bare(cell) for cell in cells])
            except csv.Error as error:
                mistakes.add(max(reader.line_num, 1), f"the row is no CSV: {error}", "a quote is open, or one too many")


@dataclass(slots=True)
class _Bounded:
    """The lines of a file for the reader of CSV; a row that grows without end is an error. `length` is that so far."""

    file: TextIO
    length: int = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self.file.readline(_LONGEST_ROW)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length >= _LONGEST_ROW:
            raise csv.Error(f"row longer than {_LONGEST_ROW} characters")
        return line


def open_sheet(path: Path, mistakes: Mistakes, known: Sequence[str]) -> Sheet:
    """The sheet, once its encoding is proven and its headings are read.

    The separator is the one that shows most of the `known` headings, else the most headings. Raises ConfigurationError
    where it is no CSV, or larger than is read.
    """
    encoding = _encoding(path, mistakes)
    with _opened(path, encoding) as file:
        head = file.read(_BLOCK)
    wanted = {name.casefold() for name in known}
    tried = [(separator, headings) for separator in _SEPARATORS if (headings := _headings(head, separator))]
    if not tried:
        raise mistakes.error("the first row is no row of headings", "export the file anew, with its headings")
    separator, headings = max(tried, key=lambda one: (len(wanted & {name.casefold() for name in one[1]}), len(one[1])))
    if len(headings) > MOST_COLUMNS:
        what = f"there are {len(headings)} columns, more than {MOST_COLUMNS}"
        raise mistakes.error(what, "export only the columns that are needed")
    return Sheet(path, encoding, separator, headings)


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    with path.open(encoding=encoding, newline="") as file:
        yield file


def _headings(head: str, separator: str) -> tuple[str, ...]:
    try:
        first = next(csv.reader(io.StringIO(head, newline=""), delimiter=separator, strict=True), [])
    except csv.Error:
        return ()
    return tuple(cell.strip() for cell in first)


def _encoding(path: Path, mistakes: Mistakes) -> str:
    """How the whole file is encoded. Raises ConfigurationError with the place where that cannot be told for certain."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        what = f"the file has {size // 1_000_000} MB, more than {MOST_BYTES // 1_000_000}"
        raise mistakes.error(what, "export fewer items or columns to a file")
    with path.open("rb") as file:
        head = file.read(3)
    marked = next((encoding for bom, encoding in _BOMS if head.startswith(bom)), None)
    trouble = _trouble(path, marked or "utf-8")
    if trouble is None:
        return marked or "utf-8"
    if marked is None and "NUL" not in trouble[2] and _trouble(path, "cp1252") is None:
        return "cp1252"
    line, column, what = trouble
    raise mistakes.error(what, _SAVE, line=line, column=column)


def _trouble(path: Path, encoding: str) -> tuple[int, int, str] | None:
    """Line, column and reason of the first character that this encoding cannot mean; None where there is none."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, before = 1, ""
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            what = None
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                text = error.object[: error.start].decode(encoding, "ignore")
                what = "the file is neither UTF-8 nor Windows-1252" if encoding == "utf-8" else f"not all is {encoding}"
            if (bad := text.find("\0")) >= 0:
                text, what = text[:bad], "the file holds NUL bytes"
            if what is None and encoding == "cp1252" and _MISREAD.search(before[-2:] + text):
                what = "the file is not Windows-1252"
            line += text.count("\n")
            before = (before + text).rpartition("\n")[2][-_BLOCK:]
            if what is not None:
                return line, len(before) + 1, what
            if not block:
                return None


def _bare(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if _GUARDED.match(cell) else cell
