"""One seed: a plant that was in order, a day of people's work, a `sync` under faults, a clean one, and a third.

What is asserted is seen at the server: what stands there, what was sent, what a true row was ever sent of.
"""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.faults import plant
from tests.faults.chaos import Chaos
from tests.faults.command_line import Clock, Run
from tests.faults.faulty_redmine import FaultyRedmine, Json

RATES: Final = ((0.01, 0.01), (0.02, 0.5), (0.1, 0.2), (0.2, 0.2), (0.25, 0.5), (0.5, 0.5))
"""Shares of reads and of writes that go wrong; a seed takes them in turn."""


@dataclass
class Tally:
    """What many seeds came to."""

    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    written: int = 0
    at_once: int = 0

    @property
    def seeds(self) -> int:
        return self.codes.total()


@dataclass
class InOrder:
    """A plant after its first `sync`, kept to begin each seed from."""

    redmine: FaultyRedmine
    folder: Path
    issues: dict[int, Json]
    projects: list[Json]

    def again(self, where: Path) -> Path:
        """The plant and a copy of the project folder, both as they were after the first `sync`."""
        redmine = self.redmine
        redmine.issues, redmine.projects = copy.deepcopy((self.issues, self.projects))
        redmine.asked, redmine.applied, redmine.journal = [], [], []
        redmine.chaos = lambda _asked: None
        shutil.copytree(self.folder, where)
        return where


def in_order(redmine: FaultyRedmine, folder: Path, run: Run) -> InOrder:
    """A fresh plant, synchronised."""
    plant.build(redmine)
    plant.write_settings(folder, redmine)
    first = run(folder, "sync")
    assert first.code == 0, str(first)
    assert plant.standing(redmine) == plant.wanted(redmine)
    return InOrder(redmine, folder, copy.deepcopy(redmine.issues), copy.deepcopy(redmine.projects))


def one_seed(seed: int, world: InOrder, where: Path, run: Run, clock: Clock, tally: Tally) -> None:
    """Nothing wrong is ever written, the exit code is true, and the next clean run mends what is left."""
    redmine, folder = world.redmine, world.again(where)
    plant.people_work(redmine, seed)
    before, wanted = plant.standing(redmine), plant.wanted(redmine)
    assert before != wanted
    reading, writing = RATES[seed % len(RATES)]
    chaos = Chaos(redmine, seed, reading, writing, clock.now, denying=seed % 4 == 3)
    redmine.chaos = chaos
    ran = run(folder, "sync")
    redmine.chaos = lambda _asked: None
    told = f"seed {seed}: {dict(chaos.answered)}\n{ran}"

    _only_what_is_wanted(redmine, before, wanted, told)
    _nothing_from_what_was_not_read(redmine, chaos, told)
    _nothing_twice(redmine, chaos, told)
    assert chaos.too_early == 0, told
    whole = not _unread(redmine, chaos)
    if ran.code == 0:
        assert whole, told
        assert plant.standing(redmine) == wanted, told
    else:
        assert ran.code == 3 or (ran.code == 4 and chaos.denied), told

    tally.codes[ran.code] += 1
    tally.faults += chaos.answered
    tally.requests += len(redmine.asked)
    tally.written += len(redmine.applied)
    tally.at_once += plant.standing(redmine) == wanted
    _converges(redmine, folder, run, clock, wanted, told, twice=seed % 4 == 0)


def _only_what_is_wanted(
    redmine: FaultyRedmine, before: dict[plant.Place, str], wanted: dict[plant.Place, str], told: str
) -> None:
    """Each value stands as it was or as it must be, and nothing else was ever set."""
    standing = plant.standing(redmine).items()
    wrong = [(place, value, wanted[place]) for place, value in standing if value not in (before[place], wanted[place])]
    assert wrong == [], f"{wrong}\n{told}"
    for entry in redmine.journal:
        kind, number = entry.path.strip("/").removesuffix(".json").split("/")
        assert plant.text(entry.after) == wanted[kind, int(number), entry.field], f"{entry}\n{told}"


def _nothing_from_what_was_not_read(redmine: FaultyRedmine, chaos: Chaos, told: str) -> None:
    """Where an issue was never told of, nothing in its scope is written; where a project was not, nothing at all."""
    unread = _unread(redmine, chaos)
    scopes = {plant.scope_of(kind, number, redmine) for kind, number in unread}
    everywhere = any(kind == "projects" for kind, _ in unread)
    for entry in redmine.journal:
        kind, number = entry.path.strip("/").removesuffix(".json").split("/")
        assert not everywhere, f"{entry}\n{told}"
        assert plant.scope_of(kind, int(number), redmine) not in scopes, f"{entry}\n{told}"


def _unread(redmine: FaultyRedmine, chaos: Chaos) -> set[tuple[str, int]]:
    every = {("issues", number) for number in redmine.issues} | {("projects", one["id"]) for one in redmine.projects}
    return every - chaos.seen


def _nothing_twice(redmine: FaultyRedmine, chaos: Chaos, told: str) -> None:
    """No value is set where it stands, unless a lie hid that it does; and no value is set twice."""
    idle = [entry for entry in redmine.journal if entry.idle and entry.path not in chaos.lied_to]
    assert idle == [], told
    often = Counter((entry.path, entry.field) for entry in redmine.journal if not entry.idle)
    assert all(times == 1 for times in often.values()), told


def _converges(
    redmine: FaultyRedmine,
    folder: Path,
    run: Run,
    clock: Clock,
    wanted: dict[plant.Place, str],
    told: str,
    *,
    twice: bool,
) -> None:
    clock.moment += timedelta(hours=1)
    done = len(redmine.journal)
    healed = run(folder, "sync")
    assert healed.code == 0, f"{healed}\nafter {told}"
    assert set(plant.standing(redmine).items()) ^ set(wanted.items()) == set(), f"{healed}\nafter {told}"
    assert not any(entry.idle for entry in redmine.journal[done:]), f"{healed}\nafter {told}"
    if not twice:
        return
    sent = len(redmine.writes())
    third = run(folder, "sync")
    assert third.code == 0, f"{third}\nafter {told}"
    assert len(redmine.writes()) == sent, f"{third}\nafter {told}"
