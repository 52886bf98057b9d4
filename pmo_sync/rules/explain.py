"""One standard on one subject, clause by clause: the same compiled clauses that gave the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.finding import Evidence, Finding
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.source import Source
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.columns import ENDS
from pmo_sync.rules.compile import Clause
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.describe import as_evidence, describe
from pmo_sync.rules.evaluate import Bench, judge, prepare, run_frame
from pmo_sync.rules.modes import mode_column
from pmo_sync.rules.named import Named, named, words
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.units import Unit
from pmo_sync.rules.waiting import NO_ROWS, awaited


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
        waits_for: of a figure that is not computed yet, what it takes; of a test of history that cannot be told, the
            history; else None.
    """

    part: str
    depth: int
    text: str
    seen: Evidence
    column: str | None
    result: bool | None
    source: Source
    account: str | None = None
    waits_for: str | None = None


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
        offenders, missing: of a share standard the members that offend, and those of whom it is unknown, by name.
        subject: of a link, sprint or week the one that is looked at, in words; of several with one item or node the
            worst: a failure, else an unknown, a pass. None of an item or node itself.
        others: the others with their verdicts.
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
    subject: str | None = None
    others: tuple[tuple[str, Verdict], ...] = ()
    offenders: tuple[Named, ...] = ()
    missing: tuple[Named, ...] = ()


_NO_HISTORY: Final = "the history of {}, which was not read here: pmo-sync pull --full reads it where it is told"
_WORST_FIRST: Final = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


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
    home, at = (Frame.ITEM, item) if item is not None else (Frame.NODE, node)
    if at is None:
        raise UsageError("nothing to explain", advice="name an item with --item, or a node with --node")
    if home is not (_home(standard) or home) or (standard.subject is None and home not in standard.frames):
        levels = ", ".join(level.value for level in standard.levels)
        option = "--item" if home is Frame.NODE else "--node"
        raise UsageError(f"{standard.id} judges {levels}", advice=f"name one of these with {option}")
    bench = prepare([standard], portfolio, figures, Clock(today, calendar, time_zone))
    frame = standard.subject or home
    verdicts = run_frame(bench, frame, min_coverage)
    row, others = (at, ()) if standard.subject is None else _worst(bench, standard, verdicts, at)
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
    here = pl.col("item") == at if home is Frame.ITEM else pl.col("item").is_null() & (pl.col("node") == at)
    if standard.subject is not None:
        here &= pl.col("subject") == row
    found = describe(judgement, portfolio, figures, judgement.findings.filter(here & ~pl.col("offender")))
    effective = standard if unit is None else unit.standard
    rows = pl.Series("row", [row], dtype=pl.UInt32)
    subject = _subject(bench, frame, unit, row)
    return Explanation(
        standard=effective,
        level=Level(str(bench.subjects.frames[home]["level"][at])),
        name=words(bench.subjects, home, at),
        clauses=() if unit is None else tuple(_clauses(unit, subject)),
        verdict=None if unit is None else Verdict(int(verdicts[f"v{unit.number}"][row])),
        severity=found[0].severity if found else effective.severity,
        mode=Mode(str(mode_column(bench.subjects, frame, rows, effective, modes, mode)[0])),
        finding=found[0] if found else None,
        share={} if unit is None else _share(unit, verdicts, row),
        subject=None if standard.subject is None else words(bench.subjects, frame, row),
        others=tuple((words(bench.subjects, frame, other), verdict) for other, verdict in others),
        offenders=_members(bench, unit, row, pl.col("offends")),
        missing=_members(bench, unit, row, pl.col("offends").is_null()),
    )


def _home(standard: Standard) -> Frame | None:
    """Where findings of a subject are reported; None where the item or node is judged itself."""
    if standard.subject is None:
        return None
    return Frame.ITEM if standard.subject is Frame.LINK else Frame.NODE


def _worst(
    bench: Bench, standard: Standard, verdicts: pl.DataFrame, at: int
) -> tuple[int, tuple[tuple[int, Verdict], ...]]:
    """Of the subjects that are reported at this item or node the one with the worst verdict, and the others.

    Raises UsageError where there is none.
    """
    frame = standard.subject or Frame.ITEM
    _, homes = bench.subjects.home(frame, verdicts["row"])
    numbers = [f"v{unit.number}" for unit in bench.units if unit.frame is frame]
    code = pl.coalesce(numbers) if numbers else pl.lit(None, dtype=pl.UInt8)
    mine = verdicts.select("row", code=code).filter(homes == at).drop_nulls()
    judged = [(int(row), Verdict(int(number))) for row, number in mine.iter_rows()]
    if not judged:
        what = {Frame.LINK: "links", Frame.SPRINT: "sprints"}.get(frame, "persons' weeks")
        advice = NO_ROWS if frame is Frame.PERSON_WEEK else "name another one, or leave the name out"
        raise UsageError(f"{standard.id} judges {what}, and there is none here", advice=advice)
    ordered = sorted(judged, key=lambda one: (_WORST_FIRST.index(one[1]), one[0]))
    return ordered[0][0], tuple(ordered[1:])


def _subject(bench: Bench, frame: Frame, unit: Unit | None, row: int) -> pl.DataFrame:
    """The row of the subject with what its clauses read."""
    if frame is not Frame.LINK or unit is None:
        return bench.subjects.frames[frame][row : row + 1]
    clauses = [unit.applies, unit.unless, unit.require, *(clause for _, clause in unit.escalations)]
    names = {name for clause in clauses if clause is not None for name in clause.needs}
    return bench.subjects.with_ends(names)[row : row + 1]


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


def _members(bench: Bench, unit: Unit | None, node: int, of: pl.Expr) -> tuple[Named, ...]:
    """Those members of a node that are of this kind, by name and tracker; none where no share is judged."""
    members = [] if unit is None else bench.members.get(unit.number, [])
    found = [
        one
        for each in members
        for one in named(bench.subjects, each.frame, each.rows.filter((pl.col("node") == node) & of)["member"])
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.tracker or "")))


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
            yield from _flat(_Part(part, unit.frame), clause, subject, 0)


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of a standard clauses are of, whose columns they see, and where these stand in the frame."""

    name: str
    frame: Frame
    prefix: str = ""

    def of(self, clause: Clause) -> _Part:
        """The same for what the clause is made of: an end of a link is an item."""
        prefix = ENDS.get(clause.column or "") if clause.parts else None
        return self if prefix is None else _Part(self.name, Frame.ITEM, prefix)


def _flat(part: _Part, clause: Clause, subject: pl.DataFrame, depth: int) -> Iterator[ClauseSeen]:
    """The clause and what it is made of. A combination of one level is told by its parts alone."""
    result = subject.select(clause.expr.alias("result"))["result"][0]
    is_plain_all = clause.text == "all of" and depth == 0
    if not is_plain_all:
        column = f"{part.prefix}{clause.column}"
        waits = awaited(part.frame, [clause.column or ""]) if column not in subject.columns else ()
        if clause.of_history and result is None:
            waits = (_NO_HISTORY.format(clause.column),)
        yield ClauseSeen(
            part.name,
            depth,
            clause.text,
            _seen(clause, column, subject),
            clause.column,
            result,
            clause.source,
            waits_for=waits[0] if waits else None,
        )
    for inner in clause.parts:
        yield from _flat(part.of(clause), inner, subject, depth if is_plain_all else depth + 1)


def _seen(clause: Clause, column: str, subject: pl.DataFrame) -> Evidence:
    if clause.counters is not None:
        n, t, u = (subject[f"{clause.counters}.{name}"][0] for name in ("n", "t", "u"))
        if n is None:
            return "cannot be seen"
        return f"{t} of {n}" + (f", {u} unknown" if u else "")
    if clause.column is None or clause.column == "person" or column not in subject.columns:
        return None
    return as_evidence(subject.select(column).to_dicts()[0][column])
