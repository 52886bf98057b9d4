"""From an Evaluation of the pipeline to what the renderers show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pmo_sync.report.view import (
    CheckView,
    Outside,
    branch,
    items_of,
    nodes_of,
    scores_of,
    shared_keys,
    summary_of,
    trackers_of,
)

if TYPE_CHECKING:
    from pmo_sync.model.finding import Finding
    from pmo_sync.pipeline.evaluate import Evaluation


def check_view(
    evaluation: Evaluation,
    findings: Sequence[Finding],
    *,
    keys: Sequence[str] = (),
    node: str | None = None,
    items: bool = False,
    repeat: str = "",
) -> CheckView:
    """Everything `check` shows; with a node only its branch, with keys the counts of those items.

    What is counted outside of them stands in `outside`.
    """
    from pmo_sync.pipeline.finding import counts
    from pmo_sync.rules.levels import scorecards

    portfolio, figures = evaluation.portfolio, evaluation.figures
    path = None if node is None else _path(evaluation, node)
    shown = counts(evaluation, keys=keys, node=node)
    outside = None
    if keys or node is not None:
        of = "this branch" if not keys else "this item" if len(keys) == 1 else "these items"
        outside = Outside(of, summary_of(evaluation.scores.counts.without(shown)))
    cards = scorecards(evaluation.project.levels, evaluation.judgement, portfolio)
    nodes = nodes_of(portfolio, figures, scores_of(evaluation.scores), cards)
    return CheckView(
        run=None,
        status_date=evaluation.status_date,
        complete=evaluation.complete,
        trackers=trackers_of(evaluation.snapshots),
        summary=summary_of(shown),
        findings=tuple(findings),
        nodes=branch(nodes, path),
        items=items_of(portfolio, figures, path) if items else None,
        notices=() if path else evaluation.notices,
        repeat=repeat,
        outside=outside,
        ambiguous=shared_keys(portfolio),
    )


def _path(evaluation: Evaluation, node: str) -> tuple[str, ...]:
    """The names of the node that a path or a single name means. Raises UsageError for none."""
    from pmo_sync.pipeline.finding import node_of

    return tuple(evaluation.portfolio.nodes["path"].to_list()[node_of(evaluation.portfolio, node)])
