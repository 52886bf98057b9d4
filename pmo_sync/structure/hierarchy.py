"""Parents as row numbers, and what follows from them: circles cut, summaries, the nearest of an item's ancestors."""

from __future__ import annotations

import polars as pl

from pmo_sync.model.words import Kind


def parents(items: pl.DataFrame) -> tuple[pl.Series, int]:
    """The row of each item's parent in its tracker, null where there is none or it is not seen.

    Parents that go round in a circle are cut for the members of the circle; the second value counts those.
    """
    known = items.select("tracker", pl.col("id").alias("parent_id"), pl.col("item").alias("parent"))
    joined = items.select("tracker", "parent_id").join(
        known, on=["tracker", "parent_id"], how="left", maintain_order="left"
    )
    return _without_circles(joined["parent"])


def with_summaries(items: pl.DataFrame) -> pl.DataFrame:
    """A task with children is a summary, whatever the tracker calls it."""
    has_children = pl.col("item").is_in(items["parent"].drop_nulls().unique().implode())
    kind = pl.col("kind")
    summary = pl.lit(Kind.SUMMARY.value, dtype=items.schema["kind"])
    return items.with_columns(
        pl.when((kind == Kind.TASK.value) & has_children).then(summary).otherwise(kind).alias("kind")
    )


def nearest(own: pl.Series, parent: pl.Series) -> pl.Series:
    """For each row its own value, else that of the nearest ancestor that has one; `parent` has no circles."""
    jump = parent
    while jump.null_count() < len(jump):
        above = own.gather(jump)
        own = own.zip_with(own.is_not_null(), above)
        jump = jump.gather(jump)
    return own


def _without_circles(parent: pl.Series) -> tuple[pl.Series, int]:
    jump = parent
    for _ in range(len(parent).bit_length()):
        if jump.null_count() == len(jump):
            return parent, 0
        jump = jump.gather(jump)
    # After as many steps as there are rows, whoever still stands somewhere stands in a circle, and all of it is held.
    members = jump.drop_nulls().unique()
    if members.is_empty():
        return parent, 0
    rows = pl.int_range(len(parent), dtype=pl.UInt32, eager=True)
    cut = pl.select(pl.when(rows.is_in(members.implode())).then(None).otherwise(parent)).to_series()
    return cut.cast(pl.UInt32).alias("parent"), len(members)
