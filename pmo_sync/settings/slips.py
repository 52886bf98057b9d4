"""What a YAML file gets from word processors, spreadsheets and web pages: how it looks, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_QUOTES: Final = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a"
_HIDDEN: Final = "\u00a0\u2007\u202f\u200b\u2060\ufeff"
"""Spaces that look like one of the keyboard, or like nothing, and are neither to YAML."""
_HIDDEN_SPACE: Final = re.compile(f"[{_HIDDEN}]")
_COLON_INSIDE: Final = re.compile(r"""\s*(?:- +)?[\w./-]+: +(?P<text>[^"'\[{|>#&*!%@`\s][^"']*: .*)""")
_NEEDS_QUOTES: Final = re.compile(r"\s*(?:- +)?(?:[\w./-]+: +)?(?P<mark>[%@`])")


def slip(text: str) -> tuple[str, str] | None:
    """What is wrong with an unquoted text and what to write; None where nothing is.

    A text in typographic quotes has them as letters, and one with a hidden space at an end is another word than it
    looks: both would be compared with what stands in a tracker and never match.
    """
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        return "the quotes are typographic, which makes them part of the text", 'write straight quotes: "…"'
    if text and (text[0] in _HIDDEN or text[-1] in _HIDDEN):
        return "a hidden space stands beside the text, as web pages paste it", "delete it, or type an ordinary space"
    return None


def usual(lines: Sequence[str], row: int) -> str:
    """Where the parser stopped at `lines[row]`: what that usually comes from."""
    line = lines[row]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "the line is indented with a tab; use spaces"
    for at in (row, row - 1):
        if at >= 0 and (found := _HIDDEN_SPACE.search(lines[at])):
            place = f"line {at + 1}, column {found.start() + 1}"
            return f"{place} is a non-breaking space, as web pages paste it; type an ordinary one"
    if _COLON_INSIDE.match(line):
        return 'a text with a colon in it needs quotes: title: "Rule: what must hold"'
    if marked := _NEEDS_QUOTES.match(line):
        return f"a text that begins with `{marked['mark']}` needs quotes"
    return "look for a missing quote, bracket or colon, or for another indentation, here or in the line above"
