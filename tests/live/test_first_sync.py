"""The main job on a real Redmine: what the first `sync` writes, what it leaves alone, and that the second is silent."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.live.bed import expected, oracle
from tests.live.bed.redmine import Bed
from tests.live.conftest import Synced

pytestmark = pytest.mark.live

PROGRAMMES = ("payments", "onboarding", "data", "core", "safety", "energy")
TYPED_BY_PEOPLE = {"Energy A task 2.1.0": ("ask-me",), "Energy C task 2.0.0": ("ask-me",)}
RIGHT_ALREADY = "Energy B task 1.1.3"
COLOURED_BY_A_PERSON = ("project", "energy-e", "PMO health")


def _writable(bed: Bed) -> set[str]:
    return {name for root in ("retail", "plant") for name in expected.subtree(bed, root)} - {"payments-closed"}


def _flags(bed: Bed) -> dict[str, tuple[str, ...]]:
    return {subject: value for (_, subject, name), value in oracle.ours(bed).items() if name == "PMO compliance"}


def test_flags_are_those_of_an_independent_model(bed: Bed, world: Synced, tmp_path: Path) -> None:
    wanted = expected.flagged(bed, _writable(bed))
    wanted |= {oracle.issue(bed, title): value for title, value in TYPED_BY_PEOPLE.items()}
    world.again(bed, tmp_path / "folder")
    assert _flags(bed) == wanted


def test_colours_are_those_of_an_independent_model(bed: Bed, world: Synced, tmp_path: Path) -> None:
    rows = expected.rows(bed)
    wanted = {}
    for name in _writable(bed) - {"retail", "plant"}:
        below = expected.subtree(bed, name)
        wanted["project", name, "PMO health"] = (expected.health([row for row in rows if row.project in below]),)
    assert set(wanted.values()) == {("Green",), ("Amber",), ("Red",)}
    wanted[COLOURED_BY_A_PERSON] = ("Amber/Red",)
    world.again(bed, tmp_path / "folder")
    written = oracle.ours(bed)
    assert {place: value for place, value in written.items() if place[2] == "PMO health"} == wanted


def test_progress_is_that_of_an_independent_model(bed: Bed, world: Synced, tmp_path: Path) -> None:
    rows = expected.rows(bed)
    wanted = {}
    for name in _writable(bed) - {"retail", "plant"}:
        below = expected.subtree(bed, name)
        share = expected.progress([row for row in rows if row.project in below])
        wanted["project", name, "PMO progress"] = (str(math.floor(100 * share + 0.5)),)  # whole per cent
    assert len(set(wanted.values())) > 3
    world.again(bed, tmp_path / "folder")
    assert {place: value for place, value in oracle.ours(bed).items() if place[2] == "PMO progress"} == wanted


def test_each_target_is_written_once_and_only_where_something_changes(bed: Bed, world: Synced) -> None:
    typed = {oracle.issue(bed, title) for title in (*TYPED_BY_PEOPLE, RIGHT_ALREADY)}
    names = {str(id_): str(name) for id_, name in bed.query("SELECT id, identifier FROM projects")}
    issues = {f"PUT /issues/{id_}" for id_ in expected.flagged(bed, _writable(bed)) if id_ not in typed}
    projects = {f"PUT /projects/{name}" for name in _writable(bed) - {"retail", "plant"}}
    written = Counter(path.removesuffix(".json") for path in world.writes)
    by_identifier = {
        re.sub(r"(?<=projects/)\d+$", lambda found: names[found[0]], path): n for path, n in written.items()
    }
    assert by_identifier == dict.fromkeys(issues | projects, 1)
    assert 40 <= len(world.writes) <= 100


def test_history_has_one_entry_for_each_flag_and_nothing_else(bed: Bed, world: Synced, tmp_path: Path) -> None:
    typed = {oracle.issue(bed, title) for title in (*TYPED_BY_PEOPLE, RIGHT_ALREADY)}
    wanted = expected.flagged(bed, _writable(bed))
    world.again(bed, tmp_path / "folder")
    assert sorted(oracle.journals(bed)) == sorted(
        (name, "cf", "PMO compliance", None, flag)
        for name, found in wanted.items()
        if name not in typed
        for flag in found
    )


def test_what_people_own_is_untouched(bed: Bed, world: Synced, tmp_path: Path) -> None:
    before = oracle.theirs(bed)
    world.again(bed, tmp_path / "folder")
    assert oracle.theirs(bed) == before


def test_a_closed_project_is_read_and_not_written_to(bed: Bed, world: Synced, tmp_path: Path) -> None:
    assert expected.flagged(bed, {"payments-closed"}), "the closed project must have something to flag"
    ((closed,),) = bed.query("SELECT id FROM projects WHERE identifier = 'payments-closed'")
    inside = {f"PUT /issues/{row.id}.json" for row in expected.rows(bed) if row.project == "payments-closed"}
    inside |= {f"PUT /projects/{closed}.json", "PUT /projects/payments-closed.json"}
    assert not inside & set(world.writes)
    world.again(bed, tmp_path / "folder")
    assert not any(place[1] == "payments-closed" for place in oracle.ours(bed))


def test_the_second_sync_writes_nothing(bed: Bed, world: Synced, tmp_path: Path) -> None:
    folder = world.again(bed, tmp_path / "folder")
    entries, mark, before, theirs = oracle.journal_count(bed), bed.mark(), oracle.ours(bed), oracle.theirs(bed)
    second = folder.run("sync", "--format", "json")
    assert second.code == 0, str(second)
    assert bed.writes_since(mark) == []
    assert oracle.journal_count(bed) == entries
    assert oracle.ours(bed) == before
    assert oracle.theirs(bed) == theirs
