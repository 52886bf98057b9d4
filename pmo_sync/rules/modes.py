"""How far a finding goes: the mode of each standard for each subject.

An entry of `modes` goes before the standard's own mode, that before the general mode; only an entry that names the
standard raises it above its own. Of the entries the first that matches counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pmo_sync.model.frames import MODE
from pmo_sync.model.options import ModeEntry, Scope
from pmo_sync.model.words import Mode
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.subjects import Subjects

_ORDER = tuple(Mode)


def scope_of(entry: ModeEntry) -> Scope:
    """The scope alone, without what the entry is about."""
    return Scope(
        portfolio=entry.portfolio,
        programme=entry.programme,
        project=entry.project,
        item=entry.item,
        tracker=entry.tracker,
    )


def effective(standard: Standard, entry: ModeEntry | None, general: Mode) -> Mode:
    """The mode of a standard where this entry is the first that matches; None: no entry does."""
    if entry is None:
        return standard.mode or general
    if entry.standard is not None or standard.mode is None:
        return entry.mode
    return min(entry.mode, standard.mode, key=_ORDER.index)


def mode_column(
    subjects: Subjects, frame: Frame, rows: pl.Series, standard: Standard, modes: Sequence[ModeEntry], general: Mode
) -> pl.Series:
    """The mode of one standard for these rows of a frame."""
    expr = pl.lit(effective(standard, None, general).value)
    columns: list[pl.Series] = []
    for number, entry in reversed(list(enumerate(modes))):
        if entry.standard not in {None, standard.id} or entry.pack not in {None, standard.pack}:
            continue
        mode = effective(standard, entry, general).value
        scope = scope_of(entry)
        if scope == Scope():
            expr = pl.lit(mode)
            continue
        columns.append(subjects.mask(frame, scope).gather(rows).alias(str(number)))
        expr = pl.when(pl.col(str(number))).then(pl.lit(mode)).otherwise(expr)
    frame_of = pl.DataFrame([rows.alias("row"), *columns])
    return frame_of.select("row", expr.cast(MODE).alias("mode"))["mode"]
