"""The plan: wanted marks, their difference from what stands there, the brakes, and a digest over all of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from pmo_sync.model.change import Change, Held, HeldReason, Plan, Precondition, PutLink, Target, TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.plan.codec import digest
from pmo_sync.plan.diff import diff
from pmo_sync.plan.guards import expected_mails, guards
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.marks import observed, wanted

REQUESTS_PER_TARGET: Final = 3
"""A look, a write and a look at what was written."""
REQUESTS_PER_LINK: Final = 3
"""The same for the link; where nothing else is written, the target's own write is the tracker's note of it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what the ledger may take as last written once the run is good (`plan.diff.Difference.agreed`)."""

    plan: Plan
    agreed: Marks


def make_plan(inputs: PlanInputs) -> Planned:
    """What would be written, what is held and why, what must still be true, and which brakes refuse it.

    Writes nothing and knows no clock: equal inputs give an equal plan, digest included, whatever the order of rows.
    """
    seen = observed(inputs)
    difference = diff(wanted(inputs, seen), seen, inputs.past.written, inputs.writes)
    changes = difference.changes
    mails, silent = expected_mails(inputs, changes)
    plan = Plan(
        digest="",
        made_at=inputs.made_at,
        status_date=inputs.status_date,
        snapshots=dict(sorted((one.manifest.tracker, one.manifest.id) for one in inputs.snapshots)),
        changes=changes,
        held=difference.held,
        preconditions=_preconditions(inputs, changes),
        guards=guards(inputs, changes, mails),
        expected_requests=_requests(changes),
        expected_mails=mails,
        previewed=_previewed(inputs, difference.held),
        silent=silent,
    )
    return Planned(replace(plan, digest=digest(plan)), difference.agreed)


def _requests(changes: Sequence[Change]) -> int:
    links = sum(isinstance(change, PutLink) for change in changes)
    return REQUESTS_PER_TARGET * len({change.target for change in changes}) + REQUESTS_PER_LINK * links


def _previewed(inputs: PlanInputs, held: Iterable[Held]) -> dict[str, str]:
    """The content of each standard whose marks wait for a yes: what an approval of this plan approves."""
    waiting = {id_ for one in held if one.reason is HeldReason.PREVIEW for id_ in one.because}
    return {flag.standard: flag.fingerprint for flag in inputs.flags if flag.standard in waiting}


def _preconditions(inputs: PlanInputs, changes: Iterable[Change]) -> tuple[Precondition, ...]:
    targets = sorted({change.target for change in changes})
    updated = _updated(inputs, targets)
    return tuple(Precondition(one, updated.get((one.tracker, one.kind, one.id))) for one in targets)


def _updated(inputs: PlanInputs, targets: list[Target]) -> dict[tuple[str, TargetKind, str], str]:
    """When each target last changed, as UTC text, where the snapshot tells."""
    found: dict[tuple[str, TargetKind, str], str] = {}
    for snapshot in inputs.snapshots:
        tracker = snapshot.manifest.tracker
        for kind, frame in ((TargetKind.ITEM, snapshot.items), (TargetKind.PROJECT, snapshot.projects)):
            if "updated" not in frame.columns:
                continue
            ids = [target.id for target in targets if target.tracker == tracker and target.kind is kind]
            rows = frame.filter(pl.col("id").is_in(ids)).select("id", "updated").drop_nulls().iter_rows()
            found |= {(tracker, kind, id_): _text(at) for id_, at in rows}
    return found


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
