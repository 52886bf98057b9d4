"""The columns of the lines of a file: where the value of each stands, and every value as its column's type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.export.lines import HISTORY, Line, Mistakes, shown
from pmo_sync.connectors.export.scopes import Carried
from pmo_sync.connectors.options import ExportOptions, WordMap
from pmo_sync.connectors.words import FROM, Unmapped
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType

_APART: Final = frozenset({"id", "key", "title", "parent", "links", "fields", "tracker", "level", HISTORY})
_HUGE: Final = 1e300
OWN: Final = "fields."

_TYPES: Final[dict[ColumnType, tuple[frozenset[type], str]]] = {
    **dict.fromkeys((ColumnType.TEXT, ColumnType.PERSON), (frozenset({str}), "a text")),
    **dict.fromkeys(
        (ColumnType.FLOAT, ColumnType.HOURS, ColumnType.WORKING_DAYS, ColumnType.MONEY),
        (frozenset({int, float}), "a number"),
    ),
    ColumnType.SHARE: (frozenset({int, float}), "a number from 0 to 1"),
    ColumnType.INTEGER: (frozenset({int}), "a whole number"),
    ColumnType.BOOLEAN: (frozenset({bool}), "true or false"),
    ColumnType.DATE: (frozenset({str}), 'a date such as "2026-11-23"'),
    ColumnType.TIME: (frozenset({str}), 'a time such as "2026-11-23T09:30:00Z"'),
    ColumnType.ENUM: (frozenset({str}), "one of its words"),
    ColumnType.TEXTS: (frozenset({list}), "a list of texts"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One column and how its value is found in a line; `carried` tells whether a line has its key at all."""

    column: Column
    value: Callable[[Line], object]
    carried: Carried
    shown: str
    words: WordMap = field(default_factory=dict)


def own_fields(line: Line) -> Mapping[str, object]:
    """What the line says beside the vocabulary: its `fields`, and its unknown keys."""
    named = line.values.get("fields")
    loose = {key: value for key, value in line.values.items() if key not in VOCABULARY and key not in _APART}
    return {**loose, **named} if isinstance(named, dict) else loose


def check_fields(lines: Iterable[Line], mistakes: Mistakes) -> None:
    """Every `fields` that is no object is a mistake."""
    for line in lines:
        given = line.values.get("fields")
        if given is not None and not isinstance(given, dict):
            mistakes.add(line.number, f"fields: {shown(given)} is not an object", 'write {"Name": 1}')


def sources(lines: Sequence[Line], options: ExportOptions, wanted: frozenset[str]) -> list[Source]:
    """The wanted columns that some line carries, by name."""
    carried = {key for line in lines for key in line.values}
    found: dict[str, Source] = {}
    for name in sorted(carried & wanted & (VOCABULARY.keys() - _APART)):
        found[name] = _of_key(VOCABULARY[name], name, options)
    for name, (column, origin) in words.declared(options).items():
        if name in wanted and (there := _origin(lines, name, origin)) is not None:
            found[name] = _of_field(column, there, options)
    for name, mapping in options.values.items():
        source = mapping.get(FROM)
        if not isinstance(source, str) or name not in wanted & VOCABULARY.keys():
            continue
        own = words.declared(options).get(source)
        if own is not None and (there := _origin(lines, source, own[1])) is not None:
            found[name] = _of_field(VOCABULARY[name], there, options)
        elif source in carried & VOCABULARY.keys():
            found[name] = _of_key(VOCABULARY[name], source, options)
    return [found[name] for name in sorted(found)]


def _origin(lines: Sequence[Line], column: str, field: str) -> str | None:
    """The field that lines carry for a column of `fields`: of its name in the tracker, else of its name in pmo.yaml, as
    `pmo-sync pull -o` writes it.
    """
    names = [field, column.removeprefix(OWN)] if column.startswith(OWN) else [field]
    return next((name for name in names if any(name in own_fields(line) for line in lines)), None)


def _of_key(column: Column, key: str, options: ExportOptions) -> Source:
    mapping = options.values.get(column.name, {})
    return Source(column, lambda line: line.values.get(key), lambda line: key in line.values, key, mapping)


def _of_field(column: Column, key: str, options: ExportOptions) -> Source:
    mapping = options.values.get(column.name.removeprefix("fields."), {})
    return Source(
        column, lambda line: own_fields(line).get(key), lambda line: key in own_fields(line), f"fields.{key}", mapping
    )


def typed(source: Source, lines: Sequence[Line], mistakes: Mistakes) -> pl.Series:
    """The column's values as its type; each wrong one is a mistake."""
    column, closed = source.column, FROM in source.words
    values = [source.value(line) for line in lines]
    if source.words:
        values = [_mapped(value, source.words, closed=closed) for value in values]
    allowed, expected = _TYPES[column.type]
    good = [value if value is None or _fits(value, allowed, column) else None for value in values]
    for line, value, fitting in zip(lines, values, good, strict=True):
        if fitting is None and value is not None:
            wrong = "is too large a number" if _too_large(value, allowed) else f"is not {expected}"
            mistakes.add(line.number, f"{source.shown}: {shown(value)} {wrong}", _hint(value, column, mistakes))
    if column.type is ColumnType.TEXTS:
        return words.lists(column.name, good)
    if column.type not in (ColumnType.DATE, ColumnType.TIME):
        return pl.Series(column.name, _without_blanks(good), dtype=column.dtype, strict=False)
    parsed = words.typed(pl.Series(good, dtype=pl.String()), column, None, Unmapped())
    for line, value, day in zip(lines, good, parsed, strict=True):
        if value and day is None:
            mistakes.add(line.number, f"{source.shown}: {shown(value)} is not {expected}")
    return parsed


def loose(source: Source, lines: Sequence[Line], unmapped: Unmapped) -> pl.Series:
    """The column's values as its type, from the words of a tracker."""
    column = source.column
    values = [source.value(line) for line in lines]
    if column.type is ColumnType.TEXTS:
        lists = [one if isinstance(one, list) or one is None else [str(one)] for one in values]
        return words.lists(column.name, lists)
    return words.typed(pl.Series([_plain(one) for one in values], dtype=pl.String()), column, source.words, unmapped)


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_blanks(values: Sequence[object]) -> list[object]:
    return [None if value == "" else value for value in values]


def _mapped(value: object, mapping: WordMap, *, closed: bool) -> object:
    known = isinstance(value, str | int | float) and str(value) in mapping and str(value) != FROM
    if known:
        return mapping[str(value)]
    return None if closed else value


def _fits(value: object, allowed: frozenset[type], column: Column) -> bool:
    if type(value) not in allowed:
        return False
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    if column.type is ColumnType.ENUM:
        return value in column.words or value == ""
    if column.type is ColumnType.SHARE:
        return isinstance(value, int | float) and 0 <= value <= 1
    return not isinstance(value, int | float) or abs(value) < (2**63 if column.type is ColumnType.INTEGER else _HUGE)


def _too_large(value: object, allowed: frozenset[type]) -> bool:
    return type(value) in allowed and isinstance(value, int | float) and abs(value) >= 2**63


def _hint(value: object, column: Column, mistakes: Mistakes) -> str | None:
    if column.type is not ColumnType.ENUM:
        return None
    near = mistakes.near(value, column.words) if isinstance(value, str) else None
    return near or "use " + ", ".join(column.words)
