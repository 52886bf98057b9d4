"""From the spells of both sides to what people ask of a changed standard: who, from when to when, how noisy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.model.frames import TEXT, Schema
from pmo_sync.model.portfolio import parse_path
from pmo_sync.pipeline.compared import Pair
from pmo_sync.pipeline.spells import KEY, Spells
from pmo_sync.report.replay import Branch, Noise
from pmo_sync.rules.standard import Standard

DAYS_A_MONTH: Final = 365.25 / 12
BRANCH_DEPTH: Final = 2
"""Names of a path that make a branch: portfolio and programme."""
_SUBJECT: Final = ("standard", "level", "tracker", "id")
CHANGED: Final[Schema] = {
    "change": TEXT,  # new: flagged by `after` alone; gone: by `before` alone; other dates
    "level": TEXT,
    "tracker": TEXT,
    "id": TEXT,
    "key": TEXT,
    "title": TEXT,
    "path": TEXT,
    "before_since": pl.Date(),  # the first day
    "before_until": pl.Date(),  # the first day without, after the last spell; null = still flagged on the last day
    "before_spells": pl.UInt32(),
    "after_since": pl.Date(),
    "after_until": pl.Date(),
    "after_spells": pl.UInt32(),
}
COUNTED: Final[Schema] = {
    "side": TEXT,
    "standard": TEXT,
    "waived": pl.Int64(),  # failures that would be flagged if no waiver covered them
    "unknown": pl.Int64(),
}
"""What is no flag, counted for each side, standard and day."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One standard on both sides.

    Attributes:
        pair: the standard before and after.
        before, after: None where that side has no such standard.
        new, gone, other_dates: subjects by how they differ, over the whole time.
        branches: where, the largest first.
        changed: CHANGED, one row for each subject that differs, sorted by change, path and key.
    """

    pair: Pair
    before: Noise | None
    after: Noise | None
    new: int
    gone: int
    other_dates: int
    branches: tuple[Branch, ...]
    changed: pl.DataFrame


def differences(
    compared: Sequence[Pair], spells: Spells, counted: pl.DataFrame, days: Sequence[date]
) -> tuple[Difference, ...]:
    """One difference for each pair, in their order, from all spells and COUNTED."""
    every = spells.all()
    return tuple(
        _difference(pair, every.filter(standard=pair.id), spells.names, counted.filter(standard=pair.id), days)
        for pair in compared
    )


def _difference(
    pair: Pair, spells: pl.DataFrame, names: pl.DataFrame, counted: pl.DataFrame, days: Sequence[date]
) -> Difference:
    sides = {"before": pair.before, "after": pair.after}
    noise = {
        side: None if one is None else _noise(spells.filter(side=side), counted.filter(side=side), days)
        for side, one in sides.items()
    }
    changed = _changed(spells, names)
    numbers = dict(changed["change"].value_counts().iter_rows())
    return Difference(
        pair=pair,
        before=noise["before"],
        after=noise["after"],
        new=numbers.get("new", 0),
        gone=numbers.get("gone", 0),
        other_dates=numbers.get("other dates", 0),
        branches=_branches(changed),
        changed=changed,
    )


def _noise(spells: pl.DataFrame, counted: pl.DataFrame, days: Sequence[date]) -> Noise:
    first, last = (days[0], days[-1]) if days else (None, None)
    months = 0.0 if first is None or last is None else (last - first).days / DAYS_A_MONTH
    lengths = (pl.col("until").fill_null(pl.lit(last, dtype=pl.Date)) - pl.col("since")).dt.total_days()
    median = spells.select(lengths.median()).item()
    each = spells.group_by(list(KEY)).agg(pl.len().alias("spells"))
    appeared = spells.filter(pl.col("since") > pl.lit(first, dtype=pl.Date)).height
    return Noise(
        flagged=each.height,
        now=spells["until"].null_count(),
        per_month=round(appeared / months, 1) if months else None,
        median_days=None if median is None else float(median),
        returned=each.filter(pl.col("spells") > 1).height,
        waived=int(counted["waived"].sum()),
        unknown=int(counted["unknown"].sum()),
    )


def _changed(spells: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """CHANGED: subjects whose spells are not the same on both sides."""
    on = [*_SUBJECT, "since", "until"]
    before, after = (spells.filter(side=side) for side in ("before", "after"))
    differs = pl.concat(
        [
            before.join(after, on=on, how="anti", nulls_equal=True),
            after.join(before, on=on, how="anti", nulls_equal=True),
        ]
    ).select(_SUBJECT)
    subjects = differs.unique()
    for side, frame in (("before", before), ("after", after)):
        rows = frame.group_by(_SUBJECT).agg(
            pl.col("since").min().alias(f"{side}_since"),
            pl.col("until").sort_by("since").last().alias(f"{side}_until"),
            pl.len().cast(pl.UInt32).alias(f"{side}_spells"),
        )
        subjects = subjects.join(rows, on=_SUBJECT, how="left")
    change = (
        pl.when(pl.col("before_spells").is_null())
        .then(pl.lit("new"))
        .when(pl.col("after_spells").is_null())
        .then(pl.lit("gone"))
        .otherwise(pl.lit("other dates"))
    )
    counts = [pl.col(f"{side}_spells").fill_null(0) for side in ("before", "after")]
    return (
        subjects.with_columns(change.alias("change"), *counts)
        .join(names, on=["tracker", "id"], how="left")
        .select(pl.col(name).cast(dtype) for name, dtype in CHANGED.items())
        .sort(pl.col("change").replace_strict({"new": 0, "gone": 1, "other dates": 2}), "path", "key", "tracker", "id")
    )


def _branches(changed: pl.DataFrame) -> tuple[Branch, ...]:
    found: dict[tuple[str, ...], list[int]] = {}
    counted = changed.group_by("path", "change").len()
    for path, change, number in counted.iter_rows():
        if change in {"new", "gone"}:
            branch = found.setdefault(parse_path(path or "")[:BRANCH_DEPTH], [0, 0])
            branch[0 if change == "new" else 1] += number
    ranked = sorted(found.items(), key=lambda one: (-sum(one[1]), one[0]))
    return tuple(Branch("/".join(names), new, gone) for names, (new, gone) in ranked)


def written(pair: Pair) -> tuple[tuple[str, str, str], ...]:
    """What differs between the two texts of a standard: (key, before, after), values by name."""
    before, after = pair.before, pair.after
    if before is None or after is None:
        return (("standard", "none" if before is None else "there", "none" if after is None else "there"),)
    found = [("enabled", _on(before), _on(after)), ("severity", before.severity.value, after.severity.value)]
    old, new = ({one.name: one.text for one in side.values} for side in (before, after))
    found += [(f"values.{name}", old.get(name, "none"), new.get(name, "none")) for name in dict.fromkeys([*old, *new])]
    found.append(("for", str(before.hold_for or "none"), str(after.hold_for or "none")))
    told = tuple((key, left, right) for key, left, right in found if left != right)
    return told or (("rule", "as it was", "changed"),)


def _on(standard: Standard) -> str:
    return "on" if standard.enabled else "off"
