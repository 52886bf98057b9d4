from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.connectors.shelf import FOLD_AT, MOST_PARTS, Shelf, gathered, light


def rows_at(shelf: Shelf[Any, Any], places: Iterable[int]) -> list[Any]:
    parts = shelf.batches(pl.Series(list(places), dtype=pl.UInt32()))
    return [batch[position] for batch, positions in parts for position in positions]


@given(
    pages=st.lists(st.lists(st.integers(), max_size=7), max_size=12),
    size=st.integers(1, 9),
    data=st.data(),
)
def test_a_place_leads_back_to_its_row(pages: list[list[int]], size: int, data: st.DataObject) -> None:
    shelf: Shelf[int, tuple[int, ...]] = Shelf(tuple, size)
    rows = {place: row for page in pages for place, row in zip(shelf.put(page), page, strict=True)}
    chosen = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
    found = rows_at(shelf, chosen)
    assert found == [rows[place] for place in sorted(chosen)]


def test_rows_are_folded_as_they_come() -> None:
    folded: list[int] = []
    shelf: Shelf[int, None] = Shelf(lambda rows: folded.append(len(rows)), 10)
    for _ in range(5):
        shelf.put(range(4))
    assert folded == [12]
    shelf.batches(pl.Series(dtype=pl.UInt32()))
    assert folded == [12, 8]


def test_several_threads_put_at_once() -> None:
    shelf: Shelf[str, list[str]] = Shelf(list, 5)
    pages = [[f"{page}.{row}" for row in range(3)] for page in range(50)]
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(shelf.put, pages))
    wanted = {place: row for page, own in zip(pages, places, strict=True) for place, row in zip(own, page, strict=True)}
    found = rows_at(shelf, wanted)
    assert found == [wanted[place] for place in sorted(wanted)]
    assert len(wanted) == 150


@given(st.lists(st.sampled_from(["a", "a text too long to stand in its own view", None]), min_size=1), st.data())
def test_what_is_gathered_is_what_stands_there(values: list[str | None], data: st.DataObject) -> None:
    series = pl.Series("told", values, dtype=pl.String())
    positions = data.draw(st.lists(st.integers(0, len(values) - 1)))
    found = gathered(series, pl.Series(positions, dtype=pl.UInt32()))
    assert found.name == "told"
    assert found.to_list() == [values[position] for position in positions]


def test_many_rows_are_gathered_in_pieces_and_very_many_in_one() -> None:
    values, few = pl.Series(["x", None]), pl.Series([0, 1] * FOLD_AT, dtype=pl.UInt32())
    found = gathered(values, few)
    assert set(found.chunk_lengths()) <= {0, FOLD_AT}
    assert found.null_count() == FOLD_AT
    many = gathered(values, pl.repeat(0, FOLD_AT * (MOST_PARTS + 1), dtype=pl.UInt32(), eager=True))
    assert many.n_chunks() == 1
    alike = gathered(pl.Series(["x", "a text that is far too long for a view"]), few * 0 + 1)
    assert alike.to_list() == ["a text that is far too long for a view"] * few.len()
    assert gathered(values.clear(1), few).null_count() == few.len()
    assert many.len() == FOLD_AT * (MOST_PARTS + 1)


def test_what_is_light_says_the_same() -> None:
    assert light(pl.Series("n", [None, None], dtype=pl.String())).to_list() == [None, None]
    assert light(pl.Series("n", ["a", None])).to_list() == ["a", None]
    assert light(pl.Series("n", [], dtype=pl.Int8())).dtype == pl.Int8()
