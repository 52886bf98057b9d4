"""How many waivers there are for a subject, and how many of them have run out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import polars as pl

from pmo_sync.figures.context import Context
from pmo_sync.figures.tally import BASIS, MISSING, USED
from pmo_sync.model.frames import U32
from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.structure.scope import items_in, nodes_in

WhoIsMeant = Callable[[Portfolio, Scope], pl.Series]


def of_items(context: Context) -> list[pl.Series]:
    """`waivers` and `waivers_expired` of each item."""
    return _counted(context, items_in, context.portfolio.items.height)


def of_nodes(context: Context, wide: pl.DataFrame) -> pl.DataFrame:
    """The same of each node, as figures: entries of waivers.yaml whose scope means the node."""
    for found in _counted(context, nodes_in, context.portfolio.nodes.height):
        wide = wide.with_columns(
            found,
            found.cast(U32).alias(found.name + USED),
            pl.lit(0, U32).alias(found.name + MISSING),
            pl.lit("count").alias(found.name + BASIS),
        )
    return wide


def _counted(context: Context, means: WhoIsMeant, height: int) -> list[pl.Series]:
    every = Counter(waiver.scope for waiver in context.waivers)
    expired = Counter(waiver.scope for waiver in context.waivers if not waiver.in_date(context.today))
    counts = []
    for name, scopes in (("waivers", every), ("waivers_expired", expired)):
        total = pl.repeat(0, height, dtype=pl.Int64, eager=True)
        for scope, number in scopes.items():
            total = total + means(context.portfolio, scope).cast(pl.Int64) * number
        counts.append(total.alias(name))
    return counts
