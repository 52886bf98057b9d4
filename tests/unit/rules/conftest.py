"""What the tests of standards share: standards written as YAML, and portfolios written as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl
import pytest

from pmo_sync.model import frames
from pmo_sync.model.portfolio import Figures, Portfolio, Visibility
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.source import Entries, Fields
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.yaml import parse as parse_yaml

Rows = Iterable[Mapping[str, Any]]
Load = Callable[..., tuple[Standard, ...]]
Mistakes = Callable[..., list[Problem]]
MakePortfolio = Callable[..., Portfolio]
MakeFigures = Callable[..., Figures]

_NODES: list[Mapping[str, Any]] = [
    {"level": "portfolio", "name": "P", "parent": None},
    {"level": "programme", "name": "G", "parent": 0},
    {"level": "project", "name": "A", "parent": 1},
    {"level": "project", "name": "B", "parent": 1},
]


def _sources(text: str, pack: str | None) -> list[StandardSource]:
    tree = parse_yaml(text, "s.yaml")
    assert isinstance(tree, Fields)
    entries = tree.get("standards")
    assert isinstance(entries, Entries)
    return [StandardSource(pack, "s.yaml", node) for node in entries.items if isinstance(node, Fields)]


@pytest.fixture
def load() -> Load:
    """`load(text, override=…, pack=…, custom=…)`: the standards of a file, overrides applied."""

    def make(
        text: str,
        *,
        override: Mapping[str, Any] | None = None,
        pack: str | None = None,
        custom: Mapping[str, ColumnType] | None = None,
    ) -> tuple[Standard, ...]:
        options = StandardsOptions.model_validate({"override": override or {}})
        return parse(_sources(text, pack), options, custom=custom or {})

    return make


@pytest.fixture
def mistakes(load: Load) -> Mistakes:
    """`mistakes(text, …)`: what is wrong with a file, in the order of its lines."""

    def make(text: str, **arguments: Any) -> list[Problem]:
        with pytest.raises(ConfigurationError) as caught:
            load(text, **arguments)
        return list(caught.value.problems)

    return make


def _frame(rows: list[dict[str, Any]], schema: frames.Schema, also: Mapping[str, pl.DataType]) -> pl.DataFrame:
    words = {name for row in rows for name in row} - schema.keys()
    types = {name: also[name] if name in also else VOCABULARY[name].dtype for name in sorted(words)}
    full = {**schema, **types}
    return pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], dtype=full[name]) for name in full])


@pytest.fixture
def make_portfolio() -> MakePortfolio:
    """`make_portfolio(items, nodes=…, links=…, hidden=…, …)`.

    Without nodes there are portfolio P, programme G, and its projects A and B. An item is a task in doing in project A
    (node 2) unless it says otherwise; rows are numbered as they stand.
    """

    def make(
        items: Rows = (),
        *,
        nodes: Rows = (),
        links: Rows = (),
        hidden: Mapping[str, Iterable[int]] | None = None,
        node_hidden: Mapping[str, Iterable[int]] | None = None,
        absent: Iterable[str] = (),
        types: Mapping[str, pl.DataType] | None = None,
    ) -> Portfolio:
        given = list(nodes) or _NODES
        own = [dict(row) for row in given]
        for number, row in enumerate(own):
            above = own[row["parent"]] if row.get("parent") is not None else {}
            row["path"] = [*above.get("path", []), row["name"]]
            levels = {level: above.get(level) for level in ("portfolio", "programme", "project")}
            row.update({**levels, row["level"]: row["name"]})
            row.update({"node": number, "scope": row.get("scope", 0), "complete": True})
            row.setdefault("phase", "doing")
            row.setdefault("on_hold", False)
        rows = []
        for number, item in enumerate(items):
            row = {
                "kind": "task",
                "phase": "doing",
                "node": 2 if len(own) > 2 else 0,
                "scope": 0,
                "tracker": "t",
                **item,
            }
            place = own[row["node"]]
            names = {level: place[level] for level in ("portfolio", "programme", "project")}
            known = {"parent_known": row.get("parent") is not None, "on_hold": False, "complete": True, "level": "item"}
            rows.append(
                {"item": number, "id": str(number), "key": f"K-{number}", "title": "Work", **known, **names, **row}
            )
        places = [
            {"item": row["item"], "node": node, "share": 1.0} for row in rows for node in _above(own, row["node"])
        ]
        return Portfolio(
            items=frames.Items(_frame(rows, frames.ITEMS, types or {})),
            nodes=frames.Nodes(_frame(own, frames.NODES, types or {})),
            places=frames.Places(_frame(places, frames.PLACES, {})),
            links=frames.Links(_frame([{"type": "FS", **link} for link in links], frames.LINKS, {})),
            changes=frames.Changes(frames.empty(frames.CHANGES)),
            node_projects=frames.empty(frames.NODE_PROJECTS),
            item_visibility=_visibility(hidden),
            node_visibility=_visibility(node_hidden),
            absent_levels=frozenset(absent),
        )

    return make


def _above(nodes: list[dict[str, Any]], node: int) -> list[int]:
    found = [node]
    while (parent := nodes[found[-1]].get("parent")) is not None:
        found.append(parent)
    return found


def _visibility(hidden: Mapping[str, Iterable[int]] | None) -> Visibility:
    named = {name: frozenset(scopes) for name, scopes in (hidden or {}).items()}
    nowhere = frozenset(name for name, scopes in named.items() if not scopes)
    return Visibility({name: scopes for name, scopes in named.items() if scopes}, nowhere)


@pytest.fixture
def make_figures() -> MakeFigures:
    """`make_figures(portfolio, nodes={name: [values]}, used=…, missing=…, items={name: [values]})`."""

    def make(
        portfolio: Portfolio,
        *,
        nodes: Mapping[str, list[Any]] | None = None,
        missing: Mapping[str, list[int]] | None = None,
        items: Mapping[str, list[Any]] | None = None,
    ) -> Figures:
        wide = portfolio.nodes.select("node")
        for name, values in (nodes or {}).items():
            lost = (missing or {}).get(name, [0] * len(values))
            wide = wide.with_columns(
                pl.Series(name, values),
                pl.lit(1, dtype=pl.UInt32).alias(f"{name}__used"),
                pl.Series(f"{name}__missing", lost, dtype=pl.UInt32),
                pl.lit("sum").alias(f"{name}__basis"),
            )
        of_items = portfolio.items.select("item", *(pl.Series(name, values) for name, values in (items or {}).items()))
        height = portfolio.nodes.height
        return Figures(wide, of_items, tuple(nodes or ()), {}, ((),) * height, (None,) * height)

    return make
