"""The tracker's side of a fault run: what stands there, what must, and what people do. Of each kind there is one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from tests.faults.proxy import Proxy
from tests.faults.wrongs import Asked

LABELS: Final = "labels"
Values = dict[tuple[str, str], frozenset[str]]
"""What stands in our places: (issue or project, field or `labels`) → values."""
Now = Callable[[], datetime]


class Side(ABC):
    """A tracker with a plant in it, kept in one file between `close` and the next opening. Serves until then."""

    connections: int
    """How many a client has by default."""

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers."""

    @property
    @abstractmethod
    def secrets(self) -> Mapping[str, str]:
        """Our token by the name of its variable."""

    @abstractmethod
    def build(self, folder: Path) -> None:
        """The plant is there, and a folder with a pmo.yaml that names it."""

    @abstractmethod
    def people_work(self, seed: int) -> None:
        """A day of people's work is done."""

    @abstractmethod
    def interfere(self, asked: Asked) -> str | None:
        """A person edits what this is about to be written to: which; None where it writes to no issue."""

    @abstractmethod
    def lock(self, seed: int) -> None:
        """An administrator takes rights away for one run, where the seed and the kind of tracker have that."""

    @abstractmethod
    def unlock(self) -> None:
        """They are given back."""

    @abstractmethod
    def updated(self) -> dict[str, object]:
        """By id of the issue, when it was last changed."""

    @abstractmethod
    def ours(self) -> Values:
        """What stands in our places."""

    @abstractmethod
    def wanted(self) -> Values:
        """What must stand there, given what the issues are."""

    @abstractmethod
    def people(self) -> dict[str, frozenset[str]]:
        """By issue, what is people's."""

    @abstractmethod
    def about(self, path: str) -> str | None:
        """The issue that an address is of."""

    @property
    @abstractmethod
    def writes(self) -> int:
        """How many changes it ever took."""

    @abstractmethod
    def unfounded(self, unread: AbstractSet[str], proxy: Proxy) -> list[str]:
        """What was taken away, or judged, though these issues in the same scope were not read."""

    @abstractmethod
    def forbidden(self, proxy: Proxy) -> list[str]:
        """What else no client may do to this kind of tracker, and was done."""

    def own_faults(self, asked: Asked) -> Sequence[str]:  # noqa: ARG002 - most have none
        """Faults that only this kind of tracker has."""
        return ()

    def amiss(self, moved: AbstractSet[str] = frozenset()) -> list[str]:
        """What does not stand as it must, but for what people `moved` in the moment of a write."""
        ours, wanted = self.ours(), self.wanted()
        wrong = [place for place in wanted if ours[place] != wanted[place] and place[0] not in moved]
        return [f"{place}: {sorted(ours[place])}, not {sorted(wanted[place])}" for place in wrong]
