"""What people do stays: their labels, their edits between plan and apply, and after our book was lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date

import pytest

from tests.loop.conftest import Bank

ODD = """
standards:
  - id: ODD-01
    title: No impact of three
    why: It is odd.
    source: House
    level: item
    kinds: [risk]
    severity: major
    applies_to: {impact: present}
    require: {impact: {gt: 3}}
    flag: odd
    message: "{key} is odd"
    fix: Be even.
    cases:
      - fail: {impact: 3}
"""


HOSTILE = ["pmo-bank-holiday", "PMO-Action", "pmo-no-owner-please", "pmo-<b>", "\u202epmo", "';--", "pmo-" + "x" * 251]


def _forget(world: Bank) -> None:
    """The ledger is lost, and every snapshot with it."""
    shutil.rmtree(world.folder / ".pmo-sync")


def _flagged(world: Bank, *flags: str) -> list[str]:
    return [key for key in world.store.every() if world.store.flags(key) == set(flags)]


def test_labels_of_people_stay_also_those_with_our_prefix_and_without_our_book(world: Bank) -> None:
    ann = world.tracker.person(world.login("ann"))
    ann.label("PAY-2", add=HOSTILE)
    theirs = {key: world.store.labels(key) for key in world.store.every()}
    assert world.run("sync").code == 0
    _forget(world)
    mark = world.mark()
    again = world.run("sync")
    assert again.code == 0, str(again)
    assert world.writes(mark) == [], "what stands there is as wanted: our own note says that we put it"
    for key, labels in theirs.items():
        assert labels <= world.store.labels(key)
    assert world.store.amiss() == []
    mended = _flagged(world, "no-owner")[0]
    _forget(world)
    ann.set(mended, "assignee", world.login("ann"))
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    assert theirs[mended] <= world.store.labels(mended)
    assert set(HOSTILE) <= world.store.labels("PAY-2")


def test_a_flag_of_a_standard_that_is_gone_is_known_by_our_note_alone(world: Bank) -> None:
    (world.folder / "odd.yaml").write_text(ODD, encoding="utf-8")
    world.edit_settings("packs: [core, risk]", "packs: [core, risk]\n  files: [odd.yaml]")
    assert world.run("sync").code == 0
    odd = [key for key in world.store.every() if "pmo-odd" in world.store.labels(key)]
    assert len(odd) >= 3
    world.tracker.person(world.login("ben")).label("ONB-2", add=["pmo-odd"])
    world.edit_settings("\n  files: [odd.yaml]", "")
    _forget(world)
    assert world.run("sync").code == 0
    left = [key for key in world.store.every() if "pmo-odd" in world.store.labels(key)]
    assert left == ["ONB-2"], "a person's label of that name is not ours"
    assert world.store.amiss() == []


@pytest.mark.parametrize("person", ["ann", "ben"])  # in Kolkata and in New York
def test_an_edit_between_plan_and_apply_is_noticed_whatever_the_zone(world: Bank, person: str) -> None:
    target = _flagged(world, "overdue")[0]
    plan = str(world.folder / "plan.json")
    assert world.run("plan", "-o", plan).code == 0
    world.tracker.person(world.login(person)).label(target, add=["pmo-mine", "hands-off"])
    mark = world.mark()
    applied = world.run("apply", plan)
    assert applied.code == 5, str(applied)
    assert target in applied.err, str(applied)
    assert world.writes(mark) == []
    assert world.run("sync").code == 0
    assert world.store.amiss() == []
    assert {"pmo-mine", "hands-off"} <= world.store.labels(target)


def _once(world: Bank, ready: Callable[[str, str], bool], edit: Callable[[], None]) -> list[str]:
    """`edit` happens just before the first request for which `ready` says so. The list holds that request then."""
    done: list[str] = []

    def before(incoming: object) -> None:
        method, path = getattr(incoming, "method"), getattr(incoming, "path")  # noqa: B009 - of the sandbox
        if not done and ready(method, path):
            done.append(f"{method} {path}")
            edit()

    world.tracker.knobs.before = before
    return done


def _puts(method: str, path: str) -> bool:
    return method == "PUT" and "/issue/" in path


@pytest.mark.parametrize("person", ["ann", "ben"])  # in Kolkata and in New York
def test_an_edit_after_the_pull_of_a_sync_is_left_to_the_next_run(world: Bank, person: str) -> None:
    target = _flagged(world, "overdue")[0]
    hand = world.tracker.person(world.login(person))

    def pulled(*_: str) -> bool:
        return any(world.folder.glob(".pmo-sync/snapshots/bank/*/manifest.json"))

    done = _once(world, pulled, lambda: hand.set(target, "duedate", date(2027, 1, 29)))
    first = world.run("sync")
    assert done, "nothing was asked after the pull"
    assert first.code in (0, 3), str(first)
    assert not world.store.ours(target)
    world.tracker.knobs.before = None
    assert world.store.field(target, "duedate") == "2027-01-29"
    assert world.run("sync").code == 0
    assert world.store.amiss() == []


def test_labels_that_people_put_and_take_while_we_write_are_not_lost(world: Bank) -> None:
    targets = {str(world.tracker.issue(key).id): key for key in world.store.every() if world.store.flags(key)}
    hand, edited = world.tracker.person(world.login("ben")), set()

    def before(incoming: object) -> None:
        method, path = getattr(incoming, "method"), getattr(incoming, "path")  # noqa: B009 - of the sandbox
        number = path.split("/issue/")[-1].partition("?")[0].partition("/")[0]
        if _puts(method, path) and number in targets and number not in edited:
            edited.add(number)
            hand.label(targets[number], add=[f"mine-{number}"], remove=["team-blue"])

    world.tracker.knobs.before = before
    ran = world.run("sync")
    assert ran.code in (0, 3), str(ran)
    world.tracker.knobs.before = None
    assert len(edited) == len(targets)
    for number, key in targets.items():
        assert f"mine-{number}" in world.store.labels(key)
        assert "team-blue" not in world.store.labels(key)
    assert world.run("sync").code == 0
    assert world.store.amiss() == []


def test_a_label_of_ours_that_a_person_takes_off_stays_off(world: Bank) -> None:
    assert world.run("sync").code == 0
    target = _flagged(world, "overdue")[0]
    world.tracker.person(world.login("cleo")).label(target, remove=["pmo-overdue"])
    mark = world.mark()
    plan = world.run("plan", "-o", str(world.folder / "plan.json"))
    assert plan.code == 0
    assert '"edited by a person"' in (world.folder / "plan.json").read_text(encoding="utf-8")
    assert world.run("sync").code == 0
    assert "pmo-overdue" not in world.store.labels(target)
    assert world.writes(mark) == []


def test_a_field_of_ours_that_a_person_sets_is_held(world: Bank) -> None:
    assert world.run("sync").code == 0
    other = next(colour for colour in ("Green", "Amber", "Red") if colour != world.store.health("PAY"))
    world.tracker.person(world.login("cleo")).set("PAY-1", "PMO health", other)
    mark = world.mark()
    assert world.run("sync").code == 0
    assert world.store.field("PAY-1", "PMO health") == other
    assert world.writes(mark) == []
    _forget(world)
    assert world.run("sync").code == 0
    assert world.store.field("PAY-1", "PMO health") == other, "our note tells what we wrote, and this is another value"
