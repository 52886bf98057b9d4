"""Whether an override asks for less than the standard did: told from the two conditions, never guessed.

A changed value is followed to where it stands. `require: {hours: {lte: 40}}` with 80 passes all that passed before:
loosened. Where the two cannot be put in order, the word is only `changed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TypeAlias

from pmo_sync.model.duration import Duration
from pmo_sync.model.words import Mode
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Apart,
    Condition,
    Moment,
    Not,
    Operand,
    Operation,
    Quantifier,
    Reference,
    Related,
    Span,
    Test,
    Value,
    Words,
)
from pmo_sync.rules.standard import Change, Standard


class Effect(StrEnum):
    """What a change does to who fails, and to what a failure means."""

    LOOSENED = "loosened"
    TIGHTENED = "tightened"
    CHANGED = "changed"


Order: TypeAlias = int | None
"""1: more, or true more often; -1: less; 0: the same; None: neither can be proven."""

_MORE_IS_WEAKER: Final = frozenset({"lt", "lte", "before", "on_or_before", "within", "newer_than", "in", "any_of"})
_MORE_IS_STRONGER: Final = frozenset(
    {"gt", "gte", "after", "on_or_after", "older_than", "min_length", "not_in", "none_of", "all_of"}
)
_APART: Final = frozenset({"better_than", "worse_than"})
_MODES: Final = tuple(Mode)


def effect(own: Standard, after: Standard, change: Change) -> Effect:
    """What one change of an override does; `own` is the standard without overrides, `after` as it is for whom the
    change is. Changes of conditions and values are judged together.
    """
    order = _order(own, after, change.key.partition(".")[0], change.key)
    return Effect.CHANGED if not order else Effect.LOOSENED if order > 0 else Effect.TIGHTENED


def _order(own: Standard, after: Standard, head: str, key: str) -> Order:  # noqa: PLR0911 - one answer for each key
    match head:
        case "enabled":
            return int(own.enabled) - int(after.enabled)
        case "severity":
            return _sign(own.severity.rank - after.severity.rank)
        case "mode":
            return None if own.mode is None or after.mode is None else _rank(own.mode) - _rank(after.mode)
        case "for":
            return _durations(own.hold_for, after.hold_for)
        case "waiver":
            return _durations(own.waiver.max_age, after.waiver.max_age)
        case "kinds":
            return _kinds(own, after)
        case "limit":
            return _limits(own, after)
        case "values" | "applies_to" | "require" | "unless" | "escalate" | "share":
            told = _conditions(own, after)
            return told if own.limit == after.limit or key == "limit" else _joined([told, _limits(own, after)])
        case _:
            return None


def _rank(mode: Mode) -> int:
    return _MODES.index(mode)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _joined(orders: Iterable[Order]) -> Order:
    """The order of a whole whose parts all pull the same way, or not at all."""
    found = set(orders) - {0}
    return 0 if not found else found.pop() if len(found) == 1 else None


def _turned(order: Order) -> Order:
    return None if order is None else -order


def _durations(before: Duration | None, after: Duration | None) -> Order:
    if before is None or after is None:
        return 0 if before == after else None
    return _sign(after.amount - before.amount) if before.unit is after.unit else None


def _kinds(own: Standard, after: Standard) -> Order:
    before, now = set(own.kinds), set(after.kinds)
    if before == now:
        return 0
    if not before or (now and now < before):
        return 1
    return -1 if not now or before < now else None


def _limits(own: Standard, after: Standard) -> Order:
    if own.limit is None or after.limit is None:
        return None
    warn = (own.limit.warn_above, after.limit.warn_above)
    return _joined(
        [
            _sign(after.limit.fail_above - own.limit.fail_above),
            _sign(after.limit.min_population - own.limit.min_population),
            _sign(warn[1] - warn[0])
            if warn[0] is not None and warn[1] is not None
            else 0
            if warn[0] == warn[1]
            else None,
        ]
    )


def _conditions(own: Standard, after: Standard) -> Order:
    """Less is asked where less applies, what is required is weaker, more is exempt, and less escalates."""
    if len(own.escalations) != len(after.escalations):
        return None
    parts = [
        _turned(_weaker(own.applies_to, after.applies_to)),
        _optional(own.require, after.require),
        _optional(own.unless, after.unless),
        *(
            _turned(_weaker(old.when, new.when)) if old.to is new.to else None
            for old, new in zip(own.escalations, after.escalations, strict=True)
        ),
    ]
    if own.share is not None and after.share is not None:
        parts += [
            0 if own.share.among == after.share.among else None,
            _turned(_weaker(own.share.where, after.share.where)),
        ]
    return _joined(parts)


def _optional(before: Condition | None, after: Condition | None) -> Order:
    if before is None or after is None:
        return 0 if before is after else None
    return _weaker(before, after)


def _weaker(before: Condition, after: Condition) -> Order:  # noqa: PLR0911 - one answer for each kind of condition
    """1 when `after` holds wherever `before` does; -1 the other way round."""
    if before == after:
        return 0
    match before, after:
        case (AllOf(), _) | (_, AllOf()):
            return _lists(_parts(before, AllOf), _parts(after, AllOf), extra=-1)
        case (AnyOf(), _) | (_, AnyOf()):
            return _lists(_parts(before, AnyOf), _parts(after, AnyOf), extra=1)
        case Not(), Not():
            return _turned(_weaker(before.part, after.part))
        case Related(), Related():
            return _relations(before, after)
        case Test(), Test():
            return _tests(before, after)
        case _:
            return None


def _parts(condition: Condition, kind: type[AllOf | AnyOf]) -> tuple[Condition, ...]:
    """The parts of a list; one condition is a list of itself."""
    return condition.parts if isinstance(condition, kind) else (condition,)


def _tests(before: Test, after: Test) -> Order:
    more = _more(before.operand, after.operand)
    if (before.column, before.word) != (after.column, after.word):
        return None
    if before.word in _MORE_IS_WEAKER:
        return more
    return _turned(more) if before.word in _MORE_IS_STRONGER or before.word in _APART else None


def _lists(before: tuple[Condition, ...], after: tuple[Condition, ...], *, extra: int) -> Order:
    """Parts that stand for each other, in their order; where some were only put in or taken out, the rest is equal."""
    if len(before) == len(after):
        return _joined(_weaker(old, new) for old, new in zip(before, after, strict=True))
    fewer, more = sorted((before, after), key=len)
    return (extra if more is after else -extra) if all(part in more for part in fewer) else None


def _relations(before: Related, after: Related) -> Order:
    same = (before.relation, before.quantifier, before.least, before.bounds) == (
        after.relation,
        after.quantifier,
        after.least,
        after.bounds,
    )
    if same and before.quantifier in {Quantifier.ANY, Quantifier.ALL, Quantifier.AT_LEAST, Quantifier.IS}:
        return _weaker(before.inner, after.inner)
    if same and before.quantifier is Quantifier.NONE:
        return _turned(_weaker(before.inner, after.inner))
    alike = (before.relation, before.quantifier, before.inner) == (after.relation, after.quantifier, after.inner)
    return _sign(before.least - after.least) if alike and before.quantifier is Quantifier.AT_LEAST else None


def _more(before: Operand, after: Operand) -> Order:  # noqa: PLR0911 - one answer for each kind of operand
    """1 when the right side after is more than before: later, larger, longer, or has all of its words and others."""
    match before, after:
        case Value(literal=str()), _:
            return None
        case Value(), Value() if type(before.literal) is type(after.literal):
            return _sign((after.literal > before.literal) - (after.literal < before.literal))  # type: ignore[operator]
        case Words(), Words():
            old, new = ({value.literal for value in side.values} for side in (before, after))
            return 0 if old == new else 1 if old < new else -1 if new < old else None
        case Span(), Span():
            return _durations(before.duration, after.duration)
        case Moment(), Moment():
            return _shifts(before, after)
        case Reference(), Reference() if (before.column, before.operation) == (after.column, after.operation):
            more = _amounts(before.amount, after.amount)
            return _turned(more) if before.operation is Operation.MINUS else more
        case Apart(), Apart() if before.than == after.than:
            return _sign(after.steps - before.steps)
        case _:
            return None


def _shifts(before: Moment, after: Moment) -> Order:
    if before.shift is None or after.shift is None or before.shift.unit is not after.shift.unit:
        return None
    return _sign(after.sign * after.shift.amount - before.sign * before.shift.amount)


def _amounts(before: float | Duration, after: float | Duration) -> Order:
    if isinstance(before, Duration) and isinstance(after, Duration):
        return _durations(before, after)
    if isinstance(before, Duration) or isinstance(after, Duration):
        return None
    return _sign(after - before)
