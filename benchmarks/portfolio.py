"""A made-up portfolio of any size, the same at every call: items in projects of programmes, trees below them, links,
and values that let the standards of the catalogue pass, fail and not know.

Nothing is drawn item by item: every column is a hash of the row number, so that a million rows take seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.structure.options import StructureOptions

TODAY = date(2026, 11, 23)
PER_PROJECT = 250
PER_PROGRAMME = 20
_STORY = (0, 0, 0, 0, 1, 1, 2, 2, 3, 3)
_PART = 1_000_000
_KINDS = ("task",) * 13 + ("milestone", "milestone", "risk", "issue", "change", "benefit", "dependency")
_WORDS = "Some words that describe the work in enough detail to act on it."


def draw(seed: int) -> pl.Expr:
    """A number from 0 to a million for each row, its own for every seed."""
    return pl.int_range(pl.len(), dtype=pl.UInt32).hash(seed) % _PART


def one_of(values: Sequence[object], seed: int, name: str, share: float = 1.0) -> pl.Expr:
    """One of the values in so large a share of the rows, else null."""
    dtype = VOCABULARY[name].dtype
    place = (draw(seed) % len(values)).cast(pl.UInt32)
    found = pl.lit(pl.Series(list(values), dtype=dtype)).gather(place)
    return pl.when(draw(seed + 1) < share * _PART).then(found).alias(name)


def days(low: int, high: int, seed: int, name: str, share: float = 1.0) -> pl.Expr:
    """A day so many days around TODAY, or a time on it."""
    shift = pl.duration(days=low + (draw(seed) % (high - low + 1)).cast(pl.Int32))
    timed = VOCABULARY[name].type is ColumnType.TIME
    start = pl.lit(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)) if timed else pl.lit(TODAY)
    found = (start + shift).cast(VOCABULARY[name].dtype)
    return pl.when(draw(seed + 1) < share * _PART).then(found).alias(name)


def _columns() -> list[pl.Expr]:
    people = [f"person-{number}" for number in range(300)]
    return [
        one_of(_KINDS, 100, "kind"),
        one_of(["todo", "doing", "done", "done", "dropped"], 102, "phase"),
        one_of(people, 104, "owner", 0.88),
        one_of(people, 106, "requested_by", 0.5),
        one_of(people, 108, "acceptor", 0.05),
        one_of(people, 110, "giver", 0.05),
        one_of(people, 112, "receiver", 0.05),
        one_of([_WORDS, "Short."], 114, "description", 0.8),
        one_of([8.0, 16.0, 24.0, 40.0], 116, "estimate_hours", 0.7),
        one_of([0.0, 4.0, 8.0], 118, "remaining_hours", 0.6),
        one_of([1.0, 4.0, 20.0], 120, "spent_hours", 0.6),
        one_of([1.0, 2.0, 3.0, 5.0], 122, "points", 0.3),
        one_of([3.0, 10.0, 60.0], 124, "duration_working_days", 0.5),
        one_of([1000.0, 5000.0], 126, "budget", 0.1),
        one_of([900.0, 5200.0], 128, "actual_cost", 0.1),
        one_of([1000.0, 20000.0], 130, "impact_money", 0.1),
        one_of([100.0, 2000.0], 132, "impact_cost", 0.1),
        one_of([0.1, 0.3, 0.7], 134, "probability", 0.1),
        one_of([1, 3, 5], 136, "impact", 0.1),
        one_of(["low", "medium", "high"], 138, "band", 0.2),
        one_of(["reduce", "accept"], 140, "response", 0.2),
        one_of(["approved", "rejected"], 142, "decision", 0.3),
        one_of(["High", "Medium", "Low"], 144, "priority", 0.9),
        one_of(["MSO", "SNET"], 146, "constraint", 0.05),
        one_of([True] * 30 + [False], 148, "owner_active"),
        one_of([False] * 49 + [True], 150, "on_hold"),
        one_of([False] * 19 + [True], 152, "date_is_contractual"),
        one_of([[], ["blocked"], ["pull-team", "api"]], 154, "labels"),
        one_of([[], ["backend"]], 156, "components"),
        days(-120, 60, 160, "start", 0.8),
        days(-60, 120, 162, "due", 0.8),
        days(-100, 0, 164, "actual_start", 0.5),
        days(-60, 0, 166, "actual_finish", 0.3),
        days(-60, 120, 168, "baseline_finish", 0.4),
        days(-60, 120, 170, "own_due", 0.2),
        days(-30, 60, 172, "response_due", 0.1),
        days(-100, 0, 174, "last_review", 0.2),
        days(-40, 0, 176, "submitted_on", 0.2),
        days(-90, 0, 178, "agreed_on", 0.1),
        days(-200, -30, 180, "created"),
        days(-60, 0, 182, "last_human_change"),
    ]


def snapshot(count: int, pulled_at: datetime = datetime(2026, 11, 23, tzinfo=UTC), shift: int = 0) -> Snapshot:
    """A tracker of `count` items in projects of 250 and programmes of 20 projects, half as many links.

    Ten items are one summary, three below it and six tasks below these. `shift` moves every date by so many days.
    """
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    story = pl.lit(pl.Series(_STORY, dtype=pl.Int64)).gather((number % 10).cast(pl.UInt32))
    project = number // PER_PROJECT
    rows = pl.DataFrame({"_": pl.repeat(None, count, dtype=pl.Boolean, eager=True)})
    identity = [
        number.cast(pl.String).str.zfill(7).alias("id"),
        pl.format("K-{}", number).alias("key"),
        pl.format("Work {}", number).alias("title"),
        pl.format("P{}", project).alias("project_id"),
        pl.when(number % 10 != 0).then((number - number % 10 + story).cast(pl.String).str.zfill(7)).alias("parent_id"),
        (number % 10 != 0).alias("parent_known"),
        project.cast(frames.U32).alias("scope"),
        pl.format("Project {}", project).alias("project"),
        pl.format("Programme {}", project // PER_PROGRAMME).alias("programme"),
    ]
    items = rows.select(*identity, *_columns())
    items = items.with_columns(  # what has parts is a summary
        pl.when(number % 10 < 4).then(pl.lit("summary", VOCABULARY["kind"].dtype)).otherwise("kind").alias("kind")
    )
    if shift:
        items = items.with_columns(pl.col(pl.Date, pl.Datetime).dt.offset_by(f"{shift}d"))
    manifest = Manifest(
        f"{pulled_at:%Y%m%dT%H%M%SZ}",
        "bench",
        "export",
        "made-up",
        None,
        pulled_at,
        complete=True,
        columns=tuple(sorted(set(items.columns) & set(VOCABULARY))),
    )
    return Snapshot(manifest, items, _scopes(count), projects=_projects(count), links=_links(count))


def _scopes(count: int) -> pl.DataFrame:
    projects = range((count - 1) // PER_PROJECT + 1)
    return pl.DataFrame(
        {
            "scope": list(projects),
            "project_id": [f"P{one}" for one in projects],
            "issue_type": ["Task"] * len(projects),
            "complete": [True] * len(projects),
            "hidden": [["points"] if one % 5 == 0 else [] for one in projects],
        },
        schema=dict(frames.SCOPES),
    )


def _projects(count: int) -> pl.DataFrame:
    projects = range((count - 1) // PER_PROJECT + 1)
    return pl.DataFrame(
        {
            "id": [f"P{one}" for one in projects],
            "key": [f"P{one}" for one in projects],
            "name": [f"Project {one}" for one in projects],
            "parent_id": [None] * len(projects),
            "closed": [False] * len(projects),
            "complete": [True] * len(projects),
            "hidden": [[]] * len(projects),
        },
        schema=dict(frames.PROJECTS),
    )


def _links(count: int) -> pl.DataFrame:
    """Half as many links as items; most stay near, some cross projects, one in fifty has an end that is not seen."""
    rows = pl.DataFrame({"_": pl.repeat(None, count // 2, dtype=pl.Boolean, eager=True)})
    source = (draw(200) * 1_000 + draw(201) % 1_000) % count
    near = (source + 1 + draw(202) % 30) % count
    far = (source + 1 + draw(203) % (count - 1)) % count
    target = pl.when(draw(204) % 10 == 0).then(far).otherwise(near)
    dtype = frames.RAW_LINKS["type"]
    types = pl.lit(pl.Series(["FS"] * 7 + ["SS", "relates", "duplicates"], dtype=dtype))
    return rows.select(
        source.cast(pl.String).str.zfill(7).alias("source_id"),
        pl.when(draw(205) % 50 != 0).then(target.cast(pl.String).str.zfill(7)).alias("target_id"),
        types.gather((draw(206) % 10).cast(pl.UInt32)).alias("type"),
        pl.when(draw(207) % 2 == 0).then((draw(208) % 8).cast(pl.Int64) - 1).alias("lag_working_days"),
    )


def structure_options() -> StructureOptions:
    """Programme and project from the columns of the items."""
    return StructureOptions.model_validate(
        {
            "programme": [{"tracker": "bench", "by": "field", "field": "programme"}],
            "project": [{"tracker": "bench", "by": "field", "field": "project"}],
        }
    )
