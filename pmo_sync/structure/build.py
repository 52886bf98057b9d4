"""The order of the steps from snapshots to a portfolio, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Items, Nodes, Places
from pmo_sync.model.portfolio import Notice, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import NODE_LEVELS, Level
from pmo_sync.structure.assigning import Asked, Assigned, Label, assign
from pmo_sync.structure.hierarchy import parents, with_summaries
from pmo_sync.structure.history import HistoryOptions, with_history
from pmo_sync.structure.homes import homes
from pmo_sync.structure.node_columns import Appetite
from pmo_sync.structure.nodes import node_projects, nodes
from pmo_sync.structure.options import (
    ByField,
    ByIssue,
    ByLabel,
    ByProjectCategory,
    HomeByRule,
    PlaceOverride,
    StructureOptions,
)
from pmo_sync.structure.people import People, with_names
from pmo_sync.structure.placing import ISSUE, LEVELS, Place, identity, placed, rules_of
from pmo_sync.structure.relations import changes, histories, links
from pmo_sync.structure.sprints import sprints
from pmo_sync.structure.stack import stack, vocabulary_of
from pmo_sync.structure.standing import Standing
from pmo_sync.structure.tracker_projects import tracker_projects
from pmo_sync.structure.tree import Tree, TreeNode, tree

_CASE: Final = ("tracker", "programme", "project", "override")
_WHERE: Final = {
    "orphan": "directly under the portfolio",
    "no-programme": "under no programme",
    "no-project": "directly under a programme",
}


def build(
    snapshots: Sequence[Snapshot],
    options: StructureOptions,
    *,
    portfolio_name: str,
    appetite: Sequence[Appetite] = (),
    people: People | None = None,
    history: HistoryOptions | None = None,
) -> Portfolio:
    """Every item of the snapshots in its place, the nodes above, and what can be seen of each; persons by their names,
    and with what their histories tell.

    The same for any order of snapshots and rows. What is found on the way stands in `notices`.
    Raises UsageError when two trackers give one custom column two types.
    """
    told = [with_history(snapshot, history or HistoryOptions()) for snapshot in snapshots]
    snapshots, nobodies = with_names(told, people or People())
    all_ = stack(snapshots)
    parent, circles = parents(all_.items)
    items = with_summaries(all_.items.with_columns(parent.alias("parent")))
    projects = tracker_projects(all_)
    cases = placed(items, projects, options).with_columns(_override_of(items, options.overrides))
    asked = _asked(cases)
    assigned = assign(asked, _issue_homes(items, cases), projects, options, all_.partly)
    whole = tree(assigned, portfolio_name)
    items = items.with_columns(_node_of(cases, asked, assigned, whole))
    places = _places(items, whole)
    found = homes(whole, items, places, options.homes, all_.partly)
    standing = Standing(whole, items, found, all_, projects)
    nodes_, visibility, said = nodes(standing, appetite)
    notices = [
        *(*nobodies, *assigned.notices, *whole.notices, *found.notices, *said),
        *_empty(snapshots),
        *(*_circles(circles), *_unplaced(_without(cases, found.of.values()), assigned, options)),
    ]
    return Portfolio(
        items=_items(standing, nodes_),
        nodes=nodes_,
        places=places,
        links=links(snapshots, items),
        changes=changes(snapshots, items),
        node_projects=node_projects(standing),
        item_visibility=all_.visibility,
        node_visibility=visibility,
        absent_levels=_absent(options),
        notices=tuple(sorted(notices, key=lambda notice: (notice.code, notice.text))),
        histories=histories(snapshots),
        sprints=sprints(snapshots, items, nodes_),
    )


def needed_columns(options: StructureOptions) -> frozenset[str]:
    """The vocabulary columns (and `fields.x`) that the rules and homes of these options read."""
    names = {"issue_type"} if any(isinstance(home, HomeByRule) for home in options.homes) else set()
    for rule in (*rules_of(options, Level.PROGRAMME), *rules_of(options, Level.PROJECT)):
        match rule:
            case ByField():
                names.add(rule.field)
            case ByLabel():
                names.add("labels")
            case ByIssue():
                names.add("issue_type")
            case ByProjectCategory():
                names.add("project_category")
            case _:
                pass
    return frozenset(names)


def _override_of(items: pl.DataFrame, entries: Sequence[PlaceOverride]) -> pl.Series:
    """The first entry of `overrides` that names each item by key or id."""
    wanted = [(number, entry) for number, entry in enumerate(entries) if entry.item is not None]
    names = pl.Series([entry.item for _, entry in wanted], dtype=pl.String).implode()
    named = items.filter(pl.col("id").is_in(names) | pl.col("key").is_in(names))
    first: dict[int, int] = {}
    for item, tracker, *called in named.select("item", "tracker", "id", "key").iter_rows():
        for number, entry in wanted:
            if entry.item in called and entry.tracker in {None, tracker}:
                first.setdefault(item, number)
    rows = pl.Series(list(first), dtype=frames.U32)
    none = pl.repeat(None, items.height, dtype=frames.U32, eager=True)
    return none.scatter(rows, pl.Series(list(first.values()), dtype=frames.U32)).alias("override")


def _asked(cases: pl.DataFrame) -> dict[Asked, int]:
    """The distinct cases, each with the number of its items."""
    counted = cases.group_by(*_CASE).len()
    return {
        Asked(tracker, Place(programme, project), override): number
        for tracker, programme, project, override, number in counted.iter_rows()
    }


def _without(cases: pl.DataFrame, homes_: Iterable[int]) -> dict[Asked, int]:
    """The cases of all items but the homes, which stand where their node stands and are missed nowhere."""
    rows = pl.Series(sorted(set(homes_)), dtype=frames.U32)
    return _asked(cases.with_row_index().filter(~pl.col("index").is_in(rows.implode())))


def _issue_homes(items: pl.DataFrame, cases: pl.DataFrame) -> dict[str, tuple[Asked, Label]]:
    """The items that are nodes by `by: issue`: identity → their own case, and how they are called."""
    named = [cases[level.value].filter(cases[level.value].str.starts_with(ISSUE)) for level in LEVELS]
    wanted = pl.concat(named).unique()
    if wanted.is_empty():
        return {}
    both = pl.concat([items.select("id", "key", "title"), cases], how="horizontal")
    homes_: dict[str, tuple[Asked, Label]] = {}
    ids = pl.Series([name.split("\x1f")[2] for name in wanted], dtype=pl.String).implode()
    for row in both.filter(pl.col("id").is_in(ids)).iter_rows(named=True):
        asked = Asked(row["tracker"], Place(row["programme"], row["project"]), row["override"])
        title = (row["title"] or "").strip() or row["key"] or row["id"]
        homes_[identity(ISSUE, row["tracker"], row["id"])] = (asked, Label(title, row["tracker"], row["key"] or ""))
    return homes_


def _node_of(cases: pl.DataFrame, asked: Iterable[Asked], assigned: Assigned, whole: Tree) -> pl.Series:
    rows = [
        (case.tracker, case.place.programme, case.place.project, case.override, whole.at[assigned.places[case]].row)
        for case in asked
    ]
    schema = {name: cases.schema[name] for name in _CASE} | {"node": frames.U32}
    known = pl.DataFrame(rows, schema=schema, orient="row")
    return cases.join(known, on=_CASE, how="left", nulls_equal=True, maintain_order="left")["node"]


def _places(items: pl.DataFrame, whole: Tree) -> Places:
    pairs = [(node.row, above) for node in whole.nodes for above in _upwards(node, whole)]
    above = pl.DataFrame(pairs, schema={"node": frames.U32, "above": frames.U32}, orient="row")
    places = items.select("item", "node").join(above, on="node").select("item", pl.col("above").alias("node"))
    return Places(places.with_columns(pl.lit(1.0).alias("share")).sort("item", "node"))


def _upwards(node: TreeNode, whole: Tree) -> Iterator[int]:
    yield node.row
    while node.parent is not None:
        node = whole.nodes[node.parent]
        yield node.row


def _items(standing: Standing, nodes_: Nodes) -> Items:
    """ITEMS: names of the nodes above, hold inherited from them; columns in a fixed order."""
    node = standing.items["node"]
    whole = standing.items.with_columns(
        pl.col("on_hold") | nodes_["on_hold"].gather(node),
        pl.lit(Level.ITEM.value, dtype=frames.LEVEL).alias("level"),
        *(nodes_[level.value].gather(node) for level in NODE_LEVELS),
    )
    beside = sorted(name for name in vocabulary_of(whole.columns) if name not in frames.ITEMS)
    return Items(frames.check(whole.select(*frames.ITEMS, *beside), frames.ITEMS, "ITEMS"))


def _absent(options: StructureOptions) -> frozenset[str]:
    declared = {Level.PROGRAMME: options.programme, Level.PROJECT: options.project}
    return frozenset(level.value for level, rules in declared.items() if rules == "none")


def _unplaced(asked: Mapping[Asked, int], assigned: Assigned, options: StructureOptions) -> Iterator[Notice]:
    """What hangs higher than it should, per tracker; what an override or `none` put there is meant to."""
    expected = [level for level in LEVELS if level.value not in _absent(options)]
    counts: Counter[tuple[str, str]] = Counter()
    for case, number in asked.items():
        place = assigned.places[case]
        lacking = [level for level in expected if getattr(place, level.value) is None]
        if lacking and case not in assigned.unplaced_on_purpose:
            code = "orphan" if lacking == expected else f"no-{lacking[0].value}"
            counts[code, case.tracker] += number
    for (code, tracker), number in counts.items():
        items = f"1 item of {tracker} hangs" if number == 1 else f"{number} items of {tracker} hang"
        yield Notice(code, f"{items} {_WHERE[code]}: no rule of structure says more", number)


def _empty(snapshots: Sequence[Snapshot]) -> Iterator[Notice]:
    """Trackers without a single item: that nothing fails there says nothing."""
    for one in snapshots:
        if one.items.is_empty() and one.manifest.complete:
            yield Notice("no-items", f"{one.manifest.tracker} was read whole and has no items: nothing of it is judged")


def _circles(number: int) -> list[Notice]:
    text = f"{number} items are each other's parents in a circle: they are taken as having none"
    return [Notice("parent-circle", text, number)] if number else []
