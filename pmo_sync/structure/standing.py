"""Everything in its place, before the nodes have columns: what the steps that make them hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pmo_sync.structure.homes import Homes
from pmo_sync.structure.stack import Stack
from pmo_sync.structure.tracker_projects import Id, TrackerProject
from pmo_sync.structure.tree import Tree


@dataclass(frozen=True, slots=True)
class Standing:
    """The tree, the items with their `node`, the home of each node, and what the trackers told."""

    tree: Tree
    items: pl.DataFrame
    homes: Homes
    stack: Stack
    projects: Mapping[Id, TrackerProject]
