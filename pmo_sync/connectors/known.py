"""What an earlier snapshot knows of the items that a pull of changes does not read again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from pmo_sync.connectors.base import Since


@dataclass(frozen=True, slots=True)
class Known:
    """Items that were read before and have not changed: ids, keys and the ids of the projects they are in."""

    ids: frozenset[str] = frozenset()
    by_key: Mapping[str, str] = field(default_factory=dict)
    projects: frozenset[str] = frozenset()


NOTHING: Final = Known()
"""There is no earlier snapshot."""


def known(since: Since | None, changed: Iterable[str]) -> Known:
    """The items of the earlier snapshot but those whose ids are `changed`; none where there is no snapshot."""
    if since is None:
        return NOTHING
    ids = pl.DataFrame({"id": list(changed)}, schema={"id": pl.String()})
    kept = since.previous.items.join(ids, on="id", how="anti")
    return Known(
        frozenset(kept["id"]),
        dict(kept.select("key", "id").drop_nulls().iter_rows()),
        frozenset(kept["project_id"].drop_nulls().unique()),
    )


def unproven(since: Since, fresh: frozenset[str], found: Mapping[str, str | None]) -> list[str]:
    """Those of `fresh` that the earlier snapshot has and `found` (id → its `updated`) does not show newer than it."""
    before = since.previous.items.filter(pl.col("id").is_in(sorted(fresh))).select("id", "updated")
    return [one for one, updated in before.iter_rows() if not _newer(found.get(one), updated)]


def outdated(since: Since, found: Mapping[str, str | None]) -> list[str]:
    """Ids that `found` (id → its `updated`) shows older than the earlier snapshot has them: an index that is late."""
    before = since.previous.items.select("id", "updated").join(
        pl.DataFrame({"id": list(found)}, schema={"id": pl.String()}), on="id"
    )
    return [
        one
        for one, updated in before.iter_rows()
        if (at := _moment(found[one])) is not None and updated is not None and at < updated
    ]


def _newer(text: str | None, than: datetime | None) -> bool:
    at = _moment(text)
    return at is not None and (than is None or at > than)


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at
