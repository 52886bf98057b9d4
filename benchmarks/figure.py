"""One measured figure, as a line: what, the ratio or value, its target, whether it is met, and how it came about."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_LARGE = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its target; `sense` tells on which side of the target it has to be.

    `binding`: a limit, whose breach makes `make bench` end with 1; else a target, which is told and fails nothing.
    """

    what: str
    value: float
    target: float | None
    detail: str
    sense: Literal["≤", "≥"] = "≤"
    binding: bool = False
    digits: int = 2

    @property
    def met(self) -> bool:
        """Whether the value is on the right side of its target; always where there is none."""
        if self.target is None:
            return True
        return self.value <= self.target if self.sense == "≤" else self.value >= self.target

    def __str__(self) -> str:
        value = _number(self.value, self.digits)
        if self.target is None:
            return f"{self.what:<58} {value:>8}  (no target; {self.detail})"
        verdict = "met" if self.met else "MISSED"
        target = f"target {self.sense} {_number(self.target, self.digits)}"
        return f"{self.what:<58} {value:>8}  ({target}, {verdict}; {self.detail})"


def _number(value: float, digits: int) -> str:
    """Counts as they are, everything else with its digits."""
    return f"{value:,.0f}" if value >= _LARGE or isinstance(value, int) else f"{value:.{digits}f}"


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A figure that could not be taken, and why."""

    what: str
    why: str
    met: bool = True
    binding: bool = False

    def __str__(self) -> str:
        return f"{self.what:<58} not measured: {self.why}"


Line = Figure | NotMeasured


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The least and the largest of some runs, in words."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}, {len(values)} runs"


def median(values: Sequence[float]) -> float:
    """The middle one of some runs."""
    return statistics.median(values)
