"""Whom Redmine's accounts belong to: what costs a request, what is asked at most, and when somebody has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pmo_sync.connectors.answers import DeniedError
from pmo_sync.connectors.base import Needs, Progress
from pmo_sync.connectors.redmine import people
from pmo_sync.model.snapshot import Snapshot
from tests.faults.conftest import Contact
from tests.faults.faulty_redmine import Asked, FaultyRedmine, Normal, Reply, as_json, status

OWNER = frozenset({"owner"})
Serve = Callable[..., None]


def _silent(_: Progress) -> None:
    """Progress is tested elsewhere."""


def _pull(contact: Contact, *words: str, columns: frozenset[str] = OWNER, **options: Any) -> Snapshot:
    return contact(**options).pull(Needs(columns, people=frozenset(words)), _silent)


def _accounts(snapshot: Snapshot) -> list[tuple[str, str]]:
    return snapshot.accounts.rows()


def _asked(redmine: FaultyRedmine, path: str) -> list[str]:
    return [one.path for one in redmine.asked if one.path.startswith(path) and "current" not in one.path]


def _owned(redmine: FaultyRedmine, number: int, owner: int, name: str, **more: Any) -> None:
    redmine.issue(number, 2, assigned_to={"id": owner, "name": name}, **more)


@pytest.fixture
def accounts(redmine: FaultyRedmine) -> Serve:
    """`accounts({id: login}, members={project: {id: "user" | "group"}})`: what GET of users and members answers."""
    for issue in redmine.issues.values():
        issue.pop("assigned_to", None)

    def serve(
        logins: dict[int, str], members: dict[int, dict[int, str]] | None = None, statuses: dict[int, int] | None = None
    ) -> None:
        shown = {5: "pmo-bot", **logins}

        def user(asked: Asked, _normal: Normal) -> Reply:
            number = int(asked.path.removeprefix("/users/").removesuffix(".json"))
            if number not in shown:
                return Reply(404)
            told = {"status": statuses[number]} if statuses and number in statuses else {}
            names = {"firstname": shown[number].title(), "lastname": "Person"}
            return as_json({"user": {"id": number, "login": shown[number], **names, **told}})

        def listed(asked: Asked, _normal: Normal) -> Reply:
            project = int(asked.path.split("/")[2])
            if members is None or project not in members:
                return Reply(403)
            rows = [
                {"id": 100 + number, kind: {"id": number, "name": "?"}, "roles": []}
                for number, kind in sorted(members[project].items())
            ]
            return as_json({"memberships": rows, "total_count": len(rows)})

        redmine.misbehave("/users/", user, where=lambda asked: asked.path != "/users/current.json")
        redmine.misbehave("/projects/", listed, where=lambda asked: asked.path.endswith("/memberships.json"))

    return serve


def test_names_and_ids_cost_nothing(contact: Contact, redmine: FaultyRedmine, accounts: Serve) -> None:
    accounts({})
    _owned(redmine, 401, 25, "Ann Person")
    _owned(redmine, 402, 26, "Ben Person")
    assert _accounts(_pull(contact, "Ann Person", "26")) == [("25", "Ann Person")]
    assert _asked(redmine, "/users/") == []


def test_a_name_of_two_accounts_gives_both(contact: Contact, redmine: FaultyRedmine, accounts: Serve) -> None:
    accounts({})
    _owned(redmine, 401, 25, "Ann Person")
    _owned(redmine, 402, 26, "Ann Person")
    assert _accounts(_pull(contact, "Ann Person")) == [("25", "Ann Person"), ("26", "Ann Person")]


def test_logins_are_asked_for_until_all_are_found(contact: Contact, redmine: FaultyRedmine, accounts: Serve) -> None:
    accounts({25: "ann", 26: "ben", 27: "cyd"})
    for number in (25, 26, 27):
        _owned(redmine, 400 + number, number, f"Name {number}")
    assert _accounts(_pull(contact, "Ann", "ben")) == [("25", "Ann"), ("26", "ben")]
    assert _asked(redmine, "/users/") == ["/users/25.json", "/users/26.json"]
    assert redmine.asked[-1].path == "/users/current.json", "that it knew us all the time is proven at the end"


def test_the_account_of_a_field_of_persons_is_asked_too(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve
) -> None:
    accounts({30: "ann"})
    redmine.issue(401, 2, custom_fields=[{"id": 6, "name": "Sponsor", "value": "30"}])
    found = _pull(contact, "ann", columns=frozenset({"sponsor"}), write={}, fields={"sponsor": "Sponsor"})
    assert _accounts(found) == [("30", "ann")]


def test_at_most_so_many_accounts_are_asked_and_the_pull_is_whole(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_ASKED", 3)
    accounts({number: f"user-{number}" for number in range(20, 30)})
    for number in range(20, 30):
        _owned(redmine, 400 + number, number, f"Name {number}")
    found = _pull(contact, "nobody", "user-29")
    assert _accounts(found) == []
    assert len(_asked(redmine, "/users/")) == 3
    assert found.manifest.complete
    assert found.manifest.problems == ()


def test_nothing_is_asked_where_nobody_wants_to_know(contact: Contact, redmine: FaultyRedmine, accounts: Serve) -> None:
    accounts({25: "ann"})
    _owned(redmine, 401, 25, "Ann Person")
    found = _pull(contact)
    assert "owner_active" not in found.items.columns
    assert _asked(redmine, "/users/") == _asked(redmine, "/projects/2/") == []


def _active(snapshot: Snapshot) -> dict[str, bool | None]:
    owned = snapshot.items.drop_nulls("owner")
    return dict(zip(owned["owner"], owned["owner_active"].to_list(), strict=True))


def test_who_is_not_shown_and_is_a_member_has_left_and_a_group_has_not(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve
) -> None:
    accounts({25: "ann"}, members={2: {25: "user", 26: "user", 27: "group"}})
    for number in (25, 26, 27, 28):
        _owned(redmine, 400 + number, number, f"Name {number}")
        _owned(redmine, 500 + number, number, f"Name {number}")
    found = _pull(contact, columns=frozenset({"owner", "owner_active"}))
    assert _active(found) == {"25": True, "26": False, "27": True, "28": None}
    assert found.items.filter(found.items["owner"].is_null())["owner_active"].null_count() > 0
    assert "owner_active" in found.manifest.columns
    assert sorted(_asked(redmine, "/users/")) == [f"/users/{number}.json" for number in (25, 26, 27, 28, 5)]
    assert len(_asked(redmine, "/projects/2/memberships")) == 1


def test_an_administrator_is_told_the_status(contact: Contact, redmine: FaultyRedmine, accounts: Serve) -> None:
    accounts({25: "ann", 26: "ben"}, statuses={25: 1, 26: 3})
    _owned(redmine, 401, 25, "Ann Person")
    _owned(redmine, 402, 26, "Ben Person")
    assert _active(_pull(contact, columns=frozenset({"owner", "owner_active"}))) == {"25": True, "26": False}


@pytest.mark.parametrize("answer", [404, 403, 500])
def test_a_redmine_that_tells_of_nobody_says_nothing_of_anybody(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve, answer: int
) -> None:
    redmine.misbehave("/users/", status(answer), where=lambda asked: asked.path != "/users/current.json")
    accounts({}, members={2: {25: "user", 26: "user"}})
    _owned(redmine, 401, 25, "Ann Person")
    _owned(redmine, 402, 26, "Ben Person")
    found = _pull(contact, "login", columns=frozenset({"owner", "owner_active"}))
    assert _active(found) == {"25": None, "26": None}
    assert found.manifest.complete


def test_without_the_list_of_members_it_cannot_be_told(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve
) -> None:
    accounts({})
    _owned(redmine, 401, 26, "Ben Person")
    assert _active(_pull(contact, columns=frozenset({"owner", "owner_active"}))) == {"26": None}


def test_a_key_that_is_no_longer_known_stops_the_pull(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve
) -> None:
    accounts({})
    _owned(redmine, 401, 26, "Ben Person")
    redmine.heal()
    redmine.misbehave("/users/26", status(401))
    with pytest.raises(DeniedError):
        _pull(contact, columns=frozenset({"owner_active"}))


def test_it_is_hidden_where_a_tracker_has_no_assignee(
    contact: Contact, redmine: FaultyRedmine, accounts: Serve
) -> None:
    accounts({25: "ann"})
    redmine.trackers = [
        {"id": 1, "name": "Task", "enabled_standard_fields": ["assigned_to_id"]},
        {"id": 2, "name": "Risk", "enabled_standard_fields": ["due_date"]},
    ]
    _owned(redmine, 401, 25, "Ann Person")
    redmine.issue(402, 2, tracker={"id": 2, "name": "Risk"})
    found = _pull(contact, columns=frozenset({"owner_active"}))
    scopes = {row["scope"]: row for row in found.scopes.iter_rows(named=True)}
    hidden = {row["id"]: scopes[row["scope"]]["hidden"] for row in found.items.iter_rows(named=True)}
    assert "owner_active" in hidden["402"]
    assert "owner_active" not in hidden["401"]
