"""Where the issues of one reading go as they come: folded into columns, they are known by a place from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pmo_sync.connectors.jira.batch import NUMBER, Batch, Fold, Wanted
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.people import Roll
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.jira.shape import Row
from pmo_sync.connectors.shelf import Shelf
from pmo_sync.connectors.whereabouts import Whereabouts


class Folded:
    """The shelf of one reading. `put` may be called by several threads. `roll` holds the accounts that were met,
    `places` are the fields that may be written. So many rows are folded at a time: `size`, else as many as suits.
    """

    def __init__(self, wanted: Wanted, roll: Roll, places: Mapping[str, Place], size: int | None = None) -> None:
        self.roll = roll
        self.places = places
        self._wanted = wanted
        self._fold = Fold(wanted, roll)
        self._shelf: Shelf[Row, Batch] = Shelf(self._fold, size or wanted.size)

    def put(self, rows: Sequence[Row]) -> Sequence[int]:
        """The places of these issues of a search."""
        return self._shelf.put(rows)

    def found(self, places: Whereabouts) -> Found:
        """The issues of these numbers."""
        return Found(self._fold, self._shelf.batches(places.places))

    def updated(self, places: Whereabouts) -> dict[str, str | None]:
        """Id → when each of these was last changed, as text."""
        found = self.found(places)
        moments = found.column("updated")
        return {number: None if at is None else at.isoformat() for number, at in zip(found.ids, moments, strict=True)}

    def unreadable(self, places: Whereabouts) -> str | None:
        """Takes out of these whatever cannot be read; why the first of them cannot, None where all can."""
        self._shelf.batches(pl.Series(dtype=pl.UInt32()))
        if not self._fold.refused:
            return None
        why: dict[int, str] = {}
        for batch, rows in self._shelf.batches(places.places):
            why |= {int(batch.columns[NUMBER][row]): batch.bad[row] for row in rows if row in batch.bad}
        places.drop(why)
        return why[min(why)] if why else None
