"""What people asked to see, found in an evaluation: findings by key and branch, and who a key or path means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import polars as pl

from pmo_sync.errors import UsageError
from pmo_sync.model.finding import Finding
from pmo_sync.model.portfolio import Portfolio, parse_path, path_text
from pmo_sync.model.problem import suggestion
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.evaluate import Evaluation
from pmo_sync.rules.describe import describe
from pmo_sync.rules.scores import Counts, counts_of_items, counts_of_nodes


def findings(
    evaluation: Evaluation,
    *,
    include_unknown: bool = False,
    keys: Sequence[str] = (),
    node: str | None = None,
    limit: int | None = None,
) -> list[Finding]:
    """What people read, sorted by path, severity (critical first), standard and key; at most `limit` of them.

    `keys` narrows to items (key or id), `node` to a branch by its path; of items only those of the run's tracker.
    Raises UsageError for one that is not there.
    """
    portfolio = evaluation.portfolio
    verdicts = [Verdict.FAIL, Verdict.UNKNOWN] if include_unknown else [Verdict.FAIL]
    rows = evaluation.judgement.findings.filter(pl.col("verdict").is_in(verdicts) & ~pl.col("offender"))
    if evaluation.tracker is not None:
        own = portfolio.items.filter(pl.col("tracker") == evaluation.tracker)["item"]
        rows = rows.filter(pl.col("item").is_null() | pl.col("item").is_in(own.implode()))
    if keys:
        rows = rows.filter(pl.col("item").is_in([item_of(portfolio, key, evaluation.tracker) for key in keys]))
    if node is not None:
        rows = rows.filter(pl.col("node").is_in(branch(portfolio, node_of(portfolio, node))))
    ordered = _sorted(rows, portfolio)
    described = describe(
        evaluation.judgement,
        portfolio,
        evaluation.figures,
        ordered.head(limit) if limit else ordered,
        label_prefix=evaluation.project.settings.label_prefix,
    )
    page = evaluation.project.settings.links.standards
    if page is None:
        return described
    return [replace(one, help=f"{page}#{quote(one.standard, safe='')}") for one in described]


def counts(evaluation: Evaluation, *, keys: Sequence[str] = (), node: str | None = None) -> Counts:
    """The counts of what `findings` gives for the same keys and branch.

    With keys the evaluation must have been made with `verdicts`. Raises UsageError for one that is not there.
    """
    portfolio, judgement = evaluation.portfolio, evaluation.judgement
    below = None if node is None else branch(portfolio, node_of(portfolio, node))
    if keys:
        items = [item_of(portfolio, key, evaluation.tracker) for key in keys]
        return counts_of_items(
            judgement, [one for one in items if below is None or portfolio.items["node"][one] in below]
        )
    return evaluation.scores.counts if below is None else counts_of_nodes(judgement, portfolio, below)


def _sorted(rows: pl.DataFrame, portfolio: Portfolio) -> pl.DataFrame:
    names = portfolio.nodes.select("node", place=pl.col("path").list.join("\0"))
    keys = portfolio.items.select("item", sort_key="key", sort_tracker="tracker", sort_id="id")
    order = rows.join(names, on="node", how="left").join(keys, on="item", how="left")
    ranked = order.with_columns(rank=pl.col("severity").to_physical())
    by = ["place", "rank", "standard", "sort_key", "sort_tracker", "sort_id"]
    descending = [name == "rank" for name in by]
    return ranked.sort(by, descending=descending, nulls_last=False).select(rows.columns)


def item_of(portfolio: Portfolio, key: str, tracker: str | None = None) -> int:
    """The row of the item with this key or id. Raises UsageError for none, or for several in different trackers."""
    items = portfolio.items
    found = items.filter((pl.col("key") == key) | (pl.col("id") == key))
    if tracker is not None:
        found = found.filter(pl.col("tracker") == tracker)
    by_key = found.filter(pl.col("key") == key)
    found = by_key if by_key.height else found
    if found.height == 1:
        return int(found["item"][0])
    if found.height > 1:
        trackers = ", ".join(sorted(set(found["tracker"])))
        raise UsageError(f"{key} is an item of {trackers}", advice="name one of them with --tracker")
    near = suggestion(key, items["key"].to_list())
    raise UsageError(
        f"no item has the key or id {key}", advice=near or "pmo-sync check --all names every item that fails"
    )


def node_of(portfolio: Portfolio, path: str) -> int:
    """The row of the node with this path (or of the only node with this name). Raises UsageError for none.

    A path may have spaces about its slashes, as the headings of `check` print it.
    """
    paths = [tuple(names) for names in portfolio.nodes["path"].to_list()]
    exact = parse_path(path)
    if exact in paths:
        return paths.index(exact)
    wanted = tuple(name.strip() for name in exact)
    if wanted in paths:
        return paths.index(wanted)
    named = [row for row, names in enumerate(paths) if len(wanted) == 1 and names[-1] == wanted[0]]
    if len(named) == 1:
        return named[0]
    near = suggestion(path, [path_text(names) for names in paths])
    several = f"{len(named)} nodes are named {path}" if named else f"no node has the path {path}"
    raise UsageError(several, advice=near or f"paths start with {path_text(paths[0])}")


def branch(portfolio: Portfolio, node: int) -> list[int]:
    """The node and every node below it."""
    path = portfolio.nodes["path"].to_list()[node]
    return [row for row, names in enumerate(portfolio.nodes["path"].to_list()) if names[: len(path)] == path]
