"""The one evaluator: standards on a portfolio and its figures, to counts and findings.

Waivers, `for` and modes are facts beside the verdict and are added to the findings afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.frames import U32
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.words import Mode, Verdict
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.compile import Compiler
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.findings import Beside, collect
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.relations import Tallies
from pmo_sync.rules.shares import Members, counters, members, verdict
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.subjects import Subjects
from pmo_sync.rules.units import RANK, Unit, coverage, reads_figures, units

_UNKNOWN: Final = pl.lit(Verdict.UNKNOWN.value, dtype=pl.UInt8)


def judge(  # noqa: PLR0913 - what a run is made of; each is named where it is called
    standards: Sequence[Standard],
    portfolio: Portfolio,
    figures: Figures,
    *,
    today: date,
    calendar: Calendar,
    past: Past,
    modes: tuple[ModeEntry, ...] = (),
    mode: Mode = Mode.CONTROLLING,
    min_coverage: float = 0.7,
    time_zone: str = "UTC",
    keep_verdicts: bool = False,
) -> Judgement:
    """Every verdict of every enabled standard, as counts and as findings.

    The result depends on the arguments alone, and not on the order of rows or standards.

    Args:
        standards: as `rules.language.parse` gives them.
        portfolio: the items and nodes.
        figures: of the same portfolio.
        today: the status date.
        calendar: the working days.
        past: first-failed dates and waivers.
        modes: how far standards go, and where; the first that matches counts.
        mode: how far where no entry matches.
        min_coverage: a pass of a node that rests on a figure with less coverage is unknown.
        time_zone: where a time becomes a day.
        keep_verdicts: also hand out every verdict on every item (`Judgement.verdicts`).
    """
    bench = prepare(standards, portfolio, figures, Clock(today, calendar, time_zone))
    verdicts = {frame: run_frame(bench, frame, min_coverage) for frame in bench.judged}
    beside = Beside(past, modes, mode)
    judged, findings, shares = collect(bench.subjects, bench.units, verdicts, bench.members, beside)
    made = Judgement(judged, findings, tuple(standards), shares, past.waivers, today)
    if not keep_verdicts:
        return made
    links = _of_links(bench, verdicts)
    return replace(made, verdicts=_of_items(bench, verdicts, links), link_verdicts=links)


def _of_items(bench: Bench, verdicts: Mapping[Frame, pl.DataFrame], links: pl.DataFrame) -> pl.DataFrame:
    """VERDICTS; of a standard of links the worst verdict of those that are reported at the item."""
    items = verdicts[Frame.ITEM].select(pl.col("row").alias("item"))
    judged = _by_standard(bench, verdicts, Frame.ITEM)
    worst = [_worst(codes, links["item"], items.height) for codes in links.get_columns() if codes.name != "item"]
    return frames.check(items.with_columns(*judged, *worst), frames.VERDICTS, "verdicts")


def _of_links(bench: Bench, verdicts: Mapping[Frame, pl.DataFrame]) -> pl.DataFrame:
    """VERDICTS of the standards of links, with one row for each link."""
    judged = _by_standard(bench, verdicts, Frame.LINK) if Frame.LINK in verdicts else []
    _, at = bench.subjects.home(Frame.LINK, pl.int_range(bench.subjects.portfolio.links.height, dtype=U32, eager=True))
    return frames.check(pl.DataFrame([at.alias("item"), *judged]), frames.VERDICTS, "verdicts")


def _by_standard(bench: Bench, verdicts: Mapping[Frame, pl.DataFrame], frame: Frame) -> list[pl.Series]:
    """The verdicts on the rows of a frame, standard by standard; of its variants one judges a row at most."""
    columns: dict[str, list[str]] = {}
    for unit in bench.units:
        if unit.frame is frame:
            columns.setdefault(unit.whole.id, []).append(f"v{unit.number}")
    named = [pl.coalesce(numbers).alias(frames.verdict_column(id_)) for id_, numbers in sorted(columns.items())]
    return verdicts[frame].select(named).get_columns() if named else []


def _worst(codes: pl.Series, at: pl.Series, items: int) -> pl.Series:
    """Per item: a failure, else an unknown, a pass, not applicable; null where no link of it is judged."""
    order = [Verdict.NOT_APPLICABLE.value, Verdict.PASS.value, Verdict.UNKNOWN.value, Verdict.FAIL.value]
    ranks = codes.replace_strict(order, range(len(order)), return_dtype=pl.UInt8)
    worst = pl.DataFrame({"item": at, "rank": ranks}).drop_nulls().group_by("item").agg(pl.col("rank").max())
    none = pl.repeat(None, items, dtype=pl.UInt8(), eager=True)
    found = none.scatter(worst["item"], worst["rank"])
    return found.replace_strict(range(len(order)), order, return_dtype=pl.UInt8).alias(codes.name)


class Bench:
    """Everything staged for one run: the frames with their counters, and the units to run on them."""

    __slots__ = ("members", "subjects", "units")

    def __init__(self, subjects: Subjects, found: list[Unit], tallies: Tallies) -> None:
        self.subjects = subjects
        self.units = found
        self.members: dict[int, list[Members]] = {
            unit.number: members(unit.standard.share, unit.share, subjects, tallies)
            for unit in found
            if unit.standard.share is not None
        }

    @property
    def judged(self) -> tuple[Frame, ...]:
        """The frames that verdicts are of: items and nodes always, others where a standard judges them."""
        asked = {unit.frame for unit in self.units}
        return tuple(frame for frame in Frame if frame in asked or frame in {Frame.ITEM, Frame.NODE})


def prepare(standards: Sequence[Standard], portfolio: Portfolio, figures: Figures, clock: Clock) -> Bench:
    """Compiles the standards and stages what their relations and shares count."""
    subjects = Subjects(portfolio, figures, clock)
    tallies = Tallies(subjects)
    compiler = Compiler(subjects.clock, tallies, portfolio.absent_levels)
    found = units(standards, subjects, compiler)
    tallies.stage()
    return Bench(subjects, found, tallies)


def run_frame(bench: Bench, frame: Frame, min_coverage: float) -> pl.DataFrame:
    """For every unit of the frame `v<number>`, its verdict, and `s<number>`, the rank of its severity, row by row."""
    plain = [unit for unit in bench.units if unit.frame is frame and unit.standard.share is None]
    exprs = [expr for unit in plain for expr in _columns(unit, bench.subjects, min_coverage)]
    rows = bench.subjects.frames[frame]
    if frame is Frame.LINK:
        rows = bench.subjects.with_ends({name for expr in exprs for name in expr.meta.root_names()})
    found = rows.lazy().select(pl.int_range(pl.len(), dtype=U32).alias("row"), *exprs).collect()
    shared = [_share(unit, bench) for unit in bench.units if unit.frame is frame and unit.standard.share is not None]
    return pl.concat([found, *shared], how="horizontal") if shared else found


def _columns(unit: Unit, subjects: Subjects, min_coverage: float) -> list[pl.Expr]:
    verdict = unit.verdict(coverage(unit, subjects, min_coverage))
    if reads_figures(unit, subjects):  # of a node that was not read whole no figure proves anything
        verdict = pl.when(~pl.col("complete") & (verdict < Verdict.NOT_APPLICABLE)).then(_UNKNOWN).otherwise(verdict)
    found = [verdict.alias(f"v{unit.number}")]
    if unit.escalations:
        found.append(unit.severity().alias(f"s{unit.number}"))
    return found


def _share(unit: Unit, bench: Bench) -> pl.DataFrame:
    """The verdicts of a share standard on every node, with its counters `n`, `t`, `u`."""
    limit = unit.standard.limit
    if limit is None:
        raise TypeError("a share standard has a limit")
    nodes = bench.subjects.frames[Frame.NODE]
    counted = counters(bench.members[unit.number], nodes.height)
    code, drop = verdict(limit)
    not_applicable = pl.lit(Verdict.NOT_APPLICABLE.value, dtype=pl.UInt8)
    known = unit.applies.expr & pl.col("complete")
    judged = pl.when(unit.exempt).then(not_applicable).when(known).then(code).otherwise(_UNKNOWN)
    lowered = pl.max_horizontal(unit.severity() - drop.cast(RANK), pl.lit(0, dtype=RANK))
    return pl.concat([nodes, counted], how="horizontal").select(
        pl.when(unit.mask).then(judged).alias(f"v{unit.number}"),
        lowered.cast(RANK).alias(f"s{unit.number}"),
        pl.col("population").alias(f"n{unit.number}"),
        pl.col("offenders").alias(f"t{unit.number}"),
        pl.col("missing").alias(f"u{unit.number}"),
    )
