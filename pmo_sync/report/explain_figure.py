"""Where a figure comes from: its formula, what each child has, what the items add, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pmo_sync.figures.explain import Contribution, FigureExplanation, ItemContribution
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.model.finding import Evidence
from pmo_sync.model.portfolio import path_text
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.report.escape import clean, pad, shorten, width
from pmo_sync.report.json import Json, plain
from pmo_sync.report.numbers import NOTHING, amount, count, iso, percent, plural
from pmo_sync.report.style import Style, rag_text

LIMIT: Final = 20
"""Items listed on a terminal."""
_TITLE: Final = 50
_LABEL: Final = 12


def page(figure: FigureExplanation, style: Style) -> str:
    """The page: value and coverage, the formula, the children, the items under the node itself, what is missing."""
    lines = [
        style.bold(f"{clean(figure.name)} of {clean(path_text(figure.path))}"),
        "",
        f"{pad('Value', _LABEL)}{style.bold(value_text(figure.name, figure.value))}",
        f"{pad('Basis', _LABEL)}{clean(figure.basis)}",
    ]
    if figure.formula is not None:
        lines.append(f"{pad('Formula', _LABEL)}{clean(figure.formula)}")
    if figure.coverage is not None:
        known = _known(figure.used, figure.missing)
        lines.append(f"{pad('Coverage', _LABEL)}{percent(figure.coverage)} ({known})")
    if figure.says is not None:
        lines.append(f"{pad('Says', _LABEL)}{clean(figure.says)}")
    if figure.why:
        lines.append(f"{pad('Decided by', _LABEL)}{', '.join(clean(word) for word in figure.why)}")
    lines += [*_children(figure.name, figure.children, style), *_items("Items of its own", figure, figure.items, style)]
    lines += _items("Missing", figure, figure.missing_items, style)
    return "".join(f"{line}\n" for line in lines)


def _known(used: int, missing: int) -> str:
    return f"{count(used)} used, {count(missing)} missing"


def _children(name: str, children: Sequence[Contribution], style: Style) -> Iterator[str]:
    if not children:
        return
    yield ""
    yield style.bold("Children")
    rows = [
        (
            clean(child.path[-1]),
            value_text(name, child.value),
            f"{count(child.used)} used, {count(child.missing)} missing",
        )
        for child in children
    ]
    names, values = (max(width(row[column]) for row in rows) for column in (0, 1))
    for (label, value, known), child in zip(rows, children, strict=True):
        yield f"  {pad(label, names)}  {pad(value, values)}  {known}  {style.dim(clean(child.basis))}".rstrip()


def _items(heading: str, figure: FigureExplanation, items: Sequence[ItemContribution], style: Style) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield style.bold(f"{heading} ({plural(len(items), 'item')})")
    keys = max(width(clean(item.key)) for item in items[:LIMIT])
    for item in items[:LIMIT]:
        weight = "" if item.weight is None else f" of weight {amount(item.weight)}"
        value = "" if item.value is None else f"{value_text(figure.name, item.value)}{weight}"
        title = shorten(clean(item.title or ""), _TITLE)
        yield f"  {pad(clean(item.key), keys)}  {pad(title, _TITLE)}  {value}".rstrip()
    if len(items) > LIMIT:
        yield f"  … {count(len(items) - LIMIT)} more: --format json"


def value_text(name: str, value: Evidence) -> str:
    """The value of a figure for people: shares in per cent, colours with their mark, money with thousands."""
    type_ = NODE_FIGURES[name].type if name in NODE_FIGURES else ColumnType.TEXT
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return iso(value)
    if isinstance(value, int | float):
        return percent(value) if type_ is ColumnType.SHARE else amount(value)
    if isinstance(value, list):
        return ", ".join(clean(each) for each in value)
    return rag_text(value) if type_ is ColumnType.ENUM else clean(value)


def explanation_json(figure: FigureExplanation) -> dict[str, Json]:
    """The same for machines."""
    children: list[Json] = [
        {
            "path": list(child.path),
            "value": plain(child.value),
            "used": child.used,
            "missing": child.missing,
            "basis": child.basis,
        }
        for child in figure.children
    ]
    return {
        "figure": figure.name,
        "path": list(figure.path),
        "formula": figure.formula,
        "value": plain(figure.value),
        "used": figure.used,
        "missing": figure.missing,
        "basis": figure.basis,
        "why": list(figure.why),
        "says": figure.says,
        "children": children,
        "items": [_item(item) for item in figure.items],
        "missing_items": [_item(item) for item in figure.missing_items],
    }


def _item(item: ItemContribution) -> dict[str, Json]:
    return {
        "tracker": item.tracker,
        "key": item.key,
        "title": item.title,
        "value": plain(item.value),
        "weight": plain(item.weight),
    }
