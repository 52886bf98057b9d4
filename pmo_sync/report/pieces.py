"""A large JSON object put together piece by piece, so that it never stands in memory as one text."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pmo_sync.report.escape import json_text

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Rows:
    """A list whose entries are made when it is their turn."""

    each: Iterable[object]


def pieces(content: Mapping[str, object]) -> Iterator[str]:
    """The text of the object as `json.dumps` indents it by 1, ended by a line feed; a member that is Rows comes in
    parts, every other at once. Nothing in it can be obeyed by a terminal.
    """
    before = "{"
    for name, value in content.items():
        head = f"{before}\n {_dumped(name)}: "
        before = ","
        if isinstance(value, Rows):
            yield head
            yield from _list(value.each)
        else:
            yield head + _deeper(value, 1)
    yield "{}\n" if before == "{" else "\n}\n"


def batches(texts: Iterable[str], between: str = "") -> Iterator[str]:
    """The texts, some hundred at a time joined into one."""
    left = iter(texts)
    while some := list(itertools.islice(left, _AT_ONCE)):
        yield between.join(some)


def _list(each: Iterable[object]) -> Iterator[str]:
    before = "["
    for part in batches((f"\n  {_deeper(one, 2)}" for one in each), between=","):
        yield before + part
        before = ","
    yield "[]" if before == "[" else "\n ]"


def _deeper(value: object, by: int) -> str:
    """The value as it stands so many levels down; a line feed within a text is an escape, so all are of the layout."""
    return _dumped(value).replace("\n", "\n" + " " * by)


def _dumped(value: object) -> str:
    return json_text(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1))
