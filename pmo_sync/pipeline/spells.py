"""When each subject was flagged: spells that grow from day to day, in memory no larger than what was ever flagged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.model.frames import TEXT, Schema

KEY: Final = ("side", "standard", "level", "tracker", "id")
FLAGGED: Final[Schema] = {
    "side": TEXT,  # before or after
    "standard": TEXT,
    "level": TEXT,
    "tracker": TEXT,  # "" for a node
    "id": TEXT,  # immutable id; of a node its path
    "key": TEXT,
    "title": TEXT,
    "path": TEXT,
}
"""Who is flagged on one day, each subject once for each side and standard."""
SPELLS: Final[Schema] = {
    **dict.fromkeys(KEY, TEXT),
    "since": pl.Date(),  # the first day it was seen to be flagged
    "until": pl.Date(),  # the first day it was seen without; null = still flagged on the last day
}
NAMES: Final = ("tracker", "id", "key", "title", "path")


@dataclass(slots=True)
class Spells:
    """Takes one day after the other, oldest first; `ended` and `names` are whole after the last."""

    open: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(SPELLS)))
    ended: list[pl.DataFrame] = field(default_factory=list)
    names: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(NAMES, TEXT)))

    def take(self, day: date, flagged: pl.DataFrame, unseen: frozenset[str]) -> None:
        """One day: FLAGGED, and the trackers that were not read whole then ("" for nodes: any of them was not).

        Of an unseen tracker no spell ends: what was not read proves nothing.
        """
        on = list(KEY)
        here = flagged.select(on)
        kept = pl.col("tracker").is_in(sorted(unseen))
        lasting = self.open.join(here, on=on, how="semi")
        others = self.open.join(here, on=on, how="anti")
        over = others.filter(~kept).with_columns(pl.lit(day).alias("until"))
        new = here.join(self.open, on=on, how="anti").with_columns(
            pl.lit(day).alias("since"), pl.lit(None, dtype=pl.Date).alias("until")
        )
        self.open = pl.concat([lasting, others.filter(kept), new.select(list(SPELLS))])
        if over.height:
            self.ended.append(over)
        latest = pl.concat([flagged.select(NAMES), self.names])
        self.names = latest.unique(["tracker", "id"], keep="first", maintain_order=True)

    def all(self) -> pl.DataFrame:
        """SPELLS: every spell, sorted by its key and day."""
        return pl.concat([*self.ended, self.open]).sort(*KEY, "since")
