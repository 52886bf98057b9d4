"""Which keys may stand at a place of a file: what a misspelt one is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from pmo_sync.model.options import Options


def keys_of(model: type[Options], loc: tuple[int | str, ...]) -> set[str]:
    """The keys that the options at `loc` may have; empty where any key may stand."""
    types: list[object] = [model]
    for part in loc:
        types = [inner for outer in types for inner in _inside(outer, part)]
    return {name for kind in types for name in _names(kind)}


def _names(kind: object) -> Iterator[str]:
    for option in _members(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield from (field.alias or name for name, field in option.model_fields.items() if not field.exclude)


def _members(kind: object, tag: str | None = None) -> Iterator[object]:
    """The types behind annotations and unions; with a tag only the member that carries it."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        tags = {mark.tag for mark in args[1:] if isinstance(mark, Tag)}
        if tag is None or not tags or tag in tags:
            yield from _members(args[0], None if tag in tags else tag)
    elif origin in {Union, UnionType}:
        for member in args:
            yield from _members(member, tag)
    else:
        yield kind


def _inside(kind: object, part: int | str) -> Iterator[object]:
    """The types one step further along a `loc`."""
    if isinstance(part, str) and part.startswith("<"):
        yield from _members(kind, part)
        return
    for member in _members(kind):
        origin, args = get_origin(member), get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            fields = member.model_fields.items()
            yield from (field.annotation for name, field in fields if part in {name, field.alias})
        elif origin is tuple and isinstance(part, int):
            yield args[0]
        elif origin is dict and isinstance(part, str):
            yield args[1]
