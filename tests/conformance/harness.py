"""What a connector is proven on: a small tracker of its kind that a test fills, edits, and sets faults before.

Every world has two places in scope and one outside. In the first place the field CHANCE can be seen; in the second it
cannot. Items are of the type `Aufgabe`, a word of the tracker that the settings map; `Sonstiges` is mapped to nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pmo_sync.connectors.base import Connector, Needs
from pmo_sync.connectors.transport import Policy
from pmo_sync.model.change import AddLabel, Change, Outcome, RemoveLabel, Result, SetField, Target, TargetKind, Value
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from tests.faults.proxy import Proxy
from tests.surroundings import Clock

BORN: Final = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
CHANCE: Final = "fields.chance"
COLOUR: Final = "RAG"
PERSON: Final = "ann"
NAME: Final = "t"
EVERYTHING: Final = Needs(frozenset({*VOCABULARY, CHANCE}))
PATIENT: Final = Policy(connect=1, read=30, total=60, patience=1e9, failures=50, per_second=1e9)
STERN: Final = Policy(connect=1, read=30, total=60, patience=300, failures=3, per_second=1e9)
HASTY: Final = Policy(connect=1, read=0.15, total=0.4, patience=300, failures=3, per_second=1e9)


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be made. `place` is 0 (first), 1 (second) or 2 (outside the scope); `parent` an id."""

    title: str
    description: str = ""
    due: date | None = None
    owned: bool = False
    done: bool = False
    parent: str | None = None
    place: int = 0
    type: str = "Aufgabe"


class World(ABC):
    """One tracker, empty at first. Ids are those of the tracker. What a person does is done past the connector.

    Attributes:
        proxy: stands between the connector and the tracker; None where there is no line between them.
        lists: part of the path of requests that list items.
        page: so many items do not fit on one page.
        ours, other, human: words for a mark: two of ours, one of a person's.
    """

    kind: str
    lists: str = ""
    page: int = 5
    ours: str = "pmo-overdue"
    other: str = "pmo-no-owner"
    human: str = "customer"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.line: Proxy | None = None
        self._opened: list[Connector] = []

    @property
    def proxy(self) -> Proxy:
        """The line to the tracker."""
        assert self.line is not None, f"{self.kind} has no line"
        return self.line

    @property
    def word(self) -> str:
        """What stands for PERSON under `people` in the settings."""
        return PERSON

    @abstractmethod
    def make(self, *items: Item) -> list[str]:
        """The items are there; their ids."""

    @abstractmethod
    def ids(self) -> set[str]:
        """What is in scope and can be seen."""

    @abstractmethod
    def edit(self, number: str, **values: Any) -> None:
        """A person changes `title`, `due` or `colour`."""

    @abstractmethod
    def delete(self, number: str) -> None:
        """A person deletes it."""

    @abstractmethod
    def move(self, number: str) -> None:
        """A person moves it to the second place."""

    @abstractmethod
    def rename(self, number: str) -> None:
        """The key of the place it is in is another one."""

    @abstractmethod
    def link(self, first: str, then: str) -> None:
        """A person says that the first blocks the other."""

    @abstractmethod
    def mark(self, number: str, *words: str) -> None:
        """A person sets these marks beside those that stand."""

    @abstractmethod
    def marks(self, number: str) -> set[str]:
        """What stands, by the tracker's own account."""

    @abstractmethod
    def colour(self, number: str) -> str | None:
        """What stands in the field COLOUR, by the tracker's own account."""

    @abstractmethod
    def taken(self) -> int:
        """How many changes the connector has made, by the tracker's own account."""

    @abstractmethod
    def _connect(self, who: str, policy: Policy, options: dict[str, Any]) -> Connector: ...

    def freeze(self, number: str) -> None:
        """The place it is in can be read and not written."""
        raise NotImplementedError

    def archive(self) -> None:
        """The second place is put away: nobody lists it."""
        raise NotImplementedError

    def withdraw(self) -> None:
        """Our token is worth nothing any more."""
        raise NotImplementedError

    def forbid(self) -> None:
        """We may read, and not write any more."""
        raise NotImplementedError

    def zone(self, name: str) -> None:
        """The profile of our account has this time zone."""
        raise NotImplementedError

    def secret(self) -> str:
        """What must never be shown."""
        raise NotImplementedError

    def open(self, who: str = "writer", policy: Policy = PATIENT, **options: Any) -> Connector:
        """A connector, as `writer`, `reader`, `nobody` (a wrong token) or `somebody` (a user that the token is not)."""
        found = self._connect(who, policy, options)
        self._opened.append(found)
        return found

    def pull(self, needs: Needs = EVERYTHING, **options: Any) -> Snapshot:
        """One pull of everything."""
        return self.open(**options).pull(needs, lambda _: None)

    def fill(self, count: int | None = None) -> list[str]:
        """So many items; without a number more than a page holds."""
        return self.make(*(Item(f"Work {number}") for number in range(self.page if count is None else count)))

    def target(self, number: str) -> Target:
        return Target(NAME, TargetKind.ITEM, number, f"#{number}")

    def flag(self, number: str, have: Iterable[str], want: Iterable[str]) -> list[Change]:
        """The changes that make of these marks those, whoever else has marks there."""
        target, old, new = self.target(number), set(have), set(want)
        added: list[Change] = [AddLabel(target, word, ("HYG-01",)) for word in sorted(new - old)]
        return added + [RemoveLabel(target, word, ("HYG-01",)) for word in sorted(old - new)]

    def paint(self, number: str, before: Value, after: Value) -> list[Change]:
        """The change of COLOUR."""
        return [SetField(self.target(number), COLOUR, before, after, ("roll-up",))]

    def marks_seen(self, connector: Connector, number: str) -> set[str]:
        """What `look` says of the marks."""
        return set(connector.look([self.target(number)])[0].labels)

    def close(self) -> None:
        """Nothing is left open."""
        for connector in self._opened:
            connector.close()
        if self.line is not None:
            self.line.close()


Harness = Callable[[Path], AbstractContextManager[World]]
"""Opens a world of its own in a folder of its own."""


def results(outcomes: Iterable[Outcome]) -> list[Result]:
    """What became of each change."""
    return [outcome.result for outcome in outcomes]
