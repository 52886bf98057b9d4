"""The tree of a condition once it is read: typed, frozen, hashable. Places in files are carried but not compared.

Named values are already put in, so two conditions that mean the same are equal, whatever their values are called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from pmo_sync.model.duration import Duration
from pmo_sync.model.source import Source
from pmo_sync.model.vocabulary import Column

Literal: TypeAlias = str | float | bool | date


class Frame(StrEnum):
    """What the rows of a frame of subjects are."""

    ITEM = "item"
    NODE = "node"
    LINK = "link"
    SPRINT = "sprint"
    PERSON_WEEK = "person_week"


@dataclass(frozen=True, slots=True)
class Value:
    """One literal of the column's type. Shares are 0 to 1, durations in working days are their number."""

    literal: Literal
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Words:
    """Several literals: what `in` and the set tests take."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """`today`, or `today` moved by a duration (sign 1 forwards, -1 back)."""

    shift: Duration | None = None
    sign: int = 1


class Operation(StrEnum):
    """The one thing that may be computed on the right."""

    PLUS = "plus"
    MINUS = "minus"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another column of the subject, changed by at most one operation."""

    column: Column
    operation: Operation | None = None
    amount: float | Duration = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: how old, how soon."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Apart:
    """A word of a scale, and by how many steps at least."""

    than: Value | Reference
    steps: int


@dataclass(frozen=True, slots=True)
class Moves:
    """How often a column moved at least, within a duration before today; None: ever."""

    within: Duration | None
    least: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Tests of a number that is counted: each a word of the numeric tests and its limit."""

    tests: tuple[tuple[str, float], ...]


Operand: TypeAlias = Value | Words | Moment | Reference | Span | Apart | Moves | Bounds | None


@dataclass(frozen=True, slots=True)
class Test:
    """One test of one column."""

    column: Column
    word: str
    operand: Operand
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; nothing at all is true."""

    parts: tuple[Condition, ...]
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; nothing at all is false."""

    parts: tuple[Condition, ...]
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition
    source: Source = field(compare=False)


class Quantifier(StrEnum):
    """How many relatives the condition has to hold for; `is` stands for the one relative of `parent` and `other`."""

    ANY = "any"
    ALL = "all"
    NONE = "none"
    AT_LEAST = "at_least"
    SHARE = "share"
    COUNT = "count"
    IS = "is"


@dataclass(frozen=True, slots=True)
class Related:
    """A condition on relatives. `least` is of `at_least`; `bounds` of `share` and `count`."""

    relation: str
    quantifier: Quantifier
    inner: Condition
    source: Source = field(compare=False)
    least: int = 0
    bounds: Bounds = Bounds(())


Condition: TypeAlias = Test | AllOf | AnyOf | Not | Related


def columns_named(condition: Condition) -> list[str]:
    """Names of the subject's columns in the order they are named, each once; relatives' columns are left out."""
    found: dict[str, None] = {}
    _collect(condition, found, inside=False)
    return list(found)


def _collect(condition: Condition, found: dict[str, None], *, inside: bool) -> None:
    match condition:
        case Test():
            if not inside:
                found.setdefault(condition.column.name)
            reference = referred(condition.operand)
            if reference is not None:
                found.setdefault(reference.name)
        case AllOf() | AnyOf():
            for part in condition.parts:
                _collect(part, found, inside=inside)
        case Not():
            _collect(condition.part, found, inside=inside)
        case Related():
            if not inside:
                found.setdefault(condition.relation)
                _collect(condition.inner, found, inside=True)


def referred(operand: Operand) -> Column | None:
    """The column on the right of a test, if it has one."""
    match operand:
        case Reference():
            return operand.column
        case Apart(than=Reference() as reference):
            return reference.column
        case _:
            return None


def every_column(condition: Condition) -> dict[str, Column]:
    """All columns that are read, of the subject, of its relatives and of links, by name."""
    found: dict[str, Column] = {}
    match condition:
        case Test():
            found[condition.column.name] = condition.column
            reference = referred(condition.operand)
            if reference is not None:
                found[reference.name] = reference
        case AllOf() | AnyOf():
            for part in condition.parts:
                found |= every_column(part)
        case Not():
            found |= every_column(condition.part)
        case Related():
            found |= every_column(condition.inner)
    return found


def histories(condition: Condition) -> frozenset[str]:
    """The columns whose history is asked for, of the subject and of its relatives."""
    match condition:
        case Test():
            return frozenset({condition.column.name}) if isinstance(condition.operand, Moves) else frozenset()
        case AllOf() | AnyOf():
            return frozenset().union(*(histories(part) for part in condition.parts))
        case Not():
            return histories(condition.part)
        case Related():
            return histories(condition.inner)


def relates(condition: Condition) -> bool:
    """True when the condition looks at relatives of the subject anywhere."""
    match condition:
        case AllOf() | AnyOf():
            return any(relates(part) for part in condition.parts)
        case Not():
            return relates(condition.part)
        case Related():
            return True
        case Test():
            return False
