"""Where a figure of a node comes from: its formula, what each child adds, which items it lacks. For `explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.figures.compute import of_items, prepared, tallies_of
from pmo_sync.figures.context import Context
from pmo_sync.figures.options import RollupOptions
from pmo_sync.figures.progress import WEIGHT, share_done
from pmo_sync.figures.table import MADE
from pmo_sync.figures.tally import BASIS, MISSING, USED, Tally
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.figure_names import NODE_FIGURES, NOT_BUILT
from pmo_sync.model.finding import Evidence
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.problem import suggestion


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one child node has: the same figure of its own."""

    path: tuple[str, ...]
    value: Evidence
    used: int
    missing: int
    basis: str


@dataclass(frozen=True, slots=True)
class ItemContribution:
    """What one item adds. `weight` where the figure weighs: of progress `value` is then the share done."""

    tracker: str
    key: str
    title: str
    value: Evidence
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class FigureExplanation:
    """One figure of one node, taken apart.

    Attributes:
        formula: one sentence; None for a figure that is not built.
        children: the child nodes, in the order of their paths.
        items: what hangs directly under the node and is used, by tracker and id.
        missing_items: everything below the node that the figure should know and does not.
        why, says: of a computed colour the dimensions that decided it, and how it is said.
    """

    name: str
    path: tuple[str, ...]
    formula: str | None
    value: Evidence
    used: int
    missing: int
    basis: str
    children: tuple[Contribution, ...] = ()
    items: tuple[ItemContribution, ...] = ()
    missing_items: tuple[ItemContribution, ...] = ()
    why: tuple[str, ...] = ()
    says: str | None = None

    @property
    def coverage(self) -> float | None:
        """Used / (used + missing); None when there is nothing."""
        whole = self.used + self.missing
        return self.used / whole if whole else None


def explain_figure(  # noqa: PLR0913 - the arguments of compute, and whose figure it is
    name: str,
    node: int,
    portfolio: Portfolio,
    figures: Figures,
    options: RollupOptions,
    *,
    today: date,
    calendar: Calendar,
    currency: str | None,
    time_zone: str = "UTC",
) -> FigureExplanation:
    """The figure of a node as `figures` has it, with what it is made of; the other arguments as `compute` had them.

    Raises UsageError for a name that is no figure of a node.
    """
    if name not in NODE_FIGURES:
        raise UsageError(f"no figure is called `{name}`", advice=suggestion(name, NODE_FIGURES))
    path = tuple(portfolio.nodes["path"][node])
    if name not in figures.built:
        return FigureExplanation(name, path, None, None, 0, 0, NOT_BUILT)
    context = prepared(portfolio, options, today=today, calendar=calendar, currency=currency, time_zone=time_zone)
    row = figures.nodes.row(node, named=True)
    tally, formula = _behind(name, row, context)
    used, lacking = _items(tally, node, context) if tally is not None else ((), ())
    return FigureExplanation(
        name=name,
        path=path,
        formula=formula,
        value=row[name],
        used=row[name + USED],
        missing=row[name + MISSING],
        basis=row[name + BASIS],
        children=tuple(_children(name, node, context, figures)),
        items=used,
        missing_items=lacking,
        why=figures.why[node] if name == "computed_rag" else (),
        says=figures.says[node] if name == "computed_rag" else None,
    )


def _behind(name: str, row: Mapping[str, object], context: Context) -> tuple[Tally | None, str]:
    """The tally that a figure is, or is made of, and its formula."""
    tallies = {tally.name: tally for tally in tallies_of(context)}
    if name in tallies:
        return tallies[name], tallies[name].formula
    if name == "overdue_share":
        return tallies["overdue"], MADE[name]
    if name == "progress":
        by = str(row[name + BASIS]).split(",")[0]
        weights = {"estimate": ("hours", "points")}.get(by, (by,))
        named = [tallies[WEIGHT + weight] for weight in weights if WEIGHT + weight in tallies]
        return _that_counts(named, row, context), MADE[name]
    return None, MADE[name]


def _that_counts(tallies: Sequence[Tally], row: Mapping[str, object], context: Context) -> Tally | None:
    """Of hours and points the one of which the node has as many as the figure says."""
    node = row["node"]
    for tally in tallies:
        below = _below(context, int(str(node)))
        used = below.select((tally.member & tally.is_known).sum()).item()
        if used == row["progress" + USED]:
            return tally
    return None


def _below(context: Context, node: int) -> pl.DataFrame:
    places = context.portfolio.places
    mine = places.filter(pl.col("node") == node)["item"]
    # Figures of items look at all items (an owner's, say), so they are made before the others are left out.
    return of_items(context).filter(pl.col("item").is_in(mine.implode()))


def _items(
    tally: Tally, node: int, context: Context
) -> tuple[tuple[ItemContribution, ...], tuple[ItemContribution, ...]]:
    weighs = tally.name.startswith(WEIGHT)
    value = share_done(context) if weighs else tally.value
    below = _below(context, node).select(
        "tracker",
        "key",
        "title",
        value.alias("value"),
        (tally.value if weighs else pl.lit(None, pl.Float64)).alias("weight"),
        (pl.col("node") == node).alias("direct"),
        (tally.member & tally.is_known).fill_null(False).alias("used"),
        (tally.member.is_null() | (tally.member & ~tally.is_known)).alias("missing"),
    )
    used = below.filter(pl.col("used") & pl.col("direct"))
    return tuple(_contributions(used)), tuple(_contributions(below.filter("missing")))


def _contributions(items: pl.DataFrame) -> list[ItemContribution]:
    columns = ("tracker", "key", "title", "value", "weight")
    return [ItemContribution(*row) for row in items.select(columns).iter_rows()]


def _children(name: str, node: int, context: Context, figures: Figures) -> list[Contribution]:
    children = context.portfolio.nodes.filter(pl.col("parent") == node)
    rows = (figures.nodes.row(child, named=True) for child in children["node"])
    return [
        Contribution(tuple(path), row[name], row[name + USED], row[name + MISSING], row[name + BASIS])
        for path, row in zip(children["path"].to_list(), rows, strict=True)
    ]
