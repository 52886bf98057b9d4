"""The harnesses of `jira-cloud` and `jira-dc`: the project's own sandbox, whose words are German."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pmo_sync.connectors import jira_cloud, jira_dc
from pmo_sync.connectors.base import Connector
from pmo_sync.connectors.options import JiraCloudOptions, JiraDataCenterOptions
from pmo_sync.connectors.transport import Policy
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.loading import Loader
from pmo_sync.sandbox.records import Project
from pmo_sync.sandbox.seed import (
    Seed,
    SeedAccount,
    SeedField,
    SeedIssue,
    SeedLink,
    SeedLinkType,
    SeedProject,
    SeedStatus,
    SeedType,
)
from tests.conformance.harness import BORN, COLOUR, NAME, PERSON, Item, World
from tests.faults.proxy import Proxy
from tests.surroundings import surroundings

PLACES: Final = ("ALP", "BET", "OUT")
_CHANCE: Final = "Wahrscheinlichkeit"
_LINK: Final = SeedLinkType("Blocks", "blockiert", "wird blockiert von")


class JiraWorld(World):
    """A sandbox behind the proxy."""

    lists = "/search"

    def __init__(self, folder: Path, flavour: Flavour) -> None:
        super().__init__(folder)
        cloud = flavour is Flavour.CLOUD
        self.kind = "jira-cloud" if cloud else "jira-dc"
        self.page = 105 if cloud else 45
        self.tracker = Sandbox(flavour, now=self.clock.now)
        self.tracker.knobs.page_cap = 20
        self.tracker.start()
        self.person = f"{PERSON}@example.org" if cloud else PERSON
        self.tracker.load(self._seed())
        self.line = Proxy(self.tracker.url, self.clock.now)

    def _seed(self) -> Seed:
        not_there = frozenset({("BET", "Aufgabe"), ("BET", "Sonstiges")})
        return Seed(
            accounts=(SeedAccount(self.person, "Ann"),),
            projects=[SeedProject(key, key.title(), administrators=(self.tracker.writer.login,)) for key in PLACES],
            types=(SeedType("Aufgabe"), SeedType("Sonstiges"), SeedType("Epos", level=1)),
            statuses=(SeedStatus("Offen", "new"), SeedStatus("Fertig", "done")),
            resolutions=("Erledigt",),
            fields=(
                SeedField(COLOUR, "select", options=("Green", "Amber", "Red")),
                SeedField(_CHANCE, "text", hidden_for=not_there),
                SeedField("Epos-Verknüpfung", "epic_link"),
            ),
            link_types=(_LINK,),
        )

    def make(self, *items: Item) -> list[str]:
        first = max(self.tracker.store.issues, default=10_000) + 1
        issues = [
            SeedIssue(
                PLACES[item.place],
                item.type,
                item.title,
                BORN,
                BORN,
                "Fertig" if item.done else "Offen",
                id=number,
                assignee=self.person if item.owned else None,
                due=item.due,
                description=item.description,
                resolution="Erledigt" if item.done else None,
                parent=self._parent(item, "jira-cloud"),
                epic=self._parent(item, "jira-dc"),
            )
            for number, item in enumerate(items, first)
        ]
        self.tracker.load(Seed(issues=issues, link_types=()))
        return [str(issue.id) for issue in issues]

    def _parent(self, item: Item, kind: str) -> str | None:
        """Cloud has a parent where Data Center has a link to an epic."""
        return None if item.parent is None or self.kind != kind else self.tracker.issue(item.parent).key

    def ids(self) -> set[str]:
        found = [self.tracker.issue(str(number)) for number in self.tracker.store.issues]
        return {issue.id for issue in found if issue.project != PLACES[2]}

    @property
    def word(self) -> str:
        """What stands for the person under `people`: the account's id on Cloud, where mail addresses are hidden."""
        account = self.tracker.store.catalogue.account(self.person)
        return account.id if self.kind == "jira-cloud" and account is not None else self.person

    def edit(self, number: str, **values: Any) -> None:
        names = {"title": "summary", "due": "duedate", "colour": COLOUR}
        for name, value in values.items():
            self.tracker.person(self.person).set(number, names[name], value)

    def delete(self, number: str) -> None:
        self.tracker.person(self.person).delete(number)

    def move(self, number: str) -> None:
        self.tracker.person(self.person).move(number, PLACES[1])

    def rename(self, number: str) -> None:
        store = self.tracker.store
        old = self.tracker.issue(number).project
        self._project(old, key="NEW")
        with store.writing() as batch:
            for issue in [one for one in store.issues.values() if one.key.startswith(f"{old}-")]:
                batch.former_keys[issue.key] = issue.id
                batch.issues[issue.id] = replace(issue, key=issue.key.replace(old, "NEW"))
        store.settle()

    def link(self, first: str, then: str) -> None:
        keys = [self.tracker.issue(one).key for one in (first, then)]
        self.tracker.load(Seed(links=(SeedLink(_LINK.name, *keys),), link_types=(_LINK,)))

    def mark(self, number: str, *words: str) -> None:
        self.tracker.person(self.person).label(number, add=words)

    def marks(self, number: str) -> set[str]:
        return set(self.tracker.issue(number).labels)

    def colour(self, number: str) -> str | None:
        field = next(one.id for one in self.tracker.store.catalogue.fields.values() if one.name == COLOUR)
        found = self.tracker.issue(number).fields.get(field)
        return None if found is None else str(found)

    def taken(self) -> int:
        return len(self.tracker.writes)

    def freeze(self, number: str) -> None:
        self._project(self.tracker.issue(number).project, archived=True)

    def archive(self) -> None:
        self._project(PLACES[1], archived=True)

    def withdraw(self) -> None:
        self.tracker.knobs.revoke(self.tracker.writer.token)

    def forbid(self) -> None:
        for place in PLACES:
            self._project(place, editors=(), administrators=())

    def zone(self, name: str) -> None:
        writer = self.tracker.writer
        account = SeedAccount(writer.login, "PMO Writer", zone=name, account=writer.account)
        self.tracker.load(Seed(accounts=(account,), link_types=()))

    def secret(self) -> str:
        return self.tracker.writer.token

    def _project(self, place: str, /, **values: Any) -> None:
        store = self.tracker.store
        with store.writing() as batch:
            loader = Loader(store, "UTC", batch)
            old: Project = loader.project(place)
            loader.catalogue.projects[old.id] = replace(old, **values)
            batch.catalogue = loader.catalogue
        store.settle()

    def _connect(self, who: str, policy: Policy, options: dict[str, Any]) -> Connector:
        visitor = self.tracker.reader if who == "reader" else self.tracker.writer
        token = "w" * 40 if who == "nobody" else visitor.token
        user = "somebody.else@example.org" if who == "somebody" else visitor.login
        settings: dict[str, Any] = {
            "kind": self.kind,
            "url": self.proxy.url,
            "user": user,
            "scope": "project in (ALP, BET, NEW)" if self._renamed() else "project in (ALP, BET)",
            "kinds": {"task": ["Aufgabe", "Epos"]},
            "fields": {"chance": {"field": _CHANCE}},
            "write": {"labels": True, "fields": {"health": COLOUR}},
            **options,
        }
        around = surroundings(self.clock, token, user, folder=self.folder, policy=policy)
        if self.kind == "jira-cloud":
            cloud = JiraCloudOptions.model_validate(settings)
            return jira_cloud.connect(NAME, cloud, around)
        server = JiraDataCenterOptions.model_validate(settings)
        return jira_dc.connect(NAME, server, around)

    def _renamed(self) -> bool:
        return any(one.key == "NEW" for one in self.tracker.store.catalogue.projects.values())

    def close(self) -> None:
        super().close()
        self.tracker.close()


@contextmanager
def cloud(folder: Path) -> Iterator[World]:
    """A Jira Cloud."""
    yield from _opened(folder, Flavour.CLOUD)


@contextmanager
def data_center(folder: Path) -> Iterator[World]:
    """A Jira Data Center."""
    yield from _opened(folder, Flavour.DATA_CENTER)


def _opened(folder: Path, flavour: Flavour) -> Iterator[World]:
    world = JiraWorld(folder, flavour)
    try:
        yield world
    finally:
        world.close()
