from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.connectors import whereabouts
from pmo_sync.connectors.whereabouts import Whereabouts

PAGES = st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2**32 - 1)), max_size=6), max_size=12)
NUMBERS = st.sets(st.integers(0, 35))


def filled(pages: list[list[tuple[int, int]]], at_least: int) -> tuple[Whereabouts, dict[int, int]]:
    """The same pages, kept by both."""
    ours, plain = Whereabouts(), dict[int, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whereabouts, "_AT_LEAST", at_least)
        for page in pages:
            ours.update(page)
            plain.update(page)
            assert len(ours) == len(plain)
    return ours, plain


@given(pages=PAGES, at_least=st.integers(1, 9), asked=NUMBERS)
def test_it_tells_what_a_dict_would(pages: list[list[tuple[int, int]]], at_least: int, asked: set[int]) -> None:
    ours, plain = filled(pages, at_least)
    assert {one for one in asked if one in ours} == asked & plain.keys()
    assert list(ours.items()) == sorted(plain.items())
    assert ours.numbers.to_list() == sorted(plain)
    assert ours.places.to_list() == [plain[number] for number in sorted(plain)]


@given(pages=PAGES, more=PAGES, at_least=st.integers(1, 9))
def test_of_two_that_are_joined_the_later_counts(
    pages: list[list[tuple[int, int]]], more: list[list[tuple[int, int]]], at_least: int
) -> None:
    (ours, plain), (others, theirs) = filled(pages, at_least), filled(more, at_least)
    ours.join(others)
    assert list(ours.items()) == sorted((plain | theirs).items())
    assert list(others.items()) == sorted(theirs.items())


@given(pages=PAGES, at_least=st.integers(1, 9), asked=NUMBERS)
def test_some_are_dropped_or_kept_alone(pages: list[list[tuple[int, int]]], at_least: int, asked: set[int]) -> None:
    ours, plain = filled(pages, at_least)
    assert dict(ours.only(asked).items()) == {number: plain[number] for number in plain if number in asked}
    ours.drop(asked)
    assert dict(ours.items()) == {number: plain[number] for number in plain if number not in asked}
    assert len(ours) == len(plain.keys() - asked)


@given(pages=PAGES, others=st.lists(st.integers(0, 35)))
def test_what_only_one_of_two_has(pages: list[list[tuple[int, int]]], others: list[int]) -> None:
    ours, plain = filled(pages, 3)
    assert ours.apart(pl.Series(others, dtype=pl.Int64())) == sorted(plain.keys() ^ set(others))
