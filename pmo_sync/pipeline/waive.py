"""Waivers: granting one, and how those that stand in the file are doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Waiver
from pmo_sync.model.portfolio import Portfolio, path_text
from pmo_sync.model.words import NODE_LEVELS, Level
from pmo_sync.pipeline.context import Context, status_date
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.finding import branch, item_of, node_of
from pmo_sync.pipeline.standards import is_on, standard
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.waivers import WaiverState, check_waivers, open_failures, state_by_date, waiver_states
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.waive import tidy
from pmo_sync.settings.waive import waive as record
from pmo_sync.structure.scope import nodes_in


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: a standard, an item (key or id) or the path of a node, and the words of the waiver."""

    standard: str
    item: str | None
    node: str | None
    until: date
    reason: str
    approver: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """A waiver as it stands in the file now, and what is different with it.

    Attributes:
        written: false when an equal one stood there already.
        failures: failures of the standard that it covers and that no other waiver covered.
        flags: how many items lose, or do not get, a flag by it.
        before, after: compliance with waivers of the node it is about, of an item of its nearest node.
        without: compliance without waivers, before and after: a standard may judge the waivers themselves.
        node: the path of that node.
        is_on: whether the standard judges anywhere.
        beyond: paths that the scope covers beside the branch that was named, because nodes share a name.
    """

    waiver: Waiver
    written: bool
    failures: int
    flags: int
    node: tuple[str, ...]
    before: float | None
    after: float | None
    without: tuple[float | None, float | None]
    is_on: bool
    beyond: tuple[str, ...] = ()


def check(context: Context, wish: Wish) -> Standard:
    """The standard that is meant, once all of a wish that needs no items has been looked at.

    Raises ConfigurationError for an unknown standard; UsageError for a date in the past or beyond what the standard
    allows, a part that is missing, a standard that takes no waiver, and unless just one of item and node is named.
    """
    one = standard(context.project, wish.standard)
    if (wish.item is None) == (wish.node is None):
        raise UsageError(
            "a waiver is for one item or one branch",
            advice=f"name it: pmo-sync waive {wish.standard} KEY …, or --node PATH",
        )
    _allowed(context, one, _waiver(wish, one, Scope()))
    return one


def waive(context: Context, evaluation: Evaluation, wish: Wish) -> Granted:
    """Writes the waiver down, once everything about it has been looked at.

    Raises as `check` does, and UsageError for an unknown item or node and a file that cannot be written.
    """
    one, portfolio = check(context, wish), evaluation.portfolio
    scope, node = _scope(portfolio, wish, context.tracker)
    waiver = _waiver(wish, one, scope)
    failures, flags = _covered(evaluation, waiver)
    written = record(context.project, waiver)
    granted = replace(context, project=replace(context.project, waivers=(*context.project.waivers, waiver)))
    later = evaluate(granted, evaluation.snapshots) if written else evaluation
    return Granted(
        waiver=waiver,
        written=written,
        failures=failures,
        flags=flags,
        node=tuple(portfolio.nodes["path"].to_list()[node]),
        before=_score(evaluation, node, "with_waivers"),
        after=_score(later, node, "with_waivers"),
        without=(_score(evaluation, node, "compliance"), _score(later, node, "compliance")),
        is_on=is_on(one),
        beyond=() if wish.node is None else _beyond(portfolio, scope, node),
    )


def _waiver(wish: Wish, one: Standard, scope: Scope) -> Waiver:
    return tidy(Waiver(one.id, scope, wish.reason, wish.approver, wish.until, wish.owner))


def _scope(portfolio: Portfolio, wish: Wish, tracker: str | None) -> tuple[Scope, int]:
    """Whom the waiver is for, as people write it, and the node that it is about."""
    if wish.item is not None:
        row = item_of(portfolio, wish.item, tracker)
        item = portfolio.items.row(row, named=True)
        return Scope(tracker=item["tracker"], item=item["key"]), int(item["node"])
    node = node_of(portfolio, wish.node or "")
    names = portfolio.nodes.row(node, named=True)
    if names["level"] == Level.PORTFOLIO.value:
        return Scope(portfolio=names["name"]), node
    below = [level.value for level in NODE_LEVELS if level is not Level.PORTFOLIO]
    return Scope(**{level: names[level] for level in below if names[level] is not None}), node


def _beyond(portfolio: Portfolio, scope: Scope, node: int) -> tuple[str, ...]:
    meant = nodes_in(portfolio, scope).arg_true().to_list()
    inside = set(branch(portfolio, node))
    paths = portfolio.nodes["path"].to_list()
    return tuple(path_text(paths[row]) for row in meant if row not in inside)


def _allowed(context: Context, one: Standard, waiver: Waiver) -> None:
    """Raises UsageError for a waiver that the standard does not take, or that has run out before it begins."""
    today = max(context.status_date, status_date(context.project, context.now()))
    if not waiver.in_date(today):
        raise UsageError(
            f"the waiver would end on {waiver.until}, which is in the past",
            advice=f"today is {today}: name a later day",
        )
    days, _ = calendar(context.project.settings)
    problems = check_waivers([one], [waiver], today, days)
    if problems:
        hints = [problem.hint for problem in problems if problem.hint]
        missing = [name for name in one.waiver.requires if not getattr(waiver, name)]
        hints += [f"say it: --{name} …" for name in missing]
        raise UsageError("; ".join(problem.message for problem in problems), advice="; ".join(hints) or None)


def _covered(evaluation: Evaluation, waiver: Waiver) -> tuple[int, int]:
    """How many failures it covers that no waiver covers yet, and how many items would carry a flag without it."""
    rows = open_failures(evaluation.judgement, evaluation.portfolio, waiver)
    return rows.filter(~pl.col("offender")).height, rows.filter(pl.col("ripe"))["item"].drop_nulls().n_unique()


def _score(evaluation: Evaluation, node: int, name: str) -> float | None:
    found: float | None = evaluation.scores.nodes[name].to_list()[node]
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry of waivers.yaml, how it stands and how many days are left; negative ones have passed."""

    waiver: Waiver
    state: WaiverState
    days_left: int


def standing(context: Context, evaluation: Evaluation | None) -> tuple[Standing, ...]:
    """Every waiver of the file by its last day, standard and scope. Without an evaluation the date alone speaks."""
    today = context.status_date
    waivers = context.project.waivers
    states: Sequence[WaiverState] = [state_by_date(waiver, today) for waiver in waivers]
    if evaluation is not None:
        states = waiver_states(evaluation.judgement, evaluation.portfolio)
    found = [
        Standing(waiver, state, (waiver.until - today).days) for waiver, state in zip(waivers, states, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: (each.waiver.until, each.waiver.standard, scope_text(each.waiver))))


def scope_text(waiver: Waiver) -> str:
    """Whom a waiver is for, in words: `programme Payments, project PAY`."""
    words = waiver.scope.model_dump(exclude_none=True)
    return ", ".join(f"{level} {name}" for level, name in words.items())
