"""Homes: the item that a node is. Its fields are the node's, and the node's summary is written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model.portfolio import Notice, path_text
from pmo_sync.model.words import Phase
from pmo_sync.structure.options import Home, HomeByName, HomeByRule
from pmo_sync.structure.tree import Tree, TreeNode

NO_HOME: Final = "no-home"
NOT_SEEN: Final = "home-not-seen"
NO_NODE: Final = "home-without-node"
_MISSING: Final = frozenset({NO_HOME, NOT_SEEN, NO_NODE})


@dataclass(frozen=True, slots=True)
class Homes:
    """`of`: node → the row of its home item; nodes without one are not in it."""

    of: dict[int, int]
    notices: tuple[Notice, ...]


def homes(
    tree: Tree,
    items: pl.DataFrame,
    places: pl.DataFrame,
    entries: Sequence[Home],
    partly: frozenset[str] = frozenset(),
) -> Homes:
    """The home of each node: the first entry that gives it one, else the item that `by: issue` made it of.

    `partly`: trackers that were not read whole; of what may stand there nothing is said to be missing.
    """
    of: dict[int, int] = {}
    notices: list[Notice] = []
    for entry in entries:
        if isinstance(entry, HomeByName):
            found, told = _by_name(tree, items, entry)
        else:
            found, told = _by_rule(tree, items, places, entry)
        for node, item in found.items():
            of.setdefault(node, item)
        notices += [one for one in told if one.code not in _MISSING or not _unsure(entry, one, partly)]
    for node, item in _by_issue(tree, items).items():
        of.setdefault(node, item)
    return Homes(of, tuple(notices))


def _unsure(entry: Home, notice: Notice, partly: frozenset[str]) -> bool:
    """True where what the notice misses may stand in what was not read: a node may come from any tracker."""
    return bool(partly) if notice.code == NO_NODE else entry.tracker in partly


def _by_name(tree: Tree, items: pl.DataFrame, entry: HomeByName) -> tuple[dict[int, int], list[Notice]]:
    nodes = [node.row for node in tree.nodes if node.level == entry.level and node.name == entry.name]
    called = (pl.col("id") == entry.item) | (pl.col("key") == entry.item)
    rows = items.filter((pl.col("tracker") == entry.tracker) & called)["item"].to_list()
    where = f"structure.homes gives {entry.level.value} {entry.name} the item {entry.item} of {entry.tracker}"
    if not rows:
        return {}, [Notice(NOT_SEEN, f"{where}, which was not read")]
    if len(nodes) != 1:
        return {}, [Notice(NO_NODE, f"{where}, but {_number(len(nodes))} of that name")]
    return {nodes[0]: rows[0]}, []


def _number(nodes: int) -> str:
    return "there is no node" if nodes == 0 else f"there are {nodes} nodes"


def _by_rule(
    tree: Tree, items: pl.DataFrame, places: pl.DataFrame, entry: HomeByRule
) -> tuple[dict[int, int], list[Notice]]:
    """One item of the type makes a home; of several the one that is not dropped; else the node has none."""
    if "issue_type" not in items.columns:
        return {}, [Notice(NO_HOME, f"{entry.tracker} shows no item types, so no {entry.issue_type} can be a home")]
    mine = items.filter(pl.col("tracker") == entry.tracker).select("item", "issue_type", "phase")
    level = [node.row for node in tree.nodes if node.level == entry.level]
    below = places.filter(pl.col("node").is_in(level)).select("item", "node").join(mine, on="item")
    found: dict[int, list[tuple[int, bool]]] = {node: [] for node in below["node"].unique().sort()}
    candidates = below.filter(pl.col("issue_type") == entry.issue_type).sort("node", "item")
    for node, item, phase in candidates.select("node", "item", "phase").iter_rows():
        found[node].append((item, phase != Phase.DROPPED))
    homes_, notices = {}, []
    for node, rows in found.items():
        live = [item for item, is_live in rows if is_live] or [item for item, _ in rows]
        if len(live) == 1:
            homes_[node] = live[0]
        else:
            notices.append(_none_or_several(tree.nodes[node], entry, len(live)))
    return homes_, notices


def _none_or_several(node: TreeNode, entry: HomeByRule, number: int) -> Notice:
    path = path_text(node.path)
    if number == 0:
        return Notice(NO_HOME, f"{path} has no {entry.issue_type}, so it has no home")
    return Notice(
        "two-homes", f"{path} has {number} items of type {entry.issue_type}, so none of them is its home", number
    )


def _by_issue(tree: Tree, items: pl.DataFrame) -> dict[int, int]:
    """Of an item that became several nodes, none has it: two summaries would fight for one field."""
    claims: dict[tuple[str, str], list[int]] = {}
    for node in tree.nodes:
        if len(node.issues) == 1:
            claims.setdefault(node.issues[0], []).append(node.row)
    if not claims:
        return {}
    wanted = pl.DataFrame([*claims], schema={"tracker": pl.String, "id": pl.String}, orient="row")
    rows = items.select("tracker", "id", "item").join(wanted, on=["tracker", "id"])
    found = {(tracker, id_): item for tracker, id_, item in rows.iter_rows()}
    return {nodes[0]: found[issue] for issue, nodes in claims.items() if len(nodes) == 1}
