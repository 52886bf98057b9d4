"""From YAML to the tests of one column. Types are checked here, so that what is compiled later cannot be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Fields, Leaf, Node
from pmo_sync.model.vocabulary import Column, ColumnType
from pmo_sync.rules.condition import Apart, Bounds, Moves, Operand, Reference, Span, Test, Value
from pmo_sync.rules.names import Names
from pmo_sync.rules.operands import dereferenced, many, number, one, share_or_number, text_value, whole
from pmo_sync.rules.reading import Reader
from pmo_sync.rules.tests import BY_AT_LEAST, COMPARISONS, HISTORY, KINDS, NUMBERS, SEEING, WORDS, Shape, has_history

_MOVES_FORM: Final = "write `changed: {within: 90 days, at_least: 3}`"


LONGEST_PATTERN: Final = 1_000


def several(reader: Reader, column: Column, fields: Fields, names: Names) -> list[Test | None]:
    """Every test of one column in a mapping; `by_at_least` sharpens the one it stands beside."""
    if not fields.entries:
        reader.wrong(fields, "unknown-test", f"`{column.name}` has no test")
        return [None]
    steps = fields.get(BY_AT_LEAST)
    least = None if steps is None else whole(reader, steps, names.values, unit="step")
    parts: list[Test | None] = []
    for word, right in fields:
        if word.value == BY_AT_LEAST:
            if not {"better_than", "worse_than"} & {str(other.value) for other, _ in fields}:
                reader.wrong(word, "wrong-test", "`by_at_least` stands beside `better_than` or `worse_than`")
            parts.extend([] if least is not None else [None])
            continue
        test = single(reader, word, column, str(word.value), right, names)
        if test is not None and least is not None and isinstance(test.operand, Value | Reference):
            test = replace(test, operand=Apart(test.operand, least))
        parts.append(test)
    return parts


def single(reader: Reader, key: Leaf, column: Column, word: str, right: Node, names: Names) -> Test | None:
    """One test of one column: the word must suit its type, and the right side the word."""
    if word in SEEING:
        reader.wrong(key, "wrong-test", f"write `{column.name}: {word}`")
        return None
    rule = WORDS.get(word)
    if rule is None:
        known = [*SEEING, *_suiting(column)]
        hint = suggestion(word, known) or f"use {', '.join(known)}"
        if word.isdigit() and column.type in NUMBERS:
            hint = "a comma separates; write decimals with a point: 7.5"
        reader.wrong(key, "unknown-test", f"`{word}` is no test", hint)
        return None
    if word == HISTORY and not has_history(column):
        reader.wrong(key, "wrong-test", f"`{column.name}` has no history: nobody edits it")
        return None
    if word not in _suiting(column):
        message = f"`{word}` does not suit `{column.name}`, which is {_kind_of(column)}"
        reader.wrong(key, "wrong-test", message, f"use {', '.join([*SEEING, *_suiting(column)])}")
        return None
    operand = _operand(reader, column, rule.shape, right, names)
    return None if operand is None else Test(column, word, operand, key.source)


def _suiting(column: Column) -> list[str]:
    """The words that suit a column; better and worse only where its words are a scale, `changed` if edited."""
    return [
        name
        for name, word in WORDS.items()
        if column.type in word.types
        and (word.shape is not Shape.SCALE or column.ordered)
        and (word.shape is not Shape.HISTORY or has_history(column))
    ]


def _kind_of(column: Column) -> str:
    if column.type is ColumnType.ENUM:
        return f"one of {', '.join(column.words)}"
    return KINDS[column.type]


def _operand(reader: Reader, column: Column, shape: Shape, right: Node, names: Names) -> Operand:
    return _SHAPES[shape](reader, column, right, names)


def _one(reader: Reader, column: Column, right: Node, names: Names) -> Operand:
    return one(reader, column, right, names)


def _many(reader: Reader, column: Column, right: Node, names: Names) -> Operand:
    return many(reader, column, right, names.values)


def _length(reader: Reader, _: Column, right: Node, names: Names) -> Operand:
    length = whole(reader, right, names.values)
    return None if length is None else Value(length, str(length))


def _text(reader: Reader, _: Column, right: Node, names: Names) -> Operand:
    return text_value(reader, right, names.values)


def _count(reader: Reader, _: Column, right: Node, names: Names) -> Operand:
    return bounds(reader, right, names.values)


def _list_or_column(reader: Reader, column: Column, right: Node, names: Names) -> Operand:
    if not isinstance(right, Fields) or right.get("column") is None:
        return many(reader, column, right, names.values)
    found = one(reader, column, right, names, lists=True)
    return found if isinstance(found, Reference) else None


def _span(reader: Reader, _: Column, right: Node, names: Names) -> Operand:
    node = dereferenced(reader, right, names.values)
    found = None if node is None else reader.duration(node, "the test")
    if node is not None and found is not None and found.amount < 0:
        reader.wrong(node, "wrong-type", f"`{found}` is negative; an age or a horizon counts from 0")
        return None
    return None if found is None else Span(found)


def _moves(reader: Reader, column: Column, right: Node, names: Names) -> Operand:
    fields = reader.fields(right, f"`{HISTORY}`")
    if fields is None:
        return None
    reader.keys(fields, ("within", "at_least"), f"`{HISTORY}`")
    within, least = fields.get("within"), fields.get("at_least")
    if within is None and least is None:
        reader.wrong(fields, "missing-key", f"`{HISTORY}` says how often, and within which time", _MOVES_FORM)
        return None
    often = 1 if least is None else whole(reader, least, names.values)
    span = None if within is None else _span(reader, column, within, names)
    if often is None or (within is not None and not isinstance(span, Span)):
        return None
    return Moves(span.duration if isinstance(span, Span) else None, often)


def _pattern(reader: Reader, _: Column, right: Node, names: Names) -> Operand:
    found = text_value(reader, right, names.values)
    if found is None:
        return None
    if len(str(found.literal)) > LONGEST_PATTERN:
        reader.wrong(right, "bad-pattern", f"a pattern of more than {LONGEST_PATTERN:,} characters", "say it in less")
        return None
    try:
        pl.select(pl.lit("").str.contains(pl.lit(found.literal)))
    except pl.exceptions.ComputeError as error:
        reason = next((line for line in str(error).splitlines() if line.startswith("error:")), "error: not readable")
        reader.wrong(right, "bad-pattern", f"no regular expression this tool can run: {reason.removeprefix('error: ')}")
        return None
    return found


def bounds(reader: Reader, right: Node, values: Mapping[str, Node], *, share: bool = False) -> Bounds | None:
    """Tests of a counted number, or of a share; a bare number means exactly that."""
    read = share_or_number if share else number
    if isinstance(right, Leaf) or (isinstance(right, Fields) and right.get("value") is not None):
        exactly = read(reader, right, values)
        return None if exactly is None else Bounds((("is", exactly),))
    fields = reader.fields(right, "`count`")
    if fields is None:
        return None
    if not fields.entries:
        reader.wrong(fields, "unknown-test", "there is no test of the number", f"one of {', '.join(COMPARISONS)}")
        return None
    tests: list[tuple[str, float]] = []
    for key, node in fields:
        if key.value not in COMPARISONS:
            reader.wrong(
                key, "unknown-test", f"`{key.value}` is no test of a number", suggestion(str(key.value), COMPARISONS)
            )
            return None
        limit = read(reader, node, values)
        if limit is None:
            return None
        tests.append((str(key.value), limit))
    return Bounds(tuple(tests))


_SHAPES: Final[Mapping[Shape, Callable[[Reader, Column, Node, Names], Operand]]] = {
    Shape.ONE: _one,
    Shape.SCALE: _one,
    Shape.MANY: _many,
    Shape.MANY_OR_LIST: _list_or_column,
    Shape.SPAN: _span,
    Shape.NUMBER: _length,
    Shape.TEXT: _text,
    Shape.PATTERN: _pattern,
    Shape.COUNT: _count,
    Shape.HISTORY: _moves,
}
"""How the right side of each shape is read."""
