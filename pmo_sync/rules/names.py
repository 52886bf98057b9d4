"""Which names the conditions of one standard may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pmo_sync.model.figure_names import AFTER_RULES
from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Leaf, Node
from pmo_sync.model.vocabulary import Column
from pmo_sync.rules.columns import Columns, relatives
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.reading import Reader


@dataclass(frozen=True, slots=True)
class Names:
    """Which names a condition may use: left the columns of `frames`, right those of `subject`, and the values."""

    columns: Columns
    frames: tuple[Frame, ...]
    subject: tuple[Frame, ...]
    values: Mapping[str, Node]

    def inside(self, relation: str) -> Names:
        """The names inside a relation: left the relative's, right the subject's."""
        # Inside a link the subject stays who has the link; `other` is its relative, not the link's.
        subject = self.subject if Frame.LINK in self.frames and self.subject != self.frames else self.frames
        return replace(self, frames=relatives(relation, self.frames), subject=subject)

    @property
    def is_link(self) -> bool:
        """True where a link is the subject itself, and not one of the links of an item."""
        return self.frames == self.subject == (Frame.LINK,)

    def left(self, reader: Reader, key: Leaf) -> Column | None:
        """The column on the left of a test; None, noted with the nearest names, when there is none."""
        name = str(key.value)
        column = self.columns.find(name, self.frames)
        if self.is_link and name == "direction":
            reader.wrong(key, "unknown-column", "a link that is judged itself has no direction", _OF_A_LINK)
            return None
        if column is not None:
            return column
        known = {*self.columns.names(self.frames), *COMBINERS}
        where = " or ".join(f"{'an' if frame is Frame.ITEM else 'a'} {frame}" for frame in self.frames)
        message = f"`{name}` is no column, figure or relation of {where}"
        if name in AFTER_RULES:
            reader.wrong(key, "after-rules", f"`{name}` is made from verdicts: no standard may name it")
        elif name.startswith("fields."):
            message = f"`{name}` is not declared: give it a type under `fields` of a tracker in pmo.yaml"
            reader.wrong(key, "unknown-column", message, suggestion(name, known))
        else:
            reader.wrong(key, "unknown-column", message, suggestion(name, known))
        return None


_OF_A_LINK = "its ends are `predecessor` and `successor`"
COMBINERS = ("all", "any", "not")
"""Keys of a condition that combine others."""
