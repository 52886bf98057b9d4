"""The scopes of Redmine's issues: a project and a tracker each, with what cannot be seen there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import polars as pl
from msgspec import UNSET

from pmo_sync.connectors.redmine.gathered import Issues
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.sources import Source
from pmo_sync.connectors.redmine.wire import Tracker
from pmo_sync.model import frames

_SWITCHES: Final = {
    "owner": "assigned_to_id",
    "components": "category_id",
    "fix_versions": "fixed_version_id",
    "start": "start_date",
    "due": "due_date",
    "estimate_hours": "estimated_hours",
    "percent_done": "done_ratio",
    "description": "description",
}
"""Column → the standard field that an administrator can switch off per tracker."""


def scope_numbers(issues: Issues) -> dict[tuple[int, int], int]:
    """(project, tracker) → number of the scope."""
    pairs = {(place.project, place.tracker) for place in issues.places.values()}
    order = sorted(pairs, key=lambda pair: (str(pair[0]), issues.trackers[pair[1]], pair[1]))
    return {pair: number for number, pair in enumerate(order)}


def scope_frame(numbers: Mapping[tuple[int, int], int], sources: Sequence[Source], read: Read) -> pl.DataFrame:
    """SCOPES: a column is hidden where no issue shows its field, or an administrator has switched it off."""
    shown: dict[tuple[int, int], set[int]] = {pair: set() for pair in numbers}
    spent: set[tuple[int, int]] = set()
    for place in read.issues.places.values():
        pair = place.project, place.tracker
        shown[pair].update(place.fields)
        spent |= {pair} if place.spent else set()
    hidden = [
        sorted(
            one.column.name
            for one in sources
            if not _visible(one, shown[pair], read.trackers.get(pair[1]), spent=pair in spent)
        )
        for pair in numbers
    ]
    return pl.DataFrame(
        {
            "scope": list(numbers.values()),
            "project_id": [str(project) for project, _ in numbers],
            "issue_type": [read.issues.trackers[tracker] for _, tracker in numbers],
            "complete": [read.is_complete(project) for project, _ in numbers],
            "hidden": hidden,
        },
        schema=dict(frames.SCOPES),
    )


def _visible(source: Source, shown: AbstractSet[int], tracker: Tracker | None, *, spent: bool) -> bool:
    if source.field is not None:
        return source.field in shown
    if source.native == "spent_hours":
        return spent
    return has(tracker, source.native)


def has(tracker: Tracker | None, column: str) -> bool:
    """False only where an administrator has switched the column off in this tracker."""
    switch = _SWITCHES.get(column)
    if switch is None or tracker is None or tracker.enabled_standard_fields is UNSET:
        return True
    return switch in tracker.enabled_standard_fields
