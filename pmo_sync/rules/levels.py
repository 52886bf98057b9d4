"""Maturity levels: which of them a project, a programme, a portfolio has proven, and what is missing for the next.

A level is met where each of its standards is: where at least its share of what the standard judged passes. Levels add
up: a level is reached where it and all below it are met. What is unknown proves nothing; what is n/a is left out, and a
standard that is off, or n/a for everybody in a branch, does not count against it. Nobody and no item has a level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model.portfolio import Portfolio
from pmo_sync.rules.judgement import Judgement

_EPSILON: Final = 1e-9
_COUNTS: Final = ("passed", "failed", "unknown", "waived")


@dataclass(frozen=True, slots=True)
class MaturityLevel:
    """One level: its own standards, the share of each that must pass, and what the level means, as a sentence."""

    name: str
    standards: tuple[str, ...]
    at_least: float = 1.0
    means: str | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """One standard in one branch, against the share that its level asks for.

    Attributes:
        passed, failed, unknown: verdicts; waived failures are among the failed.
        waived: of the failed.
        needed: how many more must pass; 0 where it is met.
        holds: true, false, or None where the unknown ones decide.
    """

    standard: str
    at_least: float
    passed: int
    failed: int
    unknown: int
    waived: int

    @property
    def judged(self) -> int:
        """Verdicts that are not n/a."""
        return self.passed + self.failed + self.unknown

    @property
    def needed(self) -> int:
        """How many more must pass; 0 where it is met."""
        return max(0, math.ceil(self.at_least * self.judged - _EPSILON) - self.passed)

    @property
    def holds(self) -> bool | None:
        """True where it is met whatever the unknown ones are, false where it is not whatever they are, else None."""
        if self.needed == 0:
            return True
        return None if self.needed <= self.unknown else False

    def without_waived(self) -> Met:
        """The same with the waived failures left out, as compliance with waivers leaves them out."""
        return Met(self.standard, self.at_least, self.passed, self.failed - self.waived, self.unknown, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One level in one branch: its own standards that were judged there. `is_on`: one of them judges somewhere."""

    level: MaturityLevel
    standards: tuple[Met, ...]
    is_on: bool

    @property
    def missing(self) -> tuple[Met, ...]:
        """The standards that are not proven to be met, in the order of the level."""
        return tuple(one for one in self.standards if one.holds is not True)

    @property
    def holds(self) -> bool | None:
        """Whether the level's own standards are met: true, false, or None where unknown verdicts decide."""
        found = {one.holds for one in self.standards}
        return False if False in found else None if None in found else True


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How one node stands. `reached` and `with_waivers` are names of levels; None below the lowest.

    Attributes:
        following: the lowest level that is not reached; None where all are, and where nothing was judged.
        is_judged: a standard of some level was judged here.
        complete: all below the node was read; where it was not, no level is proven.
    """

    node: int
    steps: tuple[Step, ...]
    reached: str | None
    with_waivers: str | None
    following: Step | None
    is_judged: bool
    complete: bool = True


def scorecards(levels: Sequence[MaturityLevel], judgement: Judgement, portfolio: Portfolio) -> tuple[Scorecard, ...]:
    """The scorecard of every node over its whole branch, in the order of the nodes; nothing where there is no level."""
    if not levels:
        return ()
    on = set(judgement.judged["standard"])
    counts = _counts(levels, judgement, portfolio)
    return tuple(
        _scorecard(node, levels, counts, on, complete=complete)
        for node, complete in portfolio.nodes.select("node", "complete").iter_rows()
    )


def _counts(
    levels: Sequence[MaturityLevel], judgement: Judgement, portfolio: Portfolio
) -> Mapping[tuple[int, str], tuple[int, ...]]:
    """(node, standard) → verdicts on the node and everything below it."""
    named = [id_ for level in levels for id_ in level.standards]
    parents = portfolio.nodes["parent"].to_list()
    above: list[tuple[int, int]] = []
    for node in range(len(parents)):
        current: int | None = node
        while current is not None:
            above.append((node, current))
            current = parents[current]
    places = pl.DataFrame(above, schema={"node": pl.UInt32(), "above": pl.UInt32()}, orient="row")
    summed = (
        judgement.judged.filter(pl.col("standard").is_in(named))
        .join(places, on="node")
        .group_by("above", "standard")
        .agg(pl.col(name).sum().cast(pl.Int64) for name in _COUNTS)
    )
    return {(node, standard): tuple(numbers) for node, standard, *numbers in summed.iter_rows()}


def _scorecard(
    node: int,
    levels: Sequence[MaturityLevel],
    counts: Mapping[tuple[int, str], tuple[int, ...]],
    on: set[str],
    *,
    complete: bool,
) -> Scorecard:
    steps = []
    for level in levels:
        found = [Met(id_, level.at_least, *numbers) for id_ in level.standards if (numbers := counts.get((node, id_)))]
        judged = tuple(one for one in found if one.judged)
        steps.append(Step(level, judged, not on.isdisjoint(level.standards)))
    is_judged = any(step.standards for step in steps)
    waived = [Step(step.level, _without_waived(step.standards), step.is_on) for step in steps]
    is_proven = is_judged and complete
    above = [step for step in steps if step.is_on and step.holds is not True]
    return Scorecard(
        node=node,
        steps=tuple(steps),
        reached=_reached(steps) if is_proven else None,
        with_waivers=_reached(waived) if is_proven else None,
        following=above[0] if above and is_judged else None,
        is_judged=is_judged,
        complete=complete,
    )


def _without_waived(standards: Sequence[Met]) -> tuple[Met, ...]:
    return tuple(one for one in (each.without_waived() for each in standards) if one.judged)


def _reached(steps: Sequence[Step]) -> str | None:
    """The highest level that is proven with all below it; a level none of whose standards is on is passed over."""
    reached = None
    for step in steps:
        if not step.is_on:
            continue
        if step.holds is not True:
            break
        reached = step.level.name
    return reached
