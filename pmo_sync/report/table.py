"""Small tables in every format: what lists such as `runs` and `rules list` are rendered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from pmo_sync.report import csv, json
from pmo_sync.report.escape import clean, markdown, pad, shorten, width
from pmo_sync.report.formats import Format
from pmo_sync.report.style import Style

Cell: TypeAlias = str | int | float | bool | tuple[str, ...] | None
_WIDEST: Final = 72


@dataclass(frozen=True, slots=True)
class Table:
    """Records under headings. `name` is the key under which JSON carries them; headings are JSON keys too."""

    name: str
    headings: tuple[str, ...]
    records: tuple[tuple[Cell, ...], ...]


def render(table: Table, format_: Format, style: Style) -> str:
    """The table in one format; on a terminal cells are cut to a readable width, elsewhere never."""
    match format_:
        case Format.TABLE:
            return aligned(table, style)
        case Format.LINES:
            return "".join("\t".join(clean(_text(cell)) for cell in record) + "\n" for record in table.records)
        case Format.JSON:
            return json.document({table.name: [_json(table, record) for record in table.records]})
        case Format.JSONL:
            return json.lines(_json(table, record) for record in table.records)
        case Format.CSV:
            return csv.rows(table.headings, [[_csv(cell) for cell in record] for record in table.records])
        case Format.MARKDOWN:
            return _markdown(table)
        case _:
            assert_never(format_)


def answer(page: str, content: Mapping[str, json.Json], table: Table, format_: Format) -> str:
    """What a command has done: JSON has the content, CSV and Markdown the table, people the page."""
    match format_:
        case Format.JSON | Format.JSONL:
            return json.answer(content, format_)
        case Format.CSV | Format.MARKDOWN:
            return render(table, format_, Style())
        case Format.TABLE | Format.LINES:
            return page
        case _:
            assert_never(format_)


def aligned(table: Table, style: Style) -> str:
    """Columns side by side under their headings; a column without any value is left out."""
    cells = [[shorten(clean(_text(cell)), _WIDEST) for cell in record] for record in table.records]
    kept = [column for column in range(len(table.headings)) if not cells or any(row[column] for row in cells)]
    headings = [table.headings[column].replace("_", " ") for column in kept]
    widths = [
        max(width(heading), *(width(row[column]) for row in cells), 0)
        for heading, column in zip(headings, kept, strict=True)
    ]
    lines = [style.dim("  ".join(pad(heading, size) for heading, size in zip(headings, widths, strict=True)).rstrip())]
    lines.extend(
        "  ".join(pad(row[column], size) for column, size in zip(kept, widths, strict=True)).rstrip() for row in cells
    )
    return "".join(f"{line}\n" for line in lines)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return ", ".join(cell) if isinstance(cell, tuple) else str(cell)


def _csv(cell: Cell) -> str | int | float | None:
    return cell if cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) else _text(cell)


def _json(table: Table, record: Sequence[Cell]) -> dict[str, json.Json]:
    return {
        heading: list(cell) if isinstance(cell, tuple) else cell
        for heading, cell in zip(table.headings, record, strict=True)
    }


def _markdown(table: Table) -> str:
    lines = ["| " + " | ".join(heading.replace("_", " ") for heading in table.headings) + " |"]
    lines.append("|" + "---|" * len(table.headings))
    lines.extend("| " + " | ".join(markdown(_text(cell)) for cell in record) + " |" for record in table.records)
    return "\n".join(lines) + "\n"
