"""The sprints of items.jsonl: each has a line of its own for every project with items in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import polars as pl

from pmo_sync.connectors.export.lines import Line, Mistakes, misfit, shown
from pmo_sync.model import frames

SPRINT: Final = "sprint"
_HINT: Final = (
    'write {"sprint": "7", "project": "PAY", "name": "Seven", "state": "active", "start": "2026-11-16", "goal": null}'
)
_Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]


class _Sprint(msgspec.Struct, forbid_unknown_fields=True):
    sprint: _Text
    project: _Text
    name: _Text
    state: Literal["future", "active", "closed"] | None = None
    start: date | None = None
    goal: str | msgspec.UnsetType | None = msgspec.UNSET


def read_sprints(lines: Iterable[Line], mistakes: Mistakes) -> pl.DataFrame:
    """RAW_SPRINTS of the lines, in their order. A line without the key `goal` does not tell the goal.

    Every line that is no sprint, and every sprint that stands twice for a project, is a mistake.
    """
    seen: dict[tuple[str, str], int] = {}
    rows = []
    for line in lines:
        try:
            one = msgspec.convert(line.values, _Sprint)
        except msgspec.ValidationError as error:
            mistakes.add(line.number, f"{SPRINT}: {misfit(error)}", _HINT)
            continue
        first = seen.setdefault((one.sprint, one.project), line.number)
        if first != line.number:
            what = f"{SPRINT}: {shown(one.sprint)} of {shown(one.project)} stands on line {first} too"
            mistakes.add(line.number, what, "a sprint has one line for each project")
        goal_seen = one.goal is not msgspec.UNSET
        goal = one.goal if isinstance(one.goal, str) else None
        rows.append((one.sprint, one.project, one.name, one.state, one.start, goal, goal_seen))
    return pl.DataFrame(rows, schema=dict(frames.RAW_SPRINTS), orient="row")
