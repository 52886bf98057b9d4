"""Hostile text of every class through every escape."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.report import escape

HOSTILE = [
    "\x1b[2Jgone",
    "\x1b]0;title\x07",
    "\x9b31mred",
    "a\r\nb\tc",
    "\u202eevil\u2066",
    "nul\x00byte",
    "line\u2028separator",
    "tag\U000e0041",
    "bom\ufeff",
    "half\ud800",
    "[bold red]markup[/]",
]
DANGEROUS_CATEGORIES = {"Cc", "Zl", "Zp", "Cs"}


def harmless(text: str) -> bool:
    return not any(
        unicodedata.category(character) in DANGEROUS_CATEGORIES or unicodedata.bidirectional(character) in _EMBEDDINGS
        for character in text
    )


_EMBEDDINGS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_one_harmless_line(text: str) -> None:
    assert harmless(escape.clean(text))


@given(st.text(st.characters()))
def test_cleaning_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    cleaned = escape.clean(text)
    assert harmless(cleaned)
    assert escape.clean(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert escape.clean(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_keeps_the_data_and_loses_the_danger(text: str) -> None:
    document = escape.json_text(json.dumps({"title": text}, ensure_ascii=False))
    assert harmless(document)
    assert json.loads(document) == {"title": text}


@given(st.text(st.characters(exclude_characters="\t", codec="utf-8")))
def test_columns_stay_where_they_are_in_a_shown_line(text: str) -> None:
    shown = escape.in_place(text)
    assert harmless(shown)
    assert len(shown) == len(text)


FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\uff1d1+1",
    "ok;=1+1",
    "ok,=1+1",
    'ok",=1+1',
    "ok\t=1",
    "ok|@x",
    '"=1',
]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_begins_a_formula_whatever_the_delimiter(text: str, delimiter: str) -> None:
    line = escape.csv_line(["first", text, 12, None, -3.5])
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter))
    for cell in cells:
        bare = cell.strip().strip('"').strip()
        assert bare == "-3.5" or not bare.startswith(("=", "+", "-", "@", "\uff1d"))


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_a_csv_record_is_one_line_with_its_cells(texts: list[str]) -> None:
    line = escape.csv_line(texts)
    assert line.count("\n") == 1
    assert [cell.replace("'", "") for cell in next(csv.reader([line]))] == [
        escape.clean(text).replace("'", "") for text in texts
    ]


def test_numbers_in_csv_stay_numbers() -> None:
    assert escape.csv_line([-5, 0.5, None, "x"]) == '-5,0.5,,"x"\n'


@pytest.mark.parametrize(
    "text", ["[x](http://evil)", "![x](y)", "<script>", "| a | b", "`code`", "*bold*", "# head", "&lt;", "@ann"]
)
def test_markdown_is_literal(text: str) -> None:
    escaped = escape.markdown(text)
    for mark in "[]()!<>|`*#&":
        if mark in "()":
            continue
        assert escaped.count(mark) == escaped.count("\\" + mark)
    assert "@a" not in escaped


def test_addresses_do_not_become_links_in_markdown() -> None:
    assert "https://evil" not in escape.markdown("see https://evil.example")


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_width_counts_cells(text: str, cells: int) -> None:
    assert escape.width(text) == cells
    assert escape.width(escape.pad(text, 10)) == 10


def test_shorten_fits_and_says_so() -> None:
    assert escape.shorten("a long title", 6) == "a lon…"
    assert escape.shorten("short", 6) == "short"
    assert escape.width(escape.shorten("日本語のタイトル", 7)) <= 7
