"""Conditions as people read them: `due on or before today + 10 working days (2026-12-07)`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Apart,
    Bounds,
    Condition,
    Literal,
    Moment,
    Moves,
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
from pmo_sync.rules.tests import SEEING, WORDS

_SIGNS: Final = {Operation.PLUS: "+", Operation.MINUS: "-", Operation.TIMES: "times"}
_COMPARED: Final = {"is": "=", "is_not": "is not", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


def phrase(test: Test, clock: Clock) -> str:
    """One test."""
    name = test.column.name
    if test.word in SEEING:
        return f"{name} {test.word}"
    right = _right(test.operand, clock)
    word = WORDS[test.word].phrase
    if word == "number":
        return f"number of {name} {right}"
    if isinstance(test.operand, Apart):
        return f"{name} {word} {right} by at least {test.operand.steps}"
    return f"{name} {word} {right}"


def _right(operand: Operand, clock: Clock) -> str:  # noqa: C901, PLR0911 - one line for each kind of operand
    match operand:
        case Value():
            return operand.text
        case Words():
            return ", ".join(value.text for value in operand.values)
        case Moment(shift=None):
            return f"today ({clock.today.isoformat()})"
        case Moment(shift=shift, sign=sign):
            return f"today {'+' if sign > 0 else '-'} {shift} ({clock.moment(operand).isoformat()})"
        case Reference(operation=None):
            return operand.column.name
        case Reference(operation=Operation() as operation, amount=amount):
            number = f"{amount:.12g}" if isinstance(amount, float) else str(amount)
            return f"{operand.column.name} {_SIGNS[operation]} {number}"
        case Span():
            return str(operand.duration)
        case Moves():
            often = "at least once" if operand.least == 1 else f"at least {operand.least} times"
            return often if operand.within is None else f"{often} within {operand.within}"
        case Apart():
            return _right(operand.than, clock)
        case Bounds():
            return _bounds(operand)
        case _:
            return ""


def _bounds(bounds: Bounds) -> str:
    return " and ".join(f"{_COMPARED[word]} {limit:.12g}" for word, limit in bounds.tests)


def relation_phrase(related: Related, clock: Clock) -> str:
    """One condition on relatives."""
    inner = sentence(related.inner, clock)
    where = f" with {inner}" if inner != "whatever" else ""
    match related.quantifier:
        case Quantifier.IS:
            return f"{related.relation}: {inner}" if where else f"has a {related.relation}"
        case Quantifier.COUNT:
            return f"number of {related.relation} {_bounds(related.bounds)}"
        case Quantifier.AT_LEAST:
            return f"at least {related.least} of {related.relation}{where}"
        case Quantifier.SHARE:
            return f"share of {related.relation}{where} {_bounds(related.bounds)}"
        case _:
            return f"{related.quantifier.value} of {related.relation}{where}"


def sentence(condition: Condition, clock: Clock) -> str:
    """A whole condition in one line; what is nested stands in brackets."""
    match condition:
        case Test():
            return phrase(condition, clock)
        case AllOf(parts=()):
            return "whatever"
        case AllOf():
            return " and ".join(_bracketed(part, clock) for part in condition.parts)
        case AnyOf():
            return " or ".join(_bracketed(part, clock) for part in condition.parts)
        case Not():
            return f"not ({sentence(condition.part, clock)})"
        case Related():
            return relation_phrase(condition, clock)


def _bracketed(condition: Condition, clock: Clock) -> str:
    text = sentence(condition, clock)
    return f"({text})" if isinstance(condition, AllOf | AnyOf) and len(condition.parts) > 1 else text


def shown(value: Literal | list[str] | None) -> str:  # noqa: PLR0911 - one line for each type
    """A value as messages put it in: dates in ISO form, of a time its date, `-` for nothing, no needless decimals."""
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.12g}"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case list():
            return ", ".join(value) or "-"
        case _:
            return str(value)
