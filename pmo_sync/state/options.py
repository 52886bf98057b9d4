"""Options of `state:` in pmo.yaml."""

from __future__ import annotations

from pmo_sync.model.duration import Duration, DurationText, Unit
from pmo_sync.model.options import Options, Text


class KeepOptions(Options):
    """How long things live."""

    snapshots: DurationText = Duration(400, Unit.DAYS)
    ledger: DurationText = Duration(7, Unit.YEARS)
    logs: DurationText = Duration(90, Unit.DAYS)


class StateOptions(Options):
    """Where the ledger, snapshots and reports are; relative to the project folder."""

    dir: Text = ".pmo-sync"
    keep: KeepOptions = KeepOptions()
