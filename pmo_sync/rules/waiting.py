"""What standards wait for: figures that no room computes yet, and subjects of which there are no rows yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pmo_sync.model.figure_names import (
    AWAITED,
    ITEM_FIGURES,
    LINK_FIGURES,
    NODE_FIGURES,
    PERSON_WEEK_FIGURES,
    SPRINT_FIGURES,
    FigureName,
    waits_for,
)
from pmo_sync.rules.condition import Frame, columns_named, relates
from pmo_sync.rules.standard import Standard, needed_names

_FIGURES: Final[Mapping[Frame, Mapping[str, FigureName]]] = {
    Frame.ITEM: ITEM_FIGURES,
    Frame.NODE: NODE_FIGURES,
    Frame.LINK: LINK_FIGURES,
    Frame.SPRINT: SPRINT_FIGURES,
    Frame.PERSON_WEEK: PERSON_WEEK_FIGURES,
}
NO_ROWS: Final = "nobody's weeks are known: they come from a table of persons"


def awaited(frame: Frame, names: Iterable[str]) -> tuple[str, ...]:
    """One clause for each of these columns that is a figure of such subjects and not computed yet, in their order."""
    return tuple(said for name in names if (said := waits_for(name, _FIGURES[frame])) is not None)


def waiting(standard: Standard) -> tuple[str, ...]:
    """What the standard waits for wherever it judges, one clause for the figures that take the same; empty where it can
    be told.
    """
    named = [name for condition in standard.conditions for name in columns_named(condition)]
    frames = [*standard.frames]
    if standard.share is not None or any(relates(condition) for condition in standard.conditions):
        named += sorted(needed_names([standard]))
        frames.append(Frame.ITEM)
    lacking = [name for name in dict.fromkeys(named) if any(awaited(frame, [name]) for frame in frames)]
    together: dict[str, list[str]] = {}
    for name in lacking:
        together.setdefault(AWAITED[name], []).append(name)
    found = [
        f"this version does not compute {', '.join(names)}, which {'takes' if len(names) == 1 else 'take'} {takes}"
        for takes, names in together.items()
    ]
    return (*found, NO_ROWS) if standard.subject is Frame.PERSON_WEEK else tuple(found)
