"""How figures are written into fields: rounded so that a summary moves only when it says something new. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from pmo_sync.model.change import Value
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.model.words import Rag

_OWN_WORDS: Final = {
    Rag.GREEN: "Green",
    Rag.AMBER_GREEN: "Amber/Green",
    Rag.AMBER: "Amber",
    Rag.AMBER_RED: "Amber/Red",
    Rag.RED: "Red",
    Rag.GREY: "Grey",
}
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def rag_words(values: Mapping[str, Mapping[str, str | int | float | bool]]) -> dict[Rag, str]:
    """Our colours in the tracker's words: `values.health` goes before `values.reported_rag`, that before our own words.

    Where several words mean one colour the first of the file is written.
    """
    words: dict[Rag, str] = {}
    for column in ("health", "reported_rag"):
        for word, colour in values.get(column, {}).items():
            if word != "from" and colour in tuple(Rag):
                words.setdefault(Rag(str(colour)), word)
    return {colour: words.get(colour, own) for colour, own in _OWN_WORDS.items()}


def figure_text(value: object, type_: ColumnType, colours: Mapping[Rag, str]) -> str | None:
    """A figure as its field takes it; None, which empties the field, where it is not known.

    Shares are whole per cent without the sign, halves up, and never 100 while something is left; money, hours and other
    numbers have at most two decimals; dates are ISO; times are UTC; yes and no are 1 and 0; colours are in the
    tracker's words.
    """
    match value:
        case None:
            return None
        case bool():
            return "1" if value else "0"
        case int() | float():
            return _percent(float(value)) if type_ is ColumnType.SHARE else _number(float(value), 2)
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case _:
            return colours[Rag(str(value))] if type_ is ColumnType.ENUM else str(value) or None


def _percent(share: float) -> str | None:
    text = _number(share * 100, 0)
    return "99" if text == "100" and share < 1 else text


def _number(value: float, decimals: int) -> str | None:
    if not math.isfinite(value):
        return None
    scale = 10**decimals
    # Halves go up, and a hair below a half, which only binary fractions make, counts as a half.
    rounded = Decimal(math.floor(value * scale + 0.5 + 1e-9)) / scale
    return f"{rounded:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{rounded:.0f}"


def same(one: Value, other: Value) -> bool:
    """True when two values of a field mean the same: equal, lists in any order, numbers however many decimals."""
    if one == other or (not one and not other):
        return True
    if isinstance(one, str) and isinstance(other, str):
        return bool(_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)) and Decimal(one) == Decimal(other)
    return isinstance(one, tuple) and isinstance(other, tuple) and set(one) == set(other)


def flags_in(value: Value) -> tuple[str, ...]:
    """The flags that a flags field holds, sorted: a list field's values, or the words of a text field."""
    words = re.split(r"[,;\s]+", value) if isinstance(value, str) else value or ()
    return tuple(sorted({word for word in words if word}))
