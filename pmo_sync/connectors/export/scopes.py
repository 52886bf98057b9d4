"""What can be seen of which items of a file: one scope for each project, kind and type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.connectors.export.lines import Line
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import STRUCTURAL

_LIST: Final = pl.List(pl.String())
Carried: TypeAlias = Callable[[Line], bool]
"""Whether a line has the key of a column at all."""


def scopes_of(
    items: pl.DataFrame, lines: Sequence[Line], carried: Mapping[str, Carried], *, complete: bool
) -> tuple[pl.DataFrame, pl.Series]:
    """SCOPES, one per project, kind and type, and each item's; a column of which no line of these carries the key is
    hidden there.
    """
    nothing = [None] * len(lines)
    projects = items.get_column("project").to_list() if "project" in items.columns else nothing
    types = items.get_column("issue_type").to_list() if "issue_type" in items.columns else nothing
    triples = list(zip(projects, items.get_column("kind").to_list(), types, strict=True))
    shown: dict[tuple[str | None, str, str | None], set[str]] = {}
    for line, triple in zip(lines, triples, strict=True):
        here = shown.setdefault(triple, set())
        here.update(name for name, has in carried.items() if name not in here and has(line))
    numbers = {one: n for n, one in enumerate(sorted(shown, key=lambda t: tuple(x or "" for x in t)))}
    names = carried.keys() - STRUCTURAL
    frame = pl.DataFrame(
        {
            "scope": list(numbers.values()),
            "project_id": [project for project, _, _ in numbers],
            "issue_type": [own_type for _, _, own_type in numbers],
            "complete": [complete] * len(numbers),
            "hidden": [sorted(names - shown[one]) for one in numbers],
        },
        schema=dict(frames.SCOPES),
    )
    return frame, pl.Series("scope", [numbers[one] for one in triples], dtype=frames.U32)


def empty_lists(items: pl.DataFrame, scope: pl.Series, scopes: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """A list that is seen and not given is empty; one that is hidden stays null."""
    filled = []
    for name in columns:
        if items.schema[name] == _LIST:
            hiding = scopes.filter(pl.col("hidden").list.contains(name)).get_column("scope").implode()
            filled.append(pl.when(scope.is_in(hiding)).then(name).otherwise(pl.col(name).fill_null([])).alias(name))
    return items.with_columns(filled)
