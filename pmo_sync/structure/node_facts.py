"""What is true of a node by what is below it: its phase, whether it is on hold, whether it was read whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.model.words import Phase
from pmo_sync.structure.standing import Standing
from pmo_sync.structure.tracker_projects import Id, TrackerProject
from pmo_sync.structure.tree import Tree


def phases(standing: Standing) -> list[str | None]:
    """Of each node: the phase of its home; done where its tracker projects are closed; else what is below it tells."""
    tree, items = standing.tree, standing.items
    below = [Counter[str | None]() for _ in tree.nodes]
    counted = items.group_by("node", pl.col("phase").cast(pl.String)).len()
    for node, found, number in counted.iter_rows():
        below[node][found] += number
    result: list[str | None] = [None] * len(tree.nodes)
    phase: str | None
    home_phase = _at_homes(standing, "phase")
    for node in reversed(tree.nodes):  # a parent's path comes before those of its children
        if node.row in home_phase:
            phase = None if home_phase[node.row] is None else str(home_phase[node.row])
        elif node.projects and all(standing.projects[project].closed for project in node.projects):
            phase = Phase.DONE.value
        else:
            phase = _phase(below[node.row])
        result[node.row] = phase
        if node.parent is not None:
            below[node.parent][phase] += 1
    return result


def _phase(below: Counter[str | None]) -> str | None:
    """Todo while nothing has started, done when all is done or dropped, otherwise doing; None = cannot be told."""
    open_ = below[Phase.TODO] + below[Phase.DOING]
    started = below[Phase.DOING] + below[Phase.DONE]
    if open_ and started:
        return Phase.DOING.value
    if below[None]:
        return None
    return Phase.DONE.value if below.total() and not open_ else Phase.TODO.value


def _at_homes(standing: Standing, column: str) -> dict[int, object]:
    rows = pl.Series(list(standing.homes.of.values()), dtype=U32)
    return dict(zip(standing.homes.of, standing.items[column].gather(rows), strict=True))


def holds(standing: Standing) -> list[bool]:
    """Of each node: its home is on hold, or the node above it is."""
    home_held = _at_homes(standing, "on_hold")
    result: list[bool] = []
    for node in standing.tree.nodes:
        above = node.parent is not None and result[node.parent]
        result.append(above or home_held.get(node.row) is True)
    return result


def completeness(standing: Standing) -> list[bool]:
    """Of each node: no scope and no tracker project below it was read in part.

    A part of which it cannot be told where it belongs makes every node incomplete.
    """
    tree, items, stack, projects = standing.tree, standing.items, standing.stack, standing.projects
    if stack.unread:
        return [False] * len(tree.nodes)
    by_project = _nodes_of_projects(tree, items)
    by_scope: dict[int, set[int]] = {}
    for scope, node in items.select("scope", "node").unique().iter_rows():
        by_scope.setdefault(scope, set()).add(node)
    incomplete: set[int] = set()
    for scope in stack.scopes.filter(~pl.col("complete").fill_null(False)).iter_rows(named=True):
        project = projects.get((scope["tracker"], scope["project_id"] or ""))
        found = by_scope.get(scope["scope"], set()) | (_nodes_of(project, by_project) if project else set())
        incomplete |= found or {node.row for node in tree.nodes}
    for project in projects.values():
        if not project.complete:
            incomplete |= _nodes_of(project, by_project) or {node.row for node in tree.nodes}
    return _upwards(tree, incomplete)


def _nodes_of_projects(tree: Tree, items: pl.DataFrame) -> dict[Id, set[int]]:
    found: dict[Id, set[int]] = {project: {node.row} for node in tree.nodes for project in node.projects}
    pairs = items.select("tracker", "project_id", "node").drop_nulls().unique()
    for tracker, project, node in pairs.iter_rows():
        found.setdefault((tracker, project), set()).add(node)
    return found


def _nodes_of(project: TrackerProject, by_project: Mapping[Id, set[int]]) -> set[int]:
    """Where the items of a project are; of one that has none, where the nearest project above it is."""
    found = (by_project.get((project.tracker, id_)) for id_ in reversed(project.chain))
    return next((nodes for nodes in found if nodes), set())


def _upwards(tree: Tree, incomplete: set[int]) -> list[bool]:
    for node in reversed(tree.nodes):
        if node.row in incomplete and node.parent is not None:
            incomplete.add(node.parent)
    return [node.row not in incomplete for node in tree.nodes]
