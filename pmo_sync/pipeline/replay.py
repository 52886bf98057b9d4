"""Two sets of standards on the same past days: who would have been flagged by each, from when to when, how noisily.

Pure: the days come in one after the other, oldest first, and one is let go of before the next is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.figures.compute import compute
from pmo_sync.model import frames
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Portfolio, path_text
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.compared import Pair
from pmo_sync.pipeline.differences import Difference, differences
from pmo_sync.pipeline.evaluate import people_of
from pmo_sync.pipeline.past import failing
from pmo_sync.pipeline.spells import FLAGGED, Spells
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.standard import Standard, needed_columns
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.folder import Project
from pmo_sync.structure.build import build
from pmo_sync.structure.history import HistoryOptions

SIDES: Final = ("before", "after")


@dataclass(frozen=True, slots=True)
class Occasion:
    """The trackers as they were kept at one day, and the day they are judged at."""

    day: date
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """A column that a standard reads and that snapshots of a tracker have not: it is unknown there."""

    standard: str
    column: str
    tracker: str
    first: date
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What both sides made of the days.

    Attributes:
        days: the days that were judged, oldest first.
        partly: of these the days on which some tracker was not read whole.
        standards: one difference for each standard of which the sides say different things, in the order given.
        lacks: columns that old snapshots have not.
    """

    days: tuple[date, ...]
    partly: tuple[date, ...]
    standards: tuple[Difference, ...]
    lacks: tuple[Lack, ...]


def replay(occasions: Iterable[Occasion], compared: Sequence[Pair], project: Project) -> Replay:
    """Judges every occasion by both sides, at its own day, without waivers and modes; memory is that of one occasion
    and of what was ever flagged.

    `project` gives structure, roll-up, calendar and time zone as they are today. A failure counts from the first
    occasion on which it was seen; one that `for` holds back is not flagged before it is ripe.
    """
    asked = [pair for pair in compared if pair.differs]
    spells, unknown, lacks = Spells(), _Unknown(), _Lacks(asked)
    days: list[date] = []
    partly: list[date] = []
    past = Past()
    for occasion in occasions:
        seen = _judged(occasion, asked, project, past)
        unseen = _unseen(occasion)
        earlier = past.failing_since.filter(pl.col("tracker").is_in(sorted(unseen)))
        past = Past(failing_since=failing(seen.failing, earlier, complete=not unseen))
        spells.take(occasion.day, seen.flagged, unseen)
        unknown.take(seen.unknown)
        lacks.take(occasion)
        days.append(occasion.day)
        partly += [occasion.day] if unseen else []
        del occasion, seen  # before the next one is loaded
    found = differences(asked, spells, unknown.counts, days)
    return Replay(tuple(days), tuple(partly), found, lacks.all())


def _unseen(occasion: Occasion) -> frozenset[str]:
    """The trackers that were not read whole, and "" when there is one: nodes may hang below any of them."""
    partly = {one.manifest.tracker for one in occasion.snapshots if not one.manifest.complete}
    return frozenset(partly | {""}) if partly else frozenset()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One occasion judged: FLAGGED, how many verdicts were unknown (side, standard, number), FAILING_SINCE."""

    flagged: pl.DataFrame
    unknown: pl.DataFrame
    failing: pl.DataFrame


def _sided(compared: Sequence[Pair]) -> list[Standard]:
    """The standards of both sides under ids that tell the sides apart."""
    found = []
    for pair in compared:
        for side, one in zip(SIDES, (pair.before, pair.after), strict=True):
            if one is not None:
                found.append(replace(one, id=f"{side} {one.id}", own=None))
    return found


def _judged(occasion: Occasion, compared: Sequence[Pair], project: Project, past: Past) -> _Seen:
    settings = project.settings
    days, _ = calendar(settings)
    portfolio = build(
        occasion.snapshots,
        settings.structure,
        portfolio_name=project.name,
        appetite=settings.risk_appetite,
        people=people_of(project),
        history=HistoryOptions(settings.bots, settings.time_zone),
    )
    figures = compute(
        portfolio,
        settings.rollup,
        today=occasion.day,
        calendar=days,
        currency=settings.currency,
        stages=settings.stages,
        time_zone=settings.time_zone,
    )
    judgement = judge(
        _sided(compared),
        portfolio,
        figures,
        today=occasion.day,
        calendar=days,
        past=past,
        min_coverage=settings.rollup.min_coverage,
        time_zone=settings.time_zone,
    )
    return _seen(judgement.findings, portfolio)


def _seen(findings: pl.DataFrame, portfolio: Portfolio) -> _Seen:
    side = pl.col("standard").str.split_exact(" ", 1)
    sided = findings.with_columns(
        side.struct.field("field_0").alias("side"), pl.col("standard").alias("sided")
    ).with_columns(pl.col("sided").str.strip_prefix("before ").str.strip_prefix("after ").alias("standard"))
    unknown = (
        sided.filter(pl.col("verdict") == Verdict.UNKNOWN.value)
        .group_by("side", "standard")
        .agg(pl.len().cast(pl.Int64).alias("unknown"))
    )
    failed = _named(sided.filter(pl.col("verdict") == Verdict.FAIL.value), portfolio)
    own = failed.filter(~pl.col("offender"))
    since = own.select(pl.col("sided").alias("standard"), "tracker", "id", "since")
    failing = since.select(frames.FAILING_SINCE.keys()).unique(["standard", "tracker", "id"], keep="any")
    flagged = failed.filter("ripe").select(list(FLAGGED)).unique(["side", "standard", "level", "tracker", "id"])
    return _Seen(flagged, unknown, failing)


def _named(failed: pl.DataFrame, portfolio: Portfolio) -> pl.DataFrame:
    """Failures with the tracker, id, key, title and path of their subjects."""
    nodes = portfolio.nodes.select(
        "node",
        "name",
        pl.Series("path", [path_text(one) for one in portfolio.nodes["path"].to_list()], dtype=pl.String),
    )
    items = portfolio.items.select("item", "tracker", "id", "key", "title")
    is_node = pl.col("item").is_null()
    return (
        failed.join(items, on="item", how="left")
        .join(nodes, on="node", how="left")
        .with_columns(
            pl.col("tracker").fill_null(""),
            pl.col("level").cast(pl.String),
            pl.when(is_node).then(pl.col("path")).otherwise(pl.col("id")).alias("id"),
            pl.when(is_node).then(pl.col("name")).otherwise(pl.col("title")).alias("title"),
        )
    )


class _Unknown:
    """Unknown verdicts counted over all occasions."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def take(self, counted: pl.DataFrame) -> None:
        for side, standard, number in counted.select("side", "standard", "unknown").iter_rows():
            self.counts[side, standard] = self.counts.get((side, standard), 0) + number


class _Lacks:
    """The columns that snapshots have not, gathered over all occasions."""

    def __init__(self, compared: Sequence[Pair]) -> None:
        self.needed = {
            pair.id: needed_columns([one for one in (pair.before, pair.after) if one is not None]) for pair in compared
        }
        self.found: dict[tuple[str, str, str], list[date]] = {}

    def take(self, occasion: Occasion) -> None:
        for snapshot in occasion.snapshots:
            held = {*snapshot.manifest.columns, *snapshot.items.columns, *frames.ITEMS, *frames.PULLED}
            for standard, columns in self.needed.items():
                for column in columns - held:
                    self.found.setdefault((standard, column, snapshot.manifest.tracker), []).append(occasion.day)

    def all(self) -> tuple[Lack, ...]:
        return tuple(Lack(*key, min(days), max(days), len(days)) for key, days in sorted(self.found.items()))
