"""What became of a plan, and the errors that stop one: data for whoever prints it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from pmo_sync.errors import PmoError, RefusedError
from pmo_sync.model.change import Outcome, Result, Target


@dataclass(frozen=True, slots=True)
class Stale:
    """One target that is not as the plan saw it: what changed, in one clause."""

    target: Target
    what: str


@dataclass(frozen=True, slots=True)
class Applied:
    """One outcome for each change of the plan, in its order."""

    outcomes: tuple[Outcome, ...]
    exit_code: int = 0

    @property
    def totals(self) -> dict[str, int]:
        """How many changes were written, unchanged, stale, refused and failed; they add up to the plan."""
        counts = Counter(outcome.result for outcome in self.outcomes)
        return {result.value: counts[result] for result in Result}


class StalePlanError(RefusedError):
    """Targets changed after the plan was made. Exit 5; nothing was written."""

    code = "stale-plan"

    def __init__(self, message: str, *, advice: str, stale: tuple[Stale, ...]) -> None:
        super().__init__(message, advice=advice)
        self.stale = stale


class ApplyInterrupted(PmoError):  # noqa: N818 - stopping is no mistake
    """Somebody stopped the work. Exit 130; `applied` tells what is written, and a new plan does the rest."""

    exit_code: ClassVar[int] = 130
    code = "interrupted"

    def __init__(self, message: str, *, advice: str, applied: Applied) -> None:
        super().__init__(message, advice=advice)
        self.applied = applied
