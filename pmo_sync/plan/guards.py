"""The brakes: each looks at the whole plan and refuses it with what was seen, the limit, the largest causes. Pure.

They compare with the last good run, never with this pull alone: an empty pull would have no limit then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from pmo_sync.model.change import Change, Guard, PutLink, RemoveLabel, SetField, Target, TargetKind
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.words import flags_in

LEAST: Final = 20
"""So many changes are never too many, however small the portfolio."""
_SHOWN: Final = 3


def guards(inputs: PlanInputs, changes: Sequence[Change], mails: int) -> tuple[Guard, ...]:
    """Every brake that refuses these changes, in a fixed order; empty when the plan may be applied."""
    found = [*_populations(inputs), *_targets(inputs, changes), *_amounts(inputs, changes)]
    limit = inputs.guards.max_mails
    if mails > limit:
        message = f"this plan may send {mails} mails; guards.max_mails is {limit}"
        found.append(Guard("TooManyMails", message, _largest(change.target.tracker for change in changes)))
    return tuple(found)


def expected_mails(inputs: PlanInputs, changes: Iterable[Change]) -> tuple[int, tuple[str, ...]]:
    """Mails that the changes may cost, and the trackers, sorted, that would send some and have them all suppressed.

    All edits of an item are one write, so items count once; a web link is no edit. Items of silent projects cost none.
    """
    edited = {one.target for one in changes if one.target.kind is TargetKind.ITEM and not isinstance(one, PutLink)}
    quiet = _in_silent_projects(inputs)
    costs: dict[str, int] = {}
    for item in edited:
        each = inputs.mails_per_item.get(item.tracker, 0)
        if each:
            costs[item.tracker] = costs.get(item.tracker, 0) + (0 if (item.tracker, item.id) in quiet else each)
    return sum(costs.values()), tuple(sorted(tracker for tracker, cost in costs.items() if not cost))


def _in_silent_projects(inputs: PlanInputs) -> frozenset[tuple[str, str]]:
    """Tracker and id of every item in a project where a change of ours sends no mail."""
    return frozenset(
        (snapshot.manifest.tracker, id_)
        for snapshot in inputs.snapshots
        for id_ in snapshot.items.filter(pl.col("project_id").is_in(list(snapshot.manifest.silent_projects)))["id"]
    )


def is_enough(now: int, before: int, least: float) -> bool:
    """Whether so many items are at least this share of those of the last good run; of some, none are never enough."""
    return now >= least * before and (now > 0 or before == 0)


def _populations(inputs: PlanInputs) -> list[Guard]:
    last = inputs.past.last_run
    if last is None:
        return []
    found = []
    for snapshot in sorted(inputs.snapshots, key=lambda one: one.manifest.tracker):
        tracker = snapshot.manifest.tracker
        now, before = snapshot.items.height, last.items.get(tracker, 0)
        # What was not read whole is smaller of itself; nothing is written there anyway.
        if is_enough(now, before, inputs.guards.min_items) or not snapshot.manifest.complete:
            continue
        message = (
            f'tracker "{tracker}" shows {now or "no"} items; the last good run ({last.run}) saw {before} '
            f"(guards.min_items: at least {inputs.guards.min_items:.0%})"
        )
        causes = ("its scope, a permission or the index of the tracker may have changed",)
        found.append(Guard("ShrunkenPull" if now else "EmptyPull", message, causes))
    return found


def _targets(inputs: PlanInputs, changes: Sequence[Change]) -> list[Guard]:
    if inputs.first_run == "apply":
        return []
    new = Counter(change.target.tracker for change in changes)
    return [
        Guard(
            "FirstRun",
            f'nothing has been written to tracker "{tracker}" before; this plan would make {number} '
            f"{'change' if number == 1 else 'changes'} there",
            _largest(reason for change in changes if change.target.tracker == tracker for reason in change.because),
        )
        for tracker, number in sorted(new.items())
        if tracker not in inputs.past.known_targets
    ]


def _amounts(inputs: PlanInputs, changes: Sequence[Change]) -> list[Guard]:
    last = inputs.past.last_run
    if last is None:
        return []
    touched: set[Target] = {change.target for change in changes}
    removed = [reason for change in changes for reason in _removals(change)]
    total = sum(last.items.values())
    found = []
    if len(touched) > _limit(inputs, total):
        message = (
            f"this plan changes {len(touched)} of {total} items and projects; the limit is {_limit(inputs, total)} "
            f"({_rule(inputs)} of the items of the last good run, {last.run})"
        )
        found.append(Guard("TooMuchChange", message, _largest(r for change in changes for r in change.because)))
    if len(removed) > _limit(inputs, last.marks):
        message = (
            f"this plan takes away {len(removed)} of {last.marks} marks; the limit is {_limit(inputs, last.marks)} "
            f"({_rule(inputs)} of the marks of the last good run, {last.run})"
        )
        found.append(Guard("TooMuchChange", message, _largest(removed)))
    return found


def _limit(inputs: PlanInputs, population: int) -> int:
    return max(LEAST, int(inputs.guards.max_changes * population))


def _rule(inputs: PlanInputs) -> str:
    return f"guards.max_changes: {inputs.guards.max_changes:.0%}"


def _removals(change: Change) -> list[str]:
    """One entry, the cause, for each mark that the change takes away."""
    cause = ", ".join(change.because)
    if isinstance(change, RemoveLabel):
        return [cause]
    if isinstance(change, SetField) and isinstance(change.before, tuple):
        return [cause] * len(set(change.before) - set(flags_in(change.after)))
    if isinstance(change, SetField) and change.before and not change.after:
        return [cause]
    return []


def _largest(causes: Iterable[str]) -> tuple[str, ...]:
    counted = sorted(Counter(causes).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(f"{cause}: {number}" for cause, number in counted[:_SHOWN])
