"""Who is related to whom: pairs of rows (s, r), s the subject and r the relative; r null is one that cannot be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import DEPENDENCIES, Kind, Phase
from pmo_sync.rules.columns import LINK_COLUMNS, PLURALS
from pmo_sync.rules.condition import Frame


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs of one relation to relatives of one frame. Links bring their own columns (`r.…`) and `o.item`."""

    frame: Frame
    pairs: pl.DataFrame


def route(portfolio: Portfolio, frame: Frame, relation: str, reached: Frame) -> Route:
    """The pairs by which a relation leads from subjects of `frame` to relatives of the frame `reached`."""
    if frame is Frame.NODE and relation in _OF_A_HOME:
        # A node has the links of the item it is.
        homes = portfolio.nodes.select(pl.col("item").alias("s"), "node").drop_nulls()
        own = route(portfolio, Frame.ITEM, relation, reached)
        return Route(reached, own.pairs.join(homes, on="s").drop("s").rename({"node": "s"}))
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
    direct = items.with_columns(home).filter(is_direct & pl.col("home").ne_missing(pl.col("item")))
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
    columns = [name for name in LINK_COLUMNS if name not in {"direction", "visible"}]
    both = [
        portfolio.links.select(
            pl.col(subject).alias("s"),
            pl.lit(None, dtype=U32).alias("r"),
            pl.col(other).alias("o.item"),
            pl.lit(direction).alias("r.direction"),
            pl.when(pl.col(other).is_not_null()).then(True).alias("r.visible"),
            *(pl.col(name).alias(f"r.{name}") for name in columns),
        )
        for subject, other, direction in (("target", "source", "inward"), ("source", "target", "outward"))
    ]
    return pl.concat(both).drop_nulls("s")


def _dependencies(portfolio: Portfolio, _: Frame, __: Frame, relation: str) -> pl.DataFrame:
    subject, other = ("target", "source") if relation == "predecessors" else ("source", "target")
    tied = portfolio.links.filter(pl.col("type").is_in([word.value for word in DEPENDENCIES]))
    return tied.select(pl.col(subject).alias("s"), pl.col(other).alias("r")).drop_nulls("s")


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


def net_work(portfolio: Portfolio) -> pl.Series:
    """Which items are leaves: tasks and milestones without children, not dropped."""
    items = portfolio.items
    parents = items["parent"].drop_nulls().unique()
    return items.select(
        (
            pl.col("kind").is_in([Kind.TASK.value, Kind.MILESTONE.value]).fill_null(False)
            & (pl.col("phase") != Phase.DROPPED.value).fill_null(True)
            & ~pl.col("item").is_in(parents.implode())
        ).alias("leaf")
    ).to_series()


_OF_A_HOME: Final = frozenset({"links", "predecessors", "successors"})
_FINDERS: Final[Mapping[str, Callable[[Portfolio, Frame, Frame, str], pl.DataFrame]]] = {
    "parent": _parent,
    "children": _children,
    "ancestors": _ancestors,
    "links": _links,
    "predecessors": _dependencies,
    "successors": _dependencies,
}
"""Every relation but those to what lies below."""
