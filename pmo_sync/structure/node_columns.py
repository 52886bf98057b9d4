"""A node's own columns, and what cannot be seen of it: its home shows them, else its tracker project, else nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import polars as pl

from pmo_sync.model.frames import NODES, U32
from pmo_sync.model.options import Scope
from pmo_sync.model.portfolio import Notice, Visibility
from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY
from pmo_sync.model.words import NODE_LEVELS, Level
from pmo_sync.structure.stack import visibility_of, vocabulary_of
from pmo_sync.structure.standing import Standing
from pmo_sync.structure.tree import TreeNode

APPETITE: Final = frozenset({"risk_appetite", "risks_high_appetite"})
"""Columns of nodes that pmo.yaml states."""


class Appetite(Protocol):
    """One entry of `risk_appetite`: whose it is, how much exposure and how many high risks they may carry."""

    @property
    def scope(self) -> Scope: ...

    @property
    def money(self) -> float | None: ...

    @property
    def high(self) -> int | None: ...


def node_columns(standing: Standing) -> tuple[pl.DataFrame, Visibility]:
    """One typed column for each word that some node shows, with `scope`, row = node; and what cannot be seen where.

    A column that the home shows is the home's, even where it is empty there.
    """
    tree, items, stack = standing.tree, standing.items, standing.stack
    at_home = pl.Series([standing.homes.of.get(node.row) for node in tree.nodes], dtype=U32)
    ranks = _project_rows(standing)
    types = {**stack.projects.schema, **items.schema}
    columns: dict[str, pl.Series] = {}
    seen: dict[str, pl.Series] = {}
    for word in sorted(set(vocabulary_of(types)) - set(NODES)):
        home_shows = _home_shows(word, items, at_home, stack.visibility)
        value, shown = pl.repeat(None, len(tree.nodes), dtype=types[word], eager=True), home_shows
        if word in items.columns:
            value = items[word].gather(at_home).zip_with(home_shows | (word in STRUCTURAL), value)
        for rows in ranks if word in stack.projects.columns else ():
            shows = _project_shows(word, stack.projects, rows)
            own = stack.projects[word].cast(types[word], strict=False).gather(rows)
            value = own.zip_with(shows & ~home_shows & value.is_null(), value)
            shown = shown | shows
        columns[word], seen[word] = value, shown
    kept = [word for word in columns if word in STRUCTURAL or seen[word].any()]
    scopes, visibility = _visibility(kept, seen, len(tree.nodes))
    return pl.DataFrame([scopes, *(columns[word].alias(word) for word in kept)]), visibility


def with_appetites(
    nodes: pl.DataFrame, standing: Standing, visibility: Visibility, appetites: Sequence[Appetite]
) -> tuple[pl.DataFrame, Visibility, list[Notice]]:
    """The node of the deepest level that a scope names gets what the entry states; the first entry that matches wins.

    What pmo.yaml states can be seen for every node. An appetite of no node is told only where every tracker was read
    whole.
    """
    tree = standing.tree
    stated: dict[str, dict[int, float | int]] = {name: {} for name in APPETITE}
    notices = []
    for entry in appetites:
        rows = [node.row for node in tree.nodes if _is_of(node, entry.scope)]
        if not rows and not standing.stack.partly:
            notices.append(Notice("appetite-unused", f"risk_appetite of {_words(entry.scope)} is of no node"))
        for name, value in (("risk_appetite", entry.money), ("risks_high_appetite", entry.high)):
            for row in rows if value is not None else ():
                stated[name].setdefault(row, value)  # type: ignore[arg-type]
    for name, values in stated.items():
        dtype = VOCABULARY[name].dtype
        own = pl.Series(name, [values.get(node.row) for node in tree.nodes], dtype=dtype)
        if name in nodes.columns:
            own = own.zip_with(own.is_not_null(), nodes[name])
        nodes = nodes.with_columns(own)
    hidden = {name: scopes for name, scopes in visibility.hidden.items() if name not in APPETITE}
    return nodes, Visibility(hidden, visibility.nowhere - APPETITE), notices


def _is_of(node: TreeNode, scope: Scope) -> bool:
    named = {level: scope.word(level) for level in NODE_LEVELS if scope.word(level) is not None}
    deepest = max(named, key=NODE_LEVELS.index, default=Level.PORTFOLIO)
    if scope.item is not None or scope.tracker is not None or node.level is not deepest:
        return False
    return all(node.name_of(level) == name for level, name in named.items())


def _words(scope: Scope) -> str:
    return ", ".join(f"{word} {name}" for word, name in scope.model_dump(exclude_none=True).items()) or "everything"


def _home_shows(word: str, items: pl.DataFrame, at_home: pl.Series, visibility: Visibility) -> pl.Series:
    if word not in items.columns:
        return pl.repeat(False, len(at_home), dtype=pl.Boolean, eager=True)
    blind = pl.Series(sorted(visibility.hidden.get(word, ())), dtype=U32)
    return at_home.is_not_null() & ~items["scope"].gather(at_home).is_in(blind.implode()).fill_null(False)


def _project_rows(standing: Standing) -> list[pl.Series]:
    """Rows of PROJECTS: for each node its first tracker project, then for each its second, and so on."""
    own = [[standing.projects[project].row for project in node.projects] for node in standing.tree.nodes]
    most = max(map(len, own), default=0)
    return [pl.Series([rows[rank] if rank < len(rows) else None for rows in own], dtype=U32) for rank in range(most)]


def _project_shows(word: str, projects: pl.DataFrame, rows: pl.Series) -> pl.Series:
    hidden = projects["hidden"].list.contains(word).fill_null(False).gather(rows)
    return rows.is_not_null() & ~hidden.fill_null(False)


def _visibility(words: Sequence[str], seen: Mapping[str, pl.Series], height: int) -> tuple[pl.Series, Visibility]:
    """Nodes that see the same columns share a scope."""
    patterns: dict[tuple[bool, ...], int] = {}
    rows = zip(*(seen[word].to_list() for word in words), strict=True) if words else iter([()] * height)
    scopes = [patterns.setdefault(pattern, len(patterns)) for pattern in rows]
    hidden: dict[str, set[int]] = {}
    for pattern, scope in patterns.items():
        for word, shown in zip(words, pattern, strict=True):
            if not shown:
                hidden.setdefault(word, set()).add(scope)
    return pl.Series("scope", scopes, dtype=U32), visibility_of(words, hidden)
