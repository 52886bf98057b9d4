"""The baseline: failures that were accepted as they stood. Beside the verdict, like waivers; an accepted failure fails.

It is shown apart, is not flagged and fails no `check`. What is waived counts as waived, not as accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from pmo_sync.model.frames import TEXT, Schema
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Accepted
from pmo_sync.model.portfolio import Portfolio, path_text
from pmo_sync.model.words import Verdict
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.standard import Standard
from pmo_sync.structure.partly_read import items_partly_read
from pmo_sync.structure.scope import items_in, nodes_in

KEY: Final = ("standard", "tracker", "id")
KEYS: Final[Schema] = {"standard": TEXT, "tracker": TEXT, "id": TEXT}
"""What an accepted failure is known by. Of a node the tracker is empty and the id its path as text."""


class Standing(StrEnum):
    """What has become of an accepted failure."""

    FAILING = "failing"
    WAIVED = "waived"
    FIXED = "fixed"
    GONE = "gone"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not judged"

    @property
    def is_settled(self) -> bool:
        """True where it is known that nothing fails any more: `baseline prune` takes it out."""
        return self in {Standing.FIXED, Standing.GONE}


def keys(accepted: Iterable[Accepted]) -> pl.DataFrame:
    """KEYS of accepted failures, in their order."""
    rows = [(one.standard, one.tracker, one.id) for one in accepted]
    return pl.DataFrame(rows, schema=dict(KEYS), orient="row")


def named(portfolio: Portfolio, findings: pl.DataFrame) -> pl.DataFrame:
    """The findings with `tracker` and `id`: of the item, of a node nothing and its path as text."""
    items = portfolio.items.select("item", "tracker", "id")
    paths = pl.Series("path_of_node", [path_text(path) for path in portfolio.nodes["path"].to_list()], dtype=TEXT)
    nodes = portfolio.nodes.select("node").with_columns(paths)
    joined = findings.join(items, on="item", how="left", maintain_order="left").join(
        nodes, on="node", how="left", maintain_order="left"
    )
    is_node = pl.col("item").is_null()
    return joined.with_columns(
        pl.when(is_node).then(pl.lit("")).otherwise(pl.col("tracker")).alias("tracker"),
        pl.when(is_node).then(pl.col("path_of_node")).otherwise(pl.col("id")).alias("id"),
    ).drop("path_of_node")


def with_baseline(findings: pl.DataFrame, portfolio: Portfolio, accepted: Sequence[Accepted]) -> pl.DataFrame:
    """FINDINGS with `baselined` true on accepted failures that are not waived, in the same order.

    A member that only counts against a share is accepted where every node that fails for it is.
    """
    if not accepted or findings.is_empty():
        return findings
    known = keys(accepted).unique().with_columns(pl.lit(True).alias("accepted"))
    own = named(portfolio, findings).join(known, on=KEY, how="left", maintain_order="left")
    fails = (pl.col("verdict") == Verdict.FAIL.value) & pl.col("waiver").is_null()
    marked = own.with_columns((pl.col("accepted").fill_null(False) & fails & ~pl.col("offender")).alias("baselined"))
    return _with_offenders(marked, portfolio).select(findings.columns)


def _with_offenders(findings: pl.DataFrame, portfolio: Portfolio) -> pl.DataFrame:
    """The same, decided for the members of shares by the failing nodes above them."""
    if not findings["offender"].any():
        return findings
    fails = (pl.col("verdict") == Verdict.FAIL.value) & pl.col("item").is_null()
    nodes = findings.filter(fails).select("standard", "node", "baselined")
    above = portfolio.places.select("item", "node").join(nodes, on="node")
    covered = above.group_by("standard", "item").agg(pl.col("baselined").all().alias("covered"))
    joined = findings.join(covered, on=["standard", "item"], how="left", maintain_order="left")
    decided = pl.when(pl.col("offender")).then(pl.col("covered").fill_null(False)).otherwise(pl.col("baselined"))
    return joined.with_columns((decided & pl.col("waiver").is_null()).alias("baselined"))


def open_failures(judgement: Judgement, portfolio: Portfolio) -> pl.DataFrame:
    """FINDINGS with `tracker` and `id` of every failure that is neither waived nor accepted, sorted by KEY."""
    fails = (pl.col("verdict") == Verdict.FAIL.value) & ~pl.col("offender")
    rows = judgement.findings.filter(fails & pl.col("waiver").is_null() & ~pl.col("baselined"))
    return named(portfolio, rows).sort(KEY)


def standings(judgement: Judgement, portfolio: Portfolio, accepted: Sequence[Accepted]) -> tuple[Standing, ...]:
    """What has become of each accepted failure, in their order.

    Fixed is what is seen and no longer fails, gone what is not there though its tracker was read whole. Where a
    standard does not judge, a verdict is unknown, or links or sprints may not have been read, nobody can tell.
    """
    found = _found(judgement, portfolio)
    rows = _rows(portfolio, accepted)
    wanted = {one.standard for one in accepted}
    places = {one.id: _Places(portfolio, one) for one in judgement.standards if one.id in wanted}
    unread = not bool(portfolio.nodes["complete"].all())

    def of(one: Accepted) -> Standing:
        if seen := found.get((one.standard, one.tracker, one.id)):
            return min(seen, key=list(Standing).index)  # several findings may stand at one place: of links, of sprints
        row = rows.get((one.tracker, one.id))
        if row is None:
            return Standing.UNKNOWN if unread else Standing.GONE
        place = places.get(one.standard)
        return Standing.NOT_JUDGED if place is None else place.standing(row, is_item=bool(one.tracker))

    return tuple(of(one) for one in accepted)


def _found(judgement: Judgement, portfolio: Portfolio) -> dict[tuple[str, str, str], set[Standing]]:
    """What the findings say of their places, by KEY."""
    own = judgement.findings.filter(~pl.col("offender"))
    found: dict[tuple[str, str, str], set[Standing]] = {}
    for standard, tracker, id_, verdict, waiver in named(portfolio, own).select(*KEY, "verdict", "waiver").iter_rows():
        how = Standing.WAIVED if waiver is not None else Standing.FAILING
        seen = found.setdefault((standard, tracker, id_), set())
        seen.add(how if verdict == Verdict.FAIL.value else Standing.UNKNOWN)
    return found


def _rows(portfolio: Portfolio, accepted: Sequence[Accepted]) -> dict[tuple[str, str], int]:
    """Tracker and id of those that are there → the row of the item; of a node nothing and its path → its row."""
    places = keys(accepted).select("tracker", "id").unique()
    items = portfolio.items.select("tracker", "id", "item").join(places, on=["tracker", "id"], how="semi")
    found = {(tracker, id_): row for tracker, id_, row in items.iter_rows()}
    return found | {("", path_text(path)): row for row, path in enumerate(portfolio.nodes["path"].to_list())}


class _Places:
    """Where one standard judges, and where all that it is about was read."""

    __slots__ = ("items", "nodes", "unread_items", "unread_nodes")

    def __init__(self, portfolio: Portfolio, standard: Standard) -> None:
        self.items = _judged_at(standard, items_in, portfolio)
        self.nodes = _judged_at(standard, nodes_in, portfolio)
        of_others = standard.subject is not None  # a link that was not read has no verdict, not an unknown one
        self.unread_items = items_partly_read(portfolio) & of_others
        self.unread_nodes = ~portfolio.nodes["complete"] & of_others

    def standing(self, row: int, *, is_item: bool) -> Standing:
        """Of a place that is there and where nothing was found."""
        judged, unread = (self.items, self.unread_items) if is_item else (self.nodes, self.unread_nodes)
        if not judged[row]:
            return Standing.NOT_JUDGED
        return Standing.UNKNOWN if unread[row] else Standing.FIXED


def _judged_at(standard: Standard, members: Callable[[Portfolio, Scope], pl.Series], portfolio: Portfolio) -> pl.Series:
    """Per row whether the standard is on there: as the first of its variants says whose scopes all match."""
    on = members(portfolio, Scope()) & standard.enabled
    for variant in reversed(standard.variants):
        means = reduce(and_, (members(portfolio, scope) for scope in variant.scopes))
        on = on.set(means, variant.standard.enabled)
    return on
