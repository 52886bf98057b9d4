"""Which names a condition may use, and what they are: columns, figures, relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pmo_sync.model.figure_names import (
    AFTER_RULES,
    ITEM_FIGURES,
    LINK_FIGURES,
    NODE_FIGURES,
    PERSON_WEEK_FIGURES,
    SPRINT_FIGURES,
    FigureName,
)
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType, custom
from pmo_sync.model.words import Kind, LinkType, Rag, words
from pmo_sync.rules.condition import Frame

LINK_COLUMNS: Final = {
    column.name: column
    for column in (
        Column("type", ColumnType.ENUM, "kind of link", words(LinkType)),
        Column("direction", ColumnType.ENUM, "inward: the other end comes first", ("inward", "outward")),
        Column("lag_working_days", ColumnType.WORKING_DAYS, "lag of a link"),
        Column("crosses_project", ColumnType.BOOLEAN, "its ends are in two projects"),
        Column("crosses_tracker", ColumnType.BOOLEAN, "its ends are in two trackers"),
        Column("visible", ColumnType.BOOLEAN, "both ends can be seen"),
    )
}

PLURALS: Final = {
    "milestones": Kind.MILESTONE,
    "risks": Kind.RISK,
    "issues": Kind.ISSUE,
    "changes": Kind.CHANGE,
    "benefits": Kind.BENEFIT,
    "dependencies": Kind.DEPENDENCY,
    "decisions": Kind.DECISION,
    "deliverables": Kind.DELIVERABLE,
    "documents": Kind.DOCUMENT,
    "lessons": Kind.LESSON,
    "objectives": Kind.OBJECTIVE,
    "status_reports": Kind.STATUS_REPORT,
    "stakeholders": Kind.STAKEHOLDER,
    "recovery_actions": Kind.RECOVERY_ACTION,
}

_ITEMS: Final = {Frame.ITEM: (Frame.ITEM,), Frame.NODE: (Frame.ITEM,)}
RELATIONS: Final[Mapping[str, Mapping[Frame, tuple[Frame, ...]]]] = {
    "parent": {Frame.ITEM: (Frame.ITEM,), Frame.NODE: (Frame.NODE,)},
    "children": {Frame.ITEM: (Frame.ITEM,), Frame.NODE: (Frame.NODE, Frame.ITEM)},
    "ancestors": {Frame.ITEM: (Frame.ITEM, Frame.NODE), Frame.NODE: (Frame.NODE,)},
    "links": {Frame.ITEM: (Frame.LINK,), Frame.NODE: (Frame.LINK,)},
    "predecessors": _ITEMS,
    "successors": _ITEMS,
    "items": _ITEMS,
    "leaves": _ITEMS,
    **dict.fromkeys(PLURALS, _ITEMS),
    "other": {Frame.LINK: (Frame.ITEM,)},
    "predecessor": {Frame.LINK: (Frame.ITEM,)},
    "successor": {Frame.LINK: (Frame.ITEM,)},
}
"""Relation → the frame of the subject → the frames of its relatives."""

ENDS: Final = {"other": "o.", "predecessor": "p.", "successor": "q."}
"""Prefixes of the ends of a link in its frame; `<prefix>item` is the row of the end, null where it cannot be seen."""

SINGULAR: Final = frozenset({"parent", "other", "predecessor", "successor"})
"""Relations with at most one relative: their right side is a condition, without a quantifier."""


def _figure_column(figure: FigureName) -> Column:
    scale = words(Rag) if figure.type is ColumnType.ENUM else ()
    return Column(figure.name, figure.type, f"figure, {figure.concern}", scale, ordered=bool(scale))


def _with_figures(figures: Mapping[str, FigureName], *columns: str) -> dict[str, Column]:
    return {name: _figure_column(figure) for name, figure in figures.items()} | {
        name: VOCABULARY[name] for name in columns
    }


_LINK_SUBJECT: Final = LINK_COLUMNS | _with_figures(LINK_FIGURES)
_SPRINT_COLUMNS: Final = _with_figures(SPRINT_FIGURES, "sprint_goal", "sprint_state", "sprint_start")
_WEEK_COLUMNS: Final = _with_figures(PERSON_WEEK_FIGURES, "person", "available_hours", "absences")
_ITEM_COLUMNS: Final = {name: _figure_column(figure) for name, figure in ITEM_FIGURES.items()} | VOCABULARY
_NODE_COLUMNS: Final = {
    name: _figure_column(figure) for name, figure in NODE_FIGURES.items() if name not in AFTER_RULES
} | VOCABULARY
_WITH_CUSTOM: Final = frozenset({Frame.ITEM, Frame.NODE})
_ON: Final[Mapping[Frame, Mapping[str, Column]]] = {
    Frame.ITEM: _ITEM_COLUMNS,
    Frame.NODE: _NODE_COLUMNS,
    Frame.LINK: _LINK_SUBJECT,
    Frame.SPRINT: _SPRINT_COLUMNS,
    Frame.PERSON_WEEK: _WEEK_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """All names of one project folder: the vocabulary, the figures, and the custom columns it declares."""

    custom: Mapping[str, ColumnType] = field(default_factory=dict)

    def find(self, name: str, frames: Iterable[Frame]) -> Column | None:
        """The column of that name on the first of the frames that has it; None when none has."""
        return next((column for frame in frames if (column := self._on(frame, name)) is not None), None)

    def names(self, frames: Iterable[Frame]) -> set[str]:
        """Every name that `find` finds, relations included: what to suggest from."""
        found: set[str] = set()
        for frame in frames:
            found |= _ON[frame].keys()
            if frame in _WITH_CUSTOM:
                found |= {f"fields.{name}" for name in self.custom}
            found |= {name for name, on in RELATIONS.items() if frame in on}
        return found

    def _on(self, frame: Frame, name: str) -> Column | None:
        if frame in _WITH_CUSTOM and name.startswith("fields."):
            declared = self.custom.get(name.removeprefix("fields."))
            return None if declared is None else custom(name.removeprefix("fields."), declared)
        return _ON[frame].get(name)


def relatives(relation: str, frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """The frames that a relation reaches from any of these; empty when it starts from none of them."""
    reached: dict[Frame, None] = {}
    for frame in frames:
        reached |= dict.fromkeys(RELATIONS.get(relation, {}).get(frame, ()))
    return tuple(reached)
