"""Accepted failures as a table: what `baseline create`, `show` and `prune` have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmo_sync.model.past import Accepted
    from pmo_sync.report.table import Table
    from pmo_sync.rules.baseline import Standing


def baseline_table(stood: Iterable[tuple[Accepted, Standing | None]]) -> Table:
    """One record for each accepted failure, with what has become of it; None: that cannot be told."""
    from pmo_sync.report.table import Table

    headings = ("standard", "tracker", "id", "what", "state", "accepted", "reason")
    records = tuple(
        (
            one.standard,
            one.tracker or None,
            one.id,
            one.text,
            None if how is None else how.value,
            one.on.isoformat(),
            one.reason,
        )
        for one, how in stood
    )
    return Table("baseline", headings, records)
