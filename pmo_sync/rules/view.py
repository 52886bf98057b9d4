"""How a frame of subjects looks to a condition: which columns it has, and what of them can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pmo_sync.model.portfolio import Visibility
from pmo_sync.model.vocabulary import STRUCTURAL, Column, ColumnType
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.tests import DAYS, TEXTUAL

UNKNOWN: Final = pl.lit(None, dtype=pl.Boolean)
TRUE: Final = pl.lit(True)


@dataclass(frozen=True, slots=True)
class View:
    """One frame of subjects. `prefix` stands before its columns where it is joined to another frame."""

    frame: Frame
    columns: Mapping[str, pl.DataType]
    visibility: Visibility = field(default_factory=Visibility)
    prefix: str = ""

    def under(self, prefix: str) -> View:
        """The same frame, its columns under a prefix."""
        return View(self.frame, self.columns, self.visibility, prefix)

    def has(self, name: str) -> bool:
        """True where the frame has such a column at all."""
        return self.columns.get(name, pl.Null()) != pl.Null()

    def raw(self, name: str) -> pl.Expr:
        """The column as it is in the frame."""
        return pl.col(self.prefix + name)

    def read(self, column: Column) -> pl.Expr:
        """The column as tests take it: a time is the date it falls on."""
        expr = self.raw(column.name)
        if column.type in DAYS and self.columns[column.name] != pl.Date():
            return expr.dt.date()
        return expr

    def present(self, column: Column) -> pl.Expr:
        """Whether the subject has a value: true wherever one is seen, else false, null where it cannot be seen.

        An empty text or list and an owner who has left are no value.
        """
        name = column.name
        if not self.has(name):
            return UNKNOWN
        expr = self.raw(name)
        if column.type is ColumnType.TEXTS:
            return expr.list.len() > 0  # null, not [], says that the list cannot be seen
        has = expr.is_not_null()
        if column.type in TEXTUAL:
            has = (expr.str.len_bytes() > 0).fill_null(False)
        if name == "owner" and self.has("owner_active"):
            # Who has left is seen to be absent, whatever else is hidden.
            return (has & self.raw("owner_active").fill_null(True)) | (self._blind(name) & ~has)
        return has | self._blind(name)

    def _blind(self, name: str) -> pl.Expr:
        """Null where the column cannot be seen, else false: what Kleene's `or` turns into unknown."""
        if name in STRUCTURAL:
            return pl.lit(False)
        if name in self.visibility.nowhere:
            return UNKNOWN
        scopes = self.visibility.hidden.get(name)
        if not scopes:
            return pl.lit(False)
        return pl.when(self.raw("scope").is_in(sorted(scopes))).then(UNKNOWN).otherwise(pl.lit(False))
