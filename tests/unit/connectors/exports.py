"""A connector to a file of any format, written for one test."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.export import ExportConnector, connect
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from tests.surroundings import Clock, surroundings

NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)


def opened(path: Path, content: bytes | str, **options: Any) -> ExportConnector:
    """A connector to a file at `path` that holds this."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    chosen = ExportOptions.model_validate({"kind": "export", "path": path.name, **options})
    return connect("j", chosen, surroundings(Clock(NOW), folder=path.parent))


def pull(connector: ExportConnector, *more: str) -> Snapshot:
    return connector.pull(Needs(frozenset(VOCABULARY) | set(more)), lambda _: None)


def by_key(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in snapshot.items.iter_rows(named=True)}


def hidden(snapshot: Snapshot) -> dict[str, set[str]]:
    """Key → the columns that cannot be seen there."""
    rows = snapshot.items.join(snapshot.scopes, on="scope").select("key", "hidden").iter_rows()
    return {key: set(columns) for key, columns in rows}


def table(headings: Iterable[str], *rows: Mapping[str, str] | Iterable[str], separator: str = ",") -> str:
    """A CSV of these rows; a mapping fills the first column of each of its headings."""
    names = list(headings)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name, "") for name in names] if isinstance(row, Mapping) else list(row))
    return out.getvalue()
