"""A few seeds of faults on both Jiras against the real command line: nothing wrong, nothing of people's lost."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Fault, Incoming
from tests.faults import jira_plant as plant
from tests.faults.command_line import Clock, Run, for_jira

SEEDS = (1, 2, 3)
LIES = ("short", "empty", "repeat")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("flavour", list(Flavour), ids=lambda flavour: flavour.name.lower())
def test_whatever_goes_wrong_nothing_wrong_is_written_and_the_next_run_mends_it(
    flavour: Flavour, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    with (
        Sandbox(flavour, now=clock.now) as tracker,
        for_jira(monkeypatch, capsys, clock, tracker) as run,
    ):
        plant.build(tracker)
        folder = plant.write_settings(tmp_path / "bank", tracker)
        first = run(folder, "sync")
        assert first.code == 0, str(first)
        _in_order(tracker, str(first))

        plant.people_work(tracker, seed)
        before, people = plant.our_labels(tracker), plant.human_labels(tracker)
        wanted = plant.wanted_labels(tracker)
        assert before != wanted
        sent = len(tracker.log)
        tracker.knobs.seed = seed
        tracker.knobs.faults.extend(_faults(seed))
        added = _people_meanwhile(tracker)
        chaotic = run(folder, "sync")
        tracker.knobs.faults.clear()
        tracker.knobs.before = None
        told = f"seed {seed}\n{chaotic}"
        assert any(one.status in (0, 429, 500, 503, 504) for one in tracker.log[sent:]), told

        people = {key: labels | added.get(key, frozenset()) for key, labels in people.items()}
        assert plant.human_labels(tracker) == people, told
        for key, labels in plant.our_labels(tracker).items():
            assert before[key] & wanted[key] <= labels <= before[key] | wanted[key], f"{key}\n{told}"
        assert chaotic.code in (0, 3), told
        if chaotic.code == 0:
            _in_order(tracker, told)
        _converges(tracker, folder, run, clock, told)
        assert plant.human_labels(tracker) == people, told
        assert tracker.mails == {}, told
        _no_list_was_set(tracker)


def _people_meanwhile(tracker: Sandbox) -> dict[str, frozenset[str]]:
    """From now on a person adds a label to every second issue in the moment in which we write to it; which ones."""
    added: dict[str, frozenset[str]] = {}
    hand, count = tracker.person(plant.person(tracker)), [0]

    def before(incoming: Incoming) -> None:
        found = re.search(r"/issue/(\d+)(\?|$)", incoming.path)
        if incoming.method == "PUT" and found is not None:
            count[0] += 1
            if count[0] % 2:
                key = tracker.issue(found[1]).key
                hand.label(key, add="pmo-meanwhile")
                added[key] = frozenset({"pmo-meanwhile"})

    tracker.knobs.before = before
    return added


def _faults(seed: int) -> list[Fault]:
    rate = (0.04, 0.005, 0.015)[seed % 3]
    kinds = ("429", "500", "503", "drop", "lost", "html")
    found = [Fault(kind, rate=rate, method=method) for kind in kinds for method in ("GET", "PUT", "POST")]
    return found + [Fault(kind, rate=rate / 4, path="search") for kind in LIES]


def _converges(tracker: Sandbox, folder: Path, run: Run, clock: Clock, told: str) -> None:
    clock.moment += timedelta(hours=1)
    healed = run(folder, "sync")
    assert healed.code == 0, f"{healed}\nafter {told}"
    _in_order(tracker, f"{healed}\nafter {told}")
    done = len(tracker.writes)
    again = run(folder, "sync")
    assert again.code == 0, f"{again}\nafter {told}"
    assert len(tracker.writes) == done, f"{again}\nafter {told}"


def _in_order(tracker: Sandbox, told: str) -> None:
    assert plant.our_labels(tracker) == plant.wanted_labels(tracker), told
    assert plant.healths(tracker) == plant.wanted_healths(tracker), told
    for one in tracker.store.issues.values():
        assert len(one.remote_links) <= 1, told


def _no_list_was_set(tracker: Sandbox) -> None:
    for entry in tracker.log:
        assert '"set"' not in entry.body
        if entry.method == "PUT" and "/properties/" not in entry.path:
            assert '"fields":{"labels"' not in entry.body
