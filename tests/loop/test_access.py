"""Who may not: exit 4, nothing written, nothing taken for gone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import count

from pmo_sync.sandbox import Flavour
from tests.loop import bank
from tests.loop.conftest import Bank, NewBank


def _snapshots(world: Bank) -> list[str]:
    return sorted(one.name for one in world.folder.glob(".pmo-sync/snapshots/bank/*"))


def test_a_token_that_expired_before_the_run(world: Bank) -> None:
    assert world.run("sync").code == 0
    kept = _snapshots(world)
    people, standing = world.store.people(), {key: world.store.labels(key) for key in world.store.every()}
    mark = world.mark()
    world.tracker.knobs.revoke(world.tracker.writer.token)
    for command in ("sync", "check", "pull", "plan"):
        ran = world.run(command)
        assert ran.code == 4, str(ran)
        assert "bank" in ran.err
    assert world.writes(mark) == []
    assert _snapshots(world) == kept
    assert {key: world.store.labels(key) for key in world.store.every()} == standing
    assert world.store.people() == people


def test_a_token_that_expires_at_any_request_of_the_pull(world: Bank) -> None:
    """On Cloud a search then answers 200 and an empty list. After the last proof of who we are all has been read."""
    assert world.run("sync").code == 0
    mark = world.mark()
    assert world.run("pull").code == 0
    proofs = [n for n, one in enumerate(world.tracker.log[mark:]) if one.path.endswith("/myself")]
    assert len(proofs) >= 2
    kept = _snapshots(world)
    for nth in range(proofs[-1]):
        world.tracker.knobs.revoked.clear()
        mark, asked = world.mark(), count()

        def before(_: object, *, asked: Iterator[int] = asked, nth: int = nth) -> None:
            if next(asked) == nth:
                world.tracker.knobs.revoke(world.tracker.writer.token)

        world.tracker.knobs.before = before
        ran = world.run("sync")
        assert ran.code == 4, f"revoked after request {nth}\n{ran}"
        assert world.writes(mark) == []
        assert _snapshots(world) == kept, f"revoked after request {nth}"


def test_a_token_that_expires_just_before_the_search(world: Bank) -> None:
    assert world.run("sync").code == 0
    kept, mark = _snapshots(world), world.mark()
    world.tracker.knobs.before = lambda incoming: (
        world.tracker.knobs.revoke(world.tracker.writer.token) if "/search" in incoming.path else None
    )
    ran = world.run("sync")
    assert ran.code == 4, str(ran)
    assert world.writes(mark) == []
    assert _snapshots(world) == kept


def test_a_token_that_expires_between_two_writes(world: Bank) -> None:
    seen: list[str] = []

    def before(incoming: object) -> None:
        if getattr(incoming, "method") == "PUT":  # noqa: B009 - of the sandbox
            seen.append("PUT")
        if len(seen) == 4:
            world.tracker.knobs.revoke(world.tracker.writer.token)

    world.tracker.knobs.before = before
    people = world.store.people()
    ran = world.run("sync")
    assert ran.code in (3, 4), str(ran)
    assert world.store.people() == people
    world.tracker.knobs.before = None
    world.tracker.knobs.revoked.clear()
    assert world.run("sync").code == 0
    assert world.store.amiss() == []


def test_a_reader_may_check_and_sync_is_exit_4_and_says_what_to_grant(world: Bank) -> None:
    reader = world.tracker.reader
    world.settings(user=reader.login)
    assert world.run("check", "--fail-on", "never", token=reader.token).code == 0
    ran = world.run("sync", token=reader.token)
    assert ran.code == 4, str(ran)
    assert "Edit Issues" in ran.out + ran.err or "EDIT_ISSUES" in ran.out + ran.err, str(ran)
    assert world.writes() == []


def test_the_token_of_another_account_is_exit_4_and_says_whose(world: Bank) -> None:
    world.settings(user=world.tracker.reader.login)
    ran = world.run("sync")
    assert ran.code == 4, str(ran)
    assert ("user" if world.flavour is Flavour.CLOUD else world.tracker.reader.login) in ran.err
    assert world.writes() == []


def test_one_project_that_is_read_only_stops_no_other(new_bank: NewBank, flavour: Flavour) -> None:
    seed = bank.seed(flavour)
    only_ann = (bank.login(flavour, "ann"),)
    projects = [
        dataclasses.replace(one, editors=only_ann, administrators=()) if one.key == "ONB" else one
        for one in seed.projects
    ]
    world = new_bank(dataclasses.replace(seed, projects=projects))
    ran = world.run("sync")
    assert ran.code == 4, str(ran)
    assert "ONB" in ran.out + ran.err
    assert all(one.startswith("ONB") for one in world.store.amiss())
    assert not any(world.store.ours(key) for key in world.store.every() if key.startswith("ONB"))
    assert any(one.startswith("ONB") for one in world.store.amiss())


def test_doctor_names_what_is_missing_and_writes_nothing(world: Bank) -> None:
    well = world.run("doctor")
    assert well.code == 0, str(well)
    reader = world.tracker.reader
    world.settings(user=reader.login)
    ill = world.run("doctor", token=reader.token)
    assert ill.code in (0, 3, 4), str(ill)
    assert "Edit Issues" in ill.out + ill.err or "EDIT_ISSUES" in ill.out + ill.err, str(ill)
    assert world.writes() == []


def test_doctor_lists_the_fields_where_they_are_asked_for(world: Bank) -> None:
    asked, plain = world.run("doctor", "--fields"), world.run("doctor")
    assert asked.code == plain.code == 0, f"{asked}{plain}"
    assert "(duedate, date)" in asked.out
    assert "Browse Projects" not in asked.out
    assert "(duedate, date)" not in plain.out
    assert "Browse Projects" in plain.out


def test_doctor_compares_the_site_with_what_is_assumed(world: Bank) -> None:
    ran = world.run("doctor", "--format", "json")
    lines = {one["subject"]: one for one in json.loads(ran.out)["probes"]}
    assert {lines[name]["ok"] for name in ("order", "pages", "changes", "history", "notes", "web-links")} == {True}
    assert world.writes() == []
