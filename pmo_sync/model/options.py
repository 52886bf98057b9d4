"""What the options of every room share: strictness, scopes, shares. Rooms keep their own `options.py`."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from pmo_sync.model.problem import suggestion
from pmo_sync.model.words import Level, Mode


class Options(BaseModel):
    """Base of all settings: frozen, an unknown key is an error, and a key with nothing behind it is as if left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, validate_default=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: part for key, part in value.items() if part is not None or key not in known}


Whole = Annotated[int, Field(strict=True)]
"""A whole number: neither text nor true and false stand for one."""

Number = Annotated[float, Field(strict=True)]
"""A number: neither text nor true and false stand for one."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false, and no other word or number."""


def _digits(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[
    str, BeforeValidator(_digits), Field(min_length=1), WithJsonSchema({"type": ["string", "integer"], "minLength": 1})
]
"""Text with something in it; a whole number, such as an id without quotes, stands for its digits."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        hint = suggestion(name, available_timezones()) or "write one of the tz database: `Europe/London`, `UTC`"
        raise ValueError(f"`{name}` is no time zone; {hint}") from None
    return name


ZoneText = Annotated[Text, AfterValidator(_zone)]
"""A time zone of the tz database."""


def _or_none(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    return None if value == "none" else value


NONE: Final = BeforeValidator(_or_none)
"""For an optional setting: the word `none` says that there is none."""


def _day(value: Any) -> date:  # noqa: ANN401 - pydantic hands over whatever the file holds
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError(f"`{value}` is not a date; write year, month and day: `2026-12-24`")


_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

DateText = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
"""A day, written 2026-12-24."""


def tagged_by(key: str) -> Discriminator:
    """Tells the members of a union apart by the text under a key. Members are tagged `<text>`, in angle brackets:
    so a tag never reads as a key when an error is brought back to its place in the file.
    """

    def tag(value: Any) -> str | None:  # noqa: ANN401 - a mapping of a file, or an Options
        word = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
        return f"<{word}>" if isinstance(word, str) else None

    return Discriminator(tag)


def _shape(value: Any) -> str:  # noqa: ANN401 - a node of a file, or an Options
    if isinstance(value, dict | BaseModel):
        return "<mapping>"
    return "<list>" if isinstance(value, list | tuple) else "<text>"


BY_SHAPE: Final = Discriminator(_shape)
"""Tells the members of a union apart by what they look like: tagged `<mapping>`, `<list>` or, all else, `<text>`."""


_PERCENT: Final = re.compile(r"(-?\d+(?:\.\d+)?) ?%")


def parse_share(text: str) -> float | None:
    """`5%` as 0.05; None when the text is no percentage."""
    match = _PERCENT.fullmatch(text.strip())
    return float(match[1]) / 100 if match else None


def _share(value: Any) -> float:  # noqa: ANN401 - pydantic hands over whatever the file holds
    if isinstance(value, bool):
        raise ValueError("a share is no yes or no; write a percentage such as `30%`")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(value, int | float):
        return float(value)
    parsed = parse_share(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(f"`{value}` is not a share; write a percentage such as `30%`")
    return parsed


Share = Annotated[
    float,
    BeforeValidator(_share),
    PlainSerializer(lambda share: float(f"{share:.10g}"), return_type=float),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? ?%$"}, {"type": "number"}]}),
]
"""0.3 or `30%`."""


class Scope(Options):
    """Who an entry means: every word that is given must match. An empty scope means everything.

    `portfolio`, `programme` and `project` are names of nodes, `item` a key or id, `tracker` a name of pmo.yaml.
    """

    portfolio: Text | None = None
    programme: Text | None = None
    project: Text | None = None
    item: Text | None = None
    tracker: Text | None = None

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
