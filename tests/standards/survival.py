"""Which mutants of a standard its own cases let live.

A mutant is killed when a case gets another verdict than it asks for, or when a failure gets another severity than the
standard itself gives it: a case states no severity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.words import Verdict
from pmo_sync.rules.case_world import World
from pmo_sync.rules.cases import CASE_DAY
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.evaluate import prepare, run_frame
from pmo_sync.rules.standard import Standard
from tests.standards.mutation import Mutant

_NO_GRACE: Final = "a grace of 0 working days is the day itself, added, taken or left out"
EQUIVALENT: Final[Mapping[tuple[str, str], str]] = {
    ("HYG-01", "escalate[0].when.due.before.minus → plus"): _NO_GRACE,
    ("HYG-01", "escalate[0].when.due.before.minus dropped"): _NO_GRACE,
    ("HYG-09", "require.due.on_or_after.minus → plus"): _NO_GRACE,
    ("HYG-09", "require.due.on_or_after.minus dropped"): _NO_GRACE,
    ("GOV-06", "require.any[1].gate_planned.on_or_after.minus → plus"): _NO_GRACE,
    ("GOV-06", "require.any[1].gate_planned.on_or_after.minus dropped"): _NO_GRACE,
    ("HYG-03", "require.any[1].any[0].level dropped"): "a node is of no kind, so a milestone is an item",
    ("HYG-12", "require.all[1].any[0] dropped"): "judged is done or todo; of done work the other half asks for more",
    ("DEP-01", "applies_to.type dropped"): "only links that are dependencies are judged",
    ("SCH-01", "share.among.kind dropped"): "leaves are tasks and milestones",
    ("RES-05", "require.weeks_needed.lte.times dropped"): "a factor of 1 changes nothing",
    ("RSK-02", "require.any[0].band dropped"): "what is recent enough for a high risk is so for every other",
    ("STA-05", "applies_to.reported_rag.is_not dropped"): "grey is on no scale: worse than nothing",
}
"""Mutants that say the same as the shipped standard with its shipped values, and why: no case can tell them apart."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case got; `rank` is the severity of a failure, else None."""

    verdict: Verdict
    rank: int | None


def survivors(standard: Standard, made: Sequence[Mutant]) -> list[Mutant]:
    """The mutants that no case of the standard tells apart from it."""
    own, *others = outcomes([standard, *(mutant.made for mutant in made)])
    asked = [case.verdict for case in standard.cases]
    if [one.verdict for one in own] != asked:
        raise ValueError(f"{standard.id} fails its own cases")
    return [mutant for mutant, got in zip(made, others, strict=True) if got == own]


def outcomes(standards: Sequence[Standard]) -> list[list[Outcome]]:
    """Per standard what each of its cases gets; all of one status date run in one small portfolio."""
    named = [replace(one, id=f"S{number}", enabled=True) for number, one in enumerate(standards)]
    found: list[dict[int, Outcome]] = [{} for _ in named]
    days = defaultdict(list)
    for number, standard in enumerate(named):
        for place, case in enumerate(standard.cases):
            days[case.today or CASE_DAY].append((number, place, case.row))
    for today, cases in days.items():
        world = World(named, today)
        rows = [world.add(named[number], row) for number, _, row in cases]
        bench = prepare(named, world.portfolio(), world.figures(), Clock(today, Calendar()))
        got = {frame: run_frame(bench, frame, 0.0) for frame in bench.judged}
        units = {(unit.whole.id, unit.frame): unit.number for unit in bench.units}
        for (number, place, subject), row in zip(cases, rows, strict=True):
            unit = units[f"S{number}", subject.frame]
            found[number][place] = _outcome(named[number], got[subject.frame], unit, row)
    return [[each[place] for place in sorted(each)] for each in found]


def _outcome(standard: Standard, frame: pl.DataFrame, unit: int, row: int) -> Outcome:
    code = frame.item(row, f"v{unit}")
    verdict = Verdict.NOT_APPLICABLE if code is None else Verdict(code)
    if verdict is not Verdict.FAIL:
        return Outcome(verdict, None)
    has_ranks = f"s{unit}" in frame.columns
    return Outcome(verdict, frame.item(row, f"s{unit}") if has_ranks else standard.severity.rank)
