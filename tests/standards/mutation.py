"""Mutants of standards: an operator flipped, a value moved, a clause dropped. `survival` runs them.

Mutants are made in the YAML tree of a standard and read like any standard; what cannot be read is no mutant.

Numbers move by one: durations by one unit, shares by one point, whole numbers by 1, fractions by 0.01 or, where they
are finer, by their last digit. A share of 0 moves to 10 %, as a smaller step would need a case of a hundred members.
Levels, `for`, modes and wording are not mutated: cases do not speak of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pmo_sync.model.duration import Duration, parse_duration
from pmo_sync.model.options import parse_share
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.rules.columns import SINGULAR
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import Standard

_FLIPS: Final[Mapping[str, tuple[str, ...]]] = {
    "gt": ("gte", "lte"),
    "gte": ("gt", "lt"),
    "lt": ("lte", "gte"),
    "lte": ("lt", "gt"),
    "before": ("on_or_before", "on_or_after"),
    "on_or_before": ("before", "after"),
    "after": ("on_or_after", "on_or_before"),
    "on_or_after": ("after", "before"),
    "older_than": ("newer_than",),
    "newer_than": ("older_than",),
    "is": ("is_not",),
    "is_not": ("is",),
    "in": ("not_in",),
    "not_in": ("in",),
    "any_of": ("none_of",),
    "all_of": ("none_of",),
    "none_of": ("any_of",),
    "better_than": ("worse_than",),
    "worse_than": ("better_than",),
    "plus": ("minus",),
    "minus": ("plus",),
    "present": ("absent",),
    "absent": ("present",),
}
_QUANTIFIERS: Final = {"any": ("all", "none"), "all": ("any", "none"), "none": ("any", "all")}
_COUNTED: Final = ("at_least", "count", "share")
_CONDITIONS: Final = ("applies_to", "require", "unless")
_COARSE: Final = 2

Changed = Iterator[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one standard, in words, and the standard that it makes."""

    standard: str
    change: str
    made: Standard


# --- making mutants ---------------------------------------------------------------------------------------------------
def mutants(source: StandardSource, custom: Mapping[str, ColumnType]) -> list[Mutant]:
    """Every mutant of one standard that can be read."""
    found: list[Mutant] = []
    seen = {repr(source.node)}
    for change, node in _of_standard(source.node):
        if repr(node) in seen:
            continue
        seen.add(repr(node))
        try:
            (made,) = parse([replace(source, node=node)], StandardsOptions(), custom=custom)
        except ConfigurationError:
            continue
        found.append(Mutant(made.id, change, made))
    return found


def _of_standard(standard: Fields) -> Iterator[tuple[str, Fields]]:
    for position, (key, node) in enumerate(standard):
        name = str(key.value)
        if name in ("kinds", "unless"):
            yield f"{name} dropped", _without(standard, position)
        changes: Changed = iter(())
        if name in _CONDITIONS:
            changes = _condition(node)
        elif name in ("values", "limit") and isinstance(node, Fields):
            changes = _numbers(node)
        elif name == "share" and isinstance(node, Fields):
            changes = _share(node)
        elif name == "escalate":
            changes = _escalations(node)
        for change, changed in changes:
            yield f"{name}{change}", _with(standard, position, changed)


def _escalations(node: Node) -> Changed:
    entries = node if isinstance(node, Entries) else Entries((node,), node.source)
    for position, entry in enumerate(entries.items):
        yield f"[{position}] dropped", _items(entries, position)
        if isinstance(entry, Fields):
            for change, changed in _under(entry, ("when",)):
                yield f"[{position}]{change}", _items(entries, position, changed)


def _share(fields: Fields) -> Changed:
    yield from _under(fields, ("among", "where"))
    for position, (key, node) in enumerate(fields):
        if key.value == "exempt" and isinstance(node, Entries):
            for change, changed in _words(node):
                yield f".exempt{change}", _with(fields, position, changed)


def _under(fields: Fields, keys: Sequence[str]) -> Changed:
    for position, (key, node) in enumerate(fields):
        if key.value in keys:
            for change, changed in _condition(node):
                yield f".{key.value}{change}", _with(fields, position, changed)


def _condition(node: Node) -> Changed:
    """Mutants of a mapping that is a condition."""
    if not isinstance(node, Fields):
        return
    for position, (key, right) in enumerate(node):
        name = str(key.value)
        yield f".{name} dropped", _without(node, position)
        if name in ("all", "any") and isinstance(right, Entries):
            if len(right.items) > 1:
                other = "any" if name == "all" else "all"
                yield f".{name} → {other}", _with(node, position, right, other)
            for change, changed in _list_of_conditions(right):
                yield f".{name}{change}", _with(node, position, changed)
        elif name == "not":
            yield ".not taken off", _with(node, position, Entries((right,), right.source), "all")
            for change, changed in _condition(right):
                yield f".not{change}", _with(node, position, changed)
        else:
            for change, changed in _right(name, right):
                yield f".{name}{change}", _with(node, position, changed)


def _list_of_conditions(entries: Entries) -> Changed:
    for position, item in enumerate(entries.items):
        if len(entries.items) > 1:
            yield f"[{position}] dropped", _items(entries, position)
        for change, changed in _condition(item):
            yield f"[{position}]{change}", _items(entries, position, changed)


def _right(name: str, node: Node) -> Changed:
    """Mutants of what stands right of a column or a relation."""
    if name in SINGULAR:
        yield from _condition(node)
    elif isinstance(node, Leaf):
        yield from _leaf(node)
    elif isinstance(node, Entries):
        yield " → not_in", _mapping("not_in", node)
        yield from _words(node)
    elif node.get("value") is not None or node.get("column") is not None:
        yield " → is_not", _mapping("is_not", node)
    else:
        for position, (word, operand) in enumerate(node):
            if len(node.entries) > 1:
                yield f".{word.value} dropped", _without(node, position)
            for change, made in _test(str(word.value), operand):
                yield change, Fields((*node.entries[:position], *made, *node.entries[position + 1 :]), node.source)


def _leaf(node: Leaf) -> Changed:
    if isinstance(node.value, bool):
        yield f" → {str(not node.value).lower()}", replace(node, value=not node.value)
    elif isinstance(node.value, str) and node.value in ("present", "absent"):
        (other,) = _FLIPS[node.value]
        yield f" → {other}", replace(node, value=other)
    else:
        yield " → is_not", _mapping("is_not", node)
        yield from _number(node)


def _test(word: str, operand: Node) -> Iterator[tuple[str, tuple[tuple[Leaf, Node], ...]]]:
    """Mutants of one test, or of one quantifier, as the entries that take its place."""
    key = Leaf(word, operand.source)
    for other in (*_QUANTIFIERS.get(word, ()), *_FLIPS.get(word, ())):
        yield f".{word} → {other}", ((replace(key, value=other), operand),)
    if word in _QUANTIFIERS:
        inner = _condition(operand)
    elif word in _COUNTED and isinstance(operand, Fields):
        inner = _counted(operand)
    elif word == "changed" and isinstance(operand, Fields):
        inner = _history(operand)
    else:
        inner = _operand(operand)
    for change, changed in inner:
        yield f".{word}{change}", ((key, changed),)


def _counted(fields: Fields) -> Changed:
    """Of `count`, `share` and `at_least`: the tests of the number, and the condition."""
    yield from _under(fields, ("where",))
    for position, (word, operand) in enumerate(fields):
        for other in _FLIPS.get(str(word.value), ()):
            yield f".{word.value} → {other}", _with(fields, position, operand, other)
        if word.value != "where":
            for change, changed in _operand(operand):
                yield f".{word.value}{change}", _with(fields, position, changed)


def _history(fields: Fields) -> Changed:
    """Without the time within which; once is what stands for `at_least` where nothing does."""
    for position, (key, node) in enumerate(fields):
        if key.value == "within" and len(fields.entries) > 1:
            yield ".within dropped", _without(fields, position)
        for change, changed in _operand(node):
            yield f".{key.value}{change}", _with(fields, position, changed)


def _operand(node: Node) -> Changed:
    if isinstance(node, Leaf):
        yield from _number(node)
    elif isinstance(node, Entries):
        yield from _words(node)
    else:
        for position, (key, right) in enumerate(node):
            for other in _FLIPS.get(str(key.value), ()):
                yield f".{key.value} → {other}", _with(node, position, right, other)
            if key.value in ("plus", "minus", "times"):
                yield f".{key.value} dropped", _without(node, position)


def _numbers(fields: Fields) -> Changed:
    for position, (key, node) in enumerate(fields):
        for change, changed in _words(node) if isinstance(node, Entries) else _number(node):
            yield f".{key.value}{change}", _with(fields, position, changed)


def _words(entries: Entries) -> Changed:
    for position, item in enumerate(entries.items):
        if len(entries.items) > 1 and isinstance(item, Leaf):
            yield f" without {item.value}", _items(entries, position)


def _number(node: Node) -> Changed:
    """A number, a share or a duration moved by one, up and down; nothing for what is none of them."""
    if not isinstance(node, Leaf) or isinstance(node.value, bool) or node.value is None:
        return
    for value in _moved(node.value):
        yield f" = {value}", replace(node, value=value)


def _moved(value: str | float) -> list[str | int | float]:
    if isinstance(value, int):
        return [value - 1, value + 1]
    if isinstance(value, float):
        digits = max(_COARSE, len(f"{value}".partition(".")[2]))
        return [round(value + sign * 10**-digits, digits) for sign in (-1, 1)]
    span = parse_duration(value)
    if span is not None:
        return [str(Duration(span.amount + sign, span.unit)) for sign in (-1, 1)]
    share = parse_share(value)
    if share is None:
        return []
    points = round(share * 100, 6)
    return ["10%"] if points == 0 else [f"{points - 1:g}%", f"{points + 1:g}%"]


# --- trees ------------------------------------------------------------------------------------------------------------
def _mapping(word: str, node: Node) -> Fields:
    return Fields(((Leaf(word, node.source), node),), node.source)


def _with(fields: Fields, position: int, node: Node, name: str | None = None) -> Fields:
    key, _ = fields.entries[position]
    pair = (key if name is None else replace(key, value=name), node)
    return Fields((*fields.entries[:position], pair, *fields.entries[position + 1 :]), fields.source)


def _without(fields: Fields, position: int) -> Fields:
    return Fields((*fields.entries[:position], *fields.entries[position + 1 :]), fields.source)


def _items(entries: Entries, position: int, *instead: Node) -> Entries:
    return Entries((*entries.items[:position], *instead, *entries.items[position + 1 :]), entries.source)
