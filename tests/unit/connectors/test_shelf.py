from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.connectors.shelf import Shelf


@given(
    pages=st.lists(st.lists(st.integers(), max_size=7), max_size=12),
    size=st.integers(1, 9),
    data=st.data(),
)
def test_a_place_leads_back_to_its_row(pages: list[list[int]], size: int, data: st.DataObject) -> None:
    shelf: Shelf[int, tuple[int, ...]] = Shelf(tuple, size)
    rows = {place: row for page in pages for place, row in zip(shelf.put(page), page, strict=True)}
    chosen = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
    found = [batch[position] for batch, positions in shelf.batches(chosen) for position in positions]
    assert found == [rows[place] for place in sorted(chosen)]


def test_rows_are_folded_as_they_come() -> None:
    folded: list[int] = []
    shelf: Shelf[int, None] = Shelf(lambda rows: folded.append(len(rows)), 10)
    for _ in range(5):
        shelf.put(range(4))
    assert folded == [12]
    shelf.batches([])
    assert folded == [12, 8]


def test_several_threads_put_at_once() -> None:
    shelf: Shelf[str, list[str]] = Shelf(list, 5)
    pages = [[f"{page}.{row}" for row in range(3)] for page in range(50)]
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(shelf.put, pages))
    wanted = {place: row for page, own in zip(pages, places, strict=True) for place, row in zip(own, page, strict=True)}
    found = [batch[position] for batch, positions in shelf.batches(wanted) for position in positions]
    assert found == [wanted[place] for place in sorted(wanted)]
    assert len(wanted) == 150
