"""From a tracker's words to the PMO's: texts to typed columns, statuses to phases, types to kinds.

A word that nothing maps becomes null and is counted; it is never guessed. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR
from typing import Final

import polars as pl

from pmo_sync.connectors.options import CustomField, TrackerOptions, WordMap
from pmo_sync.model.vocabulary import FROM_HISTORY, VOCABULARY, Column, ColumnType, custom
from pmo_sync.model.words import Kind, Phase

_MOST_WORDS: Final = 20
_TRUE: Final = ("1", "true", "yes")
_FALSE: Final = ("0", "false", "no")
FROM: Final = "from"


@dataclass(slots=True)
class Unmapped:
    """Words that nothing maps, with how many times each was met."""

    counts: list[tuple[str, str, int]] = field(default_factory=list)

    def note(self, column: str, raw: pl.Series, typed: pl.Series) -> None:
        """Counts the words of `raw` that became null in `typed`: the most frequent ones of a column."""
        lost = raw.filter(raw.is_not_null() & typed.is_null())
        if lost.is_empty():
            return
        tally = lost.value_counts(name="n").sort(["n", raw.name], descending=[True, False]).head(_MOST_WORDS)
        self.counts.extend((column, word[:80], n) for word, n in tally.iter_rows())

    def sorted(self) -> tuple[tuple[str, str, int], ...]:
        """By column and word."""
        return tuple(sorted(self.counts))


def declared(options: TrackerOptions) -> dict[str, tuple[Column, str]]:
    """Column name → its type and the tracker's field it is read from, for each entry of `fields`."""
    columns: dict[str, tuple[Column, str]] = {}
    for name, entry in options.fields.items():
        if isinstance(entry, CustomField):
            columns[f"fields.{name}"] = (custom(name, entry.type), entry.field)
        elif name in VOCABULARY:
            columns[name] = (VOCABULARY[name], entry)
    return columns


def not_mapped(columns: frozenset[str], options: TrackerOptions) -> frozenset[str]:
    """The columns without those that follow from history but that the settings read from a field."""
    made = {name for name, mapping in options.values.items() if FROM in mapping}
    return columns - (FROM_HISTORY & ({*declared(options)} | made))


def typed(
    raw: pl.Series, column: Column, words: WordMap | None, unmapped: Unmapped, codes: pl.Series | None = None
) -> pl.Series:
    """The texts of one column as its type. Empty text is null; a text that is none of the type is null and counted.

    `words` maps texts first. For an enum a word also stands for itself, in any case and with blanks or hyphens.
    With `codes` the texts are the different ones, and it has the position of that of each row.
    """
    raw = _blank_to_null(raw.cast(pl.String).rename(column.name))
    texts = raw
    if words:
        mapping = {word: _text(value) for word, value in words.items() if word != FROM}
        closed = FROM in words  # another column's words: those that are not listed say nothing here
        mapped = raw.replace_strict(mapping, default=None, return_dtype=pl.String)
        texts = mapped if closed else mapped.fill_null(raw)
    values = texts.to_frame().select(_parsed(pl.col(column.name), column)).to_series()
    if codes is not None:
        raw, values = raw.gather(codes), values.gather(codes)
    unmapped.note(column.name, raw, values)
    return values


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - a word of the settings
    return str(value).lower() if isinstance(value, bool) else str(value)


def _blank_to_null(raw: pl.Series) -> pl.Series:
    stripped = raw.str.strip_chars()
    return raw.set(stripped == "", None) if raw.len() else raw


def _parsed(text: pl.Expr, column: Column) -> pl.Expr:
    """The text as the column's type, null where it is none of it."""
    bare = text.str.strip_chars()
    if column.type is ColumnType.ENUM:
        return _enum(bare, column)
    if column.type in (ColumnType.TEXT, ColumnType.PERSON):
        return text
    return _PARSERS[column.type](bare).cast(column.dtype)


def _number(bare: pl.Expr) -> pl.Expr:
    number = bare.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _share(bare: pl.Expr) -> pl.Expr:
    """0 to 1, or a percentage; anything else cannot be a share and is not guessed."""
    percent = bare.str.ends_with("%")
    number = _number(pl.when(percent).then(bare.str.strip_suffix("%").str.strip_chars()).otherwise(bare))
    share = pl.when(percent).then(number / 100).otherwise(number)
    return pl.when(share.is_between(0, 1)).then(share)


def _integer(bare: pl.Expr) -> pl.Expr:
    number = _number(bare)
    return pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False)


def _boolean(bare: pl.Expr) -> pl.Expr:
    low = bare.str.to_lowercase()
    return pl.when(low.is_in(_TRUE)).then(pl.lit(True)).when(low.is_in(_FALSE)).then(pl.lit(False))


def _enum(bare: pl.Expr, column: Column) -> pl.Expr:
    known = {word.lower(): word for word in column.words}
    plain = bare.str.to_lowercase().str.replace_all(r"[\s/_-]+", "_")
    return plain.replace_strict(known, default=None, return_dtype=pl.String).cast(column.dtype, strict=False)


def _of_our_calendar(day: pl.Expr) -> pl.Expr:
    """Null for a year of more or fewer than four digits, which no date of Python can hold."""
    return pl.when(day.dt.year().is_between(MINYEAR, MAXYEAR)).then(day)


_PARSERS: Final[dict[ColumnType, Callable[[pl.Expr], pl.Expr]]] = {
    **dict.fromkeys((ColumnType.FLOAT, ColumnType.HOURS, ColumnType.WORKING_DAYS, ColumnType.MONEY), _number),
    ColumnType.SHARE: _share,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: lambda bare: _of_our_calendar(bare.str.to_date("%Y-%m-%d", strict=False)),
    ColumnType.TIME: lambda bare: _of_our_calendar(
        bare.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    ),
    ColumnType.TEXTS: pl.concat_list,
}


def lists(name: str, values: Sequence[object]) -> pl.Series:
    """A column of lists of texts; null for what is no list. Each different list is built once, which is quick."""
    places: dict[tuple[str, ...], int] = {}
    rows = [places.setdefault(tuple(one), len(places)) if isinstance(one, list) else None for one in values]
    different = pl.Series(name, [list(one) for one in places], dtype=pl.List(pl.String()))
    return different.gather(pl.Series(rows, dtype=pl.UInt32()))


def phase(
    status: pl.Expr,
    is_closed: pl.Expr,
    options: TrackerOptions,
    *,
    in_progress: pl.Expr | None = None,
    resolution: pl.Expr | None = None,
) -> pl.Expr:
    """The phase of a status: `dropped` (which may list resolutions too) and `phases` win over what the tracker says.

    An open status is doing if listed under doing or hold, or `in_progress`, else todo; null where the tracker does not
    say whether it is closed and nothing lists it.
    """
    words = options.phases
    dropped = status.is_in(options.dropped)
    if resolution is not None:
        dropped = dropped.fill_null(value=False) | resolution.is_in(options.dropped)
    doing = is_closed.not_() & (pl.lit(value=False) if in_progress is None else in_progress)
    return (
        pl.when(dropped)
        .then(pl.lit(Phase.DROPPED.value))
        .when(status.is_in(words.done))
        .then(pl.lit(Phase.DONE.value))
        .when(status.is_in(words.doing))
        .then(pl.lit(Phase.DOING.value))
        .when(status.is_in(words.todo))
        .then(pl.lit(Phase.TODO.value))
        .when(is_closed)
        .then(pl.lit(Phase.DONE.value))
        .when(status.is_in(words.hold) | doing)
        .then(pl.lit(Phase.DOING.value))
        .when(is_closed.not_())
        .then(pl.lit(Phase.TODO.value))
        .cast(VOCABULARY["phase"].dtype)
    )


def on_hold(status: pl.Expr, options: TrackerOptions) -> pl.Expr:
    """True where the status is listed under hold; never null."""
    return status.is_in(options.phases.hold).fill_null(value=False)  # an item without a status is on nobody's hold list


def kind(issue_type: pl.Expr, options: TrackerOptions) -> pl.Expr:
    """The kind that lists a type; a type that none lists is a task."""
    listed = {word: name.value for name, words in options.kinds.items() for word in words}
    known = issue_type.replace_strict(listed, default=Kind.TASK.value, return_dtype=pl.String)
    return known.fill_null(Kind.TASK.value).cast(VOCABULARY["kind"].dtype)
