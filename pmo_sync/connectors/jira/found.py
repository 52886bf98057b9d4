"""The issues that a reading found in the end, column by column, out of the batches that they were folded into.

Batches hold rows that do not count as well: an issue that came twice, one that the index showed late. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from pmo_sync.connectors.jira import notes, relations
from pmo_sync.connectors.jira.batch import KEY, LOST, NUMBER, Batch, Fold, Losses, Scheme
from pmo_sync.connectors.jira.cells import Cell
from pmo_sync.connectors.jira.facets import Facet, Group
from pmo_sync.connectors.jira.historian import CHANGES, STEPS, UNTOLD, Histories
from pmo_sync.connectors.jira.lexicon import ABSENT
from pmo_sync.connectors.jira.shape import ISSUE, ROW
from pmo_sync.connectors.shelf import MOST_PARTS, gathered
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames

_MOST_RUNS: Final = 8
"""So many runs of rows at most are cut out of a batch, which copies nothing; rows in more runs are picked singly."""


class Found:
    """Rows of batches, sorted by the number of the issue: `ids`, `keys` and every column are in that order."""

    def __init__(self, fold: Fold, picked: Iterable[tuple[Batch, pl.Series]]) -> None:
        self._fold = fold
        self._facets = {facet.name: facet for facets in fold.facets.values() for facet in facets}
        self._picked = [(batch, _some(batch, rows)) for batch, rows in picked]
        self._runs = [_runs(rows) for _, rows in self._picked]
        self._order: pl.Series | None = None
        ids = self._together(pl.Series(dtype=pl.String()), lambda batch: batch.columns[NUMBER])
        numbers = ids.cast(pl.Int64)
        if not numbers.is_sorted():
            self._order = numbers.arg_sort()
            ids = ids.gather(self._order)
        self.ids = ids
        self.keys = self._together(pl.Series(dtype=pl.String()), lambda batch: batch.columns[KEY])

    def column(self, name: str, unmapped: Unmapped | None = None) -> pl.Series:
        """What a facet says of each issue, null where it is hidden. Words that nothing maps are counted."""
        facet, losses = self._facets[name], Losses()
        values = facet.series(self.cells(name), losses).rename(name)
        if any(name in batch.columns for batch, _ in self._picked):
            column = self._together(values.clear(), lambda batch: _said(values, batch, facet))
        else:
            column = gathered(values, self.codes(facet.group))
        if unmapped is not None:
            lost = list(self._lost(facet, losses.rows.get(name)))
            if lost:
                words = pl.concat(lost).rename(name)
                unmapped.note(name, words, pl.repeat(None, words.len(), dtype=pl.String(), eager=True))
        return column

    def take(self, name: str, unmapped: Unmapped | None = None) -> pl.Series:
        """As `column`, whose parts are let go of: it cannot be had again."""
        column = self.column(name, unmapped)
        self._forget(name)
        return column

    def alone(self) -> Found:
        """These issues, which nobody will look for in the batches any more."""
        self._forget(NUMBER)
        self._forget(KEY)
        return self

    def cells(self, name: str) -> list[Cell]:
        """What a facet says of each code of the lexicon that all batches share."""
        group = self._facets[name].group
        return self._fold.lexicons[group].cells[self._fold.facets[group].index(self._facets[name])]

    def codes(self, group: Group) -> pl.Series:
        """The code of each issue, of fields of which all batches share one lexicon."""
        return self._together(pl.Series(dtype=frames.U32), lambda batch: _codes(batch, group))

    @property
    def scheme(self) -> pl.Series:
        """The number of the scheme of each issue."""
        return self._together(pl.Series(dtype=frames.U32), lambda batch: batch.schemes.cast(frames.U32))

    @property
    def schemes(self) -> Sequence[Scheme]:
        """All schemes, by their number."""
        return self._fold.schemes

    @property
    def links(self) -> pl.DataFrame:
        """`relations.TOLD` of the issues, in their order."""
        return self._rows(relations.TOLD, lambda batch: batch.links).drop(ISSUE)

    @property
    def notes(self) -> pl.DataFrame:
        """`notes.NOTED` of the issues, each with its `target_id`."""
        return self._rows(notes.NOTED, lambda batch: batch.notes).rename({ISSUE: "target_id"})

    def take_histories(self) -> Histories:
        """Those of the issues, in their order. Their parts are let go of: they cannot be had again."""
        changes = self._rows(CHANGES, lambda batch: batch.histories.pop("changes", None))
        steps = self._rows(STEPS, lambda batch: batch.histories.pop("steps", None))
        return Histories(changes, steps, self._rows(UNTOLD, lambda batch: batch.histories.pop("untold", None)))

    def _forget(self, column: str) -> None:
        for batch, _ in self._picked:
            batch.columns.pop(column, None)

    def _together(self, empty: pl.Series, of: Callable[[Batch], pl.Series]) -> pl.Series:
        parts = [empty]  # which names the whole
        for (batch, rows), runs in zip(self._picked, self._runs, strict=True):
            part = of(batch)
            if rows is None:
                parts.append(part)
            elif len(runs) > _MOST_RUNS:
                parts.append(part.gather(rows))
            else:
                parts += [part.slice(start, length) for start, length in runs]
        whole = pl.concat(parts, rechunk=self._order is not None or len(self._picked) > MOST_PARTS)
        return whole if self._order is None else gathered(whole, self._order)

    def _rows(self, schema: frames.Schema, of: Callable[[Batch], pl.DataFrame | None]) -> pl.DataFrame:
        """What batches hold in rows of this schema, with the id of the ISSUE that each is of, in the issues' order."""
        parts = [pl.DataFrame(schema={ISSUE: frames.TEXT, **schema})]
        for batch, rows in self._picked:
            told = of(batch)
            if told is None:
                continue
            if rows is not None:
                told = told.filter(pl.col(ROW).is_in(rows.implode()))
            parts.append(told)
        return in_order(parts)

    def _lost(self, facet: Facet, of_codes: pl.DataFrame | None) -> Iterator[pl.Series]:
        """The words of the issues that nothing maps, batch by batch."""
        for batch, rows in self._picked:
            if facet.name in batch.columns:
                lost = batch.lost.get(facet.name)
                if lost is not None:
                    yield (lost if rows is None else lost.filter(pl.col(ROW).is_in(rows.implode())))[LOST]
            elif of_codes is not None:
                codes = _codes(batch, facet.group)
                met = (codes if rows is None else codes.gather(rows)).to_frame(ROW)
                yield met.join(of_codes, on=ROW)[LOST]


def in_order(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All these rows by the number of their ISSUE, those of the same one as they were; none has a ROW any more."""
    rows = pl.concat([part.drop(ROW, strict=False) for part in parts])
    if rows[ISSUE].cast(pl.Int64).is_sorted():
        return rows
    return rows.sort(pl.col(ISSUE).cast(pl.Int64), maintain_order=True)


def _some(batch: Batch, rows: pl.Series) -> pl.Series | None:
    """These rows of a batch; None for all."""
    return None if rows.len() == batch.size else rows


def _runs(rows: pl.Series | None) -> list[tuple[int, int]]:
    """Start and length of each run of rows that follow each other."""
    if rows is None or rows.is_empty():
        return []
    ends = [*(rows.diff() > 1).arg_true(), rows.len()]
    starts = [0, *ends[:-1]]
    return [(rows[start], end - start) for start, end in zip(starts, ends, strict=True)]


def _codes(batch: Batch, group: Group) -> pl.Series:
    found = batch.codes.get(group)
    return pl.repeat(ABSENT, batch.size, dtype=frames.U32, eager=True) if found is None else found.cast(frames.U32)


def _said(values: pl.Series, batch: Batch, facet: Facet) -> pl.Series:
    own = batch.columns.get(facet.name)
    return values.gather(_codes(batch, facet.group)) if own is None else own
