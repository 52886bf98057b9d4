"""One seed of faults on the way to a tracker: a day of people's work, a `sync` through the proxy, then a clean one.

What is asserted is seen at the tracker and on the line: what stands there, what was sent, what was told. Of several
connections no order is asserted.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.sandbox import Flavour
from tests.faults.command_line import Clock, Ran, in_process, listening
from tests.faults.jira_side import JiraSide
from tests.faults.proxy import Proxy
from tests.faults.redmine_side import RedmineSide
from tests.faults.side import LABELS, Now, Side
from tests.faults.wrongs import LIES, STRANGER, Asked, Dice

FLAVOURS: Final[Mapping[str, Callable[[Path, Now], Side]]] = {
    "cloud": partial(JiraSide, Flavour.CLOUD),
    "data_center": partial(JiraSide, Flavour.DATA_CENTER),
    "redmine": RedmineSide,
}
RATES: Final = ((0.05, 0.05), (0.02, 0.5), (0.1, 0.2), (0.01, 0.2), (0.25, 0.5), (0.5, 0.5))
"""Shares of questions and of changes that go wrong; a seed takes them in turn."""
STALE: Final = "stale"
UNTOLD: Final = frozenset({STALE, "no field"})
"""Lies that nobody can notice: rows as they once were, and fields that might as well not be visible."""
WHO: Final = ("/myself", "/users/current.json")


@dataclass
class Tally:
    """What many seeds came to."""

    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    changes: int = 0
    alone: int = 0

    @property
    def figures(self) -> Iterator[tuple[str, str]]:
        """What is told of them, by name."""
        reads, writes = (f"{min(part):.0%} to {max(part):.0%}" for part in zip(*RATES, strict=True))
        faults, seeds = self.faults.total() - self.faults["truth"], self.codes.total()
        yield (
            "",
            f"{seeds} seeds ({self.alone} on one connection); {reads} of reads, {writes} of writes: {faults} faults",
        )
        yield "in one run", f"{self.requests} requests, {self.changes} changes made"
        yield "wrong, removed, too early", "0 wrong flags, 0 removals from what was not read, 0 before Retry-After"
        codes = ", ".join(f"exit {code}: {times}" for code, times in sorted(self.codes.items()))
        yield "exit codes", f"{codes}; a clean run mends all"


@dataclass(frozen=True)
class InOrder:
    """A tracker and a project folder after their first `sync`, kept to begin each seed from."""

    flavour: str
    where: Path
    proxy: Proxy
    clock: Clock
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def begin(self) -> None:
        """A fresh plant, synchronised through the proxy."""
        folder = self.where / "folder"
        with FLAVOURS[self.flavour](self.where / "state", self.clock.now) as side:
            self.proxy.upstream = side.url
            side.build(folder)
            settings = (folder / "pmo.yaml").read_text(encoding="utf-8").replace(side.url, self.proxy.url)
            (folder / "pmo.yaml").write_text(settings, encoding="utf-8")
            first = self.sync(side, folder)
            assert first.code == 0, str(first)
            assert side.amiss() == []

    @contextmanager
    def again(self, name: str) -> Iterator[tuple[Side, Path]]:
        """Copies of both, behind the proxy."""
        where = self.where / name
        shutil.copytree(self.where / "folder", where / "folder")
        shutil.copyfile(self.where / "state", where / "state")
        with FLAVOURS[self.flavour](where / "state", self.clock.now) as side:
            self.proxy.upstream = side.url
            self.proxy.begin()
            yield side, where / "folder"
        shutil.rmtree(where)

    def sync(self, side: Side, folder: Path, connections: int | None = None, *, whole: bool = False) -> Ran:
        """What `pmo-sync sync` comes to, over so many connections or as many as it has by itself."""
        self.proxy.connections = connections or side.connections
        with (
            listening(self.monkeypatch, self.proxy),
            in_process(self.monkeypatch, self.capsys, self.clock, side.secrets, connections) as run,
        ):
            return run(folder, "sync", *["--full"] * whole)


@contextmanager
def in_order(
    flavour: str, where: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[InOrder]:
    """A plant behind a proxy, in order."""
    clock = Clock()
    with Proxy("", clock.flowing) as proxy:
        world = InOrder(flavour, where, proxy, clock, monkeypatch, capsys)
        world.begin()
        yield world


@dataclass
class Day:
    """A day of people's work, before and while a client is at work."""

    side: Side
    seed: int
    proxy: Proxy
    added: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        untouched = self.side.updated()
        self.side.people_work(self.seed)
        now = self.side.updated()
        self.changed = {id_ for id_ in now if now[id_] != untouched[id_]}
        self.before, self.wanted, self.people = self.side.ours(), self.side.wanted(), self.side.people()
        assert self.before != self.wanted
        self._writes = 0

    @contextmanager
    def goes_on(self) -> Iterator[None]:
        """In the moment of every second write a person edits the same issue."""
        self.proxy.before = self._meanwhile
        yield
        self.proxy.before = None

    def _meanwhile(self, asked: Asked) -> None:
        self._writes += asked.method == "PUT" and self.side.about(asked.path) is not None
        if asked.method == "PUT" and self._writes % 2 and (key := self.side.interfere(asked)) is not None:
            self.people[key] = self.side.people()[key]
            self.added.add(key)

    @property
    def unread(self) -> set[str]:
        """What people changed, and the client was never told of."""
        return self.changed - {id_ for name, id_ in self.proxy.told if name == "issues"}

    @property
    def moved(self) -> set[str]:
        """What a person changed in the moment of a write, or the tracker says that somebody did (409)."""
        conflicts = {self.side.about(one.asked.path) for one in self.proxy.log if one.answered == 409}
        return self.added | {key for key in conflicts if key is not None}

    def mistakes(self) -> list[str]:
        """What no client may ever do, whatever goes wrong; empty when nothing of it was done."""
        found, people = [], self.side.people()
        for key, theirs in self.people.items():
            if people[key] != theirs:
                found.append(f"people's part of {key} is {sorted(people[key])}, not {sorted(theirs)}")
        unread = self.unread
        blind = unread or UNTOLD & self.proxy.faults.keys()  # a figure of what nobody could know is no mistake
        for place, values in self.side.ours().items():
            before, wanted = self.before[place], self.wanted[place]
            if not before & wanted <= values <= before | wanted and (place[1] == LABELS or not blind):
                found.append(f"{place} stands as {sorted(values)}, not {sorted(wanted)}")
        found += [f"asked {self.proxy.early} times before Retry-After had passed"] * bool(self.proxy.early)
        return found + self.side.forbidden(self.proxy) + (self.side.unfounded(unread, self.proxy) if unread else [])


def one_seed(seed: int, world: InOrder, tally: Tally) -> None:
    """Nothing wrong is ever written, the exit code is true, and the next clean run mends what is left."""
    reading, writing = RATES[seed % len(RATES)]
    alone = seed // len(RATES) % 3 == 0
    with world.again(f"seed-{seed}") as (side, folder):
        proxy = world.proxy
        day = Day(side, seed, proxy)
        proxy.begin(Dice(seed, reading, writing, denying=seed % 4 == 3, more=side.own_faults))
        side.lock(seed)
        with day.goes_on():
            ran = world.sync(side, folder, 1 if alone else None)
        side.unlock()
        told = f"seed {seed}: {dict(proxy.faults)}\n{ran}"
        assert day.mistakes() == [], told
        _code_is_true(ran, day, world, told)
        tally.codes[ran.code] += 1
        tally.faults += proxy.faults
        tally.requests += len(proxy.log)
        tally.changes += sum(one.changed for one in proxy.log)
        tally.alone += alone
        stale = STALE in proxy.faults
        proxy.begin()
        _converges(world, side, folder, told, whole=stale, twice=seed % 4 == 0)
        assert day.mistakes() == [], told


def _code_is_true(ran: Ran, day: Day, world: InOrder, told: str) -> None:
    """0: all that people changed was read, and all stands as it must. 4: the tracker did not know us, or refused.
    5: what was told untruly looked as if most had gone, and nothing was written. 3: something was never told truly,
    however often it was asked for, or somebody was at work in the moment of a write.
    """
    faults, log, unread = world.proxy.faults, world.proxy.log, day.unread
    refused = [one for one in log if one.answered in (401, 403)]
    if ran.code == 0:
        # Cloud counts nothing: what both readings of a list leave out cannot be missed.
        assert not unread or world.flavour == "cloud", told
        passed_over = " stale: " in ran.out and faults.keys() & {*LIES}  # what an answer says is gone is left alone
        assert unread or UNTOLD & faults.keys() or passed_over or day.side.amiss(day.moved) == [], told
    elif ran.code == 4:
        assert refused or STRANGER in faults, told
    elif ran.code == 5:  # what looks like an empty tracker is braked
        assert faults.keys() & {*LIES}, told
        assert not world.proxy.writes, told
    else:
        assert ran.code == 3, told
        assert world.proxy.unsettled or faults.keys() & {*LIES} or day.moved, told
    who = [one for one in log if one.asked.place.endswith(WHO)]
    assert not who or who[-1].answered != 401 or ran.code == 4, told
    assert STRANGER not in faults or ran.code in (3, 4), told


def _converges(world: InOrder, side: Side, folder: Path, told: str, *, whole: bool, twice: bool) -> None:
    """A clean run mends all; one after that, where it is asked for, writes nothing. `whole`: rows came as they once
    were, which nobody can notice before everything is read again.
    """
    world.clock.moment += timedelta(hours=1)
    healed = world.sync(side, folder, whole=whole)
    assert healed.code == 0, f"{healed}\nafter {told}"
    assert side.amiss() == [], f"{healed}\nafter {told}"
    if not twice:
        return
    done = side.writes
    again = world.sync(side, folder)
    assert again.code == 0, f"{again}\nafter {told}"
    assert side.writes == done, f"{again}\nafter {told}"
