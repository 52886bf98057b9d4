from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from polars.testing import assert_series_equal

from pmo_sync.connectors.jira.cells import text
from pmo_sync.connectors.jira.coding import Coder, narrow
from pmo_sync.connectors.jira.lexicon import Lexicon
from pmo_sync.connectors.jira.shape import Row, Shape
from pmo_sync.connectors.jira.wire import RawIssue

FIELDS = ("status", "labels", "summary", "priority")
SAID = st.sampled_from([b"null", b'"x"', b'"y\0"', b"[]", b"[1,2]", b'"\xff"', b"1"])


def rows_of(shape: Shape, said: list[dict[str, bytes]]) -> list[Row]:
    """Rows that say so, and nothing of other fields."""
    fields = [{name: Raw(raw) for name, raw in one.items()} for one in said]
    return [shape.row_of(RawIssue(str(number), f"A-{number}", one)) for number, one in enumerate(fields)]


def said_by(shape: Shape, rows: list[Row], lexicons: dict[str, Lexicon], codes: dict[str, list[int]]) -> None:
    """Every code stands for what the row says."""
    columns = shape.columns(rows)
    for name, column in codes.items():
        raws = {code: raw for raw, code in lexicons[name].known.items()}
        assert [raws[code] for code in column] == columns[name]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, SAID)), min_size=1, max_size=4),
        max_size=6,
    )
)
def test_a_code_stands_for_what_the_row_says_however_it_was_found(batches: list[list[dict[str, bytes]]]) -> None:
    shape = Shape.of(FIELDS)
    lexicons = {name: Lexicon([text]) for name in FIELDS[:3]}
    coder = Coder(shape, lexicons)
    for said in batches:
        rows = rows_of(shape, said)
        codes = coder.codes(rows)
        said_by(shape, rows, lexicons, codes)
        columns = shape.columns(rows, but=codes)
        assert columns.keys() | codes.keys() == set(FIELDS)
        for name in lexicons.keys() - codes.keys():
            lexicons[name].codes(columns[name])
    for lexicon in lexicons.values():
        assert list(lexicon.known.values()) == list(range(len(lexicon)))
        assert {len(cells) for cells in lexicon.cells} == {len(lexicon)}


def test_only_fields_that_said_little_new_are_coded() -> None:
    shape = Shape.of(["status", "summary"])
    lexicons = {name: Lexicon([text]) for name in shape.fields}
    coder = Coder(shape, lexicons)
    seen, rows = [], list[Row]()
    for batch in range(3):
        rows = rows_of(shape, [{"status": b'"x"', "summary": b'"%d"' % (batch * 100 + one)} for one in range(100)])
        codes = coder.codes(rows)
        seen.append(sorted(codes))
        for name, raws in shape.columns(rows, but=codes).items():
            lexicons[name].codes(raws)
    assert seen == [[], ["status"], ["status"]]
    coder.drop("status")
    assert coder.codes(rows) == {}


def test_more_combinations_than_are_kept_are_told_apart() -> None:
    shape = Shape.of(["a", "b", "c"])
    lexicons = {name: Lexicon([text]) for name in shape.fields}
    words = [b'"%d"' % one for one in range(8)]
    for lexicon in lexicons.values():
        lexicon.codes(words)
    coder = Coder(shape, lexicons)
    rows = rows_of(shape, [{"a": a, "b": b, "c": c} for a in words for b in words for c in words])
    coder.codes(rows)
    codes = coder.codes(rows)
    assert set(codes) == {"a", "b", "c"}
    said_by(shape, rows, lexicons, codes)


@pytest.mark.parametrize(
    ("codes", "count", "dtype"),
    [
        ([0, 255], 256, pl.UInt8),
        ([7, 7, 7], 3_000, pl.UInt8),
        ([0, 256], 257, pl.UInt16),
        ([256, 256], 257, pl.UInt16),
        ([65_535, 0], 65_536, pl.UInt16),
        ([65_536, 65_536], 65_537, pl.UInt32),
        ([65_536, 0], 65_537, pl.UInt32),
        ([], 1, pl.UInt8),
    ],
)
def test_codes_take_as_little_room_as_holds_them(codes: list[int], count: int, dtype: type[pl.DataType]) -> None:
    assert_series_equal(narrow(codes, count), pl.Series(codes, dtype=dtype))
