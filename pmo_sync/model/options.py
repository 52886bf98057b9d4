"""What the options of every room share: strictness, scopes, shares. Rooms keep their own `options.py`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from pmo_sync.model.words import Level, Mode


class Options(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, validate_default=True)


_PERCENT: Final = re.compile(r"(-?\d+(?:\.\d+)?) ?%")


def parse_share(text: str) -> float | None:
    """`5%` as 0.05; None when the text is no percentage."""
    match = _PERCENT.fullmatch(text.strip())
    return float(match[1]) / 100 if match else None


def _share(value: Any) -> float:  # noqa: ANN401 - pydantic hands over whatever the file holds
    if isinstance(value, bool):
        raise ValueError("a share is a number or a percentage such as `30%`")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(value, int | float):
        return float(value)
    parsed = parse_share(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(f"not a share: {value!r}; write a percentage such as `30%`")
    return parsed


Share = Annotated[
    float,
    BeforeValidator(_share),
    PlainSerializer(lambda share: f"{share:.10g}", return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? ?%$"}, {"type": "number"}]}),
]
"""0.3 or `30%`."""


class Scope(Options):
    """Who an entry means: every word that is given must match. An empty scope means everything.

    `portfolio`, `programme` and `project` are names of nodes, `item` a key or id, `tracker` a name of pmo.yaml.
    """

    portfolio: str | None = None
    programme: str | None = None
    project: str | None = None
    item: str | None = None
    tracker: str | None = None

    def word(self, level: Level) -> str | None:
        """The name this scope gives for a level; None when it gives none."""
        names = {
            Level.PORTFOLIO: self.portfolio,
            Level.PROGRAMME: self.programme,
            Level.PROJECT: self.project,
            Level.ITEM: self.item,
        }
        return names[level]


class ModeEntry(Scope):
    """One entry of `modes`: a scope, and the standard or pack it is about (neither: all, and the summaries too)."""

    standard: str | None = None
    pack: str | None = None
    mode: Mode
