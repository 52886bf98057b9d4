"""Whom a scope means: the same answer for waivers, modes, overrides and appetites."""

from __future__ import annotations

from functools import reduce
from operator import and_

import polars as pl

from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import NODE_LEVELS


def items_in(portfolio: Portfolio, scope: Scope) -> pl.Series:
    """One Boolean per row of ITEMS, never null: the item matches every word of the scope. An empty scope means all.

    `portfolio`, `programme` and `project` mean everything under the node of that name, `item` one key or id.
    """
    words = _names(scope)
    if scope.tracker is not None:
        words.append(pl.col("tracker") == scope.tracker)
    if scope.item is not None:
        words.append((pl.col("id") == scope.item) | (pl.col("key") == scope.item))
    return _mask(portfolio.items, words)


def nodes_in(portfolio: Portfolio, scope: Scope) -> pl.Series:
    """One Boolean per row of NODES, never null: the node is, or hangs under, the nodes that the scope names.

    A scope with `item` means no node; one with `tracker` only where that is its one word: nodes with a project of it.
    """
    if scope.item is not None:
        return _mask(portfolio.nodes, [pl.lit(False)])
    if scope.tracker is None:
        return _mask(portfolio.nodes, _names(scope))
    if _names(scope):
        return _mask(portfolio.nodes, [pl.lit(False)])
    own = portfolio.node_projects.filter(pl.col("tracker") == scope.tracker)["node"]
    return _mask(portfolio.nodes, [pl.col("node").is_in(own.unique().to_list())])


def _names(scope: Scope) -> list[pl.Expr]:
    named = ((level, scope.word(level)) for level in NODE_LEVELS)
    return [pl.col(level.value) == name for level, name in named if name is not None]


def _mask(frame: pl.DataFrame, words: list[pl.Expr]) -> pl.Series:
    everyone = pl.repeat(True, pl.len(), dtype=pl.Boolean)
    # A level that is missing above a subject is null: the subject does not hang under what the scope names.
    return frame.select(reduce(and_, words, everyone).fill_null(False).alias("in_scope")).to_series()
