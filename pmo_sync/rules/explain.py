"""One standard on one subject, clause by clause: the same compiled clauses that gave the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.finding import Evidence, Finding
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio, path_text
from pmo_sync.model.source import Source
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.compile import Clause
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.describe import as_evidence, describe
from pmo_sync.rules.evaluate import Bench, judge, prepare, run_frame
from pmo_sync.rules.modes import mode_column
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.units import Unit


@dataclass(frozen=True, slots=True)
class ClauseSeen:
    """One clause on one subject.

    Attributes:
        part: `kinds`, `applies_to`, `unless`, `require` or `escalate`.
        depth: how deep it is nested in its part, from 0.
        text: the clause as people read it.
        seen: the value it saw; of a relation its count in words; None of a combination, or where nothing is there.
        column: whose value that is; None of a combination.
        result: true, false, or None for unknown.
        source: where it stands.
        account: of a person whom `people` names, the account in the item's tracker; else None.
    """

    part: str
    depth: int
    text: str
    seen: Evidence
    column: str | None
    result: bool | None
    source: Source
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one subject has its verdict.

    Attributes:
        standard: as it holds for this subject, scoped overrides included.
        level: of the subject.
        name: key of the item, or path of the node.
        clauses: in the order they are read.
        verdict: None where the standard is off or does not judge this subject at all.
        severity: of the failure, escalation included; else the standard's own.
        mode: how far it goes here.
        finding: of a failure or an unknown, with waiver and first day; else None.
        share: of a share standard its counters by name; else empty.
    """

    standard: Standard
    level: Level
    name: str
    clauses: tuple[ClauseSeen, ...]
    verdict: Verdict | None
    severity: Severity
    mode: Mode
    finding: Finding | None
    share: Mapping[str, int]


def explain(  # noqa: PLR0913 - what a run is made of, and whom it is about
    standard: Standard,
    portfolio: Portfolio,
    figures: Figures,
    *,
    today: date,
    calendar: Calendar,
    past: Past,
    item: int | None = None,
    node: int | None = None,
    modes: tuple[ModeEntry, ...] = (),
    mode: Mode = Mode.CONTROLLING,
    min_coverage: float = 0.7,
    time_zone: str = "UTC",
) -> Explanation:
    """The standard on one item or one node (a row of the portfolio), each clause with the value it saw.

    Raises UsageError when the standard judges no subject of that kind.
    """
    frame, row = (Frame.ITEM, item) if item is not None else (Frame.NODE, node)
    if row is None:
        raise UsageError("nothing to explain", advice="name an item with --item, or a node with --node")
    if frame not in standard.frames:
        levels = ", ".join(level.value for level in standard.levels)
        option = "--item" if frame is Frame.NODE else "--node"
        raise UsageError(f"{standard.id} judges {levels}", advice=f"name one of these with {option}")
    bench = prepare([standard], portfolio, figures, Clock(today, calendar, time_zone))
    verdicts = run_frame(bench, frame, min_coverage)
    unit = _unit(bench, frame, verdicts, row)
    judgement = judge(
        [standard],
        portfolio,
        figures,
        today=today,
        calendar=calendar,
        past=past,
        modes=modes,
        mode=mode,
        min_coverage=min_coverage,
        time_zone=time_zone,
    )
    here = pl.col("item") == row if frame is Frame.ITEM else pl.col("item").is_null() & (pl.col("node") == row)
    found = describe(judgement, portfolio, figures, judgement.findings.filter(here & ~pl.col("offender")))
    effective = standard if unit is None else unit.standard
    rows = pl.Series("row", [row], dtype=pl.UInt32)
    subject = bench.subjects.frames[frame][row : row + 1]
    return Explanation(
        standard=effective,
        level=Level(str(subject["level"][0])),
        name=str(subject["key"][0]) if frame is Frame.ITEM else path_text(subject["path"].to_list()[0]),
        clauses=() if unit is None else tuple(_clauses(unit, subject)),
        verdict=None if unit is None else Verdict(int(verdicts[f"v{unit.number}"][row])),
        severity=found[0].severity if found else effective.severity,
        mode=Mode(str(mode_column(bench.subjects, frame, rows, effective, modes, mode)[0])),
        finding=found[0] if found else None,
        share={} if unit is None else _share(unit, verdicts, row),
    )


def _unit(bench: Bench, frame: Frame, verdicts: pl.DataFrame, row: int) -> Unit | None:
    """The variant that judges this row."""
    for unit in bench.units:
        if unit.frame is frame and verdicts[f"v{unit.number}"][row] is not None:
            return unit
    return None


def _share(unit: Unit, verdicts: pl.DataFrame, row: int) -> dict[str, int]:
    if unit.standard.share is None:
        return {}
    names = {"offenders": "t", "population": "n", "missing": "u"}
    return {name: int(verdicts[f"{letter}{unit.number}"][row]) for name, letter in names.items()}


def _clauses(unit: Unit, subject: pl.DataFrame) -> Iterator[ClauseSeen]:
    standard = unit.standard
    if standard.kinds and unit.frame is Frame.ITEM:
        kind = subject["kind"][0]
        result = None if kind is None else kind in [one.value for one in standard.kinds]
        text = ", ".join(one.value for one in standard.kinds)
        yield ClauseSeen("kinds", 0, text, as_evidence(kind), "kind", result, standard.place)
    parts: list[tuple[str, Clause | None]] = [
        ("applies_to", unit.applies),
        ("unless", unit.unless),
        ("require", unit.require),
        *(("escalate", clause) for _, clause in unit.escalations),
    ]
    for part, clause in parts:
        if clause is not None:
            yield from _flat(part, clause, subject, 0)


def _flat(part: str, clause: Clause, subject: pl.DataFrame, depth: int) -> Iterator[ClauseSeen]:
    """The clause and what it is made of. A combination of one level is told by its parts alone."""
    result = subject.select(clause.expr.alias("result"))["result"][0]
    is_plain_all = clause.text == "all of" and depth == 0
    if not is_plain_all:
        yield ClauseSeen(part, depth, clause.text, _seen(clause, subject), clause.column, result, clause.source)
    for inner in clause.parts:
        yield from _flat(part, inner, subject, depth if is_plain_all else depth + 1)


def _seen(clause: Clause, subject: pl.DataFrame) -> Evidence:
    if clause.counters is not None:
        n, t, u = (subject[f"{clause.counters}.{name}"][0] for name in ("n", "t", "u"))
        if n is None:
            return "cannot be seen"
        return f"{t} of {n}" + (f", {u} unknown" if u else "")
    if clause.column is None or clause.column not in subject.columns:
        return None
    return as_evidence(subject.select(clause.column).to_dicts()[0][clause.column])
