"""Who is related to whom: pairs of rows (s, r), s the subject and r the relative; r null is one that cannot be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.rules.columns import PLURALS
from pmo_sync.rules.condition import Frame
from pmo_sync.structure.leaves import TIES, net_work, stand_ins

AT_ONCE: Final = 1_000_000
"""So many pairs of a subject and a relative are held at a time, or those of one subject."""


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs of one relation to relatives of one frame. Links bring `r.direction`, `r.visible` and `o.item`.

    `leaves`: `end leaf` of what stands for relatives in the pairs, which `parts` puts in their place; None: nothing.
    """

    frame: Frame
    pairs: pl.DataFrame
    leaves: pl.DataFrame | None = None

    def parts(self) -> Iterator[pl.DataFrame]:
        """The pairs, all of a subject in one part. Two linked summaries are as many pairs as the product of what is
        below them: these come AT_ONCE at a time, so that memory is bounded.
        """
        if self.leaves is None or self.pairs.is_empty():
            yield self.pairs
            return
        sizes = self.leaves.group_by(r="end").agg(size=pl.len())
        weights = self.pairs.join(sizes, on="r", how="left").group_by("s").agg(pl.col("size").fill_null(1).sum())
        placed = weights.sort("s").select("s", part=pl.col("size").cum_sum() // AT_ONCE)
        for part in self.pairs.join(placed, on="s").partition_by("part", include_key=False):
            expanded = part.join(self.leaves, left_on="r", right_on="end", how="left")
            yield _distinct(expanded.with_columns(r=pl.coalesce("leaf", "r")))


def route(portfolio: Portfolio, frame: Frame, relation: str, reached: Frame) -> Route:
    """The pairs by which a relation leads from subjects of `frame` to relatives of the frame `reached`."""
    if frame is Frame.NODE and relation in _OF_A_HOME:
        # A node has the links of the item it is.
        homes = portfolio.nodes.select(pl.col("item").alias("s"), "node").drop_nulls()
        own = route(portfolio, Frame.ITEM, relation, reached)
        return replace(own, pairs=own.pairs.join(homes, on="s").drop("s").rename({"node": "s"}))
    if relation in _TIED:
        return _dependencies(portfolio, reached, relation)
    find = _FINDERS.get(relation, _below)
    return Route(reached, find(portfolio, frame, reached, relation))


def _children(portfolio: Portfolio, frame: Frame, reached: Frame, _: str) -> pl.DataFrame:
    items = portfolio.items
    if frame is Frame.ITEM:
        return items.select(pl.col("parent").alias("s"), pl.col("item").alias("r")).drop_nulls("s")
    if reached is Frame.NODE:
        return portfolio.nodes.select(pl.col("parent").alias("s"), pl.col("node").alias("r")).drop_nulls("s")
    # Directly in a node are its items without a parent, and those right below the item that the node is.
    home = portfolio.nodes["item"].gather(items["node"]).alias("home")
    is_direct = pl.col("parent").is_null() | (pl.col("parent") == pl.col("home"))
    told = items.select("item", "parent", "node", home)
    direct = told.filter(is_direct & pl.col("home").ne_missing(pl.col("item")))
    return direct.select(pl.col("node").alias("s"), pl.col("item").alias("r"))


def _parent(portfolio: Portfolio, frame: Frame, _: Frame, __: str) -> pl.DataFrame:
    if frame is Frame.NODE:
        return portfolio.nodes.select(pl.col("node").alias("s"), pl.col("parent").alias("r")).drop_nulls()
    has = pl.col("parent").is_not_null() | pl.col("parent_known").fill_null(True)
    return portfolio.items.filter(has).select(pl.col("item").alias("s"), pl.col("parent").alias("r"))


def _ancestors(portfolio: Portfolio, frame: Frame, reached: Frame, _: str) -> pl.DataFrame:
    if frame is not reached:
        return portfolio.places.select(pl.col("item").alias("s"), pl.col("node").alias("r"))
    if frame is Frame.NODE:
        return _chain(portfolio.nodes["parent"], None)
    return _chain(portfolio.items["parent"], portfolio.items["parent_known"].fill_null(True))


def _chain(parent: pl.Series, known: pl.Series | None) -> pl.DataFrame:
    """Every (s, ancestor) pair; where a parent exists that cannot be seen the chain ends with a null.

    Parents go round in no circle: structure has cut them.
    """
    rows = pl.int_range(len(parent), dtype=U32, eager=True)
    steps = [pl.DataFrame(schema={"s": U32, "r": U32})]
    current = pl.DataFrame({"s": rows, "r": rows})
    while not current.is_empty():
        above = current.with_columns(parent.gather(current["r"]).alias("up"))
        if known is not None:
            unseen = above.filter(pl.col("up").is_null() & known.gather(current["r"]))
            steps.append(unseen.select("s", pl.lit(None, dtype=U32).alias("r")))
        current = above.drop_nulls("up").select("s", pl.col("up").alias("r"))
        steps.append(current)
    return pl.concat(steps)


def _links(portfolio: Portfolio, _: Frame, __: Frame, ___: str) -> pl.DataFrame:
    both = [
        portfolio.links.select(
            pl.col(subject).alias("s"),
            pl.int_range(pl.len(), dtype=U32).alias("r"),
            pl.col(other).alias("o.item"),
            pl.lit(direction).alias("r.direction"),
            pl.when(pl.col(other).is_not_null()).then(True).alias("r.visible"),
        )
        for subject, other, direction in (("target", "source", "inward"), ("source", "target", "outward"))
    ]
    return pl.concat(both).drop_nulls("s")


def _dependencies(portfolio: Portfolio, reached: Frame, relation: str) -> Route:
    """Each relative once, whatever links lead to it. The links of a summary are those of the net work below it too,
    and for its relatives that work stands; two ends that cannot be seen are two.
    """
    subject, other = ("target", "source") if relation == "predecessors" else ("source", "target")
    tied = portfolio.links.with_row_index("link").filter(pl.col("type").is_in(TIES))
    pairs = tied.select("link", s=subject, r=other)
    above = portfolio.items["parent"].drop_nulls().unique()
    ends = pl.concat([pairs["s"], pairs["r"]]).unique()
    summaries = ends.filter(ends.is_in(above.implode()).fill_null(False))
    leaves = None
    if not summaries.is_empty():
        leaves = stand_ins(portfolio, summaries).cast(U32)
        inherited = pairs.join(leaves, left_on="s", right_on="end").select("link", "r", s="leaf")
        pairs = pl.concat([pairs, inherited.select("link", "s", "r")])
    unseen = pl.when(pl.col("r").is_null()).then("link")
    own = pairs.drop_nulls("s").select("s", "r", link=unseen, own="s").unique()
    return Route(reached, _distinct(own) if leaves is None else own, leaves)


def _distinct(pairs: pl.DataFrame) -> pl.DataFrame:
    """`s r` of these pairs, each once, without those of an item (`own`) with itself; unseen ends count by link."""
    others = pairs.filter(pl.col("own").ne_missing(pl.col("r")))
    return others.select("s", "r", "link").unique().select("s", "r")


def _below(portfolio: Portfolio, frame: Frame, _: Frame, relation: str) -> pl.DataFrame:
    """The items below a subject: all, the net work, or those of one kind."""
    if frame is Frame.NODE:
        pairs = portfolio.places.select(pl.col("node").alias("s"), pl.col("item").alias("r"))
    else:
        pairs = _chain(portfolio.items["parent"], None).select(pl.col("r").alias("s"), pl.col("s").alias("r"))
    if relation == "items":
        return pairs
    kind = PLURALS.get(relation)
    is_kind = net_work(portfolio) if kind is None else (portfolio.items["kind"] == kind.value).fill_null(False)
    return pairs.filter(is_kind.gather(pairs["r"]))


_TIED: Final = frozenset({"predecessors", "successors"})
_OF_A_HOME: Final = _TIED | {"links"}
_FINDERS: Final[Mapping[str, Callable[[Portfolio, Frame, Frame, str], pl.DataFrame]]] = {
    "parent": _parent,
    "children": _children,
    "ancestors": _ancestors,
    "links": _links,
}
"""Every relation but those to what lies below, and those along dependency links."""
