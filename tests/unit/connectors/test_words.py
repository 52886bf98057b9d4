from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.connectors.normal import normal, same
from pmo_sync.connectors.options import WordMap
from pmo_sync.connectors.words import Unmapped, typed
from pmo_sync.model.vocabulary import VOCABULARY

SCALARS = [column for column in VOCABULARY.values() if column.dtype != pl.List(pl.String())]


def read(name: str, *texts: str | None, words: dict[str, str | int | float | bool] | None = None) -> list[object]:
    return typed(pl.Series("x", texts, dtype=pl.String()), VOCABULARY[name], words, Unmapped()).to_list()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("impact", "3", 3),
        ("impact", "3.0", 3),
        ("impact", "3.5", None),
        ("probability", "30%", 0.3),
        ("probability", "0.3", 0.3),
        ("probability", "30", None),
        ("mandatory", "1", True),
        ("mandatory", "No", False),
        ("mandatory", "perhaps", None),
        ("budget", " 12.5 ", 12.5),
        ("response", "Reduce", "reduce"),
        ("band", "HIGH", "high"),
        ("title", "  ", None),
        ("due", "2026-02-30", None),
        ("due", "+12345-01-01", None),
        ("due", "-0001-01-01", None),
        ("last_human_change", "9999-12-31T23:59:59-12:00", None),
        ("last_human_change", "0001-01-01T00:00:00+14:00", None),
        ("created", "2026-09-15T11:36:11+02:00", None),
    ],
)
def test_a_text_as_its_column_s_type(name: str, text: str, value: object) -> None:
    found = read(name, text)[0]
    if name == "created":
        assert str(found) == "2026-09-15 09:36:11+00:00"
    else:
        assert found == value


def test_words_of_numbers_and_truths() -> None:
    assert read("probability", "Low", "0.5", words={"Low": 0.1}) == [0.1, 0.5]
    assert read("mandatory", "must", words={"must": True}) == [True]


@given(st.sampled_from(SCALARS), st.lists(st.none() | st.text(max_size=20), max_size=8))
def test_any_text_becomes_the_type_or_is_counted(column: object, texts: list[str | None]) -> None:
    unmapped = Unmapped()
    series = typed(pl.Series("x", texts, dtype=pl.String()), column, None, unmapped)  # type: ignore[arg-type]
    assert series.dtype == column.dtype  # type: ignore[attr-defined]
    empty = sum(1 for text in texts if text is None or not pl.Series([text]).str.strip_chars()[0])
    assert series.null_count() == empty + sum(count for _, _, count in unmapped.counts)
    if series.dtype.is_float():
        assert series.drop_nulls().is_finite().all()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", "12.5"),
        ("-0.0", "0"),
        ("007", "007"),
        ("1.2.30", "1.2.30"),
        ("a\r\nb ", "a\nb"),
        ("", None),
        (["b", "a", "b", ""], ("a", "b")),
        ([], None),
        (None, None),
    ],
)
def test_normal_form(value: str | list[str] | None, expected: object) -> None:
    assert normal(value) == expected


@given(st.none() | st.text() | st.lists(st.text()))
def test_the_normal_form_is_its_own(value: str | list[str] | None) -> None:
    once = normal(value)
    assert normal(once) == once
    assert same(once, once)


@given(
    column=st.sampled_from(sorted(VOCABULARY)),
    different=st.lists(st.one_of(st.none(), st.text(max_size=9), st.sampled_from(["12", "yes", "high"])), unique=True),
    data=st.data(),
)
def test_different_texts_and_their_places_are_as_good_as_each_text(
    column: str, different: list[str | None], data: st.DataObject
) -> None:
    codes = data.draw(st.lists(st.sampled_from(range(len(different))))) if different else []
    several, each = Unmapped(), Unmapped()
    words: WordMap = {"12": "high", "yes": 3}
    raw = pl.Series("raw", different, dtype=pl.String())
    found = typed(raw, VOCABULARY[column], words, several, pl.Series(codes, dtype=pl.UInt32()))
    singly = typed(raw.gather(pl.Series(codes, dtype=pl.UInt32())), VOCABULARY[column], words, each)
    assert found.equals(singly, null_equal=True)
    assert several.sorted() == each.sorted()
