"""Why a verdict, and where a figure comes from: one subject of an evaluation, looked at again."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.figures.explain import FigureExplanation, explain_figure
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.pipeline.assess import people_of
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import Evaluation
from pmo_sync.pipeline.finding import item_of, node_of
from pmo_sync.pipeline.standards import standard
from pmo_sync.rules.explain import ClauseSeen, Explanation, explain
from pmo_sync.settings.calendar import calendar


def figures() -> tuple[str, ...]:
    """The names of node figures, built or not."""
    return tuple(NODE_FIGURES)


def is_figure(name: str) -> bool:
    """True for the name of a node figure, built or not."""
    return name in NODE_FIGURES


def verdict(
    context: Context, evaluation: Evaluation, id_: str, *, item: str | None = None, node: str | None = None
) -> Explanation:
    """Each clause of a standard with the value it saw on one item (key or id) or one node (path).

    Raises UsageError for a subject that is not there, or that is not named.
    """
    if (item is None) == (node is None):
        raise UsageError(
            "explain needs one subject",
            advice=f"name an item or a node: pmo-sync explain {id_} --item KEY, or --node PATH",
        )
    settings = context.project.settings
    days, _ = calendar(settings)
    row = None if item is None else item_of(evaluation.portfolio, item, context.tracker)
    explained = explain(
        standard(context.project, id_),
        evaluation.portfolio,
        evaluation.figures,
        today=context.status_date,
        calendar=days,
        past=evaluation.past,
        item=row,
        node=None if node is None else node_of(evaluation.portfolio, node),
        modes=settings.modes,
        mode=settings.mode,
        min_coverage=settings.rollup.min_coverage,
        time_zone=settings.time_zone,
    )
    if row is None or explained.subject:
        return explained
    return replace(explained, clauses=_with_accounts(explained, evaluation, row))


def _with_accounts(explained: Explanation, evaluation: Evaluation, row: int) -> tuple[ClauseSeen, ...]:
    """The clauses; those that saw a person by the name that `people` gives also tell the account."""
    tracker, number = evaluation.portfolio.items.select("tracker", "id").row(row)
    pulled = next(one.items for one in evaluation.snapshots if one.manifest.tracker == tracker)
    mine = pulled.row(by_predicate=pl.col("id") == number, named=True)
    columns = people_of(evaluation.project).all_columns

    def told(clause: ClauseSeen) -> ClauseSeen:
        account = mine.get(clause.column) if clause.column in columns else None
        return clause if account is None or account == clause.seen else replace(clause, account=account)

    return tuple(told(clause) for clause in explained.clauses)


def figure(evaluation: Evaluation, name: str, node: str | None) -> FigureExplanation:
    """The formula of a figure, its value on one node, what each child contributes and what is missing.

    Raises UsageError for a node that is not there or not named.
    """
    if node is None:
        raise UsageError(f"{name} is a figure of a node", advice=f"name one: pmo-sync explain {name} --node PATH")
    settings = evaluation.project.settings
    days, _ = calendar(settings)
    return explain_figure(
        name,
        node_of(evaluation.portfolio, node),
        evaluation.portfolio,
        evaluation.figures,
        settings.rollup,
        today=evaluation.status_date,
        calendar=days,
        currency=settings.currency,
        time_zone=settings.time_zone,
    )
