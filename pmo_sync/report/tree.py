"""The tree of nodes as a table for a terminal: colour, standards, progress, dates, each with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from pmo_sync.report.escape import clean, pad, shorten, width
from pmo_sync.report.numbers import NOTHING, amount, count, iso, percent
from pmo_sync.report.style import Style, rag_text
from pmo_sync.report.view import FigureValue, NodeRow

_NAME_WIDTH: Final = 36
_HEADINGS: Final = ("", "Data says", "Reported", "Standards", "Progress", "Overdue", "Due", "Budget", "Spent", "Items")
_RIGHT: Final = frozenset({"Standards", "Progress", "Overdue", "Budget", "Spent", "Items"})


def tree(nodes: Sequence[NodeRow], style: Style, *, limit: int | None) -> str:
    """One line per node, indented by its depth; at most `limit` of them. A `*` marks a figure below half coverage of
    its inputs or a node that was not read whole; an en dash is a figure that cannot be told. Empty for no nodes.
    """
    if not nodes:
        return ""
    shown = nodes if limit is None else nodes[:limit]
    depth = min(len(node.path) for node in nodes)
    rows = [_cells(node, depth) for node in shown]
    kept = [
        column
        for column, heading in enumerate(_HEADINGS)
        if heading in {"", "Items"} or any(row[column] not in {NOTHING, "no data"} for row in rows)
    ]
    widths = {column: max(width(_HEADINGS[column]), *(width(row[column]) for row in rows)) for column in kept}
    lines = [style.dim(_line(_HEADINGS, kept, widths).rstrip())]
    for node, row in zip(shown, rows, strict=True):
        lines.append(_line(row, kept, widths, node, style).rstrip())
    if len(nodes) > len(shown):
        lines.append(f"… {count(len(nodes) - len(shown))} more nodes: --all, --node PATH, or --format json")
    if any("*" in cell for row in rows for cell in row[1:]):
        lines.append(style.dim("* rests on less than half of its inputs"))
    return "".join(f"{line}\n" for line in lines)


def _cells(node: NodeRow, depth: int) -> tuple[str, ...]:
    figures = node.figures
    name = "  " * (len(node.path) - depth) + clean(node.path[-1])
    return (
        shorten(name, _NAME_WIDTH) + ("" if node.complete else " (not read whole)"),
        rag_text(_text(figures["computed_rag"])),
        rag_text(_text(figures["reported_rag"])),
        percent(node.score.value),
        percent(_number(figures["progress"])) + _thin(figures["progress"]),
        percent(_number(figures["overdue_share"])) + _thin(figures["overdue_share"]),
        _day(figures["due"]) + _thin(figures["due"]),
        amount(_number(figures["budget"])) + _thin(figures["budget"]),
        amount(_number(figures["actual_cost"])) + _thin(figures["actual_cost"]),
        amount(_number(figures["items"])),
    )


def _line(
    cells: Sequence[str],
    kept: Sequence[int],
    widths: dict[int, int],
    node: NodeRow | None = None,
    style: Style | None = None,
) -> str:
    parts = []
    for column in kept:
        cell = cells[column]
        blanks = widths[column] - width(cell)
        padded = " " * blanks + cell if _HEADINGS[column] in _RIGHT else pad(cell, widths[column])
        if node is not None and style is not None and _HEADINGS[column] in {"Data says", "Reported"}:
            name = "computed_rag" if _HEADINGS[column] == "Data says" else "reported_rag"
            padded = style.rag(padded, _text(node.figures[name]))
        parts.append(padded)
    return "  ".join(parts)


def _thin(figure: FigureValue) -> str:
    return "*" if figure.value is not None and figure.used < figure.missing else ""


def _text(figure: FigureValue) -> str | None:
    return figure.value if isinstance(figure.value, str) else None


def _number(figure: FigureValue) -> float | None:
    return float(figure.value) if isinstance(figure.value, int | float) else None


def _day(figure: FigureValue) -> str:
    return iso(figure.value) if isinstance(figure.value, date) else NOTHING
