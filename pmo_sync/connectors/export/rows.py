"""From the lines of a file to the frames of a snapshot. The keys are the vocabulary; every value is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.export.lines import Export, Line, Mistakes, shown
from pmo_sync.connectors.export.links import read_links
from pmo_sync.connectors.export.scopes import Carried, empty_lists, projects_of, scopes_of
from pmo_sync.connectors.options import ExportOptions, WordMap
from pmo_sync.connectors.words import FROM, Unmapped
from pmo_sync.model.problem import suggestion
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType

ALWAYS: Final = frozenset(
    {"kind", "phase", "on_hold", "url", "updated", "portfolio", "programme", "project", "project_category"}
    | {"issue_type", "status"}
)
"""Columns a snapshot of a file holds whether asked for or not: what structure and write-back need."""

_APART: Final = frozenset({"id", "key", "title", "parent", "links", "fields", "tracker", "level"})
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


@dataclass(slots=True)
class Rows:
    """The frames of a snapshot without its marks, and the words that nothing maps."""

    items: pl.DataFrame
    scopes: pl.DataFrame
    projects: pl.DataFrame
    links: pl.DataFrame
    columns: tuple[str, ...]
    unmapped: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class _Source:
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


def to_rows(export: Export, file: str, options: ExportOptions, wanted: frozenset[str]) -> Rows:
    """The frames of all lines, in the order of the file.

    Raises ConfigurationError with every value of a wrong type, every id given twice, and every link that is none. Of a
    tracker's own file a text that is none of its column's type is null and counted, as from the tracker itself.
    """
    lines, mistakes, unmapped = export.lines, Mistakes(file), Unmapped()
    ids = _ids(lines, mistakes)
    links = read_links(lines, ids, mistakes, export.ties)
    identity = _identity(lines, ids, mistakes)
    sources = _sources(lines, options, wanted | ALWAYS)
    read = partial(_series, mistakes=mistakes) if export.ours else partial(_loose, unmapped=unmapped)
    series = {source.column.name: read(source, lines) for source in sources}
    mistakes.raise_any()
    items = _with_kinds(pl.DataFrame({**identity, **series}), lines, options, unmapped)
    carried = {source.column.name: source.carried for source in sources}
    scopes, scope = scopes_of(items, lines, carried, complete=not export.problems)
    items = empty_lists(items, scope, scopes, carried)
    project = items.get_column("project") if "project" in carried else pl.Series("project", [None] * len(lines))
    items = items.with_columns(scope, project_id=project.cast(pl.String))
    return Rows(
        items=items,
        scopes=scopes,
        projects=projects_of(items, complete=not export.problems),
        links=links,
        columns=tuple(sorted(set(items.columns) & (set(VOCABULARY) | carried.keys()))),
        unmapped=unmapped.sorted(),
    )


def _ids(lines: Sequence[Line], mistakes: Mistakes) -> dict[str, int]:
    seen: dict[str, int] = {}
    for line in lines:
        number = line.values.get("id")
        if not isinstance(number, str) or not number.strip():
            mistakes.add(line.number, "id: every item needs one, as a text", 'write "id": "1"')
        elif number in seen:
            mistakes.add(line.number, f'id: "{number}" stands on line {seen[number]} too', "ids are unique in a file")
        else:
            seen[number] = line.number
    return seen


def _identity(lines: Sequence[Line], ids: Mapping[str, int], mistakes: Mistakes) -> dict[str, pl.Series]:
    texts: dict[str, list[str | None]] = {"id": [], "key": [], "title": [], "parent_id": []}
    known: list[bool] = []
    for line in lines:
        number, parent = line.values.get("id"), _text(line, "parent", mistakes)
        own = number if isinstance(number, str) else ""
        if parent is not None and parent == own:
            mistakes.add(line.number, f'parent: "{own}" cannot be its own parent', "take it out, or name another item")
        if not isinstance(line.values.get("fields", {}), dict | None):
            mistakes.add(line.number, f"fields: {shown(line.values['fields'])} is not an object", 'write {"Name": 1}')
        texts["id"].append(own)
        texts["key"].append(_text(line, "key", mistakes) or own)
        texts["title"].append(_text(line, "title", mistakes))
        texts["parent_id"].append(parent if parent in ids else None)
        known.append(parent is not None)
    found = {name: pl.Series(name, values, dtype=pl.String()) for name, values in texts.items()}
    return {**found, "parent_known": pl.Series("parent_known", known, dtype=pl.Boolean())}


def _text(line: Line, key: str, mistakes: Mistakes) -> str | None:
    value = line.values.get(key)
    if value is None or isinstance(value, str):
        return value or None
    mistakes.add(line.number, f"{key}: {shown(value)} is not a text")
    return None


def _sources(lines: Sequence[Line], options: ExportOptions, wanted: frozenset[str]) -> list[_Source]:
    carried = {key for line in lines for key in line.values}
    found: dict[str, _Source] = {}
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


def _of_key(column: Column, key: str, options: ExportOptions) -> _Source:
    mapping = options.values.get(column.name, {})
    return _Source(column, lambda line: line.values.get(key), lambda line: key in line.values, key, mapping)


def _of_field(column: Column, key: str, options: ExportOptions) -> _Source:
    mapping = options.values.get(column.name.removeprefix("fields."), {})
    return _Source(
        column, lambda line: own_fields(line).get(key), lambda line: key in own_fields(line), f"fields.{key}", mapping
    )


def _series(source: _Source, lines: Sequence[Line], mistakes: Mistakes) -> pl.Series:
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
            mistakes.add(line.number, f"{source.shown}: {shown(value)} {wrong}", _hint(value, column))
    if column.type is ColumnType.TEXTS:
        return words.lists(column.name, good)
    if column.type not in (ColumnType.DATE, ColumnType.TIME):
        return pl.Series(column.name, _without_blanks(good), dtype=column.dtype, strict=False)
    parsed = words.typed(pl.Series(good, dtype=pl.String()), column, None, Unmapped())
    for line, value, day in zip(lines, good, parsed, strict=True):
        if value and day is None:
            mistakes.add(line.number, f"{source.shown}: {shown(value)} is not {expected}")
    return parsed


def _loose(source: _Source, lines: Sequence[Line], unmapped: Unmapped) -> pl.Series:
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


def _hint(value: object, column: Column) -> str | None:
    if column.type is not ColumnType.ENUM:
        return None
    near = suggestion(value, column.words) if isinstance(value, str) else None
    return near or "use " + ", ".join(column.words)


def _with_kinds(items: pl.DataFrame, lines: Sequence[Line], options: ExportOptions, unmapped: Unmapped) -> pl.DataFrame:
    """Kind, phase and on_hold: as the file states them, else from its words."""
    empty = {name: pl.lit(None, VOCABULARY[name].dtype).alias(name) for name in ("kind", "phase", "on_hold", "url")}
    items = items.with_columns(*(expr for name, expr in empty.items() if name not in items.columns))
    status = pl.col("status") if "status" in items.columns else pl.lit(None, pl.String())
    own_type = pl.col("issue_type") if "issue_type" in items.columns else pl.lit(None, pl.String())
    resolutions = [one if isinstance(one := line.values.get("resolution"), str) else None for line in lines]
    said = words.phase(
        status,
        pl.lit(pl.Series([line.closed for line in lines], dtype=pl.Boolean())),
        options,
        in_progress=pl.lit(pl.Series([line.doing for line in lines], dtype=pl.Boolean())),
        resolution=pl.lit(pl.Series(resolutions, dtype=pl.String())),
    )
    items = items.with_columns(
        kind=pl.coalesce("kind", words.kind(own_type, options)),
        phase=pl.coalesce("phase", said),
        on_hold=pl.coalesce("on_hold", words.on_hold(status, options)),
    )
    if "status" in items.columns:
        unmapped.note("phase", items.get_column("status"), items.get_column("phase"))
    return items
