"""A Jira's side of a fault run: the bank of `jira_plant` in a sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final, Self

from pmo_sync.sandbox import Flavour, Sandbox
from tests.faults import jira_plant as plant
from tests.faults.proxy import Proxy
from tests.faults.side import LABELS, Now, Side, Values
from tests.faults.wrongs import Asked

_ISSUE: Final = re.compile(r"/issue/([^/?]+)(\?|$)")


class JiraSide(Side):
    """The bank."""

    connections = 8

    def __init__(self, flavour: Flavour, state: Path, now: Now) -> None:
        self.tracker = Sandbox(flavour, state=state, now=now)

    def __enter__(self) -> Self:
        self.tracker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tracker.close()

    @property
    def url(self) -> str:
        return self.tracker.url

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"BANK_TOKEN": self.tracker.writer.token}

    def build(self, folder: Path) -> None:
        plant.build(self.tracker)
        plant.write_settings(folder, self.tracker)

    def people_work(self, seed: int) -> None:
        plant.people_work(self.tracker, seed)

    def interfere(self, asked: Asked) -> str | None:
        """A label of theirs."""
        key = self.about(asked.path)
        if asked.method != "PUT" or key is None:
            return None
        self.tracker.person(plant.person(self.tracker)).label(key, add="pmo-meanwhile")
        return key

    def lock(self, seed: int) -> None:
        """Rights that are missing have tests of their own."""

    def unlock(self) -> None:
        """Nothing was taken."""

    def updated(self) -> dict[str, object]:
        return {str(one.id): one.updated for one in self.tracker.store.issues.values()}

    def ours(self) -> Values:
        return self._values(plant.our_labels(self.tracker), plant.healths(self.tracker))

    def wanted(self) -> Values:
        return self._values(plant.wanted_labels(self.tracker), plant.wanted_healths(self.tracker))

    def _values(self, labels: Mapping[str, frozenset[str]], healths: Mapping[str, object]) -> Values:
        found = {(key, LABELS): values for key, values in labels.items()}
        return found | {(f"{project}-1", plant.HEALTH): frozenset({str(one)}) for project, one in healths.items()}

    def people(self) -> dict[str, frozenset[str]]:
        return plant.human_labels(self.tracker)

    def about(self, path: str) -> str | None:
        found = _ISSUE.search(path)
        return self.tracker.issue(found[1]).key if found else None

    @property
    def writes(self) -> int:
        return len(self.tracker.writes)

    def unfounded(self, unread: AbstractSet[str], proxy: Proxy) -> list[str]:
        """One query is the whole scope."""
        removed = [one.asked.path for one in proxy.log if one.changed and b'"remove"' in one.asked.body]
        return [f"took flags away though {sorted(unread)} were not read: {path}" for path in removed]

    def forbidden(self, proxy: Proxy) -> list[str]:
        found = [f"made twice: {one.asked.method} {one.asked.path}" for one in proxy.twice]
        found += [f"sent mail: {self.tracker.mails}"] * bool(self.tracker.mails)
        issues = self.tracker.store.issues.values()
        found += [f"{one.key} has several links" for one in issues if len(one.remote_links) > 1]
        for entry in self.tracker.writes:
            if entry.method == "PUT" and "/properties/" not in entry.path:
                body = json.loads(entry.body)
                found += ["a list was set whole"] * ("labels" in body.get("fields", {}) or '"set"' in entry.body)
        return found
