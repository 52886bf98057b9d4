"""Where the rows of a reading are kept, by their numbers: what a dict would tell, in a tenth of its room. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import polars as pl

_AT_LEAST: Final = 4_000
_PART: Final = 8
"""So many are held loosely: these, or one in so many of all."""


class Whereabouts:
    """Number of a row → its place; what was put last counts. Numbers and places are whole, numbers below 2**63, places
    below 2**32.
    """

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._loose: dict[int, int] = {}
        self._again: set[int] = set()  # the loose ones that are among the settled ones too
        self._numbers = pl.Series("number", dtype=pl.Int64())
        self._places = pl.Series("place", dtype=pl.UInt32())
        self.update(pairs)

    def __len__(self) -> int:
        return self._numbers.len() + len(self._loose) - len(self._again)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __contains__(self, number: int) -> bool:
        return number in self._loose or number in self._settled_of([number])

    def update(self, pairs: Iterable[tuple[int, int]], /) -> None:
        """Puts these numbers to these places."""
        rest = iter(pairs)
        while part := dict(islice(rest, _AT_LEAST)):
            self._again |= self._settled_of(part)
            self._loose |= part
            if len(self._loose) >= max(_AT_LEAST, self._numbers.len() // _PART):
                self._settle()

    def join(self, other: Whereabouts) -> None:
        """Puts all of another one's numbers to its places."""
        self._settle()
        if self._numbers.is_empty():
            self._numbers, self._places = other.numbers, other.places
        else:
            self._add(other.numbers, other.places)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forgets these numbers, as far as they are known."""
        wanted = pl.Series(list(numbers), dtype=pl.Int64())
        if not wanted.is_empty():
            stay = ~self.numbers.is_in(wanted.implode())
            self._numbers, self._places = self._numbers.filter(stay), self._places.filter(stay)

    def only(self, numbers: Iterable[int]) -> Whereabouts:
        """These numbers alone, as far as they are known."""
        wanted = pl.Series(list(numbers), dtype=pl.Int64())
        stay = self.numbers.is_in(wanted.implode())
        found = Whereabouts()
        found._numbers, found._places = self._numbers.filter(stay), self._places.filter(stay)
        return found

    def apart(self, numbers: pl.Series) -> list[int]:
        """The numbers that are known and not among these, and the other way round; ascending."""
        mine, others = self.numbers, numbers.cast(pl.Int64).unique().sort()
        if mine.equals(others):
            return []
        found = [one.filter(~one.is_in(other.implode())) for one, other in ((mine, others), (others, mine))]
        return pl.concat([one.rename("number") for one in found]).sort().to_list()

    @property
    def numbers(self) -> pl.Series:
        """All numbers, ascending."""
        self._settle()
        return self._numbers

    @property
    def places(self) -> pl.Series:
        """The place of each of `numbers`."""
        self._settle()
        return self._places

    def items(self) -> Iterator[tuple[int, int]]:
        """Each number and its place, by number."""
        return zip(self.numbers, self.places, strict=True)

    def _settled_of(self, numbers: Iterable[int]) -> set[int]:
        """Which of these are settled."""
        settled = self._numbers
        wanted = [] if settled.is_empty() else [one for one in numbers if settled[0] <= one <= settled[-1]]
        if not wanted:
            return set()
        asked = pl.Series(wanted, dtype=pl.Int64())
        return set(asked.filter(settled.gather(settled.search_sorted(asked)) == asked))

    def _settle(self) -> None:
        loose, self._loose, self._again = self._loose, {}, set()
        if loose:
            numbers = pl.Series("number", list(loose), dtype=pl.Int64())
            places = pl.Series("place", list(loose.values()), dtype=pl.UInt32())
            order = numbers.arg_sort()
            self._add(numbers.gather(order), places.gather(order))

    def _add(self, numbers: pl.Series, places: pl.Series) -> None:
        """Adds these, which are ascending, to the settled ones."""
        after = self._numbers.is_empty() or numbers.is_empty() or self._numbers[-1] < numbers[0]
        both = pl.DataFrame(
            [pl.concat([self._numbers, numbers], rechunk=True), pl.concat([self._places, places], rechunk=True)]
        )
        if not after:
            both = both.unique("number", keep="last", maintain_order=True).sort("number")
        self._numbers, self._places = both["number"], both["place"]
