"""The frames of one run as the evaluator takes them: items and nodes with their figures, and what of them is seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Figures, Portfolio, Visibility
from pmo_sync.model.vocabulary import UTC_TIME, VOCABULARY
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.columns import ENDS, LINK_COLUMNS
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.view import View
from pmo_sync.structure.partly_read import items_partly_read
from pmo_sync.structure.scope import items_in, nodes_in

_OWN_FIRST: Final = frozenset({"reported_rag", "budget", "actual_cost", "forecast_cost"})
"""Figures of a node that show its own column where it has one: they are as visible as that column."""
_GOALS: Final = Visibility({"sprint_goal": frozenset({1})})
"""Sprints of trackers that tell no goals have the scope 1."""


@dataclass(slots=True)
class Subjects:
    """The frames, to which counters are staged while the run goes on. Rows never move.

    Attributes:
        frames: ITEM and NODE rows with all columns and built figures; LINK rows with the rows of both ends.
        views: how conditions see each of them.
    """

    portfolio: Portfolio
    figures: Figures
    clock: Clock
    frames: dict[Frame, pl.DataFrame] = field(init=False)
    views: dict[Frame, View] = field(init=False)
    _masks: dict[tuple[Frame, Scope], pl.Series] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.frames = {
            Frame.ITEM: self._items(),
            Frame.NODE: self._nodes(),
            Frame.LINK: self._links(),
            Frame.SPRINT: self.portfolio.sprints,
            Frame.PERSON_WEEK: self.portfolio.person_weeks,
        }
        self.views = {
            Frame.ITEM: self._view(Frame.ITEM, self._item_visibility()),
            Frame.NODE: self._view(Frame.NODE, self._node_visibility()),
            Frame.LINK: self._view(Frame.LINK, Visibility()),
            Frame.SPRINT: self._view(Frame.SPRINT, _GOALS),
            Frame.PERSON_WEEK: self._view(Frame.PERSON_WEEK, Visibility()),
        }

    def _view(self, frame: Frame, visibility: Visibility) -> View:
        return View(frame, dict(self.frames[frame].schema), visibility)

    def _items(self) -> pl.DataFrame:
        figures = [name for name in self.figures.items.columns if name != "item"]
        items = self.portfolio.items.with_columns(self.figures.items.get_column(name) for name in figures)
        return self._in_zone(items)

    def _in_zone(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Times as the clocks of the project show them: what tests take is the day they fall on there."""
        return frame.with_columns(pl.col(UTC_TIME).dt.convert_time_zone(self.clock.time_zone))

    def _nodes(self) -> pl.DataFrame:
        figures = self.figures.nodes
        nodes = self.portfolio.nodes.with_columns(
            figures.get_column(name) for name in figures.columns if name != "node" and not name.endswith("__basis")
        )
        # A node is of no kind: its tests of kind are false, not unknown.
        return self._in_zone(nodes.with_columns(pl.lit("").alias("kind")))

    def _links(self) -> pl.DataFrame:
        seen = pl.col("source").is_not_null() & pl.col("target").is_not_null()
        figures = [] if self.figures.links is None else self.figures.links.get_columns()
        return self.portfolio.links.with_columns(
            pl.col("source").alias("p.item"),
            pl.col("target").alias("q.item"),
            pl.lit(None, dtype=LINK_COLUMNS["direction"].dtype).alias("direction"),
            pl.when(seen).then(True).alias("visible"),
            *figures,
        )

    def _item_visibility(self) -> Visibility:
        """A built figure is seen for every item."""
        own, built = self.portfolio.item_visibility, set(self.figures.items.columns)
        return Visibility({k: v for k, v in own.hidden.items() if k not in built}, own.nowhere - built)

    def _node_visibility(self) -> Visibility:
        """A figure made from items is seen unless the items' own column is seen nowhere."""
        own, built = self.portfolio.node_visibility, set(self.figures.built) - _OWN_FIRST
        blind = {name for name in built & VOCABULARY.keys() if name in self.portfolio.item_visibility.nowhere}
        hidden = {name: scopes for name, scopes in own.hidden.items() if name not in built}
        return Visibility(hidden, (own.nowhere - built) | blind)

    def partly_read(self, frame: Frame) -> pl.Series:
        """Per row, whether relatives below it or linked to it may be missing, as not everything was read."""
        if frame is Frame.NODE:
            return ~self.portfolio.nodes["complete"]
        return items_partly_read(self.portfolio)

    def with_ends(self, names: Iterable[str]) -> pl.DataFrame:
        """The links with those of the named columns that are of their ends, under the prefixes of ENDS."""
        links, wanted = self.frames[Frame.LINK], set(names)
        ends = [
            series
            for prefix in (ENDS["predecessor"], ENDS["successor"])
            for series in self.gathered(Frame.ITEM, links[f"{prefix}item"], prefix, wanted)
        ]
        return links.with_columns(ends)

    # --- during the run ---------------------------------------------------------------------------------------------
    def stage(self, frame: Frame, columns: Iterable[pl.Series]) -> None:
        """Adds columns to a frame, row by row with it."""
        self.frames[frame] = self.frames[frame].with_columns(columns)

    def home(self, frame: Frame, rows: pl.Series) -> tuple[Frame, pl.Series]:
        """Where these subjects are reported: items and nodes as they are, a link at its successor (where that cannot
        be seen at its predecessor), a sprint and a person's week at their node.
        """
        if frame in {Frame.ITEM, Frame.NODE}:
            return frame, rows
        if frame is not Frame.LINK:
            return Frame.NODE, self.frames[frame]["node"].gather(rows)
        links = self.portfolio.links
        return Frame.ITEM, links.select(pl.coalesce("target", "source")).to_series().gather(rows)

    def mask(self, frame: Frame, scope: Scope) -> pl.Series:
        """Whom a scope means among the rows of a frame: those that are reported at an item or node that it means."""
        key = (frame, scope)
        if key not in self._masks:
            home, at = self.home(frame, pl.int_range(self.frames[frame].height, dtype=U32, eager=True))
            members = items_in if home is Frame.ITEM else nodes_in
            found = members(self.portfolio, scope)
            self._masks[key] = found if home is frame else found.gather(at).fill_null(False)
        return self._masks[key]

    def gathered(self, frame: Frame, rows: pl.Series, prefix: str, names: Iterable[str]) -> list[pl.Series]:
        """The columns whose names start with the prefix, taken from the frame at these rows (null gives null)."""
        source = self.frames[frame]
        return [
            source.get_column(name.removeprefix(prefix)).gather(rows).alias(name)
            for name in sorted(names)
            if name.startswith(prefix) and name != f"{prefix}item"
        ]
