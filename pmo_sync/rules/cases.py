"""The cases that standards carry, run through the one evaluator: all of one status date in one small portfolio.

Cases run with the standard's own values, whatever is overridden. `today` is Monday 2026-11-23 unless a case says
otherwise, Saturday and Sunday are off, there are no holidays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.source import Source
from pmo_sync.model.words import Verdict
from pmo_sync.rules.case_world import World
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.condition import Frame, every_column
from pmo_sync.rules.evaluate import prepare, run_frame
from pmo_sync.rules.standard import Case, Standard

CASE_DAY: Final = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what became of it. `number` counts from 1 within the standard."""

    standard: str
    number: int
    expected: Verdict
    got: Verdict
    source: Source

    @property
    def passed(self) -> bool:
        """True when the verdict is the one the case asks for."""
        return self.expected is self.got


def run_cases(standards: Sequence[Standard]) -> list[CaseResult]:
    """Every case of every standard, also of those that are off, in the order of the files."""
    own = [replace(one.own or one, enabled=True, variants=(), own=None) for one in standards]
    by_day: dict[date, list[tuple[int, int, Case]]] = defaultdict(list)
    for position, standard in enumerate(own):
        for number, case in enumerate(standard.cases, start=1):
            by_day[case.today or CASE_DAY].append((position, number, case))
    found: dict[tuple[int, int], CaseResult] = {}
    for today, cases in by_day.items():
        got = _run(own, cases, today)
        for (position, number, case), verdict in zip(cases, got, strict=True):
            result = CaseResult(own[position].id, number, case.verdict, verdict, case.source)
            found[position, number] = result
    return [found[key] for key in sorted(found)]


def without_both(standards: Sequence[Standard]) -> list[str]:
    """Ids of the standards that lack a case that passes or one that fails, sorted.

    Where only `visible` is asked for nothing can fail, as what cannot be seen is unknown: a case of that stands in.
    """
    return sorted(standard.id for standard in standards if not _wanted(standard) <= _shown(standard))


def _wanted(standard: Standard) -> set[Verdict]:
    asked = {} if standard.require is None else every_column(standard.require)
    return {Verdict.PASS, Verdict.UNKNOWN if set(asked) == {"visible"} else Verdict.FAIL}


def _shown(standard: Standard) -> set[Verdict]:
    return {case.verdict for case in (standard.own or standard).cases}


def _run(standards: Sequence[Standard], cases: Sequence[tuple[int, int, Case]], today: date) -> list[Verdict]:
    used = sorted({position for position, _, _ in cases})
    world = World([standards[position] for position in used], today)
    rows = [world.add(standards[position], case.row) for position, _, case in cases]
    chosen = [standards[position] for position in used]
    bench = prepare(chosen, world.portfolio(), world.figures(), Clock(today, Calendar()))
    columns: Mapping[tuple[str, Frame], list[int | None]] = {
        (unit.whole.id, frame): verdicts[f"v{unit.number}"].to_list()
        for frame in bench.judged
        for verdicts in (run_frame(bench, frame, 0.0),)
        for unit in bench.units
        if unit.frame is frame
    }
    found: list[Verdict] = []
    for (position, _, case), row in zip(cases, rows, strict=True):
        code = columns[standards[position].id, case.row.frame][row]
        # A level that the standard does not judge: it does not apply there.
        found.append(Verdict.NOT_APPLICABLE if code is None else Verdict(code))
    return found
