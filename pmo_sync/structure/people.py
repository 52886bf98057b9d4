"""One person, several accounts: the persons that `people` lists go by their names, in every tracker. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

import polars as pl

from pmo_sync.model.portfolio import Notice
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType

PERSONS: Final = frozenset(name for name, column in VOCABULARY.items() if column.type is ColumnType.PERSON)
"""The columns of the vocabulary that hold a person."""


@dataclass(frozen=True, slots=True)
class People:
    """Who is who.

    Attributes:
        accounts: person → tracker → how the person's account there is called: its id, login or name.
        columns: own columns (`fields.x`) that hold a person, beside those of the vocabulary.
    """

    accounts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()

    @property
    def all_columns(self) -> frozenset[str]:
        """Every column that holds a person."""
        return PERSONS | self.columns


@dataclass(frozen=True, slots=True)
class _Meant:
    """What the entries of one tracker mean: account or word → person; the rest is what went wrong."""

    person_of: Mapping[str, str]
    notices: tuple[Notice, ...] = ()


def with_names(snapshots: Sequence[Snapshot], people: People) -> tuple[list[Snapshot], list[Notice]]:
    """The snapshots with persons under their names, and a notice for each entry of `people` that means nobody.

    An account that no entry means stays its id. Where that id is also the name of a person it is told apart:
    afterwards a value that is a person's name is that person.
    """
    if not people.accounts:
        return list(snapshots), []
    columns = people.all_columns
    taken = {*people.accounts, *(value for snapshot in snapshots for value in _seen(snapshot, columns))}
    named, notices = [], []
    for snapshot in snapshots:
        meant = _meant(snapshot, people, columns)
        apart, told = _apart(snapshot, people, columns, meant.person_of, taken)
        named.append(_renamed(snapshot, columns, {**apart, **meant.person_of}))
        notices += [*meant.notices, *told]
    return named, notices


def _frames(snapshot: Snapshot, columns: frozenset[str]) -> Iterator[pl.Series]:
    for frame in (snapshot.items, snapshot.projects):
        yield from (frame[name] for name in frame.columns if name in columns)


def _seen(snapshot: Snapshot, columns: frozenset[str]) -> set[str]:
    """Every value of the columns of persons, and who made the changes."""
    mine = [*_frames(snapshot, columns), snapshot.changes["by"]]
    mine += [snapshot.changes.filter(pl.col("column").is_in(sorted(columns)))[name] for name in ("before", "after")]
    return {value for series in mine for value in series.drop_nulls().unique()}


def _meant(snapshot: Snapshot, people: People, columns: frozenset[str]) -> _Meant:
    """Whom the entries of one tracker mean. A word that could be two accounts, or an account of two persons, is
    nobody's.
    """
    tracker = snapshot.manifest.tracker
    seen = _seen(snapshot, columns)
    known: dict[str, set[str]] = {}
    for account, word in snapshot.accounts.select("account", "word").unique().sort("account", "word").iter_rows():
        known.setdefault(word, set()).add(account)
    claims: dict[str, list[str]] = {}
    notices = []
    looked = any(True for _ in _frames(snapshot, columns))
    for person, words in people.accounts.items():
        word = words.get(tracker)
        if word is None:
            continue
        found = {word} if word in known.get(word, ()) else known.get(word, set())
        if len(found) > 1:
            accounts = ", ".join(sorted(found))
            text = f"people: {word} is {len(found)} accounts of {tracker} ({accounts}): give {person} the id of one"
            notices.append(Notice("person-ambiguous", text, len(found)))
            continue
        if not found and word not in seen and looked and snapshot.manifest.complete:
            text = f"people: {person} is {word} in {tracker}, and nobody of that id, login or name was seen there"
            notices.append(Notice("person-unknown", text))
        for one in sorted({word, *found}):
            claims.setdefault(one, []).append(person)
    twice = {one: persons for one, persons in claims.items() if len(persons) > 1}
    for one, persons in sorted(twice.items()):
        text = f"people: the account {one} of {tracker} is {' and '.join(sorted(persons))}, so it is taken for neither"
        notices.append(Notice("person-twice", text, len(persons)))
    return _Meant({one: persons[0] for one, persons in claims.items() if one not in twice}, tuple(notices))


def _apart(
    snapshot: Snapshot, people: People, columns: frozenset[str], person_of: Mapping[str, str], taken: set[str]
) -> tuple[dict[str, str], list[Notice]]:
    """Accounts that nobody lists and that are called as a person is: what they are called instead."""
    tracker = snapshot.manifest.tracker
    apart, notices = {}, []
    for account in sorted((_seen(snapshot, columns) & people.accounts.keys()) - person_of.keys()):
        variants = (f"{account} ({tracker}{'' if number == 1 else f' {number}'})" for number in count(1))
        apart[account] = next(variant for variant in variants if variant not in taken)
        taken.add(apart[account])
        listed = people.accounts[account].get(tracker)
        advice = "" if listed is not None else f"; if they are one, write `people: {{{account}: {{{tracker}: …}}}}`"
        text = f"{tracker} has an account {account} that is not the {account} of people: here {apart[account]}{advice}"
        notices.append(Notice("person-apart", text))
    return apart, notices


def _renamed(snapshot: Snapshot, columns: frozenset[str], names: Mapping[str, str]) -> Snapshot:
    if not names:
        return snapshot

    def frame(old: pl.DataFrame) -> pl.DataFrame:
        return old.with_columns(pl.col(name).replace(names) for name in old.columns if name in columns)

    of_person = pl.col("column").is_in(sorted(columns))
    changes = snapshot.changes.with_columns(
        pl.col("by").replace(names),
        *(
            pl.when(of_person).then(pl.col(name).replace(names)).otherwise(pl.col(name)).alias(name)
            for name in ("before", "after")
        ),
    )
    return replace(snapshot, items=frame(snapshot.items), projects=frame(snapshot.projects), changes=changes)
