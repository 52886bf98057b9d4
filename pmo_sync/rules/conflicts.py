"""What standards say against each other: two that nobody can meet at once, one that nobody can meet, and doubles.

A contradiction is only reported when it is proven: some subject exists to whom both apply, and none that meets both.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import Level
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    Related,
    Test,
    Value,
    Words,
    columns_named,
)
from pmo_sync.rules.satisfiable import Conjunction, both, conjunctions, impossible, possible
from pmo_sync.rules.standard import Standard

_NEARLY: Final = 0.9
_SHORTEST: Final = 12
"""Titles below this length are alike too easily."""


class Clash(StrEnum):
    """What is the matter with a pair of standards, or with one."""

    CONTRADICTION = "contradiction"
    NEVER_MET = "never-met"
    SAME_RULE = "same-rule"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that a person should look at. `second` is None where it is about one standard."""

    clash: Clash
    first: Standard
    second: Standard | None
    columns: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One sentence with both places."""
        one = f"{self.first.id} ({self.first.place})"
        if self.second is None:
            return f"{one} can never be met: {_named(self.columns)} would have to be two things at once"
        pair = f"{one} and {self.second.id} ({self.second.place})"
        match self.clash:
            case Clash.CONTRADICTION:
                return f"{pair} contradict each other: nobody to whom both apply can meet both ({_named(self.columns)})"
            case Clash.SAME_RULE:
                return f"{pair} ask the same of the same: one of them is enough"
            case _:
                return f'{pair} are nearly the same in words: "{self.first.title}", "{self.second.title}"'


def conflicts(standards: Sequence[Standard]) -> tuple[Conflict, ...]:
    """All that is found among the standards that are on, in their order. Overrides for a part are not looked at."""
    read = [_Read.of(one) for one in standards if one.enabled]
    found = [Conflict(Clash.NEVER_MET, one.standard, None, _shared(one, one)) for one in read if _never_met(one)]
    for left, right in combinations(read, 2):
        clash = _clash(left, right)
        if clash is not None:
            columns = _shared(left, right) if clash is Clash.CONTRADICTION else ()
            found.append(Conflict(clash, left.standard, right.standard, columns))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Read:
    """A standard taken apart once. `population`: the ways to be judged; `meets`: the ways to meet it."""

    standard: Standard
    require: Condition | None
    applies: tuple[Conjunction, ...] | None
    meets: tuple[Conjunction, ...] | None
    population: tuple[Conjunction, ...] | None
    asks: frozenset[str]
    looks_at: frozenset[str]
    rule: Hashable
    words: str

    @staticmethod
    def of(standard: Standard) -> _Read:
        narrowed = _narrowed(standard)
        applies = both(conjunctions(standard.applies_to), narrowed)
        unless = () if standard.unless is None else (conjunctions(standard.unless, holds=False),)
        require = standard.require
        asks = frozenset(columns_named(require)) if require is not None else frozenset()
        return _Read(
            standard=standard,
            require=require,
            applies=applies,
            meets=None if require is None else conjunctions(require),
            population=both(applies, *unless),
            asks=asks,
            looks_at=asks | frozenset(columns_named(standard.applies_to)),
            rule=_rule(standard),
            words=" ".join(standard.title.casefold().split()),
        )


def _narrowed(standard: Standard) -> tuple[Conjunction, ...]:
    """The kinds and levels it judges, as conditions of their columns."""
    levels = _test("level", (level.value for level in standard.levels), standard)
    parts = [levels]
    if standard.kinds and Level.ITEM in standard.levels:
        parts.append(_test("kind", (kind.value for kind in standard.kinds), standard))
    return conjunctions(AllOf(tuple(parts), standard.place)) or ()


def _test(column: str, words: Iterable[str], standard: Standard) -> Test:
    values = tuple(Value(word, word) for word in words)
    return Test(VOCABULARY[column], "in", Words(values), standard.place)


def _never_met(one: _Read) -> bool:
    return one.require is not None and possible(one.population) and impossible(both(one.applies, one.meets))


def _clash(left: _Read, right: _Read) -> Clash | None:
    if left.rule is not None and left.rule == right.rule:
        return Clash.SAME_RULE
    if _contradict(left, right):
        return Clash.CONTRADICTION
    if min(len(left.words), len(right.words)) >= _SHORTEST and set(left.standard.levels) & set(right.standard.levels):
        matcher = difflib.SequenceMatcher(None, left.words, right.words, autojunk=False)
        if matcher.real_quick_ratio() >= _NEARLY and matcher.quick_ratio() >= _NEARLY and matcher.ratio() >= _NEARLY:
            return Clash.ALIKE
    return None


def _contradict(left: _Read, right: _Read) -> bool:
    if left.standard.subject is not right.standard.subject:
        return False
    # What one asks must be about something that the other looks at too.
    if not (left.asks & right.looks_at or right.asks & left.looks_at) or not (left.asks and right.asks):
        return False
    # A standard that nobody can meet is told once, not against every other.
    if impossible(both(left.applies, left.meets)) or impossible(both(right.applies, right.meets)):
        return False
    met = both(left.applies, right.applies, left.meets, right.meets)
    return impossible(met) and possible(both(left.population, right.population))


def _shared(left: _Read, right: _Read) -> tuple[str, ...]:
    return tuple(sorted((left.asks & right.looks_at) | (right.asks & left.looks_at)))


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _rule(standard: Standard) -> Hashable:
    """What it asks of whom, in an order that does not matter; None for a rule that looks at nothing."""
    share = standard.share
    if standard.require is None and share is None:
        return None
    return (
        frozenset(standard.levels),
        frozenset(standard.kinds) if Level.ITEM in standard.levels else None,
        standard.subject,
        _canonical(standard.applies_to),
        None if standard.require is None else _canonical(standard.require),
        None if standard.unless is None else _canonical(standard.unless),
        None if share is None else (share.of, _canonical(share.among), _canonical(share.where)),
    )


def _canonical(condition: Condition) -> Hashable:
    match condition:
        case AllOf() | AnyOf():
            parts = frozenset(_canonical(part) for part in condition.parts)
            return next(iter(parts)) if len(parts) == 1 else (type(condition).__name__, parts)
        case Not():
            return "not", _canonical(condition.part)
        case Related():
            told = (condition.relation, condition.quantifier, condition.least, condition.bounds)
            return (*told, _canonical(condition.inner))
        case Test(operand=Words(values=values), word="in") if len(values) == 1:
            return condition.column.name, "is", values[0]
        case Test(operand=Words(values=values)):
            return condition.column.name, condition.word, frozenset(values)
        case Test():
            return condition.column.name, condition.word, condition.operand
