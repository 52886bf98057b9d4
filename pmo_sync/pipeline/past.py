"""The only reader of the past: ledger and project folder become one frozen value before the core starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import Findings, Marks
from pmo_sync.model.mark import MARK_KEY
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline.context import Context
from pmo_sync.rules.baseline import named

if TYPE_CHECKING:
    from pmo_sync.state.ledger import Ledger

LEDGER: Final = "ledger.db"


def observed(snapshots: Sequence[Snapshot]) -> Marks:
    """What stands now in the places we may write, over all snapshots: MARKS."""
    return Marks(pl.concat([frames.empty(frames.MARKS), *(snapshot.marks for snapshot in snapshots)]))


def read_whole(snapshots: Sequence[Snapshot]) -> frozenset[str]:
    """Trackers in which what does not stand there is known to be gone: they settle what a crash left unsure."""
    return frozenset(snapshot.manifest.tracker for snapshot in snapshots if snapshot.manifest.complete)


def notes(snapshots: Sequence[Snapshot]) -> Marks:
    """What the trackers themselves say that we last wrote there, over all snapshots: MARKS."""
    noted = [snapshot.remembered.select(frames.MARKS.keys()) for snapshot in snapshots]
    return Marks(pl.concat([frames.empty(frames.MARKS), *noted]).unique(MARK_KEY, keep="any").sort(MARK_KEY))


def remembered(written: Marks, snapshots: Sequence[Snapshot]) -> Marks:
    """The marks last written: what the ledger has, and of marks that it does not know what the trackers' own notes
    say. So a lost ledger forgets neither whose a mark is nor what a link says.
    """
    beside = notes(snapshots).join(written, on=MARK_KEY, how="anti")
    return Marks(pl.concat([written, beside]).sort(MARK_KEY))


def _noted(snapshots: Sequence[Snapshot]) -> frozenset[str]:
    """Trackers whose own notes say that we wrote there: a lost ledger makes none of them a new target."""
    return frozenset(snapshot.manifest.tracker for snapshot in snapshots if not snapshot.remembered.is_empty())


def read_past(context: Context, snapshots: Sequence[Snapshot], ledger: Ledger | None = None) -> Past:
    """The past of a run. What a crash left unsure in the ledger is settled by what the snapshots show.

    Nothing is made: a project that was never synchronised has a past of its waivers and approvals alone.
    """
    project = context.project
    path = context.state / LEDGER
    if ledger is not None:
        return _with(context, ledger, snapshots)
    if project.short or not path.exists():
        written = remembered(Marks(frames.empty(frames.MARKS)), snapshots)
        return Past(
            waivers=project.waivers,
            baseline=project.baseline,
            approvals=project.approvals,
            written=written,
            known_targets=_noted(snapshots),
        )
    # The database library is loaded only where there is something to read with it.
    from pmo_sync.state.ledger import open_ledger

    opened = open_ledger(path)
    try:
        return _with(context, opened, snapshots)
    finally:
        opened.close()


def _with(context: Context, ledger: Ledger, snapshots: Sequence[Snapshot]) -> Past:
    return Past(
        failing_since=ledger.failing_since(),
        written=remembered(ledger.written(observed(snapshots), trackers=read_whole(snapshots)), snapshots),
        approvals=context.project.approvals,
        waivers=context.project.waivers,
        baseline=context.project.baseline,
        known_targets=ledger.known_targets() | _noted(snapshots),
        last_run=ledger.last_run(),
    )


def failing_since(findings: Findings, portfolio: Portfolio) -> pl.DataFrame:
    """FAILING_SINCE of all that fails in FINDINGS of the portfolio, sorted; members of shares are left out."""
    key = ["standard", "tracker", "id"]
    failed = findings.filter((pl.col("verdict") == Verdict.FAIL.value) & ~pl.col("offender"))
    return named(portfolio, failed).select(frames.FAILING_SINCE.keys()).unique(key, keep="any").sort(key)


def failing(since: pl.DataFrame, earlier: pl.DataFrame, *, complete: bool) -> pl.DataFrame:
    """FAILING_SINCE after a run: the failures of this run; of an incomplete one also those not seen again."""
    if complete:
        return since
    key = ["standard", "tracker", "id"]
    return pl.concat([since, earlier.join(since, on=key, how="anti").select(since.columns)])
