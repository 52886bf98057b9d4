"""The order of the steps from a portfolio to its figures, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.figures import counts, dates, progress, risk
from pmo_sync.figures import waivers as of_waivers
from pmo_sync.figures.computed_rag import Colours, computed_rag
from pmo_sync.figures.context import Context, staged, with_columns_of
from pmo_sync.figures.money import money
from pmo_sync.figures.of_items import ITEM_FIGURES
from pmo_sync.figures.options import RollupOptions
from pmo_sync.figures.rollup_rag import gaps, reported_rag, rollup_rag
from pmo_sync.figures.slack import slack
from pmo_sync.figures.table import COLUMNS, TALLIES
from pmo_sync.figures.tally import Tally, finish, four, lineage
from pmo_sync.model import frames, past
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.figure_names import ITEM_FIGURES as ITEM_NAMES
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.model.frames import Items, Nodes
from pmo_sync.model.portfolio import Figures, Portfolio, Visibility
from pmo_sync.model.vocabulary import ColumnType

_ROUNDED: Final = frozenset({ColumnType.MONEY, ColumnType.HOURS})
_PLACES: Final = 6
_OF_WAIVERS: Final = ("waivers", "waivers_expired")


def compute(  # noqa: PLR0913 - everything that a figure may depend on, by name
    portfolio: Portfolio,
    options: RollupOptions,
    *,
    today: date,
    calendar: Calendar,
    currency: str | None,
    waivers: tuple[past.Waiver, ...] = (),
    stages: tuple[str, ...] = (),  # noqa: ARG001 - of the gates, whose figures are not built
    time_zone: str = "UTC",
    links: bool = True,
) -> Figures:
    """Every figure that is built, for every node and item, with how many facts it used and how many are missing.

    Missing is never zero: a value of which nothing is known is null. Money and hours are rounded to 6 decimals.
    Times become days in `time_zone`. Without `links` no figure of a link is computed. The same bytes for the same
    portfolio, whatever order its snapshots came in.
    """
    context = prepared(
        portfolio, options, today=today, calendar=calendar, currency=currency, waivers=waivers, time_zone=time_zone
    )
    items = of_items(context)
    colours = of_nodes(context, items)
    wide = colours.wide
    built = tuple(name for name in NODE_FIGURES if name in wide.columns)
    columns = [column for name in built for column in four(name)]
    named = [*ITEM_FIGURES, *_OF_WAIVERS]
    return Figures(
        nodes=frames.check(_rounded(wide.select("node", *columns)), frames.FIGURES, "FIGURES"),
        items=items.select("item", *(pl.col(name).cast(ITEM_NAMES[name].dtype) for name in named)),
        built=built,
        item_basis={name: ITEM_FIGURES[name].basis if name in ITEM_FIGURES else "count" for name in named},
        why=colours.why,
        says=colours.says,
        links=slack(context) if links else None,
    )


def needed_columns(options: RollupOptions | None = None) -> frozenset[str]:
    """The vocabulary columns (and `fields.x`) that figures read."""
    field = options.progress.field if options is not None else None
    return COLUMNS | ({field} if field is not None else frozenset())


def prepared(
    portfolio: Portfolio,
    options: RollupOptions,
    *,
    today: date,
    calendar: Calendar,
    currency: str | None,
    waivers: tuple[past.Waiver, ...] = (),
    time_zone: str = "UTC",
) -> Context:
    """What the figures work on: a portfolio whose frames have every column they read, null where nobody shows it."""
    wanted = needed_columns(options)
    unseen = wanted - set(portfolio.items.columns)
    visibility = portfolio.item_visibility
    whole = replace(
        portfolio,
        items=Items(with_columns_of(portfolio.items, wanted)),
        nodes=Nodes(with_columns_of(portfolio.nodes, wanted)),
        item_visibility=Visibility(visibility.hidden, visibility.nowhere | unseen),
    )
    return Context(whole, options, today, calendar, currency, waivers, time_zone)


def of_items(context: Context) -> pl.DataFrame:
    """ITEMS, the shared words and every figure of an item, under its own name in place of what the item states."""
    items = staged(context, context.portfolio.items)
    figures = items.select(figure.value(context).alias(name) for name, figure in ITEM_FIGURES.items())
    return items.with_columns(*figures, *of_waivers.of_items(context))


def tallies_of(context: Context) -> list[Tally]:
    """Every tally of the table."""
    return [tally for concern in TALLIES for tally in concern(context)]


def of_nodes(context: Context, items: pl.DataFrame) -> Colours:
    """Every figure of a node, wide, with what it is made of; and how its colour is said."""
    tallies = tallies_of(context)
    nodes = context.portfolio.nodes
    wide = finish(nodes, risk.folded(context, items, lineage(nodes), tallies), tallies)
    wide = risk.in_money(counts.overdue_share(wide))
    wide = progress.progress(context, wide)
    wide = dates.in_horizon(context, wide)
    wide = money(context, items, wide)
    wide = of_waivers.of_nodes(context, reported_rag(context, wide))
    colours = computed_rag(context, wide)
    return replace(colours, wide=gaps(rollup_rag(context, colours.wide)))


def _rounded(wide: pl.DataFrame) -> pl.DataFrame:
    names = [name for name, figure in NODE_FIGURES.items() if figure.type in _ROUNDED and name in wide.columns]
    types = {name: NODE_FIGURES[name].dtype for name in NODE_FIGURES if name in wide.columns}
    return wide.with_columns(pl.col(name).cast(dtype) for name, dtype in types.items()).with_columns(
        pl.col(names).round(_PLACES) + 0.0  # no minus before a zero
    )
