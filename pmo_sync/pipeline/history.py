"""What was done before: the runs in the ledger."""

from __future__ import annotations

from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.state.ledger import Run, open_ledger


def runs(context: Context, limit: int = 50) -> list[Run]:
    """The newest runs, newest first; none where nothing was ever synchronised. Makes no file."""
    path = context.state / LEDGER
    if not path.exists():
        return []
    ledger = open_ledger(path)
    try:
        return ledger.runs(limit)
    finally:
        ledger.close()
