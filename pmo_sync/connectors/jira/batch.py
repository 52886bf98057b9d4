"""Rows of a search folded into columns, some thousands at a time, after which the rows are let go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import not_
from typing import Final, NamedTuple, cast

import msgspec
import polars as pl

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.jira import notes, relations
from pmo_sync.connectors.jira.cells import Cell
from pmo_sync.connectors.jira.changelog import Past, whole
from pmo_sync.connectors.jira.coding import Coder, narrow
from pmo_sync.connectors.jira.facets import PROJECT, TYPE, Facet, Group
from pmo_sync.connectors.jira.historian import Historian, Shown
from pmo_sync.connectors.jira.lexicon import ABSENT, Lexicon
from pmo_sync.connectors.jira.people import Roll
from pmo_sync.connectors.jira.shape import HIDDEN, ISSUE, ROW, Row, Shape
from pmo_sync.connectors.jira.wire import LINKS, links_of, readable
from pmo_sync.connectors.words import Unmapped
from pmo_sync.model import frames

LOST: Final = "lost"
NUMBER, KEY = "number of the issue", "key of the issue"
"""Columns of every batch."""
MOST_CODES: Final = 2_000
"""Different values of a field that one lexicon holds: of more, each batch has its own."""
_CELLS: Final = 100_000
_FEWEST: Final = 500
_NULL: Final = b"null"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rows are folded into.

    Attributes:
        tracker, owner: names of the tracker and of whose notes count.
        shape: of the rows.
        facets: by the fields they come from.
        note: key of the property that holds our note, None where none comes along.
        history: the fields that an issue's history is told with; empty where it is not told.
        historian: who tells it.
    """

    tracker: str
    owner: str
    shape: Shape
    facets: Mapping[Group, tuple[Facet, ...]]
    note: str | None = None
    history: tuple[str, ...] = ()
    historian: Historian | None = None

    @property
    def size(self) -> int:
        """How many rows are folded at a time: fewer of wide ones."""
        return max(_FEWEST, _CELLS // max(25, len(self.shape.fields)))


class Scheme(NamedTuple):
    """What many issues have in common: the codes of their project and type, and the fields that they show."""

    project: int
    type: int
    shown: frozenset[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as columns.

    Attributes:
        size: how many.
        codes: by group of fields the codes of its lexicon; where they have too many values, `columns` by facet.
        columns: NUMBER and KEY as well.
        lost: by column the words that nothing maps, with their ROW, of `columns` alone.
        schemes: number of the scheme of each.
        links, notes: `relations.TOLD` and `notes.NOTED`, each with its ROW and the id of its ISSUE.
        histories: `historian.Histories` by their names; nothing where nobody asks for them.
        bad: row → why it cannot be used.
    """

    size: int
    codes: Mapping[Group, pl.Series]
    columns: dict[str, pl.Series]
    lost: Mapping[str, pl.DataFrame]
    schemes: pl.Series
    links: pl.DataFrame
    notes: pl.DataFrame
    histories: dict[str, pl.DataFrame]
    bad: Mapping[int, str]


@dataclass(slots=True)
class Losses(Unmapped):
    """As Unmapped, with the rows whose words nothing maps."""

    rows: dict[str, pl.DataFrame] = field(default_factory=dict)

    def note(self, column: str, raw: pl.Series, typed: pl.Series) -> None:
        """Keeps ROW and LOST of each word of `raw` that became null in `typed`."""
        lost = raw.is_not_null() & typed.is_null()
        if lost.any():
            found = pl.DataFrame({ROW: pl.int_range(raw.len(), dtype=frames.U32, eager=True), LOST: raw})
            self.rows[column] = found.filter(lost)


class Fold:
    """Makes batches of rows; one at a time, so whoever calls it from several threads holds a lock.

    What all batches share is here: the `lexicons` of fields with few values, and the number of each scheme. `refused`
    counts the rows that cannot be read.
    """

    def __init__(self, wanted: Wanted, roll: Roll) -> None:
        self._wanted = wanted
        self.facets = wanted.facets
        self.refused = 0
        self._roll = roll
        self.lexicons: dict[Group, Lexicon] = {group: self._lexicon(of) for group, of in wanted.facets.items()}
        self.schemes: list[Scheme] = []
        self._numbers: dict[tuple[int, int, frozenset[str]], int] = {}
        self._diverse: set[Group] = set()
        self._coder = Coder(wanted.shape, {name: self.lexicons[(name,)] for name in _alone(wanted)})

    def __call__(self, rows: Sequence[Row]) -> Batch:
        """The batch of these rows. Raises nothing: a row that cannot be read is `bad`."""
        bad: dict[int, str] = {n: f"issue {row.id} came without its key" for n, row in enumerate(rows) if not row.key}
        coded = self._coder.codes(rows)
        raws = self._wanted.shape.columns(rows, but=coded)
        codes: dict[Group, pl.Series] = {}
        alike: dict[Group, list[int]] = {}
        columns = {
            NUMBER: pl.Series([row.id for row in rows], dtype=pl.String()),
            KEY: pl.Series([row.key for row in rows], dtype=pl.String()),
        }
        losses = Losses()
        unreadable: set[int] = set()
        for group, facets in self._wanted.facets.items():
            if group[0] in coded:
                lexicon, found = self.lexicons[group], coded[group[0]]
            elif (texts := _first(raws, group)) is not None:
                lexicon, found = self._coded(group, texts, facets)
            else:
                continue
            alike |= {group: found} if group in (PROJECT, TYPE) else {}
            series = narrow(found, len(lexicon))
            if lexicon is self.lexicons[group]:
                codes[group] = series
            else:
                columns |= _columns(lexicon, facets, series, losses)
            if lexicon.bad:
                unreadable.update(number for number, code in enumerate(found) if code in lexicon.bad)
        links = _links(rows, raws.get(LINKS, ()), unreadable)
        histories = self._histories(rows, raws, unreadable, bad)
        bad |= {number: f"issue {rows[number].id} cannot be read as Jira sends it" for number in unreadable}
        self.refused += len(bad)
        return Batch(
            len(rows),
            codes,
            columns,
            losses.rows,
            self._schemes(alike, _shown(raws, coded, len(rows))),
            links,
            self._notes(rows),
            histories,
            bad,
        )

    def _lexicon(self, facets: Iterable[Facet]) -> Lexicon:
        return Lexicon([facet.read for facet in facets], self._roll.meet)

    def _coded(self, group: Group, texts: Sequence[bytes], facets: Sequence[Facet]) -> tuple[Lexicon, list[int]]:
        """The codes of these texts, and the lexicon that they are of: that of all batches if it can hold them."""
        if group not in self._diverse:
            found = self.lexicons[group].codes(texts, None if group in (PROJECT, TYPE) else MOST_CODES)
            if found is not None:
                return self.lexicons[group], found
            self._diverse.add(group)
            self._coder.drop(group[0])
        lexicon = self._lexicon(facets)
        return lexicon, lexicon.codes(texts) or []

    def _schemes(self, alike: Mapping[Group, list[int]], shown: Sequence[frozenset[str]]) -> pl.Series:
        unknown = [ABSENT] * len(shown)
        schemes = list(zip(alike.get(PROJECT, unknown), alike.get(TYPE, unknown), shown, strict=True))
        for new in dict.fromkeys(schemes).keys() - self._numbers.keys():
            self._numbers[new] = len(self.schemes)
            self.schemes.append(Scheme(*new))
        return narrow(list(map(self._numbers.__getitem__, schemes)), len(self.schemes))

    def _notes(self, rows: Sequence[Row]) -> pl.DataFrame:
        """What our notes on these rows say."""
        found = []
        key = self._wanted.note
        for number, row in enumerate(rows) if key is not None else ():
            raw = row.properties.get(key or "")
            if raw is not None:
                of_row = notes.marks_of(self._wanted.tracker, self._wanted.owner, row.id, readable(raw))
                found += [(number, row.id, *one) for one in of_row]
        return pl.DataFrame(found, schema={ROW: frames.U32, ISSUE: frames.TEXT, **notes.NOTED}, orient="row")

    def _histories(
        self, rows: Sequence[Row], raws: Mapping[str, Sequence[bytes]], unreadable: set[int], bad: dict[int, str]
    ) -> dict[str, pl.DataFrame]:
        historian = self._wanted.historian
        if historian is None:
            return {}
        fields: list[dict[str, object]] = [{} for _ in rows]
        for name in self._wanted.history:
            lexicon = Lexicon([_itself], self._roll.meet)
            for number, code in enumerate(lexicon.codes(raws[name]) or ()):
                if code in lexicon.bad:
                    unreadable.add(number)
                elif code != ABSENT:
                    fields[number][name] = lexicon.cells[0][code]

        def told() -> Iterator[tuple[int, Shown, Past | None]]:
            for number, (row, kept) in enumerate(zip(rows, fields, strict=True)):
                try:
                    yield number, historian.shown(row.id, kept), whole(row.changelog, historian.tracked)
                except RequestError as error:
                    bad[number] = error.message

        return historian.fold(told())._asdict()


def _alone(wanted: Wanted) -> set[str]:
    """The fields of which nothing but their code is wanted: no other text of a row has a say in it."""
    several = {name for group in wanted.facets if len(group) > 1 for name in group}
    return {name for group in wanted.facets for name in group} - {*several, *wanted.history, LINKS}


def _itself(value: object) -> Cell:
    return cast("Cell", value)


def _first(raws: Mapping[str, list[bytes]], group: Group) -> list[bytes] | None:
    """Of each row the JSON of the first field that it shows and that is not null; None where nobody asked for them."""
    shown = [raws[name] for name in group if name in raws]
    if len(shown) <= 1:
        return shown[0] if shown else None
    return [_chosen(texts) for texts in zip(*shown, strict=True)]


def _chosen(texts: Iterable[bytes]) -> bytes:
    there = [text for text in texts if text != HIDDEN]
    return next((text for text in there if text != _NULL), _NULL if there else HIDDEN)


def _shown(raws: Mapping[str, Sequence[bytes]], coded: Mapping[str, Sequence[int]], count: int) -> list[frozenset[str]]:
    """The fields that each row shows, by their texts or codes; equal sets are one object."""
    fields: dict[str, Sequence[object]] = {**raws, **coded}  # what is HIDDEN or ABSENT is false, and nothing else
    partly = [name for name, values in fields.items() if not all(values)]
    nowhere = [name for name in partly if not any(fields[name])]
    partly = [name for name in partly if name not in nowhere]
    every = frozenset(fields.keys() - nowhere)
    if not partly:
        return [every] * count
    hidden = list(zip(*(map(not_, fields[name]) for name in partly), strict=True))
    sets = {one: every.difference(name for name, here in zip(partly, one, strict=True) if here) for one in set(hidden)}
    return [sets[one] for one in hidden]


def _columns(lexicon: Lexicon, facets: Sequence[Facet], codes: pl.Series, losses: Losses) -> dict[str, pl.Series]:
    """The facets of a batch of its own lexicon."""
    found = {}
    for facet, values in zip(facets, lexicon.cells, strict=True):
        own = Losses()
        found[facet.name] = facet.series(values, own).gather(codes.cast(frames.U32)).shrink_to_fit(in_place=True)
        for column, lost in own.rows.items():
            rows = pl.DataFrame(
                {ROW: pl.int_range(codes.len(), dtype=frames.U32, eager=True), "code": codes.cast(frames.U32)}
            )
            losses.rows[column] = rows.join(lost.rename({ROW: "code"}), on="code").select(ROW, LOST)
    return found


def _links(rows: Sequence[Row], raws: Sequence[bytes], unreadable: set[int]) -> pl.DataFrame:
    found = []
    for number, raw in enumerate(raws):
        if raw in (HIDDEN, _NULL, b"[]"):
            continue
        try:
            links = links_of(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unreadable.add(number)
            continue
        issue = rows[number].id
        found += [(number, issue, *one) for one in relations.told(issue, links)]
    return pl.DataFrame(found, schema={ROW: frames.U32, ISSUE: frames.TEXT, **relations.TOLD}, orient="row")
