"""Maturity levels of an evaluation, and how they were at an earlier reading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from pmo_sync.errors import UsageError
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.finding import branch, node_of
from pmo_sync.pipeline.pull import stored
from pmo_sync.rules.levels import MaturityLevel, Scorecard, scorecards
from pmo_sync.settings.folder import Project
from pmo_sync.state import snapshots as store

_TRENDS = {-1: "down", 0: "same", 1: "up"}


@dataclass(frozen=True, slots=True)
class NodeLevel:
    """One node with its scorecard. `before` is the level it had; `trend` is up, down or same, None where it cannot be
    told: no earlier reading, the node is new, or one of the two readings was not whole.
    """

    path: tuple[str, ...]
    kind: str
    card: Scorecard
    before: str | None
    trend: str | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels, the lowest first, and every node of the branch; `compared_with` is the day of the earlier reading."""

    levels: tuple[MaturityLevel, ...]
    nodes: tuple[NodeLevel, ...]
    compared_with: date | None


def levels_of(project: Project) -> tuple[MaturityLevel, ...]:
    """The levels of a project. Raises UsageError where no file of standards says what they are."""
    if not project.levels:
        raise UsageError(
            "no file of standards says which levels there are",
            advice="write `levels:` in a file of standards, or add core to standards.packs",
        )
    return project.levels


def ladder(context: Context, evaluation: Evaluation, *, node: str | None = None, since: date | None = None) -> Ladder:
    """Where each node stands now, and where it stood by today's standards at the newest whole reading of a day before
    (`since`: until that day).

    Raises UsageError for a node that is not there, and where no file of standards says what the levels are.
    """
    levels = levels_of(context.project)
    portfolio = evaluation.portfolio
    shown = range(portfolio.nodes.height) if node is None else branch(portfolio, node_of(portfolio, node))
    cards = scorecards(levels, evaluation.judgement, portfolio)
    day, earlier = _earlier(context, evaluation, since)
    names = [level.name for level in levels]
    paths, kinds = portfolio.nodes["path"].to_list(), portfolio.nodes["level"].to_list()
    rows = []
    for row in shown:
        path, card = tuple(paths[row]), cards[row]
        old = earlier.get(path)
        known = old is not None and old.complete and old.is_judged and card.complete and card.is_judged
        before = old.reached if old is not None else None
        change = _rank(names, card.reached) - _rank(names, before)
        trend = _TRENDS[(change > 0) - (change < 0)] if known else None
        rows.append(NodeLevel(path, str(kinds[row]), card, before if known else None, trend))
    return Ladder(levels, tuple(rows), day)


def _rank(names: list[str], name: str | None) -> int:
    return -1 if name is None else names.index(name)


def _earlier(
    context: Context, evaluation: Evaluation, since: date | None
) -> tuple[date | None, dict[tuple[str, ...], Scorecard]]:
    """The day and the scorecards by path of the earlier reading; None and nothing where none is kept."""
    zone = ZoneInfo(context.project.settings.time_zone)
    pulled = [one.manifest.pulled_at.astimezone(zone).date() for one in evaluation.snapshots]
    if context.project.short or not pulled:
        return None, {}
    found: tuple[str, date] | None = None
    for name in context.trackers():
        for id_ in reversed(store.ids(context.state, name)):
            manifest = store.manifest(context.state, name, id_)
            day = manifest.pulled_at.astimezone(zone).date()
            is_before = day < max(pulled) if since is None else day <= since
            if manifest.complete and is_before:
                found = max(found, (id_, day)) if found else (id_, day)
                break
    if found is None:
        return None, {}
    then = replace(context, snapshot=found[0], status_date=found[1])
    old = evaluate(then, stored(then))
    cards = scorecards(context.project.levels, old.judgement, old.portfolio)
    return found[1], {
        tuple(path): card for path, card in zip(old.portfolio.nodes["path"].to_list(), cards, strict=True)
    }
