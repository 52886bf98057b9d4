"""One seed of faults on the way to a Jira: a day of people's work, a `sync` through the proxy, then a clean one.

What is asserted is seen at the tracker and on the line: what stands there, what was sent, what was told.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Incoming
from tests.faults import jira_plant as plant
from tests.faults.command_line import Clock, Ran
from tests.faults.jira_command_line import command_line
from tests.faults.proxy import Proxy
from tests.faults.wrongs import Dice

RATES: Final = ((0.05, 0.05), (0.02, 0.5), (0.1, 0.2), (0.01, 0.2), (0.25, 0.5), (0.5, 0.5))
"""Shares of questions and of changes that go wrong; a seed takes them in turn."""
UNTOLD: Final = frozenset({"stale", "no field"})
"""Lies that nobody can notice: rows as they once were, and fields that might as well not be visible."""
_ISSUE: Final = re.compile(r"/issue/([^/?]+)(\?|$)")

Labels = dict[str, frozenset[str]]


@dataclass
class Tally:
    """What many seeds came to."""

    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    changes: int = 0


@dataclass(frozen=True)
class InOrder:
    """A Jira and a project folder after their first `sync`, kept to begin each seed from."""

    flavour: Flavour
    where: Path
    proxy: Proxy
    clock: Clock
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def begin(self) -> None:
        """A fresh bank, synchronised through the proxy."""
        folder = self.where / "bank"
        with Sandbox(self.flavour, state=self.where / "jira.sqlite", now=self.clock.now) as tracker:
            self.proxy.upstream = tracker.url
            plant.build(tracker)
            plant.write_settings(folder, tracker)
            settings = (folder / "pmo.yaml").read_text(encoding="utf-8").replace(tracker.url, self.proxy.url)
            (folder / "pmo.yaml").write_text(settings, encoding="utf-8")
            first = self.sync(tracker, folder)
            assert first.code == 0, str(first)
            assert _in_order(tracker) == []

    @contextmanager
    def again(self, name: str) -> Iterator[tuple[Sandbox, Path]]:
        """Copies of both, behind the proxy."""
        where = self.where / name
        shutil.copytree(self.where / "bank", where / "bank")
        shutil.copyfile(self.where / "jira.sqlite", where / "jira.sqlite")
        with Sandbox(self.flavour, state=where / "jira.sqlite", now=self.clock.now) as tracker:
            self.proxy.upstream = tracker.url
            self.proxy.begin()
            yield tracker, where / "bank"
        shutil.rmtree(where)

    def sync(self, tracker: Sandbox, folder: Path) -> Ran:
        """What `pmo-sync sync` comes to."""
        with command_line(self.monkeypatch, self.capsys, self.clock, tracker) as run:
            return run(folder, "sync")


@contextmanager
def in_order(
    flavour: Flavour, where: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[InOrder]:
    """A bank behind a proxy, in order."""
    clock = Clock()
    with Proxy("", clock.now) as proxy:
        world = InOrder(flavour, where, proxy, clock, monkeypatch, capsys)
        world.begin()
        yield world


@dataclass
class Day:
    """A day of people's work, before and while a client is at work."""

    tracker: Sandbox
    seed: int
    added: Labels = field(default_factory=dict)

    def __post_init__(self) -> None:
        untouched = self._updated()
        plant.people_work(self.tracker, self.seed)
        now = self._updated()
        self.changed = {id_ for id_ in now if now[id_] != untouched[id_]}
        self.before, self.wanted = plant.our_labels(self.tracker), plant.wanted_labels(self.tracker)
        self.people = plant.human_labels(self.tracker)
        self.tracker.knobs.before = self._meanwhile
        self._writes = 0

    def _updated(self) -> dict[str, int]:
        return {str(one.id): one.updated for one in self.tracker.store.issues.values()}

    def _meanwhile(self, incoming: Incoming) -> None:
        """In the moment of every second write a person adds a label to the same issue."""
        found = _ISSUE.search(incoming.path)
        if incoming.method != "PUT" or found is None:
            return
        self._writes += 1
        if self._writes % 2:
            key = self.tracker.issue(found[1]).key
            self.tracker.person(plant.person(self.tracker)).label(key, add="pmo-meanwhile")
            self.added[key] = frozenset({"pmo-meanwhile"})

    def unread(self, proxy: Proxy) -> set[str]:
        """What people changed, and the client was never told of."""
        return self.changed - {id_ for name, id_ in proxy.told if name == "issues"}

    def moved(self, proxy: Proxy) -> set[str]:
        """What a person changed in the moment of a write, or the tracker says that somebody did (409)."""
        conflicts = {found[1] for one in proxy.log if one.answered == 409 and (found := _ISSUE.search(one.asked.path))}
        return self.added.keys() | {self.tracker.issue(number).key for number in conflicts}

    def mistakes(self, proxy: Proxy) -> list[str]:
        """What no client may ever do, whatever goes wrong; empty when nothing of it was done."""
        found = []
        human = plant.human_labels(self.tracker)
        for key, labels in self.people.items():
            if human[key] != labels | self.added.get(key, frozenset()):
                found.append(f"people's labels on {key} are {sorted(human[key])}, not {sorted(labels)}")
        for key, labels in plant.our_labels(self.tracker).items():
            before, wanted = self.before[key], self.wanted[key]
            if not before & wanted <= labels <= before | wanted:
                found.append(f"{key} is flagged {sorted(labels)}, not {sorted(wanted)}")
        found += [f"asked {proxy.early} times before Retry-After had passed"] * bool(proxy.early)
        found += [f"made twice: {one.asked.method} {one.asked.path}" for one in proxy.twice]
        if unread := self.unread(proxy):
            removed = [one.asked.path for one in proxy.log if one.changed and b'"remove"' in one.asked.body]
            found += [f"took flags away though {sorted(unread)} were not read: {path}" for path in removed]
        found += [f"sent mail: {self.tracker.mails}"] * bool(self.tracker.mails)
        return found


def one_seed(seed: int, world: InOrder, tally: Tally) -> None:
    """Nothing wrong is ever written, the exit code is true, and the next clean run mends what is left."""
    reading, writing = RATES[seed % len(RATES)]
    with world.again(f"seed-{seed}") as (tracker, folder):
        proxy = world.proxy
        day = Day(tracker, seed)
        assert day.before != day.wanted
        proxy.begin(Dice(seed, reading, writing, denying=seed % 4 == 3))
        ran = world.sync(tracker, folder)
        tracker.knobs.before = None
        told = f"seed {seed}: {dict(proxy.faults)}\n{ran}"
        assert day.mistakes(proxy) == [], told
        _code_is_true(ran, day, world, told)
        tally.codes[ran.code] += 1
        tally.faults += proxy.faults
        tally.requests += len(proxy.log)
        tally.changes += sum(one.changed for one in proxy.log)
        proxy.begin()
        _converges(world, tracker, folder, told, twice=seed % 4 == 0)
        assert day.mistakes(proxy) == [], told


def _code_is_true(ran: Ran, day: Day, world: InOrder, told: str) -> None:
    faults, unread = world.proxy.faults, day.unread(world.proxy)
    if ran.code == 0:
        # Cloud counts nothing: what both readings of a list leave out cannot be missed.
        assert not unread or world.flavour is Flavour.CLOUD, told
        assert unread or UNTOLD & faults.keys() or _in_order(day.tracker, day.moved(world.proxy)) == [], told
    else:
        assert ran.code == 3 or (ran.code == 4 and faults["401"] + faults["403"]), told


def _converges(world: InOrder, tracker: Sandbox, folder: Path, told: str, *, twice: bool) -> None:
    """A clean run mends all; one after that, where it is asked for, writes nothing."""
    world.clock.moment += timedelta(hours=1)
    healed = world.sync(tracker, folder)
    assert healed.code == 0, f"{healed}\nafter {told}"
    assert _in_order(tracker) == [], f"{healed}\nafter {told}"
    if not twice:
        return
    done = len(tracker.writes)
    again = world.sync(tracker, folder)
    assert again.code == 0, f"{again}\nafter {told}"
    assert len(tracker.writes) == done, f"{again}\nafter {told}"


def _in_order(tracker: Sandbox, moved: AbstractSet[str] = frozenset()) -> list[str]:
    """What does not stand as it must, but for what people `moved` in the moment of a write; what was set as a list."""
    found = []
    labels, wanted = plant.our_labels(tracker), plant.wanted_labels(tracker)
    wrong = [key for key in wanted if labels[key] != wanted[key] and key not in moved]
    found += [f"{key}: {sorted(labels[key])}, not {sorted(wanted[key])}" for key in wrong]
    colours, right = plant.healths(tracker), plant.wanted_healths(tracker)
    off = [key for key in right if colours[key] != right[key] and f"{key}-1" not in moved]
    found += [f"{key}: {colours[key]}, not {right[key]}" for key in off]
    found += [f"{one.key} has several links" for one in tracker.store.issues.values() if len(one.remote_links) > 1]
    for entry in tracker.writes:
        if entry.method == "PUT" and "/properties/" not in entry.path:
            body = json.loads(entry.body)
            found += ["a list was set whole"] * ("labels" in body.get("fields", {}) or '"set"' in entry.body)
    return found
