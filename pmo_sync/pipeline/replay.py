"""Two sets of standards on the same past days: who would have been flagged by each, from when to when, how noisily.

Pure: the days come in one after the other, oldest first, and one is let go of before the next is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.past import Past, Waiver
from pmo_sync.model.portfolio import Portfolio, path_text
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.assess import Assessment, assess
from pmo_sync.pipeline.compared import Pair
from pmo_sync.pipeline.differences import COUNTED, Difference, differences
from pmo_sync.pipeline.past import failing, failing_since
from pmo_sync.pipeline.spells import FLAGGED, Spells
from pmo_sync.rules.baseline import named
from pmo_sync.rules.standard import Standard, needed_columns
from pmo_sync.settings.folder import Project

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
    """Judges every occasion by both sides, at its own day; memory is that of one occasion and of what was ever flagged.

    `project` gives waivers, structure, roll-up, calendar and time zone as they are today, for both sides. A failure
    counts from the first occasion on which it was seen; one that `for` holds back is not flagged before it is ripe, one
    that is waived not before its waiver has run out. Modes hold nothing back: what a standard that only reports would
    flag is what people want to know before it may.
    """
    asked = [pair for pair in compared if pair.differs]
    standards = _sided(asked)
    spells, lacks = Spells(), _Lacks(asked)
    counted = [pl.DataFrame(schema=dict(COUNTED))]
    days: list[date] = []
    partly: list[date] = []
    past = Past(waivers=_sided_waivers(project))
    for occasion in occasions:
        seen = _seen(assess(project, standards, occasion.snapshots, occasion.day, past))
        unseen = _unseen(occasion)
        earlier = past.failing_since.filter(pl.col("tracker").is_in(sorted(unseen)))
        past = replace(past, failing_since=failing(seen.failing, earlier, complete=not unseen))
        spells.take(occasion.day, seen.flagged, unseen)
        counted.append(seen.counted)
        lacks.take(occasion)
        days.append(occasion.day)
        partly += [occasion.day] if unseen else []
        del occasion, seen  # before the next one is loaded
    found = differences(asked, spells, pl.concat(counted), days)
    return Replay(tuple(days), tuple(partly), found, lacks.all())


def _unseen(occasion: Occasion) -> frozenset[str]:
    """The trackers that were not read whole, and "" when there is one: nodes may hang below any of them."""
    partly = {one.manifest.tracker for one in occasion.snapshots if not one.manifest.complete}
    return frozenset(partly | {""}) if partly else frozenset()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One occasion judged: FLAGGED, COUNTED, FAILING_SINCE."""

    flagged: pl.DataFrame
    counted: pl.DataFrame
    failing: pl.DataFrame


def _sided(compared: Sequence[Pair]) -> list[Standard]:
    """The standards of both sides under ids that tell the sides apart."""
    found = []
    for pair in compared:
        for side, one in zip(SIDES, (pair.before, pair.after), strict=True):
            if one is not None:
                found.append(replace(one, id=f"{side} {one.id}", own=None))
    return found


def _sided_waivers(project: Project) -> tuple[Waiver, ...]:
    """The waivers of the project, each once for either side; one side may have no such standard."""
    return tuple(replace(one, standard=f"{side} {one.standard}") for one in project.waivers for side in SIDES)


def _seen(found: Assessment) -> _Seen:
    findings, portfolio = found.judgement.findings, found.portfolio
    sides = pl.col("standard").str.splitn(" ", 2).struct.rename_fields(["side", "standard"])
    sided = findings.with_columns(sides.struct.unnest())
    would = (pl.col("verdict") == Verdict.FAIL.value) & pl.col("ripe")
    is_waived = pl.col("waiver").is_not_null()
    counted = sided.group_by("side", "standard").agg(
        (would & is_waived).sum().alias("waived"), (pl.col("verdict") == Verdict.UNKNOWN.value).sum().alias("unknown")
    )
    flagged = _named(sided.filter(would & ~is_waived), portfolio).select(list(FLAGGED))
    once = flagged.unique(["side", "standard", "level", "tracker", "id"])
    return _Seen(once, counted.cast(pl.Schema(COUNTED)), failing_since(findings, portfolio))


def _named(found: pl.DataFrame, portfolio: Portfolio) -> pl.DataFrame:
    """Findings with the tracker, id, key, title and path of their subjects."""
    paths = pl.Series("path", [path_text(one) for one in portfolio.nodes["path"].to_list()], dtype=pl.String)
    nodes = portfolio.nodes.select("node", "name", paths)
    items = portfolio.items.select("item", "key", "title")
    return (
        named(portfolio, found)
        .join(items, on="item", how="left")
        .join(nodes, on="node", how="left")
        .with_columns(
            pl.col("level").cast(pl.String),
            pl.when(pl.col("item").is_null()).then("name").otherwise("title").alias("title"),
        )
    )


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
