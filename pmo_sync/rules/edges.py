"""Who is related to whom: pairs of rows (s, r), s the subject and r the relative; r null is one that cannot be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import DEPENDENCIES, Kind, Phase
from pmo_sync.rules.columns import LINK_COLUMNS, PLURALS, RELATIONS
from pmo_sync.rules.condition import Frame


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs of one relation to relatives of one frame. Links carry their own columns as `r.…`, their end `o.item`."""

    frame: Frame
    pairs: pl.DataFrame


def routes(portfolio: Portfolio, frame: Frame, relation: str) -> tuple[Route, ...]:
    """The pairs by which a relation leads from subjects of `frame` to relatives, one route for each of their frames."""
    if frame is Frame.NODE and relation in {"links", "predecessors", "successors"}:
        # A node has the links of the item it is.
        homes = portfolio.nodes.select(pl.col("item").alias("s"), "node").drop_nulls()
        return tuple(
            Route(route.frame, route.pairs.join(homes, on="s").drop("s").rename({"node": "s"}))
            for route in routes(portfolio, Frame.ITEM, relation)
        )
    if relation == "children":
        return _children(portfolio, frame)
    if relation == "parent":
        return (_parent(portfolio, frame),)
    if relation == "ancestors":
        return _ancestors(portfolio, frame)
    if relation == "links":
        return (_links(portfolio),)
    if relation in {"predecessors", "successors"}:
        return (_dependencies(portfolio, inward=relation == "predecessors"),)
    if relation in RELATIONS:
        return (_below(portfolio, frame, relation),)
    raise KeyError(relation)


def _children(portfolio: Portfolio, frame: Frame) -> tuple[Route, ...]:
    items = portfolio.items
    if frame is Frame.ITEM:
        pairs = items.select(pl.col("parent").alias("s"), pl.col("item").alias("r")).drop_nulls("s")
        return (Route(Frame.ITEM, pairs),)
    nodes = portfolio.nodes
    node_pairs = nodes.select(pl.col("parent").alias("s"), pl.col("node").alias("r")).drop_nulls("s")
    home = nodes["item"].gather(items["node"])
    # Directly in a node are its items without a parent, and those right below the item that the node is.
    direct = items.with_columns(home.alias("home")).filter(
        (pl.col("parent").is_null() | (pl.col("parent") == pl.col("home"))) & pl.col("home").ne_missing(pl.col("item"))
    )
    item_pairs = direct.select(pl.col("node").alias("s"), pl.col("item").alias("r"))
    return (Route(Frame.NODE, node_pairs), Route(Frame.ITEM, item_pairs))


def _parent(portfolio: Portfolio, frame: Frame) -> Route:
    if frame is Frame.NODE:
        return Route(frame, portfolio.nodes.select(pl.col("node").alias("s"), pl.col("parent").alias("r")).drop_nulls())
    has = pl.col("parent").is_not_null() | pl.col("parent_known").fill_null(True)
    return Route(frame, portfolio.items.filter(has).select(pl.col("item").alias("s"), pl.col("parent").alias("r")))


def _chain(start: pl.DataFrame, parent: pl.Series, known: pl.Series | None) -> pl.DataFrame:
    """Every (s, ancestor) pair; where a parent exists that cannot be seen the chain ends with a null.

    Parents go round in no circle: structure has cut them.
    """
    steps: list[pl.DataFrame] = []
    current = start
    while not current.is_empty():
        above = current.with_columns(parent.gather(current["r"]).alias("up"))
        if known is not None:
            above = above.with_columns(known.gather(current["r"]).alias("known"))
            unseen = above.filter(pl.col("up").is_null() & pl.col("known"))
            steps.append(unseen.select("s", pl.lit(None, dtype=U32).alias("r")))
        current = above.drop_nulls("up").select("s", pl.col("up").alias("r"))
        steps.append(current)
    return pl.concat(steps, rechunk=False) if steps else pl.DataFrame(schema={"s": U32, "r": U32})


def _ancestors(portfolio: Portfolio, frame: Frame) -> tuple[Route, ...]:
    if frame is Frame.NODE:
        nodes = portfolio.nodes
        start = nodes.select(pl.col("node").alias("s"), pl.col("node").alias("r"))
        return (Route(frame, _chain(start, nodes["parent"], None)),)
    items = portfolio.items
    start = items.select(pl.col("item").alias("s"), pl.col("item").alias("r"))
    pairs = _chain(start, items["parent"], items["parent_known"].fill_null(True))
    above = portfolio.places.select(pl.col("item").alias("s"), pl.col("node").alias("r"))
    return (Route(Frame.ITEM, pairs), Route(Frame.NODE, above))


def _links(portfolio: Portfolio) -> Route:
    columns = [name for name in LINK_COLUMNS if name not in {"direction", "visible"}]
    both = [
        portfolio.links.select(
            pl.col(subject).alias("s"),
            pl.col(other).alias("o.item"),
            pl.lit(direction).alias("r.direction"),
            pl.when(pl.col(other).is_not_null()).then(True).alias("r.visible"),
            *(pl.col(name).alias(f"r.{name}") for name in columns),
        )
        for subject, other, direction in (("target", "source", "inward"), ("source", "target", "outward"))
    ]
    pairs = pl.concat(both).drop_nulls("s")
    return Route(Frame.LINK, pairs.with_columns(pl.lit(None, dtype=U32).alias("r")))


def _dependencies(portfolio: Portfolio, *, inward: bool) -> Route:
    subject, other = ("target", "source") if inward else ("source", "target")
    tied = portfolio.links.filter(pl.col("type").is_in([str(word) for word in DEPENDENCIES]))
    return Route(Frame.ITEM, tied.select(pl.col(subject).alias("s"), pl.col(other).alias("r")).drop_nulls("s"))


def _below(portfolio: Portfolio, frame: Frame, relation: str) -> Route:
    """The items below a subject: all, the net work, or those of one kind."""
    if frame is Frame.NODE:
        pairs = portfolio.places.select(pl.col("node").alias("s"), pl.col("item").alias("r"))
    else:
        up = _ancestors(portfolio, frame)[0].pairs.drop_nulls("r")
        pairs = up.select(pl.col("r").alias("s"), pl.col("s").alias("r"))
    if relation == "items":
        return Route(Frame.ITEM, pairs)
    wanted = net_work(portfolio) if relation == "leaves" else _of_kind(portfolio, PLURALS)[relation]
    return Route(Frame.ITEM, pairs.filter(wanted.gather(pairs["r"])))


def _of_kind(portfolio: Portfolio, plurals: Mapping[str, Kind]) -> Mapping[str, pl.Series]:
    kind = portfolio.items["kind"]
    return {name: (kind == word.value).fill_null(False) for name, word in plurals.items()}


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
