"""What stands in the places that we may write, and what Jira's own notes say that we last wrote there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from pmo_sync.connectors.jira.facets import EMPTY, LABELS, mark
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, LABEL, PRESENT


def standing(tracker: str, found: Found, places: Mapping[str, Place], options: JiraOptions) -> Marks:
    """One row for each label of each issue, where labels may be written, and for each of `places` that is visible."""
    parts = []
    for name in places:
        seen = pl.DataFrame({"target_id": found.ids, "value": found.column(mark(name))}).drop_nulls()
        value = pl.when(pl.col("value") != EMPTY).then("value")
        parts.append(seen.with_columns(value, channel=pl.lit(FIELD), name=pl.lit(name)))
    if options.write.labels:
        put = pl.DataFrame({"target_id": found.ids, "name": found.column(LABELS)})
        labels = put.explode("name", empty_as_null=True).drop_nulls()
        parts.append(labels.with_columns(channel=pl.lit(LABEL), value=pl.lit(PRESENT)))
    return _marks(tracker, parts)


def remembered(tracker: str, noted: Iterable[pl.DataFrame]) -> Marks:
    """What notes say that we last wrote: rows of `notes.NOTED`, each with its `target_id`."""
    return _marks(tracker, noted)


def may_carry_a_note(standing: Marks, options: JiraOptions, prefix: str) -> list[str]:
    """Ids of the issues on which anything may be ours: a label, where we put labels, that begins with our `prefix` or
    is the summary flag; or something in a field of ours. In the order of their numbers.
    """
    label = pl.col("channel") == LABEL
    ours = pl.col("name").str.starts_with(prefix) | (pl.col("name") == pl.lit(options.write.summary_flag))
    found = standing.filter(pl.when(label).then(ours).otherwise(pl.col("value").is_not_null()))
    return sorted(set(found["target_id"]), key=int)


def _marks(tracker: str, parts: Iterable[pl.DataFrame]) -> Marks:
    columns = list(frames.MARKS)
    whole = [
        part.with_columns(tracker=pl.lit(tracker), target_kind=pl.lit(TargetKind.ITEM.value)).select(columns)
        for part in parts
    ]
    return Marks(pl.concat([frames.empty(frames.MARKS), *whole]).sort("target_kind", "target_id", "channel", "name"))
