"""Subjects by the names that people know them by."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pmo_sync.model.portfolio import path_text
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Named:
    """An item by its key, a node by its path, a link by the keys of its ends; an item alone has tracker and title."""

    name: str
    tracker: str | None = None
    title: str | None = None


def named(subjects: Subjects, frame: Frame, rows: pl.Series) -> list[Named]:
    """These rows of a frame, in their order."""
    if frame is not Frame.ITEM:
        return [Named(words(subjects, frame, row)) for row in rows]
    items = subjects.portfolio.items.select("key", "tracker", "title")
    return [Named(*item) for item in items[rows].iter_rows()]


def words(subjects: Subjects, frame: Frame, row: int) -> str:
    """An item by its key, a node by its path, a link by the keys of its ends, a sprint by its name, a week by its
    Monday.
    """
    subject = subjects.frames[frame].row(row, named=True)
    match frame:
        case Frame.ITEM:
            return str(subject["key"])
        case Frame.NODE:
            return path_text(subject["path"])
        case Frame.LINK:
            keys = subjects.portfolio.items["key"]
            first, last = ("?" if subject[end] is None else str(keys[subject[end]]) for end in ("source", "target"))
            return f"{first} → {last} ({subject['type']})"
        case Frame.SPRINT:
            return str(subject["name"])
        case Frame.PERSON_WEEK:
            return str(subject["monday"])
