"""The portfolio: items in their places, nodes above them, and what can be seen of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Changes, Items, Links, Nodes, Places


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which columns cannot be seen, for one frame of subjects (items or nodes).

    Attributes:
        hidden: column → the values of `scope` for which it cannot be seen.
        nowhere: columns that cannot be seen for any subject (not mapped, not in the snapshot, figure not built).
    """

    hidden: Mapping[str, frozenset[int]] = field(default_factory=dict)
    nowhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a PMO should know that is no verdict: an orphan, two homes, a word nothing maps. One sentence.

    `code` is a stable word; `count` how many subjects it concerns.
    """

    code: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What `structure.build` gives and everything above it reads.

    Attributes:
        items: ITEMS and the vocabulary columns in use, one row per item, row = `item`.
        nodes: NODES and the vocabulary columns of nodes, row = `node`; row 0 is the portfolio.
        places: PLACES.
        links, changes: by row numbers.
        node_projects: NODE_PROJECTS.
        item_visibility, node_visibility: what cannot be seen.
        absent_levels: levels that `structure` declares absent (`programme: none`).
        notices: what was found on the way, sorted.
        histories: column → the trackers of which `changes` holds its history, for the items that have a row `created`;
            None: of all of them.
        sprints: SPRINTS, row = `sprint`.
        person_weeks: PERSON_WEEKS, row = `week`.
    """

    items: Items
    nodes: Nodes
    places: Places
    links: Links
    changes: Changes
    node_projects: pl.DataFrame
    item_visibility: Visibility = field(default_factory=Visibility)
    node_visibility: Visibility = field(default_factory=Visibility)
    absent_levels: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    histories: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    sprints: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.SPRINTS))
    person_weeks: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.PERSON_WEEKS))


@dataclass(frozen=True, slots=True)
class Figures:
    """What `figures.compute` gives.

    Attributes:
        nodes: FIGURES: `node`, and for each built figure its value, `__used`, `__missing`, `__basis`; row = node.
        items: ITEM_FIGURES: `item` and one column per built item figure; row = item.
        built: names of the node figures in `nodes`.
        item_basis: item figure → its basis in words; its keys are the built ones.
        why: node → the dimensions that decided its computed colour, worst first.
        says: node → "data says amber: 12 % overdue"; None where no colour can be told.
        links: LINK_FIGURES, one row for each link of the portfolio; None where nobody asked for them.
    """

    nodes: pl.DataFrame
    items: pl.DataFrame
    built: tuple[str, ...]
    item_basis: Mapping[str, str]
    why: tuple[tuple[str, ...], ...]
    says: tuple[str | None, ...]
    links: pl.DataFrame | None = None


def path_text(names: tuple[str, ...] | list[str]) -> str:
    """A path as people write it: names joined by `/`, a `/` in a name written as backslash and `/`."""
    return "/".join(name.replace("\\", "\\\\").replace("/", "\\/") for name in names)


def parse_path(text: str) -> tuple[str, ...]:
    """The names of a path as `path_text` writes it."""
    names, name, escaped = [], "", False
    for letter in text:
        if letter == "/" and not escaped:
            names.append(name)
            name = ""
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            name += letter
        escaped = False
    return (*names, name)
