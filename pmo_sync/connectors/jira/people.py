"""Who is meant by the words under `people` in pmo.yaml, among the accounts that issues name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec
import polars as pl

from pmo_sync.connectors.jira.changelog import Author
from pmo_sync.model import frames

_LOGINS = ("accountId", "key", "name", "emailAddress")
_NAME = "displayName"


class Roll:
    """The accounts that the words name, as far as they were met. `members` are the ids of a user."""

    def __init__(self, words: AbstractSet[str], members: tuple[str, ...]) -> None:
        self._words = words
        self._wanted = {word.casefold() for word in words}
        self._members = members
        self._by_login: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}

    def meet(self, value: object) -> None:
        """Takes note of the user, or users, that the value of a field is."""
        if not self._wanted:
            return
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict) and _NAME in one:
                self._note(one)

    def meet_authors(self, authors: Iterable[Author]) -> None:
        """Takes note of who is known from histories alone."""
        for author in authors if self._wanted else ():
            self._note(msgspec.to_builtins(author))

    def frame(self) -> pl.DataFrame:
        """ACCOUNTS: each word with the account it names by id, login or e-mail, in any case, else by display name.

        A display name that several accounts have names all of them: whoever reads this can say so.
        """
        rows = []
        for word in sorted(self._words):
            low = word.casefold()
            rows += [(number, word) for number in sorted(self._by_login.get(low) or self._by_name.get(low) or ())]
        return pl.DataFrame(rows, schema=dict(frames.ACCOUNTS), orient="row")

    def _note(self, user: dict[str, object]) -> None:
        number = user_id(user, self._members)
        for member in (*_LOGINS, _NAME) if number is not None else ():
            word = user.get(member)
            if number is not None and isinstance(word, str) and (low := word.casefold()) in self._wanted:
                (self._by_name if member == _NAME else self._by_login).setdefault(low, set()).add(number)


def user_id(user: object, members: tuple[str, ...]) -> str | None:
    """The immutable id of a user as Jira shows one; None where it has none."""
    if not isinstance(user, dict):
        return None
    return next((found for member in members if isinstance(found := user.get(member), str) and found), None)
