"""From YAML to the tree of a condition. Types are checked here, so that what is compiled later cannot be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model.figure_names import AFTER_RULES
from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.vocabulary import Column
from pmo_sync.rules.columns import RELATIONS, SINGULAR, Columns, relatives
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Apart,
    Bounds,
    Condition,
    Frame,
    Not,
    Operand,
    Quantifier,
    Reference,
    Related,
    Span,
    Test,
    Value,
    Words,
)
from pmo_sync.rules.operands import dereferenced, many, number, one, share_or_number, text_value, whole
from pmo_sync.rules.reading import Reader, shown
from pmo_sync.rules.tests import BY_AT_LEAST, COMPARISONS, NOT_YET, SEEING, WORDS, Shape

_COMBINERS: Final = ("all", "any", "not")
_QUANTIFIERS: Final = frozenset(Quantifier) - {Quantifier.IS}


@dataclass(frozen=True, slots=True)
class Names:
    """Which names a condition may use: left the columns of `frames`, right those of `subject`, and the values."""

    columns: Columns
    frames: tuple[Frame, ...]
    subject: tuple[Frame, ...]
    values: Mapping[str, Node]

    def inside(self, relation: str) -> Names:
        """The names inside a relation: left the relative's, right the subject's."""
        # Inside a link the subject stays who has the link; `other` is its relative, not the link's.
        subject = self.subject if Frame.LINK in self.frames and self.subject != self.frames else self.frames
        return replace(self, frames=relatives(relation, self.frames), subject=subject)


def condition(reader: Reader, node: Node, names: Names) -> Condition | None:
    """The condition that a mapping is: every entry must hold. None when something in it is wrong."""
    fields = reader.fields(node, "a condition")
    if fields is None:
        return None
    parts: list[Condition | None] = []
    for key, right in fields:
        word = str(key.value)
        if word in _COMBINERS:
            parts.append(_combined(reader, key, word, right, names))
        else:
            parts.extend(_entry(reader, key, right, names))
    return _whole(parts, fields)


def _whole(parts: list[Condition | None], node: Node) -> Condition | None:
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else AllOf(found, node.source)


def _combined(reader: Reader, key: Leaf, word: str, right: Node, names: Names) -> Condition | None:
    if word == "not":
        part = condition(reader, right, names)
        return None if part is None else Not(part, key.source)
    if not isinstance(right, Entries) or not right.items:
        reader.wrong(right, "wrong-type", f"`{word}` takes a list of conditions, not {shown(right)}")
        return None
    parts = [condition(reader, item, names) for item in right.items]
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return (AllOf if word == "all" else AnyOf)(found, key.source)


def _entry(reader: Reader, key: Leaf, right: Node, names: Names) -> list[Condition | None]:
    name = str(key.value)
    if _is_relation(name, right, names):
        return _relation(reader, key, right, names)
    column = _left(reader, key, names)
    if column is None:
        return [None]
    match right:
        case Leaf(value=str() as word) if word in SEEING:
            return [Test(column, word, None, key.source)]
        case Leaf():
            return [_test(reader, key, column, "is", right, names)]
        case Entries():
            return [_test(reader, key, column, "in", right, names)]
        case Fields() if right.get("value") is not None:
            named = names.values.get(_value_name(right))
            return [_test(reader, key, column, "in" if isinstance(named, Entries) else "is", right, names)]
        case Fields() if right.get("column") is not None:
            return [_test(reader, key, column, "is", right, names)]
        case Fields():
            return _tests(reader, key, column, right, names)


def _value_name(node: Fields) -> str:
    named = node.get("value")
    return str(named.value) if isinstance(named, Leaf) else ""


def _left(reader: Reader, key: Leaf, names: Names) -> Column | None:
    name = str(key.value)
    if name in AFTER_RULES:
        reader.wrong(key, "after-rules", f"`{name}` is made from verdicts: no standard may name it")
        return None
    column = names.columns.find(name, names.frames)
    if column is None:
        where = " or ".join(f"{'an' if frame is Frame.ITEM else 'a'} {frame}" for frame in names.frames)
        if name.startswith("fields."):
            hint = suggestion(name, names.columns.names(names.frames))
            message = f"`{name}` is not declared: give it a type under `fields` of a tracker in pmo.yaml"
        else:
            hint = suggestion(name, {*names.columns.names(names.frames), *_COMBINERS})
            message = f"`{name}` is no column, figure or relation of {where}"
        reader.wrong(key, "unknown-column", message, hint)
    return column


def _tests(reader: Reader, key: Leaf, column: Column, fields: Fields, names: Names) -> list[Condition | None]:
    if not fields.entries:
        reader.wrong(fields, "unknown-test", f"`{column.name}` has no test")
        return [None]
    steps = fields.get(BY_AT_LEAST)
    least = None if steps is None else whole(reader, steps, names.values, unit="step")
    parts: list[Condition | None] = []
    for word, right in fields:
        if word.value == BY_AT_LEAST:
            if not {"better_than", "worse_than"} & {str(other.value) for other, _ in fields}:
                reader.wrong(word, "wrong-test", "`by_at_least` stands beside `better_than` or `worse_than`")
            parts.extend([] if least is not None else [None])
            continue
        test = _test(reader, word, column, str(word.value), right, names)
        if test is not None and least is not None and isinstance(test.operand, Value | Reference):
            test = replace(test, operand=Apart(test.operand, least))
        parts.append(test)
    return parts


def _test(reader: Reader, key: Leaf, column: Column, word: str, right: Node, names: Names) -> Test | None:
    if word in NOT_YET:
        reader.wrong(key, "not-yet", f"`{word}` looks at history: this version cannot judge it yet; leave it out")
        return None
    if word in SEEING:
        reader.wrong(key, "wrong-test", f"write `{column.name}: {word}`")
        return None
    rule = WORDS.get(word)
    if rule is None:
        known = [name for name, other in WORDS.items() if column.type in other.types]
        reader.wrong(
            key, "unknown-test", f"`{word}` is no test", suggestion(word, known) or f"one of {', '.join(known)}"
        )
        return None
    if column.type not in rule.types or (rule.shape is Shape.SCALE and not column.ordered):
        fitting = ", ".join(
            name
            for name, other in WORDS.items()
            if column.type in other.types and (other.shape is not Shape.SCALE or column.ordered)
        )
        message = f"`{word}` does not suit `{column.name}`, which is {_kind_of(column)}"
        reader.wrong(key, "wrong-test", message, f"use present, absent, {fitting}")
        return None
    operand = _operand(reader, column, rule.shape, right, names)
    return None if operand is None else Test(column, word, operand, key.source)


def _kind_of(column: Column) -> str:
    words = {
        "text": "a text",
        "person": "a person",
        "int": "a whole number",
        "float": "a number",
        "hours": "a number of hours",
        "working_days": "a number of working days",
        "share": "a share",
        "money": "money",
        "bool": "true or false",
        "date": "a date",
        "time": "a time",
        "enum": f"one of {', '.join(column.words)}",
        "texts": "a list of texts",
    }
    return words[column.type.value]


def _operand(reader: Reader, column: Column, shape: Shape, right: Node, names: Names) -> Operand:
    values = names.values
    match shape:
        case Shape.ONE | Shape.SCALE:
            return one(reader, column, right, values, names.columns, names.subject)
        case Shape.MANY:
            return many(reader, column, right, values)
        case Shape.MANY_OR_LIST:
            return _list_or_column(reader, column, right, names)
        case Shape.SPAN:
            return _span(reader, right, values)
        case Shape.NUMBER:
            length = whole(reader, right, values)
            return None if length is None else Value(length, str(length))
        case Shape.TEXT:
            return text_value(reader, right, values)
        case Shape.PATTERN:
            return _pattern(reader, right, values)
        case Shape.COUNT:
            return _bounds(reader, right, values)


def _list_or_column(reader: Reader, column: Column, right: Node, names: Names) -> Words | Reference | None:
    if not isinstance(right, Fields) or right.get("column") is None:
        return many(reader, column, right, names.values)
    found = one(reader, column, right, names.values, names.columns, names.subject, lists=True)
    return found if isinstance(found, Reference) else None


def _span(reader: Reader, right: Node, values: Mapping[str, Node]) -> Span | None:
    node = dereferenced(reader, right, values)
    found = None if node is None else reader.duration(node, "the test")
    if node is not None and found is not None and found.amount < 0:
        reader.wrong(node, "wrong-type", f"`{found}` is negative; an age or a horizon counts from 0")
        return None
    return None if found is None else Span(found)


def _pattern(reader: Reader, right: Node, values: Mapping[str, Node]) -> Value | None:
    found = text_value(reader, right, values)
    if found is None:
        return None
    try:
        pl.select(pl.lit("").str.contains(pl.lit(found.literal)))
    except pl.exceptions.ComputeError as error:
        reason = next((line for line in str(error).splitlines() if line.startswith("error:")), "error: not readable")
        reader.wrong(right, "bad-pattern", f"no regular expression this tool can run: {reason.removeprefix('error: ')}")
        return None
    return found


def _bounds(reader: Reader, right: Node, values: Mapping[str, Node], *, share: bool = False) -> Bounds | None:
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


# --- relations ----------------------------------------------------------------------------------------------------
def _is_relation(name: str, right: Node, names: Names) -> bool:
    if not relatives(name, names.frames):
        return False
    # `items` and `leaves` are figures of a node too: a number is meant unless a quantifier follows.
    is_column = names.columns.find(name, names.frames) is not None
    has_quantifier = isinstance(right, Fields) and any(key.value in _QUANTIFIERS for key, _ in right)
    return has_quantifier or not is_column


def _relation(reader: Reader, key: Leaf, right: Node, names: Names) -> list[Condition | None]:
    name = str(key.value)
    fields = reader.fields(right, f"the right side of `{name}`")
    if fields is None:
        return [None]
    inside = names.inside(name)
    if name in SINGULAR:
        inner = condition(reader, fields, inside)
        return [None if inner is None else Related(name, Quantifier.IS, inner, key.source)]
    if not fields.entries:
        reader.wrong(fields, "unknown-test", f"`{name}` needs one of {', '.join(sorted(_QUANTIFIERS))}")
        return [None]
    parts: list[Condition | None] = []
    for word, node in fields:
        if word.value not in _QUANTIFIERS:
            known = sorted(_QUANTIFIERS)
            hint = suggestion(str(word.value), known) or f"one of {', '.join(known)}"
            reader.wrong(word, "unknown-test", f"`{word.value}` is no quantifier of `{name}`", hint)
            parts.append(None)
            continue
        parts.append(_quantified(reader, key, Quantifier(str(word.value)), node, inside))
    return parts


def _quantified(reader: Reader, key: Leaf, quantifier: Quantifier, node: Node, inside: Names) -> Related | None:
    name = str(key.value)
    match quantifier:
        case Quantifier.COUNT:
            limits = _bounds(reader, node, inside.values)
            return None if limits is None else Related(name, quantifier, AllOf((), key.source), key.source, 0, limits)
        case Quantifier.AT_LEAST:
            return _at_least(reader, key, node, inside)
        case Quantifier.SHARE:
            return _share(reader, key, node, inside)
        case _:
            inner = condition(reader, node, inside)
            return None if inner is None else Related(name, quantifier, inner, key.source)


def _at_least(reader: Reader, key: Leaf, node: Node, inside: Names) -> Related | None:
    fields = reader.fields(node, "`at_least`")
    if fields is None:
        return None
    reader.keys(fields, ("n", "where"), "`at_least`")
    amount, where = fields.get("n"), fields.get("where")
    if amount is None:
        reader.wrong(fields, "missing-key", "`at_least` needs `n`, the least number")
        return None
    least = whole(reader, amount, inside.values)
    inner = AllOf((), key.source) if where is None else condition(reader, where, inside)
    if least is None or inner is None:
        return None
    return Related(str(key.value), Quantifier.AT_LEAST, inner, key.source, least)


def _share(reader: Reader, key: Leaf, node: Node, inside: Names) -> Related | None:
    fields = reader.fields(node, "`share`")
    if fields is None:
        return None
    where = fields.get("where")
    if where is None:
        reader.wrong(fields, "missing-key", "`share` needs `where`, the condition whose share is meant")
        return None
    rest = Fields(tuple(pair for pair in fields.entries if pair[0].value != "where"), fields.source)
    inner = condition(reader, where, inside)
    limits = _bounds(reader, rest, inside.values, share=True)
    if inner is None or limits is None:
        return None
    return Related(str(key.value), Quantifier.SHARE, inner, key.source, 0, limits)


def knows_relation(name: str) -> bool:
    """True for a name that reaches relatives from some subject."""
    return name in RELATIONS
