"""The columns of a CSV export that mean something, read as what they are; each is read whole before any cell counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from pmo_sync.connectors.export.dates import DatesError, Moment, moments
from pmo_sync.connectors.export.lines import Mistakes, shown
from pmo_sync.connectors.export.numbers import NumbersError, numbers
from pmo_sync.connectors.export.sheet import MOST_CELLS, Sheet
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.connectors.words import declared
from pmo_sync.model.problem import near
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType

Headings: TypeAlias = tuple[str, ...]
"""What one column may be called: the first of these that the file has."""

_NUMBERS: Final = (ColumnType.FLOAT, ColumnType.HOURS, ColumnType.WORKING_DAYS, ColumnType.MONEY, ColumnType.INTEGER)
_DATES: Final = (ColumnType.DATE, ColumnType.TIME)
_IDENTITY: Final = frozenset({"id", "key", "title", "project", "issue_type", "status"})
"""Columns that every row has: of them nothing is hidden, whichever heading they stand under."""
_MOST_NAMED: Final = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """How one tracker writes its CSV.

    Attributes:
        columns: vocabulary column → its headings.
        own: the headings that a field of this name may have.
        apart: further headings that the reader looks at.
        several: one text with ", " in it holds several values.
        empty: texts that mean that nothing is there, by column.
    """

    columns: Mapping[str, Headings]
    own: Callable[[str], Headings]
    apart: Callable[[str], bool]
    several: bool = False
    empty: Mapping[str, str] = field(default_factory=dict)

    def wanted(self, options: ExportOptions) -> dict[str, Headings]:
        """The columns with the headings that `fields` names before their own."""
        named = {name: self.own(origin) for name, (_, origin) in declared(options).items() if name in self.columns}
        return {name: named.get(name, headings) for name, headings in self.columns.items()}


@dataclass(slots=True)
class Table:
    """The cells of the headings that were asked for, and the line that each row begins on."""

    sheet: Sheet
    numbers: list[int]
    cells: dict[int, list[str]]

    def one(self, names: Headings) -> list[str]:
        """The texts below a heading, of several the first that is filled; all empty where no such heading is there."""
        places = self.sheet.places(*names)
        if len(places) == 1:
            return self.cells[places[0]]
        return [next(iter(texts), "") for texts in self.all(names)]

    def all(self, names: Headings) -> list[list[str]]:
        """The filled texts below a heading that may stand several times."""
        columns = [self.cells[place] for place in self.sheet.places(*names)]
        if not columns:
            return [[] for _ in self.numbers]
        return [list(filter(None, cells)) for cells in zip(*columns, strict=True)]


def read_table(sheet: Sheet, layout: Layout, options: ExportOptions, mistakes: Mistakes) -> Table:
    """The rows of a sheet, of each only the cells that the layout or the settings name."""
    names = {name for headings in layout.wanted(options).values() for name in headings}
    names |= {name for origin in own_names(options) for name in layout.own(origin)}
    low = {name.casefold() for name in names}
    places = [at for at, one in enumerate(sheet.headings) if one.casefold() in low or layout.apart(one)]
    table = Table(sheet, [], {place: [] for place in places})
    known: dict[str, str] = {}
    for row in sheet.rows(mistakes):
        table.numbers.append(row.number)
        if len(table.numbers) * len(places) > MOST_CELLS:
            mistakes.add(row.number, f"there are more than {MOST_CELLS} cells to read", "export fewer items to a file")
            break
        for place, cells in table.cells.items():
            text = row.cells[place].strip()
            cells.append(known.setdefault(text, text))
    mistakes.raise_any()
    return table


def own_names(options: ExportOptions) -> list[str]:
    """The names of fields in the settings: those that are read, and those that are written."""
    write = options.write
    flags = () if write.flags is None else (write.flags,)
    read = (origin for _, origin in declared(options).values())
    return sorted({*flags, *write.fields.values(), *read})


def check_named(table: Table, layout: Layout, options: ExportOptions, mistakes: Mistakes) -> None:
    """Each column under `fields` that the file does not have is a mistake."""
    for name, (_, origin) in sorted(declared(options).items()):
        if not table.sheet.places(*layout.own(origin)):
            similar = _similar(origin, table.sheet.headings)
            hint = "did you mean " + " or ".join(f'"{one}"' for one in similar) + "?" if similar else None
            what = f'fields.{name.removeprefix("fields.")}: there is no column "{origin}"'
            mistakes.add(1, what, hint or headings_found(table.sheet))


def _similar(origin: str, headings: Sequence[str]) -> list[str]:
    """The headings nearest to a name, with or without the words that Jira puts around the name of a custom field."""
    bare = {heading.removeprefix("Custom field (").removesuffix(")"): heading for heading in headings}
    return list(dict.fromkeys(bare.get(name, name) for name in near(origin, [*bare, *headings])))


def headings_found(sheet: Sheet) -> str:
    """The headings of a file as a hint."""
    names = [shown(name) for name in dict.fromkeys(sheet.headings)]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return "the headings are: " + ", ".join(names[:_MOST_NAMED]) + more


_Dates: TypeAlias = dict[str, tuple[Column, list[str]]]


@dataclass(slots=True)
class Values:
    """Column → one value per row, in the forms of items.jsonl; `own` likewise, by the headings that pmo.yaml names."""

    columns: dict[str, Sequence[object]] = field(default_factory=dict)
    own: dict[str, Sequence[object]] = field(default_factory=dict)


def read_values(table: Table, layout: Layout, options: ExportOptions, mistakes: Mistakes) -> Values:
    """Every column that the file has. A column that cannot be read as what it is, is a mistake: none is half read."""
    values = Values()
    dates: _Dates = {}
    wanted = layout.wanted(options)
    for name, headings in wanted.items():
        if table.sheet.places(*headings):
            _native(table, layout, name, headings, values, dates, mistakes)
    named = {origin: (name, column) for name, (column, origin) in declared(options).items()}
    for origin in own_names(options):
        name, column = named.get(origin, ("", None))
        if name not in wanted and table.sheet.places(*layout.own(origin)):
            _own(table, layout, origin, column, values, dates, mistakes)
    for name, read in _days(table, dates, options, mistakes).items():
        (values.columns if name in wanted else values.own)[name] = read
    for origin, (name, _) in named.items():
        if name in values.columns and name not in _IDENTITY:
            values.own[origin] = values.columns.pop(name)
    mistakes.raise_any()
    return values


def _native(
    table: Table, layout: Layout, name: str, headings: Headings, values: Values, dates: _Dates, mistakes: Mistakes
) -> None:
    """One column of the tracker's own."""
    column, texts = VOCABULARY[name], table.one(headings)
    if column.type in _DATES:
        dates[name] = (column, texts)
    elif column.type is ColumnType.TEXTS:
        values.columns[name] = table.all(headings)
    elif column.type in (*_NUMBERS, ColumnType.SHARE):
        values.columns[name] = _numbers(table, headings[0], texts, mistakes)
    else:
        nothing = layout.empty.get(name)
        values.columns[name] = [None if text in ("", nothing) else text for text in texts]


def _own(
    table: Table,
    layout: Layout,
    origin: str,
    column: Column | None,
    values: Values,
    dates: _Dates,
    mistakes: Mistakes,
) -> None:
    """A field of pmo.yaml: its texts, numbers with their decimal point."""
    listed = table.all(layout.own(origin))
    texts = [", ".join(one) for one in listed]
    if column is not None and column.type in _DATES:
        dates[origin] = (column, texts)
    elif column is not None and column.type is ColumnType.TEXTS:
        parted = [[part for text in one for part in text.split(", ")] for one in listed]
        values.own[origin] = [list(filter(None, one)) for one in (parted if layout.several else listed)]
    elif column is not None and column.type in _NUMBERS and any("," in text for text in texts):
        values.own[origin] = _numbers(table, origin, texts, mistakes)
    else:
        values.own[origin] = [text or None for text in texts]


def _numbers(table: Table, heading: str, texts: Sequence[str], mistakes: Mistakes) -> list[float | None]:
    try:
        read = numbers(texts)
    except NumbersError as error:
        line = table.numbers[texts.index(error.cell)]
        mistakes.add(line, f"{heading}: {shown(error.cell)} {error}", "export with decimal points, in English")
        return []
    return [read.get(text) for text in texts]


def _days(table: Table, dates: _Dates, options: ExportOptions, mistakes: Mistakes) -> dict[str, list[str | None]]:
    """Dates as days, times as instants. A column of times of which one cannot be told is left out: it is not seen."""
    zone = None if options.time_zone is None else ZoneInfo(options.time_zone)
    try:
        read = moments({name: texts for name, (_, texts) in dates.items()}, options.dates)
    except DatesError as error:
        line = table.numbers[dates[error.column][1].index(error.cell)]
        mistakes.add(line, f"{error.column}: {shown(error.cell)} {error}", error.hint)
        return {}
    found: dict[str, list[str | None]] = {}
    for name, (column, texts) in dates.items():
        told = {text: _told(moment, column, zone) for text, moment in read[name].items()}
        if None not in told.values():
            found[name] = [told.get(text) for text in texts]
    return found


def _told(moment: Moment, column: Column, zone: ZoneInfo | None) -> str | None:
    return moment.day.isoformat() if column.type is ColumnType.DATE else moment.instant(zone)


def fields_of(values: Values, groups: Sequence[object]) -> list[dict[str, object]]:
    """The own fields of each row. One that is empty in all rows of its group is not shown there: nobody can tell
    whether it is empty or hidden.
    """
    seen = {
        name: {group for group, one in zip(groups, column, strict=True) if one not in (None, [])}
        for name, column in values.own.items()
    }
    return [
        {name: column[at] for name, column in values.own.items() if group in seen[name]}
        for at, group in enumerate(groups)
    ]
