"""The frames of the nodes: what each is, where it hangs, what it shows, which tracker projects it is."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Nodes
from pmo_sync.model.portfolio import Notice, Visibility
from pmo_sync.model.words import NODE_LEVELS
from pmo_sync.structure.node_columns import Appetite, node_columns, with_appetites
from pmo_sync.structure.node_facts import completeness, holds, phases
from pmo_sync.structure.standing import Standing


def nodes(standing: Standing, appetites: Sequence[Appetite]) -> tuple[Nodes, Visibility, list[Notice]]:
    """NODES with the columns that homes and tracker projects show, what cannot be seen, and appetites of nobody."""
    tree = standing.tree.nodes
    shown, visibility = node_columns(standing)
    own = pl.DataFrame(
        {
            "node": [node.row for node in tree],
            "parent": [node.parent for node in tree],
            "level": [node.level.value for node in tree],
            "name": [node.name for node in tree],
            "path": [list(node.path) for node in tree],
            "phase": phases(standing),
            "on_hold": holds(standing),
            "item": [standing.homes.of.get(node.row) for node in tree],
            "complete": completeness(standing),
            **{level.value: [node.name_of(level) for node in tree] for level in NODE_LEVELS},
        },
        schema={name: dtype for name, dtype in frames.NODES.items() if name != "scope"},
    )
    whole = pl.concat([own, shown], how="horizontal")
    whole, visibility, notices = with_appetites(whole, standing, visibility, appetites)
    beside = sorted(name for name in whole.columns if name not in frames.NODES)
    return Nodes(whole.select(*frames.NODES, *beside)), visibility, notices


def node_projects(standing: Standing) -> pl.DataFrame:
    """NODE_PROJECTS, by node and tracker project."""
    rows = [
        (node.row, tracker, id_, standing.projects[tracker, id_].key, standing.projects[tracker, id_].closed)
        for node in standing.tree.nodes
        for tracker, id_ in node.projects
    ]
    return pl.DataFrame(rows, schema=dict(frames.NODE_PROJECTS), orient="row")
