"""Numbers as a site displays them. Whether a comma is a decimal comma is told by a whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_POINT: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_COMMA: Final = re.compile(r"[+-]?\d+(?:,\d+)?", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_LONGEST: Final = 30


class NumbersError(ValueError):
    """A column is none of numbers. `cell` is the one that shows it."""

    def __init__(self, message: str, cell: str) -> None:
        super().__init__(message)
        self.cell = cell


def numbers(cells: Iterable[str]) -> dict[str, float]:
    """Each text that is not blank with its number: with decimal points all, or with decimal commas all.

    Raises NumbersError where neither fits all of them, or a comma may part thousands.
    """
    texts = list(dict.fromkeys(cell for cell in cells if cell.strip()))
    for form in (_POINT, _COMMA):
        if all(len(text) <= _LONGEST and form.fullmatch(text.strip()) for text in texts):
            commas = [text for text in texts if "," in text]
            if commas and all(_GROUPED.fullmatch(text.strip()) for text in commas):
                raise NumbersError("may be read with a decimal comma or with parted thousands", commas[0])
            return {text: float(text.strip().replace(",", ".")) for text in texts}
    odd = next(text for text in texts if not (_POINT.fullmatch(text.strip()) and len(text) <= _LONGEST))
    raise NumbersError("is no number in a form that the whole column has", odd)
