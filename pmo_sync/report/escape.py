"""Text of strangers made harmless: for a terminal, for JSON on a terminal, for a spreadsheet, for Markdown.

One record is one line everywhere. Whoever renders a text from a tracker or a file passes it through here first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_BREAKS: Final = (*range(0x09, 0x0E), 0x85, 0x2028, 0x2029)
_CONTROLS: Final = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))
_DIRECTIONS: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN: Final = (0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))
_SURROGATES: Final = range(0xD800, 0xE000)

_CLEAN: Final = (
    dict.fromkeys(_BREAKS, " ")
    | dict.fromkeys((*_CONTROLS, *_DIRECTIONS, *_UNSEEN))
    | dict.fromkeys(_SURROGATES, "\N{REPLACEMENT CHARACTER}")
)
_IN_PLACE: Final = dict.fromkeys(
    (*_BREAKS, *_CONTROLS, *_DIRECTIONS, *_UNSEEN, *_SURROGATES), "\N{REPLACEMENT CHARACTER}"
)
_DANGEROUS_IN_JSON: Final = (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029, *_DIRECTIONS, *_UNSEEN, *_SURROGATES)


def _escaped(point: int) -> str:
    if point <= 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return f"\\u{point:04x}"
    high, low = divmod(point - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


_JSON: Final = {point: _escaped(point) for point in _DANGEROUS_IN_JSON}


def clean(text: str) -> str:
    """The text on one line, without control characters, marks of direction and unseen tags; blanks at its ends gone."""
    return text.translate(_CLEAN).strip()


def in_place(text: str) -> str:
    """The text with every character that could do something replaced by one that shows, so that columns stay."""
    return text.expandtabs(1).translate(_IN_PLACE)


def json_text(document: str) -> str:
    """A JSON document in which every character that a terminal could obey is written as an escape; same data."""
    return document.translate(_JSON)


_FORMULA: Final = re.compile(r"""(^|[,;|"])(\s*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])""")


def csv_cell(text: str) -> str:
    """The text cleaned, and with an apostrophe wherever a spreadsheet could see a formula begin, whatever delimiter
    it is read with: at the start, and after a comma, semicolon, bar or quotation mark.
    """
    return _FORMULA.sub(r"\1\2'", clean(text))


def csv_line(cells: Iterable[str | int | float | None]) -> str:
    """One line of a CSV file: every text quoted and harmless, numbers as they are, None as an empty cell."""
    return ",".join(_csv(cell) for cell in cells) + "\n"


def _csv(cell: str | float | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return '"' + csv_cell(cell).replace('"', '""') + '"'
    return repr(cell)


_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>|~#!&$])")
_LINKS: Final = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")


def markdown(text: str) -> str:
    """The text cleaned, as literal text of a Markdown paragraph or table cell: no markup, link, image or mention."""
    escaped = _MARKDOWN.sub(r"\\\1", clean(text))
    return _LINKS.sub("\\1\N{ZERO WIDTH NON-JOINER}", escaped).replace("@", "@\N{ZERO WIDTH NON-JOINER}")


_WIDE: Final = frozenset("WF")


def width(text: str) -> int:
    """How many cells of a terminal a cleaned text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in _WIDE)
        for character in text
    )


def pad(text: str, cells: int) -> str:
    """The text followed by blanks up to that width; a longer one stays whole."""
    return text + " " * (cells - width(text))


def shorten(text: str, cells: int) -> str:
    """The text cut to that width, with an ellipsis where something was cut."""
    if width(text) <= cells:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > cells - 1:
            break
        kept += character
    return kept.rstrip() + "…"
