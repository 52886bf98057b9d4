"""What many tests share: snapshots written as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

Rows = Iterable[Mapping[str, Any]]
MakeSnapshot = Callable[..., Snapshot]


def _typed(rows: Rows, schema: frames.Schema, defaults: Mapping[str, Any]) -> pl.DataFrame:
    """Rows with the types of the schema and the vocabulary; a word that no row has is no column."""
    filled = [{**defaults, **row} for row in rows]
    names = {name for row in filled for name in row} - schema.keys()
    custom = {name: pl.String() for name in names if name not in VOCABULARY}
    words = {name: VOCABULARY[name].dtype for name in sorted(names) if name in VOCABULARY}
    return pl.DataFrame(filled, schema={**schema, **words, **custom}, orient="row")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers: tests that share something costly run in one of them, in which it is made once."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        defined = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
        shared = [one[-1].baseid for one in defined if one[-1].scope != "function" and one[-1].baseid]
        if item.get_closest_marker("live") is not None:
            shared.append(item.path.parent.name)
        if shared:
            item.add_marker(pytest.mark.xdist_group(min(shared, key=len)))


@pytest.fixture
def make_snapshot() -> MakeSnapshot:
    """`make_snapshot(items, tracker=…, projects=…, links=…, scopes=…, complete=…)`: one pull of one tracker.

    Items need an `id`; `key` and `title` are the id unless given, `project_id` and `scope` the first there is.
    """

    def make(
        items: Rows = (),
        *,
        tracker: str = "t",
        projects: Rows = (),
        links: Rows = (),
        changes: Rows = (),
        scopes: Rows = ({},),
        complete: bool = True,
    ) -> Snapshot:
        rows = [{"key": row["id"], "title": row["id"], **row} for row in items]
        return Snapshot(
            manifest=Manifest(
                id=f"{tracker}-1",
                tracker=tracker,
                kind="export",
                url="file",
                account=None,
                pulled_at=datetime(2026, 11, 23, tzinfo=UTC),
                complete=complete,
            ),
            items=_typed(rows, frames.PULLED, {"parent_known": False, "scope": 0}),
            scopes=_typed(
                [{"scope": row, **scope} for row, scope in enumerate(scopes)],
                frames.SCOPES,
                {"complete": True, "hidden": []},
            ),
            projects=_typed(
                [{"key": row["id"], **row} for row in projects],
                frames.PROJECTS,
                {"closed": False, "complete": True, "hidden": []},
            ),
            links=_typed(links, frames.RAW_LINKS, {}),
            changes=_typed(changes, frames.RAW_CHANGES, {"ours": False}),
        )

    return make
