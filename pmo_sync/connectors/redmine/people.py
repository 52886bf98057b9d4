"""Whom accounts of Redmine belong to: the entries of `people` that are no ids, and owners who have left.

Issues carry the id and the name of an account. Its login, and whether it is still active, cost a request each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl
from msgspec import UNSET

from pmo_sync.connectors.answers import NOT_FOUND, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Progress, Report
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.paging import PAGE, Page, read_all
from pmo_sync.connectors.redmine import wire
from pmo_sync.connectors.redmine.batch import OWNER
from pmo_sync.connectors.redmine.client import Client
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.rows import Rows
from pmo_sync.connectors.redmine.scopes import has, scope_numbers
from pmo_sync.connectors.redmine.wire import Account, Member
from pmo_sync.connectors.words import declared
from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType

MOST_ASKED: Final = 200
"""How many accounts are asked for their login in one pull, at most."""
OWNER_ACTIVE: Final = "owner_active"
_ACTIVE: Final = 1


@dataclass(slots=True)
class Accounts:
    """What one Redmine tells of its accounts; each is asked for once.

    `_known`: an account as it was told; None where Redmine says that we see none.
    """

    client: Client
    _known: dict[int, Account | None] = field(default_factory=dict)
    _principals: dict[int, dict[int, bool] | None] = field(default_factory=dict)
    _mute: bool = False

    def active(self, projects: Mapping[int, AbstractSet[int]], report: Report) -> dict[int, bool | None]:
        """Owner → whether the account is active; a group is. None where it cannot be told. `projects` are those where
        an owner has issues.

        Redmine shows an account that is locked to administrators only. To others it is proven by being listed as a
        member of a project that we see: an active one of those is shown.
        """
        found: dict[int, bool | None] = {}
        for number, owner in enumerate(sorted(projects), 1):
            found[owner] = self._active(owner, sorted(projects[owner]))
            report(Progress(f"{self.client.name}: owners", number, len(projects)))
        return found

    def meant(
        self, words: frozenset[str], read: Read, rows: Rows, authors: Mapping[int, str] | None = None
    ) -> pl.DataFrame:
        """ACCOUNTS: whom the words mean that are no ids of accounts seen here; a name, else a login. `authors` are
        known from the histories alone.
        """
        seen = _persons((rows.items, rows.projects), self.client.options)
        names = read.issues.people() | dict(authors or {})
        seen |= (authors or {}).keys()
        found: dict[str, set[int]] = {}
        for word in words - {str(number) for number in seen | names.keys()}:
            called = {number for number, name in names.items() if name == word}
            if called:
                found[word] = called
        self._by_login(words - {str(number) for number in seen | names.keys()}, seen, found)
        pairs = sorted((str(number), word) for word, numbers in found.items() for number in numbers)
        return pl.DataFrame(pairs, schema=dict(frames.ACCOUNTS), orient="row")

    def _by_login(self, words: frozenset[str], seen: set[int], found: dict[str, set[int]]) -> None:
        """Adds the words that are logins, or names nobody's issue shows, of accounts seen; asks while some are left."""
        asked = 0
        for number in sorted(seen, key=lambda one: (one not in self._known, one)):
            if words <= found.keys() or asked >= MOST_ASKED:
                return
            asked += number not in self._known
            account = self._account(number)
            if account is not None:
                called = {account.login.casefold(), f"{account.firstname} {account.lastname}".casefold()}
                for word in words - found.keys():
                    if word.casefold() in called:
                        found[word] = {number}

    def _active(self, owner: int, projects: Iterable[int]) -> bool | None:
        account = self._account(owner)
        if account is not None:
            return account.status is UNSET or account.status == _ACTIVE
        if owner not in self._known or self._account(self.client.user.id) is None:  # nobody is shown, not even we
            return None
        for project in projects:
            is_group = (self._members(project) or {}).get(owner)
            if is_group is not None:
                return is_group
        return None

    def _account(self, number: int) -> Account | None:
        """The account; None where it is not shown, and where nothing could be told, which `_known` tells apart."""
        if number not in self._known and not self._mute:
            try:
                path = f"/users/{number}.json"
                answer = self.client.transport.read(path, wire.ONE_ACCOUNT, meant=lambda one: one.user.id == number)
                self._known[number] = answer.user
            except (RequestError, DeniedError) as error:
                if error.status == UNKNOWN_TO_US:
                    raise
                if error.status == NOT_FOUND:
                    self._known[number] = None
                else:  # the next would not fare better
                    self._mute = True
        return self._known.get(number)

    def _members(self, project: int) -> dict[int, bool] | None:
        """Who is listed as a member of a project: id → is a group. None where we may not know."""
        if project not in self._principals:

            def fetch(offset: int) -> Page[Member]:
                params = {"limit": str(PAGE), "offset": str(offset)}
                page = self.client.transport.read(f"/projects/{project}/memberships.json", wire.MEMBERS, params)
                return Page(page.memberships, page.total_count)

            reading = read_all(fetch, by_id=True)
            listed = {one.user.id: False for one in reading.rows.values() if one.user is not None}
            listed |= {one.group.id: True for one in reading.rows.values() if one.group is not None}
            self._principals[project] = listed if reading.problem is None else None
        return self._principals[project]


def with_owner_active(rows: Rows, read: Read, active: Mapping[int, bool | None]) -> Rows:
    """The rows with `owner_active`; hidden where the trackers have no assignee."""
    values = [None if owner is None else active.get(owner) for owner in read.issues.rows.frame[OWNER]]
    numbers = scope_numbers(read.issues)
    hidden = pl.Series(
        [number for (_, tracker), number in numbers.items() if not has(read.trackers.get(tracker), "owner")],
        dtype=frames.U32,
    )
    lists = pl.col("hidden").list.concat(pl.lit(pl.Series([[OWNER_ACTIVE]], dtype=pl.List(pl.String))))
    scopes = rows.scopes.with_columns(
        pl.when(pl.col("scope").is_in(hidden.implode())).then(lists).otherwise(pl.col("hidden")).alias("hidden")
    )
    return replace(
        rows,
        items=rows.items.with_columns(pl.Series(OWNER_ACTIVE, values, dtype=pl.Boolean)),
        scopes=scopes,
        columns=tuple(sorted({*rows.columns, OWNER_ACTIVE})),
    )


def already_meant(snapshot: Snapshot, options: RedmineOptions) -> frozenset[str]:
    """The words of which an earlier snapshot tells whom they mean, and the ids of accounts in it."""
    ids = _persons((snapshot.items, snapshot.projects), options)
    return frozenset(snapshot.accounts["word"]) | {str(number) for number in ids}


def _persons(holders: Iterable[pl.DataFrame], options: RedmineOptions) -> set[int]:
    """The accounts that stand in columns of persons."""
    own = {name for name, (column, _) in declared(options).items() if column.type is ColumnType.PERSON}
    columns = own | {name for name, column in VOCABULARY.items() if column.type is ColumnType.PERSON}
    values = {
        value
        for frame in holders
        for name in frame.columns
        if name in columns
        for value in frame[name].drop_nulls().unique()
    }
    return {int(value) for value in values if value.isascii() and value.isdigit()}
