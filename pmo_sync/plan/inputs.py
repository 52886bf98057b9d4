"""What a plan is made from: everything the room reads, frozen, gathered by the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import polars as pl

from pmo_sync.model.frames import Findings
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Level, Mode
from pmo_sync.plan.options import GuardOptions, WriteOptions


@dataclass(frozen=True, slots=True)
class FlagSource:
    """What a loaded standard says of its flag.

    Attributes:
        standard: its id.
        flag: the flag without the prefix of labels; unique among the loaded standards.
        fingerprint: of its effective content: what an approval names.
        enabled: false when an override, or the standard itself, switches it off everywhere: then its marks go.
        pack: the pack it comes from; None for a file of the project.
        mode: the standard's own mode, where it states one.
        related: it looks at relatives of the item: children, links and the like.
        shared: of a standard that flags the offenders of a share, the levels at which the share is judged.
    """

    standard: str
    flag: str
    fingerprint: str
    enabled: bool = True
    pack: str | None = None
    mode: Mode | None = None
    shared: frozenset[Level] = frozenset()
    related: bool = False


@dataclass(frozen=True, slots=True)
class TrackerWrites:
    """What may be written to one tracker, and in which words (`trackers.N.write` and `.values` of pmo.yaml)."""

    options: WriteOptions
    values: Mapping[str, Mapping[str, str | int | float | bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """Same inputs, same plan, byte for byte, whatever the order of rows.

    Attributes:
        snapshots: what was pulled, with the marks that stand there now.
        portfolio, figures: made from these snapshots. `figures` only serves the summaries of nodes.
        findings: FINDINGS of all standards.
        flags: every loaded standard that may mark items, enabled or not.
        past: `written` holds the marks last written, `approvals` the recorded yeses, `last_run` what guards use.
        writes: tracker → what may be written there; a tracker that is not named gets nothing.
        guards: the brakes.
        made_at, status_date: for the plan's head; they decide nothing.
        label_prefix: stands before every flag in a label.
        mode, modes: how far the PMO goes.
        first_run: `apply` takes every standard as approved and every target as known.
        mails_per_item: tracker → mails that one change of an item may cost; a tracker that is not named sends none.
        owner_id: tells our links from those of another installation.
        standards_page: the address of the page that explains the standards; None: there is none.
        verdicts: VERDICTS; None where no tracker writes links.
        scores: `node` and one share column for each figure made from verdicts (compliance); None when not computed.
    """

    snapshots: tuple[Snapshot, ...]
    portfolio: Portfolio
    figures: Figures
    findings: Findings
    flags: tuple[FlagSource, ...]
    past: Past
    writes: Mapping[str, TrackerWrites]
    guards: GuardOptions
    made_at: datetime
    status_date: date
    label_prefix: str = "pmo-"
    mode: Mode = Mode.CONTROLLING
    modes: tuple[ModeEntry, ...] = ()
    first_run: Literal["preview", "apply"] = "preview"
    mails_per_item: Mapping[str, int] = field(default_factory=dict)
    owner_id: str = "pmo"
    standards_page: str | None = None
    verdicts: pl.DataFrame | None = None
    scores: pl.DataFrame | None = None

    def summary_flag(self, tracker: str) -> str:
        """The label that stands beside any flag in this tracker."""
        return self.writes[tracker].options.summary_flag or f"{self.label_prefix}action"
