from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.report.pieces import Rows, pieces

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('ab\n"é')
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("k\n", max_size=3), inner, max_size=3)
)


@given(st.dictionaries(st.text("xyz\n", max_size=4), VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_the_same_text_as_at_once(content: dict[str, object], rows: list[object]) -> None:
    whole = {**content, "rows": rows, "last": 1}
    in_parts = {**content, "rows": Rows(iter(rows)), "last": 1}
    assert "".join(pieces(in_parts)) == json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def test_rows_are_made_when_it_is_their_turn() -> None:
    made: list[int] = []

    def rows() -> Iterator[object]:
        for number in range(2_000):
            made.append(number)
            yield {"number": number}

    text = pieces({"rows": Rows(rows())})
    seen = [next(text), next(text)]
    assert 0 < len(made) < 2_000
    assert len(json.loads("".join([*seen, *text]))["rows"]) == 2_000


def test_nothing_and_what_a_terminal_would_obey() -> None:
    assert "".join(pieces({})) == "{}\n"
    assert "\x1b" not in "".join(pieces({"rows": Rows(["\x1b[31m"])}))
