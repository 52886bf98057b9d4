"""Compliance of every node, and the counts of a run, from the counted verdicts.

Compliance = Σ weight passed / Σ weight (passed + failed), weights by severity (`model.words.POINTS`); n/a and unknown
are left out and shown. With waivers, waived failures leave the denominator and are never counted as passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_IS_OPEN: Final = pl.col("waiver").is_null() & ~pl.col("baselined")
_COUNTS: Final = ("passed", "failed", "waived", "not_applicable", "unknown")


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts of a run. `failed` holds the open failures, neither waived nor in the baseline, by severity, so that
    all add up.

    `items_failing`: items with an open failure of their own.
    """

    passed: int
    failed: Mapping[Severity, int]
    unknown: int
    not_applicable: int
    waived: int
    items: int
    items_failing: int
    baselined: int = 0

    def without(self, part: Counts) -> Counts:
        """What is left when a part of these is taken away."""
        return Counts(
            passed=self.passed - part.passed,
            failed={severity: number - part.failed.get(severity, 0) for severity, number in self.failed.items()},
            unknown=self.unknown - part.unknown,
            not_applicable=self.not_applicable - part.not_applicable,
            waived=self.waived - part.waived,
            items=self.items - part.items,
            items_failing=self.items_failing - part.items_failing,
            baselined=self.baselined - part.baselined,
        )


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
    nodes = portfolio.nodes["node"].to_list()
    return Scores(_nodes(judgement, portfolio), counts_of_nodes(judgement, portfolio, nodes))


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


def counts_of_nodes(judgement: Judgement, portfolio: Portfolio, nodes: Sequence[int]) -> Counts:
    """The counts of the verdicts on these nodes and on the items that stand directly at them."""
    rows = pl.Series(nodes, dtype=U32).implode()
    judged = judgement.judged.filter(pl.col("node").is_in(rows))
    totals = judged.select(pl.col(name).sum().cast(pl.Int64) for name in (*_COUNTS, "baselined")).row(0, named=True)
    left = pl.col("failed") - pl.col("waived") - pl.col("baselined")
    by_severity = judged.group_by("severity").agg(left.sum().alias("open"))
    found = {Severity(word): int(number) for word, number in by_severity.iter_rows()}
    items = portfolio.items.filter(pl.col("node").is_in(rows))
    failing = _failures(judgement, items["item"]).filter(_IS_OPEN)
    return Counts(
        passed=totals["passed"],
        failed={severity: found.get(severity, 0) for severity in reversed(Severity)},
        unknown=totals["unknown"],
        not_applicable=totals["not_applicable"],
        waived=totals["waived"],
        items=items.height,
        items_failing=failing["item"].n_unique(),
        baselined=totals["baselined"],
    )


def counts_of_items(judgement: Judgement, items: Sequence[int]) -> Counts:
    """The counts of the verdicts on these items alone. Raises ValueError where the judgement kept no verdicts."""
    if judgement.verdicts is None or judgement.link_verdicts is None:
        raise ValueError("counts of items need a judgement that keeps its verdicts")
    rows = pl.Series(sorted(set(items)), dtype=U32)
    links = judgement.link_verdicts  # an item has as many verdicts of their standards as links, not the worst alone
    mine = judgement.verdicts.select(name for name in judgement.verdicts.columns if name not in links.columns[1:])
    codes = [one.filter(pl.col("item").is_in(rows.implode())).drop("item") for one in (mine, links)]
    kinds = {
        verdict: sum(int((column == verdict.value).sum()) for one in codes for column in one)
        for verdict in (Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
    }
    failures = _failures(judgement, rows)
    open_ = failures.filter(_IS_OPEN)
    severities = open_["severity"].cast(pl.String).to_list()
    return Counts(
        passed=kinds[Verdict.PASS],
        failed={severity: severities.count(severity.value) for severity in reversed(Severity)},
        unknown=kinds[Verdict.UNKNOWN],
        not_applicable=kinds[Verdict.NOT_APPLICABLE],
        waived=failures["waiver"].count(),
        items=len(rows),
        items_failing=open_["item"].n_unique(),
        baselined=int(failures["baselined"].sum()),
    )


def _failures(judgement: Judgement, items: pl.Series) -> pl.DataFrame:
    """The failures of these items on their own, waived ones among them."""
    return judgement.findings.filter(
        pl.col("item").is_in(items.implode()) & (pl.col("verdict") == Verdict.FAIL.value) & ~pl.col("offender")
    )
