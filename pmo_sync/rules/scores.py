"""Compliance of every node, and the counts of a run, from the counted verdicts.

Compliance = Σ weight passed / Σ weight (passed + failed), weights by severity (`model.words.POINTS`); n/a and unknown
are left out and shown. With waivers, waived failures leave the denominator and are never counted as passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import U32, Schema
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.words import POINTS, Severity, Verdict
from pmo_sync.rules.judgement import Judgement

SCORES: Final[Schema] = {
    "node": U32,
    "compliance": pl.Float64(),  # null where nothing was judged
    "with_waivers": pl.Float64(),
    "passed": U32,  # verdicts on the node and everything below it
    "failed": U32,  # waived ones among them
    "waived": U32,
    "not_applicable": U32,
    "unknown": U32,
}
_COUNTS: Final = ("passed", "failed", "waived", "not_applicable", "unknown")


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts of a run. `failed` holds the failures that are not waived, by severity, so that all add up.

    `items_failing`: items with an unwaived failure of their own.
    """

    passed: int
    failed: Mapping[Severity, int]
    unknown: int
    not_applicable: int
    waived: int
    items: int
    items_failing: int


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """`nodes` is SCORES, one row for each node of the portfolio in its order; `counts` of the whole run."""

    nodes: pl.DataFrame
    counts: Counts

    def shares(self) -> pl.DataFrame:
        """`node` and one column for each figure that is made from verdicts."""
        return self.nodes.select("node", "compliance")


def scores(judgement: Judgement, portfolio: Portfolio) -> Scores:
    """Compliance of every node over its whole branch, and the counts of the run."""
    return Scores(_nodes(judgement, portfolio), _counts(judgement, portfolio))


def _nodes(judgement: Judgement, portfolio: Portfolio) -> pl.DataFrame:
    weight = (
        pl.col("severity")
        .cast(pl.String)
        .replace_strict([severity.value for severity in POINTS], list(POINTS.values()), return_dtype=pl.Float64)
    )
    own = judgement.judged.lazy().with_columns(weight.alias("weight"))
    summed = (
        own.collect()
        .join(_above(portfolio), on="node")
        .group_by("above")
        .agg(
            *(pl.col(name).sum().cast(U32) for name in _COUNTS),
            (pl.col("passed") * pl.col("weight")).sum().alias("won"),
            ((pl.col("passed") + pl.col("failed")) * pl.col("weight")).sum().alias("judged"),
            ((pl.col("passed") + pl.col("failed") - pl.col("waived")) * pl.col("weight")).sum().alias("open"),
        )
    )
    joined = portfolio.nodes.select("node").join(
        summed, left_on="node", right_on="above", how="left", maintain_order="left"
    )
    scored = joined.with_columns(
        *(pl.col(name).fill_null(0) for name in _COUNTS),
        pl.when(pl.col("judged") > 0).then(pl.col("won") / pl.col("judged")).alias("compliance"),
        pl.when(pl.col("open") > 0).then(pl.col("won") / pl.col("open")).alias("with_waivers"),
    )
    return frames.check(scored.select(list(SCORES)), SCORES, "scores")


def _above(portfolio: Portfolio) -> pl.DataFrame:
    """Every (node, node itself or above it) pair."""
    parent = portfolio.nodes["parent"]
    current = portfolio.nodes.select("node", pl.col("node").alias("above"))
    pairs = [current]
    for _ in range(portfolio.nodes.height):
        current = current.with_columns(parent.gather(current["above"]).alias("above")).drop_nulls("above")
        if current.is_empty():
            break
        pairs.append(current)
    return pl.concat(pairs)


def _counts(judgement: Judgement, portfolio: Portfolio) -> Counts:
    totals = judgement.judged.select(pl.col(name).sum().cast(pl.Int64) for name in _COUNTS).row(0, named=True)
    by_severity = judgement.judged.group_by("severity").agg((pl.col("failed") - pl.col("waived")).sum().alias("open"))
    found = {Severity(word): int(number) for word, number in by_severity.iter_rows()}
    failing = judgement.findings.filter(
        pl.col("item").is_not_null()
        & (pl.col("verdict") == Verdict.FAIL.value)
        & pl.col("waiver").is_null()
        & ~pl.col("offender")
    )
    return Counts(
        passed=totals["passed"],
        failed={severity: found.get(severity, 0) for severity in reversed(Severity)},
        unknown=totals["unknown"],
        not_applicable=totals["not_applicable"],
        waived=totals["waived"],
        items=portfolio.items.height,
        items_failing=failing["item"].n_unique(),
    )
