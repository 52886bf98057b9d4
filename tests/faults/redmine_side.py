"""A Redmine's side of a fault run: the programmes of `plant` in the stand-in, which is honest here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final, Self

from tests.faults import plant
from tests.faults.faulty_redmine import KEY, Entry, FaultyRedmine
from tests.faults.proxy import Proxy
from tests.faults.side import LABELS, Now, Side, Values
from tests.faults.wrongs import Asked

ISSUES: Final = 250  # three pages of a list of all, and one of each programme but the first
_ISSUE: Final = re.compile(r"/issues/(\d+)\.json")
_PLACE: Final = re.compile(r"/(issues|projects)/(\d+)\.json")
_LISTS: Final = ("/issues.json", "/projects.json")


class RedmineSide(Side):
    """The plant. Every tenth issue is open to whoever has no key."""

    connections = 2

    def __init__(self, state: Path, now: Now) -> None:
        self.state = state
        self.redmine = FaultyRedmine()
        self.redmine.now, self.redmine.public = now, lambda number: number % 10 == 0
        if state.exists():
            kept = json.loads(state.read_text(encoding="utf-8"))
            plant.build(self.redmine)
            self.redmine.projects = kept["projects"]
            self.redmine.issues = {int(number): issue for number, issue in kept["issues"].items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.redmine.close()
        kept = {"projects": self.redmine.projects, "issues": self.redmine.issues}
        self.state.write_text(json.dumps(kept), encoding="utf-8")

    @property
    def url(self) -> str:
        return self.redmine.url

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"PLANT_KEY": KEY}

    def build(self, folder: Path) -> None:
        plant.build(self.redmine, issues=ISSUES)
        plant.write_settings(folder, self.redmine)

    def people_work(self, seed: int) -> None:
        plant.people_work(self.redmine, seed)

    def interfere(self, asked: Asked) -> str | None:
        """A new title."""
        key = self.about(asked.path)
        if asked.method != "PUT" or key is None:
            return None
        issue = self.redmine.issues[int(key.removeprefix("issues/"))]
        issue["subject"], issue["updated_on"] = f"{issue['subject']}!", self.redmine.stamp()
        return key

    def lock(self, seed: int) -> None:
        """Of one project, so that all changes of it are refused with 403."""
        if seed % 8 == 6:
            self.redmine.read_only = {2 + seed // 8 % 5}

    def unlock(self) -> None:
        self.redmine.read_only = set()

    def updated(self) -> dict[str, object]:
        return {str(number): issue["updated_on"] for number, issue in self.redmine.issues.items()}

    def ours(self) -> Values:
        return _values(plant.standing(self.redmine))

    def wanted(self) -> Values:
        return _values(plant.wanted(self.redmine))

    def people(self) -> dict[str, frozenset[str]]:
        ours = ("custom_fields", "updated_on")
        return {
            f"issues/{number}": frozenset(f"{name}: {value}" for name, value in issue.items() if name not in ours)
            for number, issue in self.redmine.issues.items()
        }

    def about(self, path: str) -> str | None:
        found = _ISSUE.search(path)
        return f"issues/{found[1]}" if found else None

    @property
    def writes(self) -> int:
        return len(self.redmine.applied)

    def unfounded(self, unread: AbstractSet[str], proxy: Proxy) -> list[str]:
        """One query for each programme: nothing in its scope is written, and no figure of it."""
        scopes = {plant.scope_of("issues", int(number), self.redmine) for number in unread}
        taken = {one.asked.path for one in proxy.log if one.changed}
        found = []
        for entry in self.redmine.journal:
            kind, number = _part(entry)
            if entry.path in taken and plant.scope_of(kind, int(number), self.redmine) in scopes:
                found.append(f"wrote {entry} though {sorted(unread)} were not read")
        return found

    def forbidden(self, proxy: Proxy) -> list[str]:
        """No value is set on the way that must not stand; and none where it stands, unless a lie hid that it does."""
        wanted = plant.wanted(self.redmine)
        found = [f"made twice: {one.asked.method} {one.asked.path}" for one in proxy.twice]
        for entry in self.redmine.journal:
            kind, number = _part(entry)
            if entry.idle and entry.path not in proxy.lied_to:
                found.append(f"set where it stood: {entry}")
            if entry.field == plant.FLAGS and plant.text(entry.after) not in (
                wanted[kind, int(number), entry.field],
                plant.text(entry.before),
            ):
                found.append(f"set on the way: {entry}")
        return found

    def own_faults(self, asked: Asked) -> Sequence[str]:
        """A list that is not found; nothing else that the tracker's own answers do not hold."""
        return ("404",) if asked.method == "GET" and asked.place in _LISTS else ()


def _part(entry: Entry) -> tuple[str, str]:
    found = _PLACE.search(entry.path)
    assert found is not None, entry
    return found[1], found[2]


def _values(standing: Mapping[plant.Place, str]) -> Values:
    """Each list of flags is one value: it is set whole."""
    return {
        (f"{kind}/{number}", LABELS if name == plant.FLAGS else name): frozenset({value})
        for (kind, number, name), value in standing.items()
    }
