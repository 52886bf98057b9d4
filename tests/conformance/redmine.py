"""The harness of `redmine`: the real one of tests/live/bed, emptied, with German words; faults by the proxy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pmo_sync.connectors.base import Connector
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine import connect
from pmo_sync.connectors.transport import Policy
from pmo_sync.model.change import Change, SetField
from tests.conformance.harness import BORN, COLOUR, NAME, PERSON, Item, World
from tests.faults.proxy import Proxy
from tests.live.bed import redmine
from tests.live.bed.redmine import KEYS, Bed
from tests.surroundings import surroundings

FLAGS: Final = "PMO compliance"
PLACES: Final = ("payments-a", "payments-b", "payments-c")
_TYPES: Final = {("Aufgabe", 0): 7, ("Aufgabe", 1): 6, ("Aufgabe", 2): 6, ("Sonstiges", 0): 8, ("Sonstiges", 1): 8}
"""(Word, place) → tracker. The field Likelihood is one of tracker 7 only."""
_EMPTY: Final = """
    DELETE FROM journal_details; DELETE FROM journals; DELETE FROM issue_relations; DELETE FROM issues;
    DELETE FROM custom_values WHERE customized_type = 'Issue';
    DELETE FROM projects WHERE identifier NOT IN ('payments-a', 'payments-b', 'payments-c');
    DELETE FROM member_roles WHERE member_id IN
        (SELECT id FROM members WHERE project_id NOT IN (SELECT id FROM projects));
    DELETE FROM members WHERE project_id NOT IN (SELECT id FROM projects);
    UPDATE projects SET parent_id = NULL, lft = 2 * id, rgt = 2 * id + 1;
    UPDATE trackers SET name = 'Aufgabe' WHERE id = 6; UPDATE trackers SET name = 'Risiko' WHERE id = 7;
    UPDATE trackers SET name = 'Sonstiges' WHERE id = 8;
"""
_ISSUE: Final = """
    INSERT INTO issues (id, tracker_id, project_id, subject, description, due_date, status_id, assigned_to_id,
        priority_id, author_id, created_on, updated_on, done_ratio, parent_id, root_id, lft, rgt, closed_on)
    VALUES (?, ?, (SELECT id FROM projects WHERE identifier = ?), ?, ?, ?, ?, ?, 2, 1, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ITS_PROJECT: Final = "id = (SELECT project_id FROM issues WHERE id = ?)"
_VALUES: Final = """
    SELECT value FROM custom_values WHERE customized_type = 'Issue' AND customized_id = ? AND custom_field_id = ?
"""


class RedmineWorld(World):
    """The bed behind the proxy."""

    kind = "redmine"
    lists = "/issues.json"
    page = 103
    ours, other, human = "overdue", "no-owner", "ask-me"

    def __init__(self, folder: Path, bed: Bed) -> None:
        super().__init__(folder)
        self.bed = bed
        self.line = Proxy(bed.url, self.clock.now)
        self._mark = bed.mark()
        self._people = 0

    def make(self, *items: Item) -> list[str]:
        ((last,),) = self.bed.query("SELECT coalesce(max(id), 100) FROM issues")
        rows, born = [], f"{BORN:%Y-%m-%d %H:%M:%S}"
        for number, item in enumerate(items, int(str(last)) + 1):
            type_ = _TYPES[item.type, item.place]
            due = item.due.isoformat() if item.due else None
            owner = self._one("SELECT id FROM users WHERE login = ?", PERSON) if item.owned else None
            root, edges = (int(item.parent), (2, 3)) if item.parent else (number, (1, 2))
            what = (number, type_, PLACES[item.place], item.title, item.description, due, 5 if item.done else 1, owner)
            when = (born, born, 100 if item.done else 0, item.parent, root, *edges, born if item.done else None)
            rows.append((*what, *when))
        with closing(sqlite3.connect(self.bed.database, timeout=20)) as connection, connection:
            connection.executemany(_ISSUE, rows)
            connection.executemany(
                "UPDATE issues SET rgt = 4 WHERE id = ?", [(item.parent,) for item in items if item.parent]
            )
        return [str(row[0]) for row in rows]

    def ids(self) -> set[str]:
        sql = "SELECT i.id FROM issues i JOIN projects p ON p.id = i.project_id WHERE p.identifier <> ?"
        return {str(number) for (number,) in self.bed.query(sql, PLACES[2])}

    def edit(self, number: str, **values: Any) -> None:
        issue: dict[str, Any] = {}
        for name, value in values.items():
            if name == "colour":
                issue["custom_fields"] = [{"id": self._field(COLOUR), "value": value}]
            else:
                issue[{"title": "subject", "due": "due_date"}[name]] = str(value)
        self._put(number, issue)

    def delete(self, number: str) -> None:
        self._as_person("DELETE", f"/issues/{number}.json")

    def move(self, number: str) -> None:
        self._put(number, {"project_id": self._one("SELECT id FROM projects WHERE identifier = ?", PLACES[1])})

    def rename(self, number: str) -> None:
        self.bed.execute(f"UPDATE projects SET name = 'New', identifier = 'new' WHERE {_ITS_PROJECT}", number)  # noqa: S608

    def link(self, first: str, then: str) -> None:
        relation = {"relation": {"issue_to_id": int(then), "relation_type": "blocks"}}
        self._as_person("POST", f"/issues/{first}/relations.json", relation)

    def mark(self, number: str, *words: str) -> None:
        value = sorted({*self.marks(number), *words})
        self._put(number, {"custom_fields": [{"id": self._field(FLAGS), "value": value}]})

    def marks(self, number: str) -> set[str]:
        return {str(value) for value in self._values(number, FLAGS)}

    def colour(self, number: str) -> str | None:
        return next((str(value) for value in self._values(number, COLOUR)), None)

    def taken(self) -> int:
        """Journal entries of the bot: what Redmine's own history says."""
        return int(self._one("SELECT count(*) FROM journals WHERE user_id = 5", None))

    def freeze(self, number: str) -> None:
        self.bed.execute(
            "UPDATE projects SET status = 5 WHERE id = (SELECT project_id FROM issues WHERE id = ?)", number
        )

    def archive(self) -> None:
        self.bed.execute("UPDATE projects SET status = 9 WHERE identifier = ?", PLACES[1])

    def withdraw(self) -> None:
        self.bed.execute("UPDATE users SET status = 3 WHERE login = 'pmo-bot'")

    def forbid(self) -> None:
        reader = "(SELECT id FROM roles WHERE name = 'PMO reader')"
        bot = "(SELECT id FROM members WHERE user_id = 5)"
        self.bed.execute(f"UPDATE member_roles SET role_id = {reader} WHERE member_id IN {bot}")  # noqa: S608

    def zone(self, name: str) -> None:
        rails = {"Asia/Kolkata": "Kolkata", "America/Los_Angeles": "Pacific Time (US & Canada)"}[name]
        self.bed.execute("DELETE FROM user_preferences WHERE user_id = 5")
        self.bed.execute("INSERT INTO user_preferences (user_id, time_zone) VALUES (5, ?)", rails)

    def secret(self) -> str:
        return KEYS["bot"]

    def flag(self, number: str, have: Any, want: Any) -> list[Change]:
        """One list field holds all marks: what stands there is what the change is from."""
        before, after = tuple(sorted(have)) or None, tuple(sorted(want)) or None
        return [SetField(self.target(number), FLAGS, before, after, ("HYG-01",))]

    def marks_seen(self, connector: Connector, number: str) -> set[str]:
        value = connector.look([self.target(number)])[0].fields[FLAGS]
        return set((value,) if isinstance(value, str) else value or ())

    def _connect(self, who: str, policy: Policy, options: dict[str, Any]) -> Connector:
        key = {"reader": KEYS["reader"], "nobody": "w" * 40}.get(who, KEYS["bot"])
        user = {"reader": "pmo-reader", "somebody": "ann"}.get(who, "pmo-bot")
        renamed = bool(self.bed.query("SELECT 1 FROM projects WHERE identifier = 'new'"))
        settings = {
            "kind": "redmine",
            "url": self.proxy.url,
            "scope": {"projects": ["new" if renamed else PLACES[0], PLACES[1]], "subprojects": False},
            "kinds": {"task": ["Aufgabe", "Risiko"]},
            "fields": {"chance": {"field": "Likelihood"}},
            "write": {"flags": FLAGS, "fields": {"health": COLOUR}},
            **options,
        }
        chosen = RedmineOptions.model_validate(settings)
        return connect(NAME, chosen, surroundings(self.clock, key, user, folder=self.folder, policy=policy))

    def _put(self, number: str, issue: dict[str, Any]) -> None:
        self._as_person("PUT", f"/issues/{number}.json", {"issue": issue})

    def _as_person(self, method: str, path: str, body: object = None) -> None:
        reply = self.bed.rest(method, path, account="admin", body=body)
        assert reply.status in (200, 201, 204), f"{method} {path}: {reply}"

    def _one(self, sql: str, value: object) -> int:
        ((found,),) = self.bed.query(sql, *([] if value is None else [value]))
        return int(str(found))

    def _field(self, name: str) -> int:
        return self._one("SELECT id FROM custom_fields WHERE name = ?", name)

    def _values(self, number: str, name: str) -> list[object]:
        return [value for (value,) in self.bed.query(_VALUES, number, self._field(name)) if value]


@contextmanager
def started(folder: Path) -> Iterator[tuple[Bed, Path]]:
    """An empty Redmine with three projects, up; and the database to begin each test from. Skips where there is none."""
    missing = redmine.why_not()
    if missing is not None:
        complaint = f"{missing}; `make live-setup` installs a Redmine for tests"
        if os.environ.get("PMO_SYNC_REQUIRE_LIVE") == "1":
            pytest.fail(complaint)
        pytest.skip(complaint)
    bed = Bed(folder / "bed")
    bed.lay_out(redmine.seeded())
    with closing(sqlite3.connect(bed.database, timeout=20)) as connection, connection:
        connection.executescript(_EMPTY)
    bed.start()
    try:
        yield bed, bed.save(folder / "empty.sqlite")
    finally:
        bed.stop()


@contextmanager
def of(bed: Bed, empty: Path, folder: Path) -> Iterator[World]:
    """The Redmine, empty again."""
    bed.restore(empty)
    world = RedmineWorld(folder, bed)
    try:
        yield world
    finally:
        world.close()
