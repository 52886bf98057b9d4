"""Durations in words: `10 working days`, `3 weeks`, `12 hours`. Weeks and longer are calendar time."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema


class Unit(StrEnum):
    """The units a duration may have."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


_PATTERN: Final = re.compile(r"(-?\d{1,6}) +(hour|day|working day|week|month|year)s?", re.ASCII)
_WORDS: Final = re.compile(r"(-?\d{1,6}) *([^\W\d]+(?: +[^\W\d]+)?)")
_SPELLINGS: Final = {unit.value: unit.value for unit in Unit} | dict.fromkeys(
    ("workdays", "business days"), Unit.WORKING_DAYS.value
)
DURATION_HINT: Final = "write a number and hours, days, working days, weeks, months or years: `10 working days`"


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of one unit."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        words = self.unit.value
        return f"{self.amount} {words.removesuffix('s') if abs(self.amount) == 1 else words}"


def parse_duration(text: str) -> Duration | None:
    """The duration a text says, None when it says none."""
    match = _PATTERN.fullmatch(text.strip())
    return Duration(int(match[1]), Unit(match[2] + "s")) if match else None


def duration_hint(text: str) -> str:
    """What to write in place of a text that is no duration: the nearest unit, else the whole form."""
    match = _WORDS.fullmatch(text.strip())
    if match:
        near = difflib.get_close_matches(match[2].lower(), _SPELLINGS, n=1, cutoff=0.6)
        if near:
            return f"did you mean `{match[1]} {_SPELLINGS[near[0]]}`?"
    return DURATION_HINT


def _validate(value: Any) -> Duration:  # noqa: ANN401 - pydantic hands over whatever the file holds
    if isinstance(value, Duration):
        return value
    parsed = parse_duration(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(f"`{value}` is not a duration; {duration_hint(str(value))}")
    return parsed


DurationText = Annotated[
    Duration,
    BeforeValidator(_validate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+ +(hour|day|working day|week|month|year)s?$"}),
]
"""A duration as an option of a room (pydantic)."""
