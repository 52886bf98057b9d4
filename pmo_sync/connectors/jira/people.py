"""Who is meant by the words under `people` in pmo.yaml, among the accounts that issues name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import msgspec
import polars as pl

from pmo_sync.connectors.jira.changelog import Author
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.model import frames

_LOGINS = ("accountId", "key", "name", "emailAddress")
_NAME = "displayName"


def accounts(
    issues: Iterable[Issue], members: tuple[str, ...], words: AbstractSet[str], authors: Iterable[Author] = ()
) -> pl.DataFrame:
    """ACCOUNTS: each word with the account it names by id, login or e-mail, in any case, else by display name.

    `authors` are known from the histories alone.

    A display name that several accounts have names all of them: whoever reads this can say so.
    """
    by_login: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    told: Iterator[dict[str, object]] = (msgspec.to_builtins(author) for author in authors)
    for user in (*_users(issues, members), *told) if words else ():
        number = user_id(user, members)
        for member in (*_LOGINS, _NAME):
            word = user.get(member)
            if number is not None and isinstance(word, str):
                (by_name if member == _NAME else by_login).setdefault(word.casefold(), set()).add(number)
    rows = []
    for word in sorted(words):
        found = by_login.get(word.casefold()) or by_name.get(word.casefold(), set())
        rows += [(number, word) for number in sorted(found)]
    return pl.DataFrame(rows, schema=dict(frames.ACCOUNTS), orient="row")


def _users(issues: Iterable[Issue], members: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    """Every user that a field holds, once: equal values are one object."""
    met: set[int] = set()
    for issue in issues:
        for value in issue.fields.values():
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, dict) and _NAME in one and id(one) not in met and user_id(one, members) is not None:
                    met.add(id(one))
                    yield one


def user_id(user: object, members: tuple[str, ...]) -> str | None:
    """The immutable id of a user as Jira shows one; None where it has none."""
    if not isinstance(user, dict):
        return None
    return next((found for member in members if isinstance(found := user.get(member), str) and found), None)
