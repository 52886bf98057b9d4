"""The right side of a test: a literal of the column's type, `today`, a named value, or another column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from pmo_sync.model.duration import Duration, Unit, parse_duration
from pmo_sync.model.figure_names import AFTER_RULES
from pmo_sync.model.options import parse_share
from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType
from pmo_sync.rules.condition import Moment, Operation, Reference, Value, Words
from pmo_sync.rules.names import Names
from pmo_sync.rules.reading import Reader, is_number, shown
from pmo_sync.rules.tests import DAYS, NUMBERS, TEXTUAL

_TODAY: Final = "today"
_SHIFTED: Final = re.compile(r"today *([+-]) *(.+)")
_MOST_DIGITS: Final = 10
_GROUPED: Final = re.compile(r"-?\d+(?:[.,'  \u00a0\u202f]\d+)+ *%?")
_OWN_DIMENSION: Final = frozenset({ColumnType.MONEY, ColumnType.HOURS, ColumnType.WORKING_DAYS})


def dereferenced(reader: Reader, node: Node, values: Mapping[str, Node]) -> Node | None:
    """The node itself, or what stands behind `{value: name}`."""
    if not isinstance(node, Fields) or node.get("value") is None:
        return node
    reader.keys(node, ("value",), "a named value")
    name = node.get("value")
    if not isinstance(name, Leaf) or name.value not in values:
        known = ", ".join(values) or "none"
        shown_name = name.value if isinstance(name, Leaf) else ""
        hint = suggestion(str(shown_name), values)
        reader.wrong(
            name or node, "unknown-value", f"`{shown_name}` is none of this standard's `values`: {known}", hint
        )
        return None
    return values[str(name.value)]


def one(
    reader: Reader, column: Column, node: Node, names: Names, *, lists: bool = False
) -> Value | Moment | Reference | None:
    """One value for this column; `lists` asks for a list column instead of one of the column's own type."""
    target = dereferenced(reader, node, names.values)
    if target is None:
        return None
    if isinstance(target, Fields):
        return _reference(reader, column, target, names, lists=lists)
    return literal(reader, column, target)


def literal(reader: Reader, column: Column, node: Node, *, shifts: bool = False) -> Value | Moment | None:
    """A literal of the column's type; `shifts` also takes `today + 3 working days`, which only cases do."""
    if not isinstance(node, Leaf):
        reader.wrong(node, "wrong-type", f"`{column.name}` takes one value, not {shown(node)}")
        return None
    if node.value is None:
        reader.wrong(node, "wrong-type", f"`{column.name}` is compared with nothing: write `{column.name}: absent`")
        return None
    if column.type in DAYS:
        return _day(reader, column, node, shifts=shifts)
    read = _number if column.type in NUMBERS else _READERS.get(column.type, _text)
    return read(reader, column, node)


def _text(reader: Reader, column: Column, node: Leaf) -> Value | None:
    text = reader.text(node, f"`{column.name}`")
    return None if text is None else Value(text, text)


def _truth(reader: Reader, column: Column, node: Leaf) -> Value | None:
    truth = reader.truth(node, f"`{column.name}`")
    return None if truth is None else Value(truth, str(truth).lower())


def _day(reader: Reader, column: Column, node: Leaf, *, shifts: bool) -> Value | Moment | None:
    text = node.value.strip() if isinstance(node.value, str) else ""
    if text == _TODAY:
        return Moment()
    shifted = _SHIFTED.fullmatch(text)
    if shifted and shifts:
        span = reader.duration(Leaf(shifted[2], node.source, node.width), f"`{column.name}`")
        return None if span is None else Moment(span, 1 if shifted[1] == "+" else -1)
    try:
        day = date.fromisoformat(text[:10]) if column.type is ColumnType.TIME else date.fromisoformat(text)
    except ValueError:
        other = VOCABULARY.get(text)
        hint = "write `{column: today, plus: 10 working days}`" if shifted else "write 2026-12-01 or today"
        hint = f"to compare with another column write `{{column: {text}}}`" if other is not None else hint
        reader.wrong(node, "wrong-type", f"`{column.name}` takes a date, not {shown(node)}", hint)
        return None
    return Value(day, day.isoformat())


def _number(reader: Reader, column: Column, node: Leaf) -> Value | None:
    value = node.value
    if is_number(value):
        return Value(float(value), f"{value}")
    text = value if isinstance(value, str) else ""
    if (share := parse_share(text)) is not None:
        if column.type is ColumnType.SHARE:
            return Value(share, text)
        reader.wrong(node, "wrong-type", f"`{column.name}` is no share, so it takes a number and not `{text}`")
        return None
    if column.type is ColumnType.WORKING_DAYS and text[:1].isdigit():
        span = reader.duration(node, f"`{column.name}`")
        return None if span is None else _working_days(reader, column, node, span)
    if parse_duration(text) is not None:
        reader.wrong(node, "unknown-unit", f"`{column.name}` is no number of working days: `{text}` is no limit for it")
        return None
    hint = "write a percentage such as `5%`" if column.type is ColumnType.SHARE else None
    if _GROUPED.fullmatch(text):
        hint = "write the decimals after a point, and no marks between thousands: 50000 or 7.5"
    elif text in VOCABULARY:
        hint = f"to compare with another column write `{{column: {text}}}`"
    reader.wrong(node, "wrong-type", f"`{column.name}` takes a number, not {shown(node)}", hint)
    return None


def _working_days(reader: Reader, column: Column, node: Node, span: Duration) -> Value | None:
    if span.unit is not Unit.WORKING_DAYS:
        message = f"`{column.name}` counts working days, so it takes them and not `{span}`"
        reader.wrong(node, "unknown-unit", message, f"did you mean `{Duration(span.amount, Unit.WORKING_DAYS)}`?")
        return None
    return Value(float(span.amount), str(span))


def _word(reader: Reader, column: Column, node: Leaf) -> Value | None:
    if isinstance(node.value, str) and node.value in column.words:
        return Value(str(node.value), node.value)
    known = ", ".join(column.words)
    reader.wrong(
        node,
        "unknown-word",
        f"`{column.name}` has no word {shown(node)}; it has {known}",
        suggestion(str(node.value), column.words),
    )
    return None


_READERS: Final[Mapping[ColumnType, Callable[[Reader, Column, Leaf], Value | None]]] = {
    ColumnType.BOOLEAN: _truth,
    ColumnType.ENUM: _word,
}


def many(reader: Reader, column: Column, node: Node, values: Mapping[str, Node]) -> Words | None:
    """A list of literals; a single one counts as a list of one."""
    target = dereferenced(reader, node, values)
    if target is None:
        return None
    nodes = target.items if isinstance(target, Entries) else (target,)
    if not nodes:
        reader.wrong(node, "wrong-type", f"the list for `{column.name}` is empty")
        return None
    found = [literal(reader, column, item) for item in nodes]
    if any(isinstance(value, Moment) for value in found):
        reader.wrong(node, "wrong-type", "a list takes dates, not `today`")
        return None
    words = tuple(value for value in found if isinstance(value, Value))
    return Words(words) if len(words) == len(nodes) else None


# --- other columns --------------------------------------------------------------------------------------------------
def _reference(reader: Reader, left: Column, node: Fields, names: Names, *, lists: bool) -> Moment | Reference | None:
    reader.keys(node, ("column", *Operation), "the right side of a test")
    name = node.get("column")
    operations = [(key, right) for key, right in node if key.value in tuple(Operation)]
    if not isinstance(name, Leaf):
        reader.wrong(node, "missing-key", "the right side of a test is a value, `{value: …}` or `{column: …}`")
        return None
    if len(operations) > 1:
        reader.wrong(operations[1][0], "wrong-type", "one of times, plus and minus is allowed, not several")
        return None
    is_today = name.value == _TODAY and left.type in DAYS
    right = None if is_today else _column(reader, left, name, names, lists=lists)
    if right is None and not is_today:
        return None
    if not operations:
        return Moment() if right is None else Reference(right)
    operation = Operation(str(operations[0][0].value))
    amount = _amount(reader, left, operation, operations[0][1], names.values)
    if isinstance(amount, Duration) and right is None:
        return Moment(amount, 1 if operation is Operation.PLUS else -1)
    return None if amount is None or right is None else Reference(right, operation, amount)


def _column(reader: Reader, left: Column, name: Leaf, names: Names, *, lists: bool) -> Column | None:
    right = names.columns.find(str(name.value), names.subject)
    if str(name.value) in AFTER_RULES:
        reader.wrong(name, "after-rules", f"`{name.value}` is made from verdicts: no standard may name it")
    elif right is None:
        hint = suggestion(str(name.value), {*names.columns.names(names.subject), _TODAY})
        reader.wrong(name, "unknown-column", f"`{name.value}` is no column or figure of the subject", hint)
    elif not (right.type is ColumnType.TEXTS if lists else _comparable(left, right)):
        wanted = "a list column" if lists else f"a column like `{left.name}`"
        reader.wrong(name, "wrong-type", f"`{right.name}` cannot be compared with `{left.name}`", f"name {wanted}")
    else:
        return right
    return None


def _comparable(left: Column, right: Column) -> bool:
    if left.type in DAYS:
        return right.type in DAYS
    if left.type in TEXTUAL:
        return right.type in TEXTUAL
    if left.type is ColumnType.ENUM:
        return right.type is ColumnType.ENUM and (left.words == right.words or not left.ordered)
    if left.type in NUMBERS:
        both = {left.type, right.type}
        return right.type in NUMBERS and (len(both & _OWN_DIMENSION) <= 1 or len(both) == 1)
    return left.type is right.type


def _amount(
    reader: Reader, left: Column, operation: Operation, node: Node, values: Mapping[str, Node]
) -> float | Duration | None:
    target = dereferenced(reader, node, values)
    if target is None:
        return None
    if left.type in DAYS:
        if operation is Operation.TIMES:
            reader.wrong(node, "wrong-type", "a date takes plus or minus a duration, not times")
            return None
        return reader.duration(target, f"`{operation}`")
    if left.type not in NUMBERS:
        reader.wrong(node, "wrong-type", f"nothing can be added to `{left.name}`")
        return None
    if operation is Operation.TIMES or not isinstance(target, Leaf):
        return share_or_number(reader, target, values)
    found = _number(reader, left, target)
    return float(found.literal) if found is not None and isinstance(found.literal, int | float) else None


# --- plain numbers and texts ----------------------------------------------------------------------------------------
def number(reader: Reader, node: Node, values: Mapping[str, Node]) -> float | None:
    """A number."""
    target = dereferenced(reader, node, values)
    if target is None:
        return None
    if isinstance(target, Leaf) and is_number(target.value):
        return float(target.value)
    reader.wrong(target, "wrong-type", f"a number is needed here, not {shown(target)}")
    return None


def share_or_number(reader: Reader, node: Node, values: Mapping[str, Node]) -> float | None:
    """A number, or a percentage as a number from 0 to 1."""
    target = dereferenced(reader, node, values)
    if isinstance(target, Leaf) and isinstance(target.value, str) and (share := parse_share(target.value)) is not None:
        return share
    return None if target is None else number(reader, target, values)


def whole(reader: Reader, node: Node, values: Mapping[str, Node], *, unit: str | None = None) -> int | None:
    """A whole number of at least 0; with a unit also written `2 steps`."""
    target = dereferenced(reader, node, values)
    if target is None:
        return None
    if isinstance(target, Leaf) and isinstance(target.value, int) and is_number(target.value):
        if target.value >= 0:
            return int(target.value)
    elif isinstance(target, Leaf) and isinstance(target.value, str) and unit is not None:
        match = re.fullmatch(rf"(\d+) +{unit}s?", target.value.strip())
        if match and len(match[1]) < _MOST_DIGITS:
            return int(match[1])
    written = f", or `1 {unit}`," if unit else ""
    reader.wrong(target, "wrong-type", f"a whole number of at least 0{written} is needed here, not {shown(target)}")
    return None


def text_value(reader: Reader, node: Node, values: Mapping[str, Node]) -> Value | None:
    """A text."""
    target = dereferenced(reader, node, values)
    text = None if target is None else reader.text(target, "the right side of this test")
    return None if text is None else Value(text, text)
