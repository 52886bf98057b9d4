"""Options of `standards:` in pmo.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from pmo_sync.model.options import Options, Scope
from pmo_sync.model.source import Fields


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - a value that pydantic only carries
    return value


class OverrideEntry(Options):
    """Changes keys of one standard, or switches it; `only` narrows it to a part of the portfolio.

    Attributes:
        on: switched on or off (`on`, `off`, or `enabled: true` in a mapping); None leaves it as it is.
        only: whom it is about; the empty scope means everybody.
        keys: the changed keys of the standard as YAML gave them, without `only` and a boolean `enabled`:
            `rules.language` validates them.
        node: the mapping as it stands in pmo.yaml, for pointing at a key; None for a bare `on` or `off`.
    """

    on: bool | None = None
    only: Scope = Scope()
    keys: dict[str, Any] = {}
    node: SkipJsonSchema[
        Annotated[Fields | None, PlainValidator(_as_it_is), Field(default=None, exclude=True, repr=False)]
    ] = None


_SWITCH: Final = {"on": True, "off": False}


def _entry(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    """One entry in its long form; what is neither a switch nor a mapping is refused."""
    if isinstance(value, OverrideEntry):
        return value
    if isinstance(value, bool):
        return {"on": value}
    if isinstance(value, str) and value in _SWITCH:
        return {"on": _SWITCH[value]}
    if not isinstance(value, dict):
        raise ValueError("an override is `on`, `off` or a mapping; write `{severity: minor}`, for one")  # noqa: TRY004
    keys = {name: changed for name, changed in value.items() if name != "only"}
    long: dict[str, Any] = {"keys": keys} | ({"only": value["only"]} if "only" in value else {})
    if isinstance(keys.get("enabled"), bool):
        long["on"] = keys.pop("enabled")
    return long


def _entries(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    return tuple(value) if isinstance(value, list | tuple) else (value,)


_ENTRY_SCHEMA: Final[dict[str, Any]] = {"anyOf": [{"enum": ["on", "off"]}, {"type": "boolean"}, {"type": "object"}]}

Overrides = Annotated[
    tuple[Annotated[OverrideEntry, BeforeValidator(_entry)], ...],
    BeforeValidator(_entries),
    WithJsonSchema({"anyOf": [*_ENTRY_SCHEMA["anyOf"], {"type": "array", "items": _ENTRY_SCHEMA}]}),
]
"""The entries for one id or pack: `on`, `off`, one mapping or a list of them; the first that matches wins."""


class StandardsOptions(Options):
    """Which standards are loaded and what is changed in them. `override`: id or pack → its entries."""

    packs: tuple[str, ...] = ("core",)
    files: tuple[str, ...] = ()
    override: dict[str, Overrides] = {}
    first_run: Literal["preview", "apply"] = "preview"
