"""The words of tests: for each one small function from both sides to an expression, and one line in WORDS.

Every function keeps Kleene's logic: a side that is null makes the result null. `present` and `absent` are not here:
they ask what can be seen (`rules.view`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from pmo_sync.model.duration import Duration
from pmo_sync.model.vocabulary import VOCABULARY, WITHOUT_HISTORY, Column, ColumnType
from pmo_sync.model.words import RAG_RANK, Rag, words
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import (
    Apart,
    Bounds,
    Literal,
    Moment,
    Moves,
    Operand,
    Operation,
    Reference,
    Span,
    Value,
    Words,
)

NUMBERS: Final = frozenset(
    {
        ColumnType.INTEGER,
        ColumnType.FLOAT,
        ColumnType.HOURS,
        ColumnType.WORKING_DAYS,
        ColumnType.SHARE,
        ColumnType.MONEY,
    }
)
DAYS: Final = frozenset({ColumnType.DATE, ColumnType.TIME})
TEXTUAL: Final = frozenset({ColumnType.TEXT, ColumnType.PERSON})
SCALES: Final = frozenset({ColumnType.ENUM})
SINGLE: Final = NUMBERS | DAYS | TEXTUAL | SCALES | {ColumnType.BOOLEAN}
LISTS: Final = frozenset({ColumnType.TEXTS})
_RAG_RANKS_PER_STEP: Final = 2  # one step is one colour of the coarser, three-level scale, whose ranks are 0, 2, 4


class Shape(StrEnum):
    """What may stand on the right of a test."""

    ONE = "a value or a column"
    MANY = "a list"
    MANY_OR_LIST = "a list or a list column"
    SPAN = "a duration"
    NUMBER = "a whole number"
    TEXT = "a text"
    PATTERN = "a regular expression"
    SCALE = "a word of the scale"
    COUNT = "tests of the number"
    HISTORY = "how often, and within which time"


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a test, ready for an expression. `left` of a date or time is a Date, of `changed` the number of
    changes.
    """

    column: Column
    left: pl.Expr
    operand: Operand
    clock: Clock
    other: Callable[[Column], pl.Expr]  # the subject's column, dates and times as Date

    @property
    def right(self) -> pl.Expr:
        """The one value on the right."""
        match self.operand:
            case Value():
                return literal(self.operand.literal)
            case Moment():
                return pl.lit(self.clock.moment(self.operand))
            case Reference():
                return self.reference(self.operand)
            case Apart(than=Value() as than):
                return literal(than.literal)
            case Apart(than=Reference() as than):
                return self.reference(than)
            case _:
                raise TypeError(f"no single value: {self.operand}")

    @property
    def values(self) -> list[Literal]:
        """The values of a list on the right."""
        if not isinstance(self.operand, Words):
            raise TypeError(f"no list: {self.operand}")
        return [value.literal for value in self.operand.values]

    @property
    def span(self) -> Duration:
        """The duration on the right."""
        if not isinstance(self.operand, Span):
            raise TypeError(f"no duration: {self.operand}")
        return self.operand.duration

    @property
    def moves(self) -> Moves:
        """How often it must have moved."""
        if not isinstance(self.operand, Moves):
            raise TypeError(f"no history: {self.operand}")
        return self.operand

    def reference(self, reference: Reference) -> pl.Expr:
        """Another column of the subject, after its one operation."""
        column = self.other(reference.column)
        match reference.operation, reference.amount:
            case Operation.PLUS, Duration() as span:
                return self.clock.calendar.shift(column, span)
            case Operation.MINUS, Duration() as span:
                return self.clock.calendar.shift(column, span, sign=-1)
            case Operation.PLUS, amount:
                return column + amount
            case Operation.MINUS, amount:
                return column - amount
            case Operation.TIMES, amount:
                return column * amount
            case _:
                return column


def literal(value: Literal) -> pl.Expr:
    """A constant of the type it has."""
    return pl.lit(value)


def _is(sides: Sides) -> pl.Expr:
    if isinstance(sides.operand, Reference) and sides.column.type is ColumnType.ENUM:
        return sides.left.cast(pl.String) == sides.right.cast(pl.String)
    return sides.left == sides.right


def _in(sides: Sides) -> pl.Expr:
    if isinstance(sides.operand, Reference):
        found = sides.right.list.contains(sides.left.cast(pl.String))
        return pl.when(sides.left.is_not_null()).then(found)
    # Numbers on the right are floats, and Polars looks for a value only among values of its own type.
    left = sides.left.cast(pl.Float64) if sides.column.type in NUMBERS else sides.left
    return left.is_in(sides.values)


def _any_of(sides: Sides) -> pl.Expr:
    return pl.any_horizontal([sides.left.list.contains(literal(word)) for word in sides.values])


def _all_of(sides: Sides) -> pl.Expr:
    return pl.all_horizontal([sides.left.list.contains(literal(word)) for word in sides.values])


def _better(sides: Sides) -> pl.Expr:
    return _apart(sides, sign=-1)


def _worse(sides: Sides) -> pl.Expr:
    return _apart(sides, sign=1)


def _apart(sides: Sides, *, sign: int) -> pl.Expr:
    """Grey, which is not on the scale, is neither better nor worse than anything."""
    left, right = sides.left.cast(pl.String), sides.right.cast(pl.String)
    steps = sides.operand.steps if isinstance(sides.operand, Apart) else 0
    is_rag = sides.column.words == words(Rag)
    least = steps * (_RAG_RANKS_PER_STEP if is_rag else 1)
    difference = (_rank(left, sides.column) - _rank(right, sides.column)) * sign
    holds = difference >= least if least else difference > 0
    return pl.when((left == Rag.GREY.value) | (right == Rag.GREY.value)).then(pl.lit(False)).otherwise(holds)


def _rank(word: pl.Expr, column: Column) -> pl.Expr:
    ranks = {name: rank for rank, name in enumerate(column.words)}
    if column.words == words(Rag):
        ranks = {colour.value: rank for colour, rank in RAG_RANK.items()}
    return word.replace_strict(list(ranks), list(ranks.values()), default=None, return_dtype=pl.Int16)


def bounds(number: pl.Expr, operand: Operand) -> pl.Expr:
    """Every test of a counted number holds."""
    if not isinstance(operand, Bounds):
        raise TypeError(f"no bounds: {operand}")
    return pl.all_horizontal([COMPARISONS[word](number, pl.lit(limit)) for word, limit in operand.tests])


COMPARISONS: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "is": lambda left, right: left == right,
    "is_not": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: what stands right of it, the types of column it suits, how people read it, and its expression."""

    shape: Shape
    types: frozenset[ColumnType]
    phrase: str
    build: Callable[[Sides], pl.Expr]


WORDS: Final[Mapping[str, Word]] = {
    "is": Word(Shape.ONE, SINGLE, "=", _is),
    "is_not": Word(Shape.ONE, SINGLE, "is not", lambda s: ~_is(s)),
    "in": Word(Shape.MANY_OR_LIST, SINGLE, "in", _in),
    "not_in": Word(Shape.MANY_OR_LIST, SINGLE, "not in", lambda s: ~_in(s)),
    "gt": Word(Shape.ONE, NUMBERS, ">", lambda s: s.left > s.right),
    "gte": Word(Shape.ONE, NUMBERS, "≥", lambda s: s.left >= s.right),
    "lt": Word(Shape.ONE, NUMBERS, "<", lambda s: s.left < s.right),
    "lte": Word(Shape.ONE, NUMBERS, "≤", lambda s: s.left <= s.right),
    "before": Word(Shape.ONE, DAYS, "before", lambda s: s.left < s.right),
    "after": Word(Shape.ONE, DAYS, "after", lambda s: s.left > s.right),
    "on_or_before": Word(Shape.ONE, DAYS, "on or before", lambda s: s.left <= s.right),
    "on_or_after": Word(Shape.ONE, DAYS, "on or after", lambda s: s.left >= s.right),
    "within": Word(
        Shape.SPAN,
        DAYS,
        "within",
        lambda s: (s.left >= pl.lit(s.clock.today)) & (s.left <= pl.lit(s.clock.horizon(s.span))),
    ),
    "older_than": Word(Shape.SPAN, DAYS, "older than", lambda s: s.left <= pl.lit(s.clock.last_older(s.span))),
    "newer_than": Word(Shape.SPAN, DAYS, "newer than", lambda s: s.left > pl.lit(s.clock.last_older(s.span))),
    "any_of": Word(Shape.MANY, LISTS, "any of", _any_of),
    "all_of": Word(Shape.MANY, LISTS, "all of", _all_of),
    "none_of": Word(Shape.MANY, LISTS, "none of", lambda s: ~_any_of(s)),
    "count": Word(Shape.COUNT, LISTS, "number", lambda s: bounds(s.left.list.len(), s.operand)),
    "contains": Word(Shape.TEXT, TEXTUAL, "contains", lambda s: s.left.str.contains(s.right, literal=True)),
    "starts_with": Word(Shape.TEXT, TEXTUAL, "starts with", lambda s: s.left.str.starts_with(s.right)),
    "matches": Word(Shape.PATTERN, TEXTUAL, "matches", lambda s: s.left.str.contains(s.right)),
    "min_length": Word(Shape.NUMBER, TEXTUAL, "length ≥", lambda s: s.left.str.len_chars() >= s.right),
    "better_than": Word(Shape.SCALE, SCALES, "better than", _better),
    "worse_than": Word(Shape.SCALE, SCALES, "worse than", _worse),
    "changed": Word(Shape.HISTORY, frozenset(ColumnType), "changed", lambda s: s.left >= s.moves.least),
}
"""Every test word but `present`, `absent` and `by_at_least`, which stands beside `better_than` and `worse_than`."""


def has_history(column: Column) -> bool:
    """True for a column that people edit: its changes can be told. Figures and what follows from others have none."""
    name = column.name
    return name.startswith("fields.") or (name in VOCABULARY and name not in WITHOUT_HISTORY)


SEEING: Final = ("present", "absent")
BY_AT_LEAST: Final = "by_at_least"
HISTORY: Final = "changed"

KINDS: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "a text",
    ColumnType.PERSON: "a person",
    ColumnType.INTEGER: "a whole number",
    ColumnType.FLOAT: "a number",
    ColumnType.HOURS: "a number of hours",
    ColumnType.WORKING_DAYS: "a number of working days",
    ColumnType.SHARE: "a share",
    ColumnType.MONEY: "money",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATE: "a date",
    ColumnType.TIME: "a time",
    ColumnType.TEXTS: "a list of texts",
}
"""Types as errors name them; an enum is named by its words."""
