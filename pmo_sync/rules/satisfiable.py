"""Whether a condition can be true of any subject at all: a small decision procedure, and what it cannot decide.

A condition becomes a list of conjunctions of literals. The tests of one column with constants are decided exactly: a
column's value only matters by where it stands among the constants, so a few candidates stand for all values. Whatever
looks at another column, at relatives, at text inside or at history is opaque: it may be true or false, but never both.
So `impossible` proves that nothing fits, `possible` that something does, and neither ever guesses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations, pairwise
from math import ceil, floor
from typing import Final, TypeAlias

from pmo_sync.model.duration import Duration, Unit
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Bounds,
    Condition,
    Literal,
    Moment,
    Not,
    Span,
    Test,
    Value,
    Words,
)
from pmo_sync.rules.tests import DAYS, NUMBERS, TEXTUAL

MOST_CONJUNCTIONS: Final = 256
"""With more the condition is left alone: neither possible nor impossible."""
_MOST_WORDS: Final = 6
_FILLER: Final = "\N{REPLACEMENT CHARACTER}"
_MOST_COUNTED: Final = 40
_OF_OWNER: Final = frozenset({"owner", "owner_active"})
_DAYS_OF: Final = {Unit.DAYS: 1, Unit.WORKING_DAYS: 1, Unit.WEEKS: 7}

_Measured: TypeAlias = tuple[str | None, tuple[Literal, ...]]
"""What constants are measured on (None: on any axis), and the constants."""


@dataclass(frozen=True, slots=True)
class LiteralTest:
    """A test, or anything else that is true or false as a whole, and which of both it has to be."""

    what: Condition
    holds: bool


Conjunction: TypeAlias = tuple[LiteralTest, ...]


def conjunctions(condition: Condition, *, holds: bool = True) -> tuple[Conjunction, ...] | None:
    """The ways in which a condition can be true (or false), each a conjunction; None when there are too many."""
    match condition:
        case Not():
            return conjunctions(condition.part, holds=not holds)
        case AllOf() | AnyOf():
            ways = [conjunctions(part, holds=holds) for part in condition.parts]
            return both(*ways) if isinstance(condition, AllOf) is holds else _either(*ways)
        case _:
            return ((LiteralTest(condition, holds),),)


def both(*ways: tuple[Conjunction, ...] | None) -> tuple[Conjunction, ...] | None:
    """The ways in which all of these can be true at once; None when there are too many."""
    found: tuple[Conjunction, ...] = ((),)
    for each in ways:
        if each is None or len(found) * len(each) > MOST_CONJUNCTIONS:
            return None
        found = tuple((*left, *right) for left in found for right in each)
    return found


def _either(*ways: tuple[Conjunction, ...] | None) -> tuple[Conjunction, ...] | None:
    known = [each for each in ways if each is not None]
    found = tuple(chain.from_iterable(known))
    return found if len(known) == len(ways) and len(found) <= MOST_CONJUNCTIONS else None


def impossible(ways: tuple[Conjunction, ...] | None) -> bool:
    """True when it is proven that no subject fits any of the conjunctions."""
    return ways is not None and all(_fits(way) is False for way in ways)


def possible(ways: tuple[Conjunction, ...] | None) -> bool:
    """True when it is proven that some subject could fit one of the conjunctions."""
    return ways is not None and any(_fits(way) is True for way in ways)


def _fits(way: Conjunction) -> bool | None:
    """True or False where it is proven; None where something opaque decides."""
    clear: dict[str, list[_Clear]] = {}
    opaque: set[LiteralTest] = set()
    for literal in way:
        read = _clear(literal)
        if read is None:
            opaque.add(literal)
        else:
            clear.setdefault(read.test.column.name, []).append(read)
    if any(LiteralTest(one.what, not one.holds) in opaque for one in opaque):
        return False
    sure = not opaque and _independent(clear)
    for tests in clear.values():
        for axis in dict.fromkeys(one.axis for one in tests if one.axis is not None) or (None,):
            here = [one for one in tests if one.axis in {axis, None}]
            found = _any_value(here)
            if found is False:
                return False
            sure &= found is True and len(here) == len(tests)
    return True if sure else None


def _independent(columns: Collection[str]) -> bool:
    """True where each column can have its value whatever the others have. Figures follow from other columns, and
    whether an owner is there from whether the account is active.
    """
    return all(name in VOCABULARY or name.startswith("fields.") for name in columns) and not ({*columns} >= _OF_OWNER)


@dataclass(frozen=True, slots=True)
class _Clear:
    """A test that a candidate value decides. `axis`: what its constants are measured on; None: on any."""

    test: Test
    holds: bool
    axis: str | None
    constants: tuple[Literal, ...]


def _clear(literal: LiteralTest) -> _Clear | None:
    """The literal as a test of constants; None when it is opaque."""
    test = literal.what
    if not isinstance(test, Test) or (measured := _measured(test)) is None:
        return None
    return _Clear(test, literal.holds, *measured)


def _measured(test: Test) -> _Measured | None:
    """What a test compares with; None when that is no constant, or there are too many."""
    if test.word in {"present", "absent"}:
        return None, ()
    if test.column.type in DAYS:
        return _day(test)
    operand = test.operand
    constants = tuple(value.literal for value in operand.values) if isinstance(operand, Words) else ()
    if test.column.type is ColumnType.TEXTS:
        is_clear = isinstance(operand, Words | Bounds) and len(constants) <= _MOST_WORDS
    else:
        is_clear = isinstance(operand, Value | Words) and test.word in _COMPARED
        constants = (operand.literal,) if isinstance(operand, Value) else constants
    return (None, constants) if is_clear else None


def _day(test: Test) -> _Measured | None:
    """The constants of a test of a date, on their axis: days of the calendar, or days or working days from today."""
    operand = test.operand
    match operand:
        case Value(literal=date() as day):
            return "calendar", (day.toordinal(),)
        case Words():
            days = [value.literal for value in operand.values]
            ordinals = tuple(day.toordinal() for day in days if isinstance(day, date))
            return ("calendar", ordinals) if len(ordinals) == len(days) else None
        case Moment(shift=shift):
            return _from_today(shift or Duration(0, Unit.DAYS), operand.sign)
        case Span() if test.word == "within":
            return _from_today(operand.duration, 1)
        case Span():  # `older_than: 2 weeks` is older than 14 days, so from 15 days on
            return _from_today(operand.duration, -1, more=1)
        case _:
            return None


def _from_today(shift: Duration, sign: int, more: int = 0) -> _Measured | None:
    length = _DAYS_OF.get(shift.unit)
    if length is None:
        return None
    axis = "working days" if shift.unit is Unit.WORKING_DAYS else "days"
    return axis, (sign * (shift.amount * length + more),)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One value that stands for many. `value` None: there is none; `vacant`: it counts as absent; `real`: some subject
    can have it, whatever the calendar.
    """

    value: object
    vacant: bool = False
    real: bool = True


def _any_value(tests: Sequence[_Clear]) -> bool | None:
    """True when one value passes all tests, False when none does, None when only one that may not exist does, or there
    are too many to try.
    """
    candidates = _candidates(tests)
    if candidates is None:
        return None
    fitting = [one for one in candidates if all(_holds(test, one) is test.holds for test in tests)]
    if not fitting:
        return False
    return True if any(one.real for one in fitting) else None


def _candidates(tests: Sequence[_Clear]) -> list[_Candidate] | None:
    """Values that stand for all that the tests can tell apart; None where there are too many."""
    column = tests[0].test.column
    constants = list(dict.fromkeys(constant for test in tests for constant in test.constants))
    nothing = _Candidate(None, vacant=True)
    if column.type in NUMBERS | DAYS:
        fractions = column.type not in DAYS | {ColumnType.INTEGER}
        between = any(test.axis == "working days" for test in tests)
        return [nothing, *_numbers(constants, fractions=fractions, between=between)]
    if column.type is ColumnType.TEXTS:
        return _lists([str(word) for word in constants], tests)
    if column.type is ColumnType.BOOLEAN:
        return [nothing, _Candidate(True), _Candidate(False)]
    if column.words:
        # A node is of no kind, and its tests of kind are false.
        of_node = [_Candidate("", vacant=True, real=False)] if column.name == "kind" else []
        return [nothing, *map(_Candidate, column.words), *of_node]
    texts = [_Candidate(word) for word in [*constants, _FILLER]]
    # An empty text counts as absent, and so does a person who has left.
    vacant = [_Candidate("", vacant=True)]
    if column.type is ColumnType.PERSON:
        vacant += [_Candidate(one.value, vacant=True) for one in texts]
    return [nothing, *texts, *vacant] if column.type in TEXTUAL else [nothing, *texts]


def _numbers(constants: Iterable[Literal], *, fractions: bool, between: bool) -> Iterable[_Candidate]:
    """Nought, every constant, and their neighbours. `fractions`: what lies between two whole numbers exists;
    `between`: it may.
    """
    points = {0.0, *(float(one) for one in constants if isinstance(one, int | float))}
    near = {one for point in points for one in (point - 1, floor(point), point, ceil(point), point + 1)}
    some = sorted(float(one) for one in near)
    yield from (_Candidate(one, real=fractions or one.is_integer()) for one in some)
    if fractions or between:
        yield from (_Candidate((left + right) / 2, real=fractions) for left, right in pairwise(some))


def _lists(words: list[str], tests: Sequence[_Clear]) -> list[_Candidate] | None:
    """Every set of the words that are named, with enough others to reach every number that is counted."""
    operands = [test.test.operand for test in tests]
    limits = [limit for operand in operands if isinstance(operand, Bounds) for _, limit in operand.tests]
    if len(words) > _MOST_WORDS or max(limits, default=0) > _MOST_COUNTED:
        return None
    others = int(max(limits, default=0)) + 2
    found = []
    for size in range(len(words) + 1):
        for chosen in combinations(words, size):
            for extra in range(others if limits else 2):
                value = frozenset(chosen) | {f"{_FILLER}{number}" for number in range(extra)}
                found.append(_Candidate(value, vacant=not value))
    return [_Candidate(None, vacant=True), *found]


_COMPARED: Final[dict[str, Callable[[Literal, Literal], bool]]] = {
    **dict.fromkeys(("is", "in"), operator.eq),
    **dict.fromkeys(("is_not", "not_in"), operator.ne),
    **dict.fromkeys(("gt", "after", "newer_than"), operator.gt),
    **dict.fromkeys(("gte", "on_or_after"), operator.ge),
    **dict.fromkeys(("lt", "before"), operator.lt),
    **dict.fromkeys(("lte", "on_or_before", "older_than"), operator.le),
    "within": lambda left, right: 0 <= left <= right,  # type: ignore[operator]
}
_NONE_OF: Final = frozenset({"not_in", "is_not"})


def _holds(test: _Clear, candidate: _Candidate) -> bool | None:
    """What the test says of the candidate: None when it says nothing, as of a value that is not there."""
    word, value = test.test.word, candidate.value
    if word in {"present", "absent"}:
        return candidate.vacant is (word == "absent")
    if value is None:
        return None
    if isinstance(value, frozenset):
        return _of_list(test, value)
    compare = _COMPARED[word]
    answers = [compare(value, constant) for constant in test.constants]  # type: ignore[arg-type]
    return all(answers) if word in _NONE_OF else any(answers)


def _of_list(test: _Clear, value: frozenset[str]) -> bool:
    operand, named = test.test.operand, frozenset(map(str, test.constants))
    if isinstance(operand, Bounds):
        return all(_COMPARED[word](len(value), limit) for word, limit in operand.tests)
    if test.test.word == "all_of":
        return named <= value
    return named.isdisjoint(value) is (test.test.word == "none_of")
