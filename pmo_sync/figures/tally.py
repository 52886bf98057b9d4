"""Aggregates over the items below a node: counted once per item, added up over the levels, with their coverage.

A tally is data: whom it is about, what it reads of each, how that adds up. Group once, fold up the tree, finish.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from pmo_sync.figures.context import WAS_NET
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.model.frames import U32

EMPTY: Final = "empty"
ALL_DROPPED: Final = "all_dropped"
USED: Final = "__used"
MISSING: Final = "__missing"
BASIS: Final = "__basis"
_DROPPED: Final = "dropped net work"


class How(StrEnum):
    """How the values of items become one."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Tally:
    """One aggregate.

    Attributes:
        name: of the figure; one that is no figure's name serves others and is not shown.
        how: how values add up. COUNT takes a Boolean: how many are true.
        member: whether the item is meant. Null (it cannot be told) counts as missing.
        value: what it adds; null counts as missing.
        formula: the sentence for `explain`.
        known: whether the value is known, where that is not simply its being there (imputed weights).
        basis: in words; `how` where it says enough.
    """

    name: str
    how: How
    member: pl.Expr
    value: pl.Expr
    formula: str = ""
    known: pl.Expr | None = None
    basis: str | None = None

    @property
    def is_known(self) -> pl.Expr:
        """Whether an item that is meant has what the tally reads."""
        return self.value.is_not_null() if self.known is None else self.known

    def read(self) -> list[pl.Expr]:
        """Three columns per item: what it adds, whether it is used, whether it is missing."""
        known = self.is_known
        value = self.member & self.value if self.how is How.COUNT else pl.when(self.member).then(self.value)
        return [
            value.alias(self.name),
            (self.member & known).alias(self.name + USED),
            (self.member.is_null() | (self.member & ~known)).alias(self.name + MISSING),
        ]

    def add(self) -> list[pl.Expr]:
        """The three columns added up."""
        of = {How.COUNT: pl.Expr.sum, How.SUM: pl.Expr.sum, How.MIN: pl.Expr.min, How.MAX: pl.Expr.max}[self.how]
        counters = [pl.col(self.name + suffix).sum().cast(U32) for suffix in (USED, MISSING)]
        return [of(pl.col(self.name)), *counters]

    def finish(self) -> list[pl.Expr]:
        """Value, used, missing, basis: nothing known is null; of nothing at all a count is 0, all else null."""
        used, missing = (pl.col(self.name + suffix).fill_null(0).cast(U32) for suffix in (USED, MISSING))
        nothing = (used == 0) & (missing == 0)
        value: pl.Expr
        words: pl.Expr
        words = pl.lit(self.basis or self.how.value)
        if self.how is How.COUNT:
            value = pl.when((used > 0) | (missing == 0)).then(pl.col(self.name).fill_null(0))
        else:
            value = pl.when(used > 0).then(pl.col(self.name))
            words = pl.when(nothing).then(empty_or_dropped()).otherwise(words)
        if self.name in NODE_FIGURES:
            value = value.cast(NODE_FIGURES[self.name].dtype)
        return [
            value.alias(self.name),
            used.alias(self.name + USED),
            missing.alias(self.name + MISSING),
            words.alias(self.name + BASIS),
        ]


def empty_or_dropped() -> pl.Expr:
    """The basis of a figure of nothing."""
    return pl.when(pl.col(_DROPPED) > 0).then(pl.lit(ALL_DROPPED)).otherwise(pl.lit(EMPTY))


def four(name: str) -> list[str]:
    """The four columns of a figure."""
    return [name, name + USED, name + MISSING, name + BASIS]


def read_direct(items: pl.DataFrame, tallies: Sequence[Tally]) -> pl.DataFrame:
    """The tallies of the rows that carry each `node` themselves; rows in the order given, so that sums repeat."""
    reads = [expression for tally in tallies for expression in tally.read()]
    dropped = [pl.col(WAS_NET).alias(_DROPPED)]
    adds = [expression for tally in tallies for expression in tally.add()]
    # Not lazily: the streaming engine adds floats in the order its threads come by, so that last digits would move.
    read = items.select("node", *reads, *dropped)
    return read.group_by("node", maintain_order=True).agg(*adds, pl.col(_DROPPED).sum().cast(U32)).sort("node")


def fold(direct: pl.DataFrame, above: pl.DataFrame, tallies: Sequence[Tally]) -> pl.DataFrame:
    """Every node's own and all below it; `above` names for each `node` itself and the nodes over it."""
    adds = [expression for tally in tallies for expression in tally.add()]
    return (
        above.join(direct, on="node")
        .sort("above", "node")
        .group_by("above", maintain_order=True)
        .agg(*adds, pl.col(_DROPPED).sum().cast(U32))
        .rename({"above": "node"})
    )


def combine(parts: Sequence[pl.DataFrame], tallies: Sequence[Tally]) -> pl.DataFrame:
    """Folded tallies of disjoint sets of items as one; a tally that a part does not have adds nothing."""
    whole = pl.concat(parts, how="diagonal")
    adds = [expression for tally in tallies for expression in tally.add()]
    return whole.group_by("node", maintain_order=True).agg(*adds, pl.col(_DROPPED).sum().cast(U32))


def finish(nodes: pl.DataFrame, folded: pl.DataFrame, tallies: Iterable[Tally]) -> pl.DataFrame:
    """One row per node, four columns per tally; nodes with nothing below them too."""
    joined = nodes.select("node").join(folded, on="node", how="left", maintain_order="left")
    columns = [expression for tally in tallies for expression in tally.finish()]
    return joined.select("node", pl.col(_DROPPED).fill_null(0), *columns)


def lineage(nodes: pl.DataFrame) -> pl.DataFrame:
    """For each `node` itself and every node `above` it: one row each."""
    up = nodes.select("node", pl.col("node").alias("above"))
    rows = [up]
    parents = nodes.select(pl.col("node").alias("above"), "parent")
    while up.height:
        up = up.join(parents, on="above").select("node", pl.col("parent").alias("above")).drop_nulls()
        rows.append(up)
    return pl.concat(rows)
