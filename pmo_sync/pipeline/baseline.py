"""The baseline of a project: accepting today's failures, looking at them, and taking out what was fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pmo_sync.model.past import Accepted
from pmo_sync.model.words import SEVERITIES, Severity
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import Evaluation
from pmo_sync.pipeline.finding import branch, node_of
from pmo_sync.pipeline.standards import standard
from pmo_sync.report.escape import clean, shorten
from pmo_sync.rules.baseline import KEY, Standing, keys, open_failures, standings
from pmo_sync.settings import baseline as file
from pmo_sync.settings.lists import one_line

_WIDEST = 72


@dataclass(frozen=True, slots=True)
class Created:
    """What was accepted now, by its worst severity (several links may fail at one place), and how many failures the
    file held before.
    """

    accepted: tuple[Accepted, ...]
    by_severity: Mapping[Severity, int]
    before: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken out and why, and what stays, by what has become of it."""

    gone: tuple[tuple[Accepted, Standing], ...]
    kept: Mapping[Standing, int]


def create(
    context: Context,
    evaluation: Evaluation,
    *,
    reason: str | None = None,
    node: str | None = None,
    standard_id: str | None = None,
) -> Created:
    """Accepts the open failures of the evaluation (of one branch, of one standard); those accepted before stay.

    Raises UsageError for a branch that is not there and a file that cannot be written, ConfigurationError for an
    unknown standard and a file that cannot be read.
    """
    portfolio = evaluation.portfolio
    rows = open_failures(evaluation.judgement, portfolio)
    if standard_id is not None:
        rows = rows.filter(pl.col("standard") == standard(context.project, standard_id).id)
    if node is not None:
        rows = rows.filter(pl.col("node").is_in(branch(portfolio, node_of(portfolio, node))))
    if context.tracker is not None:
        rows = rows.filter(pl.col("tracker").is_in(["", context.tracker]))
    told = rows.join(portfolio.items.select("item", "key", "title"), on="item", how="left", maintain_order="left")
    why = None if reason is None else one_line(reason, "reason")
    found = [
        Accepted(row["standard"], row["tracker"], row["id"], context.status_date, _words(row["key"], row["title"]), why)
        for row in told.iter_rows(named=True)
    ]
    accepted = file.accept(context.project, found) if found else ()
    worst = (
        rows.join(keys(accepted), on=KEY, how="semi")
        .group_by(KEY)
        .agg(pl.col("severity").to_physical().max().alias("rank"))["rank"]
        .to_list()
    )
    counts = {severity: worst.count(severity.rank) for severity in reversed(SEVERITIES)}
    return Created(accepted, counts, len(context.project.baseline))


def _words(key: str | None, title: str | None) -> str | None:
    """Key and title as they stand beside an id, harmless and short; None for a node."""
    return None if key is None else shorten(clean(f"{key} {title or ''}"), _WIDEST)


def prune(context: Context, evaluation: Evaluation) -> Pruned:
    """Takes out of the file what is known to be fixed or gone. What cannot be told stays.

    Raises as `create` does.
    """
    stood = show(context, evaluation)
    settled = [one for one, standing in stood if standing.is_settled]
    gone = file.forget(context.project, settled) if settled else ()
    keys = {(one.standard, one.tracker, one.id) for one in gone}
    out = tuple((one, how) for one, how in stood if (one.standard, one.tracker, one.id) in keys)
    kept = [how for one, how in stood if (one.standard, one.tracker, one.id) not in keys]
    return Pruned(out, {how: kept.count(how) for how in Standing if how in kept})


def show(context: Context, evaluation: Evaluation) -> tuple[tuple[Accepted, Standing], ...]:
    """Every accepted failure with what has become of it, by standard, tracker and id."""
    stood = zip(
        context.project.baseline,
        standings(evaluation.judgement, evaluation.portfolio, context.project.baseline),
        strict=True,
    )
    return tuple(sorted(stood, key=lambda pair: (pair[0].standard, pair[0].tracker, pair[0].id)))
