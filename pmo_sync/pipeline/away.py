"""A snapshot as a file that can be taken away: with what its history tells, under the programmes of structure."""

from __future__ import annotations

from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.context import Context
from pmo_sync.report.items import items_jsonl
from pmo_sync.structure.build import build
from pmo_sync.structure.history import HistoryOptions, with_history


def taken_away(context: Context, snapshot: Snapshot) -> str:
    """The snapshot as items.jsonl. Raises UsageError for own columns that cannot be one."""
    project, settings = context.project, context.project.settings
    placed = build([snapshot], settings.structure, portfolio_name=project.name).items
    rows = placed.select("id", "programme").drop_nulls().iter_rows()
    told = with_history(snapshot, HistoryOptions(settings.bots, settings.time_zone))
    return items_jsonl(told, dict(rows))
