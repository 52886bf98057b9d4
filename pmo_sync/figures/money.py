"""Budget, actual cost and forecast cost: what a node states itself, else the sum of what is below it.

Money adds up only with money of the same currency. An item's money holds that of the items below it; an item that
is a node (its home) speaks for the node, and is not counted beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.figures.context import CURRENCY, IS_NET, NO_CURRENCY, Context
from pmo_sync.figures.tally import BASIS, EMPTY, MISSING, USED, four
from pmo_sync.model.frames import U32
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import Phase
from pmo_sync.structure.hierarchy import nearest

STATED: Final = "stated"
SUM: Final = "sum_of_children"
_LOW: Final = "lowest currency"
_HIGH: Final = "highest currency"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of money. Money of dropped work is spent, but it is neither budgeted nor forecast."""

    name: str
    with_dropped: bool

    @property
    def basis(self) -> str:
        return f"{SUM}, dropped included" if self.with_dropped else SUM


KINDS: Final = (_Kind("budget", False), _Kind("actual_cost", True), _Kind("forecast_cost", False))
COLUMNS: Final = frozenset({kind.name for kind in KINDS} | {"currency"})


def money(context: Context, items: pl.DataFrame, wide: pl.DataFrame) -> pl.DataFrame:
    """The three kinds of money of each node, and what its children and its own budget leave over."""
    for kind in KINDS:
        own, children = _of_nodes(context, items, kind)
        wide = pl.concat([wide, own.select(four(kind.name))], how="horizontal")
        if kind.name == "budget":
            wide = pl.concat([wide, _children_budget(children), _unallocated(context, children)], how="horizontal")
    return wide


def in_one_currency(wide: pl.DataFrame, name: str, low: str, high: str, *, words: pl.Expr) -> pl.DataFrame:
    """The figure with these words as basis; null where the lowest and the highest of its currencies differ."""
    mixed = (pl.col(low) != pl.col(high)).fill_null(False)
    says = pl.when(mixed).then(_two(low, high)).otherwise(words)
    basis = name + BASIS
    return wide.with_columns(
        pl.when(~mixed).then(pl.col(name)).alias(name),
        pl.when(pl.col(name + USED) > 0).then(says).otherwise(pl.col(basis)).alias(basis),
    )


def _two(low: str, high: str) -> pl.Expr:
    named = (pl.when(pl.col(name) == NO_CURRENCY).then(pl.lit("none")).otherwise(pl.col(name)) for name in (low, high))
    return pl.concat_str(pl.lit("mixed currencies, no rate: "), pl.concat_str(*named, separator=" and "))


def _of_nodes(context: Context, items: pl.DataFrame, kind: _Kind) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two frames, row = node: the resolved figure, and the sum of what is below regardless of what is stated."""
    name = kind.name
    portfolio = context.portfolio
    nodes = _with_own(context, name)
    direct = _direct(portfolio, items, kind)
    sums = nodes.select("node").join(direct, on="node", how="left", maintain_order="left")
    resolved = nodes.select("node", "parent", "phase", "depth")
    done: list[pl.DataFrame] = []
    children: list[pl.DataFrame] = []
    below = direct.clear()
    for depth in range(_deepest(nodes), -1, -1):
        here = resolved.filter(pl.col("depth") == depth)
        parts = pl.concat([sums.filter(pl.col("node").is_in(here["node"].implode())), below])
        total = here.select("node").join(_added(parts), on="node", how="left", maintain_order="left")
        total = _as_figure(total, name, kind.basis)
        own = _resolve(total, nodes.filter(pl.col("depth") == depth), name)
        children.append(total)
        done.append(own)
        below = _for_parents(own, here, kind)
    return pl.concat(done).sort("node"), pl.concat(children).sort("node")


def _with_own(context: Context, name: str) -> pl.DataFrame:
    return context.portfolio.nodes.select(
        "node",
        "parent",
        "phase",
        pl.col("path").list.len().alias("depth") - 1,
        pl.col(name).alias("own"),
        pl.coalesce("currency", pl.lit(context.currency or NO_CURRENCY)).alias("own currency"),
    )


def _deepest(nodes: pl.DataFrame) -> int:
    return int(nodes["depth"].max())  # type: ignore[arg-type]


def _direct(portfolio: Portfolio, items: pl.DataFrame, kind: _Kind) -> pl.DataFrame:
    """What the items hanging directly under each node add: those that no item above them speaks for."""
    homes = portfolio.nodes["item"].drop_nulls().unique().implode()
    home = pl.col("item").is_in(homes)
    states = pl.col(kind.name).is_not_null() & ~home
    stated = items.select(pl.when(states).then(pl.lit(True))).to_series()
    spoken_for = nearest(stated, items["parent"]).gather(items["parent"]).fill_null(False)
    kept = pl.lit(True) if kind.with_dropped else pl.col("phase").ne_missing(Phase.DROPPED.value)
    counted = ~home & ~pl.lit(spoken_for) & kept
    return (
        items.select(
            "node",
            pl.when(counted).then(pl.col(kind.name)).alias("value"),
            (counted & pl.col(kind.name).is_not_null()).cast(U32).alias("used"),
            (counted & pl.col(kind.name).is_null() & pl.col(IS_NET).fill_null(True)).cast(U32).alias("missing"),
            pl.when(counted & pl.col(kind.name).is_not_null()).then(pl.col(CURRENCY)).alias("currency"),
        )
        .group_by("node", maintain_order=True)
        .agg(
            pl.col("value").sum(),
            pl.col("used", "missing").sum().cast(U32),
            pl.col("currency").min().alias(_LOW),
            pl.col("currency").max().alias(_HIGH),
        )
    )


def _added(parts: pl.DataFrame) -> pl.DataFrame:
    return (
        parts.group_by("node", maintain_order=True)
        .agg(pl.col("value", "used", "missing").sum(), pl.col(_LOW).min(), pl.col(_HIGH).max())
        .with_columns(pl.col("used", "missing").cast(U32))
    )


def _as_figure(total: pl.DataFrame, name: str, basis: str) -> pl.DataFrame:
    used, missing = (pl.col(word).fill_null(0).cast(U32) for word in ("used", "missing"))
    nothing = (used == 0) & (missing == 0)
    figure = total.select(
        "node",
        pl.when(used > 0).then(pl.col("value")).alias(name),
        used.alias(name + USED),
        missing.alias(name + MISSING),
        pl.when(nothing).then(pl.lit(EMPTY)).otherwise(pl.lit(basis)).alias(name + BASIS),
        _LOW,
        _HIGH,
    )
    return in_one_currency(figure, name, _LOW, _HIGH, words=pl.lit(basis))


def _resolve(total: pl.DataFrame, nodes: pl.DataFrame, name: str) -> pl.DataFrame:
    """What the node states itself goes before what its children add up to."""
    joined = total.join(nodes.select("node", "own", "own currency"), on="node", maintain_order="left")
    stated = pl.col("own").is_not_null()

    def own(of_own: pl.Expr, column: str) -> pl.Expr:
        return pl.when(stated).then(of_own).otherwise(pl.col(column)).alias(column)

    return joined.select(
        "node",
        own(pl.col("own"), name),
        own(pl.lit(1, U32), name + USED),
        own(pl.lit(0, U32), name + MISSING),
        own(pl.lit(STATED), name + BASIS),
        own(pl.col("own currency"), _LOW),
        own(pl.col("own currency"), _HIGH),
    )


def _for_parents(own: pl.DataFrame, here: pl.DataFrame, kind: _Kind) -> pl.DataFrame:
    """What each node adds to the one above it: one used, or one missing."""
    name = kind.name
    joined = own.join(here, on="node", maintain_order="left").filter(pl.col("parent").is_not_null())
    if not kind.with_dropped:
        joined = joined.filter(pl.col("phase").ne_missing(Phase.DROPPED.value))
    mixed = (pl.col(_LOW) != pl.col(_HIGH)).fill_null(False)
    known = pl.col(name).is_not_null()
    return joined.select(
        pl.col("parent").alias("node"),
        pl.col(name).alias("value"),
        (known | mixed).cast(U32).alias("used"),
        (~known & ~mixed).cast(U32).alias("missing"),
        _LOW,
        _HIGH,
    )


def _children_budget(children: pl.DataFrame) -> pl.DataFrame:
    renamed = zip(four("budget"), four("children_budget"), strict=True)
    return children.select(pl.col(old).alias(new) for old, new in renamed)


def _unallocated(context: Context, children: pl.DataFrame) -> pl.DataFrame:
    """Own budget minus the children's, where the node states one; negative means over-committed."""
    stated = _with_own(context, "budget")
    joined = children.select("node", *four("budget"), _LOW, _HIGH).join(stated, on="node", maintain_order="left")
    same = pl.col(_LOW) == pl.col("own currency")
    name = "unallocated_budget"
    return joined.select(
        pl.when(same).then(pl.col("own") - pl.col("budget")).alias(name),
        pl.col("budget" + USED).alias(name + USED),
        (pl.col("budget" + MISSING) + pl.col("own").is_null().cast(U32)).cast(U32).alias(name + MISSING),
        pl.lit("own budget minus children_budget").alias(name + BASIS),
    )
