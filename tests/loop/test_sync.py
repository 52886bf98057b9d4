"""The main job on both Jiras: the first `sync` writes what a second reckoning expects, the next one nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.loop.conftest import Bank

_FIELD_VERBS = ("add", "remove")


def test_the_first_sync_writes_what_is_expected_and_the_second_nothing(world: Bank) -> None:
    people = world.store.people()
    assert len(world.store.amiss()) > 20, "there must be something to write"
    first = world.run("sync")
    assert first.code == 0, str(first)
    assert world.store.amiss() == []
    assert world.store.people() == people
    mark, history = world.mark(), {key: world.tracker.issue(key).history for key in world.store.every()}
    second = world.run("sync")
    assert second.code == 0, str(second)
    assert world.writes(mark) == []
    assert {key: world.tracker.issue(key).history for key in world.store.every()} == history
    assert "0" in second.out or "nothing" in second.out.lower(), str(second)


def test_what_people_mend_and_break_is_followed(world: Bank) -> None:
    assert world.run("sync").code == 0
    flagged = [key for key in world.store.every() if world.store.flags(key) == {"no-owner"}]
    sound = [key for key in world.store.every() if key.startswith("PAY") and not world.store.flags(key)]
    ann = world.tracker.person(world.login("ann"))
    ann.set(flagged[0], "assignee", world.login("ben"))
    ann.set(sound[1], "Planned start", date(2027, 6, 1))
    assert len(world.store.amiss()) >= 2
    mark = world.mark()
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    assert {path.split("/issue/")[1].partition("/")[0].partition("?")[0] for path in world.writes(mark)} <= {
        str(world.tracker.issue(key).id) for key in (flagged[0], sound[1], "PAY-1")
    }
    mark = world.mark()
    assert world.run("sync").code == 0
    assert world.writes(mark) == []


def test_each_issue_is_put_once_and_no_mail_is_sent_where_we_may_say_so(world: Bank) -> None:
    world.run("sync")
    puts = [path for path in world.writes() if path.startswith("PUT") and "/properties/" not in path]
    assert len(puts) == len(set(puts))
    assert all("notifyUsers=false" in path for path in puts)


def test_a_plan_writes_nothing_and_its_changes_are_those_of_the_log(world: Bank) -> None:
    planned = world.run("plan", "-o", str(world.folder / "plan.json"))
    assert planned.code == 0, str(planned)
    assert world.writes() == []
    plan = json.loads((world.folder / "plan.json").read_text(encoding="utf-8"))
    mark = world.mark()
    applied = world.run("apply", str(world.folder / "plan.json"))
    assert applied.code == 0, str(applied)
    assert sorted(_planned(plan), key=str) == sorted(_logged(world, mark), key=str)
    assert world.store.amiss() == []


def test_a_plan_is_the_same_twice(world: Bank) -> None:
    for name in ("one.json", "two.json"):
        assert world.run("plan", "-o", str(world.folder / name)).code == 0
    one, two = (json.loads((world.folder / name).read_text(encoding="utf-8")) for name in ("one.json", "two.json"))
    assert one["digest"] == two["digest"]
    assert world.writes() == []


def _planned(plan: Mapping[str, Any]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for change in plan["changes"]:
        match change["op"]:
            case "add_label":
                found.append((change["id"], "label", "add", change["label"]))
            case "remove_label":
                found.append((change["id"], "label", "remove", change["label"]))
            case "set_field":
                found.append((change["id"], "field", change["field"], change["after"]))
            case "put_link":
                link = change["link"]
                found.append((change["id"], "link", change["name"], link["title"], link["url"], link["resolved"]))
    return found


def _logged(world: Bank, mark: int) -> list[tuple[object, ...]]:
    """What the sandbox was told to change, in the words of a plan; our note goes with it and is no change."""
    found: list[tuple[object, ...]] = []
    for entry in world.tracker.log[mark:]:
        if not entry.is_write:
            continue
        number = entry.path.split("/issue/")[1].partition("?")[0].partition("/")[0]
        body = json.loads(entry.body)
        if "/remotelink" in entry.path:
            thing = body["object"]
            found.append((number, "link", body["globalId"], thing["title"], thing["url"], thing["status"]["resolved"]))
            continue
        if "/properties/" in entry.path:
            continue
        assert body.keys() <= {"update", "fields", "properties"}
        assert body.get("update", {}).keys() <= {"labels"}
        for step in body.get("update", {}).get("labels", []):
            ((verb, label),) = step.items()
            assert verb in _FIELD_VERBS
            found.append((number, "label", verb, label))
        for field_id, value in body.get("fields", {}).items():
            said = value["value"] if isinstance(value, dict) else f"{value:g}"
            found.append((number, "field", world.store.field_name(field_id), said))
        for one in body.get("properties", []):
            assert one["key"] == "pmo-sync.loop"
    return found
