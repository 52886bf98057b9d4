"""What the evaluator gives to the rooms above: counts, findings, the share counters, and what they were made with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.model.frames import TEXT, U32, Findings, Judged, Schema
from pmo_sync.model.past import Waiver
from pmo_sync.rules.standard import Standard

SHARES: Final[Schema] = {
    "standard": TEXT,
    "node": U32,
    "offenders": U32,
    "population": U32,
    "missing": U32,  # members of whom it is unknown
}


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """The verdicts of one run.

    Attributes:
        judged: JUDGED.
        findings: FINDINGS: failures, offenders of failed share standards, and unknowns; sorted.
        standards: those that were judged, in the order they were given.
        shares: SHARES, one row for each share standard and node it was judged on.
        waivers: what `waiver` in the findings counts in.
        today: the status date.
        verdicts: VERDICTS, where they were asked for.
        link_verdicts: beside them VERDICTS of the standards of links alone, with one row for each link, at its item.
    """

    judged: Judged
    findings: Findings
    standards: tuple[Standard, ...]
    shares: pl.DataFrame
    waivers: tuple[Waiver, ...]
    today: date
    verdicts: pl.DataFrame | None = None
    link_verdicts: pl.DataFrame | None = None

    def standard(self, identity: str) -> Standard | None:
        """The standard of that id, if it was judged."""
        return next((one for one in self.standards if one.id == identity), None)
