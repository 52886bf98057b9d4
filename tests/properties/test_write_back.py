"""The laws of writing back, over histories of human edits, runs and crashes, on a tracker in memory.

The model here knows nothing of how a plan is made: who wrote a mark last, and what a person would expect to see.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pmo_sync.apply.execute import execute
from pmo_sync.connectors.base import Needs, Probe, Progress, Report, Seen, Since
from pmo_sync.model import frames
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Outcome,
    Plan,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    Value,
    WebLink,
)
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, LINK, PRESENT, encode_link, place
from pmo_sync.model.mark import decode as decode_mark
from pmo_sync.model.mark import encode as encode_value
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.past import notes, remembered
from pmo_sync.plan.build import Planned, make_plan
from pmo_sync.plan.codec import decode, encode
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.marks import observed
from pmo_sync.plan.options import WriteOptions
from pmo_sync.state.journal import value_after
from pmo_sync.state.ledger import Ledger, open_ledger
from tests.unit.plan.world import FIELD_NAME, NOW, STANDARDS, Item, World, item

LOADED = STANDARDS[:2]
FLAG_OF = {one.standard: one.flag for one in LOADED}
ITEMS = ("1", "2")
OPTIONS = WriteOptions(labels=True, link=True, flags=FIELD_NAME, max_flags=len(LOADED))
OURS_BY_NAME = {f"pmo-{flag}" for flag in FLAG_OF.values()} | {"pmo-action"}
PEOPLE_S_LABELS = ("urgent", "pmo-friend", "PMO-no-owner")

items = st.sampled_from(ITEMS)
standards = st.sampled_from(sorted(FLAG_OF))
field_values = st.sampled_from([None, ("no-owner",), ("no-date", "no-owner"), ("call me",)])


class CrashError(BaseException):
    """The process ends here, and nothing catches it."""


@dataclass
class MemoryTracker:
    """What stands on each item, and who wrote it. Refuses, by failing the test, what must never be written."""

    labels: dict[str, set[str]] = field(default_factory=lambda: {id_: set() for id_ in ITEMS})
    values: dict[str, Value] = field(default_factory=lambda: dict.fromkeys(ITEMS))
    person_s: set[tuple[str, str]] = field(default_factory=set)  # (item, mark) that a person changed last
    written: set[tuple[str, str]] = field(default_factory=set)  # (item, mark) that we once wrote
    ours: dict[str, Value] = field(default_factory=dict)  # what is taken as last written in the field of an item
    links: dict[str, WebLink] = field(default_factory=dict)
    notes: dict[tuple[str, str, str], str] = field(default_factory=dict)  # our own: (item, channel, name) → value
    crash_at: int | None = None
    crash_after: bool = False
    requests: int = 0
    writes: int = 0

    server_time = None

    def pull(self, needs: Needs, report: Report, since: Since | None = None) -> Snapshot:
        raise NotImplementedError

    def probe(self) -> list[Probe]:
        return []

    def close(self) -> None:
        """Nothing is open."""

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        return [Seen(t, None, {FIELD_NAME: self.values[t.id]}, tuple(sorted(self.labels[t.id]))) for t in targets]

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        return [Outcome(change, self._write_one(change)) for change in changes]

    def _write_one(self, change: Change) -> Result:
        """A link is looked at first, and noted in a request of its own; all else in the write itself."""
        if isinstance(change, PutLink) and self.links.get(change.target.id) == change.link:
            self._note(change)
            return Result.UNCHANGED
        self.writes += 1
        if self.writes == self.crash_at and not self.crash_after:
            raise CrashError
        self._write(change)
        if not isinstance(change, PutLink):
            self._note(change)
        if self.writes == self.crash_at:
            raise CrashError
        self._note(change)
        return Result.WRITTEN

    def _note(self, change: Change) -> None:
        value, mark = value_after(change), (change.target.id, *place(change))
        self.notes.pop(mark, None)
        if value is not None:
            self.notes[mark] = value

    @property
    def noted_links(self) -> bool:
        """Whether every link that stands is in the notes as it stands."""
        told = {id_: text for (id_, channel, _), text in self.notes.items() if channel == LINK}
        return told == {id_: encode_link(link) for id_, link in self.links.items()}

    def _stands(self, id_: str, channel: str, name: str) -> str | None:
        if channel == FIELD:
            return encode_value(self.values[id_])
        return PRESENT if name in self.labels[id_] else None

    def known_by_the_notes_alone(self) -> None:
        """Nobody remembers more than the notes: what they do not name nobody wrote, what differs a person changed."""
        marks = {(id_, channel, name) for id_, channel, name in self.notes if channel != LINK}
        self.written = {(id_, name) for id_, _, name in marks}
        self.ours = {
            id_: decode_mark(self.notes[id_, channel, name]) for id_, channel, name in marks if channel == FIELD
        }
        self.person_s = {
            (id_, name)
            for id_, channel, name in marks
            if self._stands(id_, channel, name) != self.notes[id_, channel, name]
        }
        self.person_s |= {
            (id_, FIELD_NAME)
            for id_, value in self.values.items()
            if value is not None and (id_, FIELD, FIELD_NAME) not in self.notes
        }

    def _write(self, change: Change) -> None:
        id_ = change.target.id
        mark = (id_, place(change)[1])
        match change:
            case SetField():
                assert change.before == self.values[id_]
                assert self.values[id_] is None or mark in self.written, "a value that is not ours was overwritten"
                assert mark not in self.person_s or mark not in self.written, "a person's edit was overwritten"
                self.values[id_] = self.ours[id_] = change.after
            case AddLabel():
                assert change.label not in self.labels[id_], "a label was put twice"
                assert mark not in self.person_s or mark not in self.written, "a label that a person took off came back"
                self.labels[id_].add(change.label)
            case RemoveLabel():
                assert change.label in OURS_BY_NAME, "a person's label was taken off"
                assert change.label in self.labels[id_]
                self.labels[id_].remove(change.label)
            case PutLink():
                assert change.name == f"pmo-sync:pmo:plant:{id_}"
                self.links[id_] = change.link
        self.written.add(mark)
        self.person_s.discard(mark)


def silent(_: Progress) -> None:
    """Nobody watches."""


_TEMPLATE = Path(tempfile.mkdtemp(prefix="pmo-sync-ledger-"))


def new_ledger(folder: Path) -> Path:
    """An empty ledger; migrated once and copied, as alembic takes longer than all the rest."""
    template = _TEMPLATE / "ledger.db"
    if not template.exists():
        open_ledger(template).close()
    return Path(shutil.copy(template, folder / "ledger.db"))


class WriteBack(RuleBasedStateMachine):
    """A tracker, a ledger on disk, people and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="pmo-sync-history-"))
        self.path = new_ledger(self.folder)
        self.tracker = MemoryTracker()
        self.failing: set[tuple[str, str]] = set()
        self.human: dict[str, set[str]] = {id_: set() for id_ in ITEMS}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(id_=items, value=field_values)
    def something_stands_there_before_us(self, id_: str, value: Value) -> None:
        self.tracker.values[id_] = value
        if value is not None:
            self.tracker.person_s.add((id_, FIELD_NAME))

    # --- the world moves ----------------------------------------------------------------------------------------

    @rule(id_=items, standard=standards)
    def work_changes(self, id_: str, standard: str) -> None:
        self.failing ^= {(id_, standard)}

    @rule(id_=items, label=st.sampled_from(PEOPLE_S_LABELS))
    def person_labels(self, id_: str, label: str) -> None:
        self.human[id_].add(label)
        self.tracker.labels[id_].add(label)

    @rule(id_=items, label=st.sampled_from(sorted(OURS_BY_NAME)))
    def person_toggles_one_of_our_labels(self, id_: str, label: str) -> None:
        self.tracker.labels[id_] ^= {label}
        self.tracker.person_s ^= {(id_, label)}  # done and undone is as if nothing had happened

    @rule(id_=items, value=field_values)
    def person_edits_our_field(self, id_: str, value: Value) -> None:
        if self.tracker.values[id_] != value:
            self.tracker.values[id_] = value
            self.tracker.person_s.add((id_, FIELD_NAME))
        if id_ in self.tracker.ours and value == self.tracker.ours[id_]:  # nobody can tell it from untouched
            self.tracker.person_s.discard((id_, FIELD_NAME))

    # --- we run -------------------------------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        self._run()

    @rule(at=st.integers(1, 6), after=st.booleans())
    def run_that_crashes(self, at: int, after: bool) -> None:
        self.tracker.crash_at, self.tracker.crash_after = self.tracker.writes + at, after
        try:
            self._run()
        except CrashError:
            pass
        finally:
            self.tracker.crash_at = None

    @rule()
    def two_runs_in_a_row(self) -> None:
        self._run()
        before = self.tracker.writes
        plan = self._run()
        assert self.tracker.writes == before, "the second run wrote something"
        self._check_against_what_people_expect(plan)

    @rule()
    def the_ledger_is_lost(self) -> None:
        """What remains is the tracker's own notes; with a link that no note tells of nobody could know it."""
        if self.tracker.noted_links:
            self.path = new_ledger(self.folder)
            self.tracker.known_by_the_notes_alone()

    @invariant()
    def people_s_labels_are_all_there(self) -> None:
        assert all(self.human[id_] <= self.tracker.labels[id_] for id_ in ITEMS)

    def _world(self, ledger: Ledger) -> tuple[Planned, Marks]:
        world = World(items=[Item(id_) for id_ in ITEMS], options=OPTIONS)
        world.failing = [(id_, standard, "major") for id_, standard in sorted(self.failing)]
        world.labels = [(id_, label) for id_ in ITEMS for label in self.tracker.labels[id_]]
        world.flags_field({id_: _texts(value) for id_, value in self.tracker.values.items()})
        world.more["flags"] = LOADED
        inputs = world.inputs()
        seen = observed(inputs)
        world.past["written"] = remembered(ledger.written(seen), [self._snapshot(ledger, inputs)])
        return make_plan(world.inputs()), seen

    def _snapshot(self, ledger: Ledger, inputs: PlanInputs) -> Snapshot:
        """With the notes, for which the tracker is asked until a run has ended well."""
        rows = [("plant", "item", *mark, value) for mark, value in self.tracker.notes.items()]
        told = pl.DataFrame(rows if ledger.last_run() is None else [], schema=dict(frames.MARKS), orient="row")
        return replace(inputs.snapshots[0], remembered=Marks(told))

    def _run(self) -> Plan:
        ledger = open_ledger(self.path)
        try:
            planned, seen = self._world(ledger)
            run = ledger.start_run("sync", now=NOW, version="0", configuration="c")
            ledger.settle(run, seen)
            ledger.adopt(run, notes([self._snapshot(ledger, World().inputs())]))
            plan = decode(encode(planned.plan))
            applied = execute(plan, {"plant": self.tracker}, ledger.journal(run, lambda: NOW), report=silent)
            found = [outcome.change for outcome in applied.outcomes if outcome.result is Result.UNCHANGED]
            assert applied.totals["written"] + len(found) == len(plan.changes)
            assert all(isinstance(change, PutLink) for change in found)
            held = {(one.target.id, one.name) for one in plan.held}
            assert held <= self.tracker.person_s, "held, and no person had a hand in it"
            ledger.record_agreed(run, planned.agreed)
            self._forget_what_was_agreed(plan)
            ledger.finish_run(run, status="good", exit_code=0, now=NOW, items={"plant": len(ITEMS)})
            assert ledger.verify()[1] is None
            return plan
        finally:
            ledger.close()

    def _forget_what_was_agreed(self, plan: Plan) -> None:
        """A person's edit that is what we want is no conflict any more."""
        held = {(one.target.id, one.name) for one in plan.held}
        self.tracker.person_s = {
            mark for mark in self.tracker.person_s if mark in held or mark not in self.tracker.written
        }
        agreed = {id_ for id_ in ITEMS if (id_, FIELD_NAME) in self.tracker.written - held}
        self.tracker.ours |= {id_: self.tracker.values[id_] for id_ in agreed}

    def _check_against_what_people_expect(self, plan: Plan) -> None:
        held = {(one.target.id, one.name) for one in plan.held}
        for id_ in ITEMS:
            flags = sorted(FLAG_OF[standard] for target, standard in self.failing if target == id_)
            if (id_, FIELD_NAME) not in held:
                assert self.tracker.values[id_] == (tuple(flags) or None)
            link = self.tracker.links.get(id_)
            if flags:
                assert link is not None
                assert link.title == f"PMO standards: 0 of {len(flags)} met"
                assert sorted(link.summary.split("; ")) == [flag.replace("-", " ") for flag in flags]
            assert link is None or link.resolved == (not flags)
            expected = {f"pmo-{flag}" for flag in flags} | ({"pmo-action"} if flags else set())
            for label in OURS_BY_NAME:
                if (id_, label) not in held:
                    assert (label in self.tracker.labels[id_]) == (label in expected), (id_, label)


def _texts(value: Value) -> tuple[str, ...] | None:
    assert not isinstance(value, str)
    return value


FULL = os.environ.get("PMO_SYNC_SOAK") == "1"
"""`make soak` walks as far as it pays; the ordinary run a little of the way, each time another one."""

TestWriteBack = WriteBack.TestCase
TestWriteBack.settings = settings(
    max_examples=25 if FULL else 8,
    stateful_step_count=25 if FULL else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 9))
def test_killed_at_any_write_the_next_runs_give_the_same(at: int, after: bool) -> None:
    history, whole = WriteBack(), WriteBack()
    try:
        for one in (history, whole):
            one.failing = {(id_, standard) for id_ in ITEMS for standard in FLAG_OF}
        history.run_that_crashes(at, after=after)
        for one in (history, whole):
            one.two_runs_in_a_row()
        assert (history.tracker.labels, history.tracker.values) == (whole.tracker.labels, whole.tracker.values)
        assert history.tracker.writes - whole.tracker.writes == (0 if after else 1)
        for one in (history, whole):
            one.failing = {("1", "HYG-02")}
            one.two_runs_in_a_row()
        assert (history.tracker.labels, history.tracker.values) == (whole.tracker.labels, whole.tracker.values)
    finally:
        history.teardown()
        whole.teardown()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_link_that_a_crash_left_is_resolved_all_the_same(after: bool) -> None:
    history = WriteBack()
    try:
        history.failing = {("1", "HYG-01")}
        history.run_that_crashes(4, after=after)  # two labels and a field go before
        assert ("1" in history.tracker.links) == after
        history.failing = set()
        history.two_runs_in_a_row()
        assert history.tracker.links["1"].resolved
    finally:
        history.teardown()


def test_after_the_ledger_is_lost_nothing_is_written_that_stands() -> None:
    history = WriteBack()
    try:
        history.failing = {(id_, standard) for id_ in ITEMS for standard in FLAG_OF}
        history.two_runs_in_a_row()
        writes = history.tracker.writes
        history.the_ledger_is_lost()
        assert history._run().changes == ()
        assert history.tracker.writes == writes
        history.failing = set()
        history.two_runs_in_a_row()
        assert all(link.resolved for link in history.tracker.links.values())
    finally:
        history.teardown()


@settings(max_examples=40, deadline=None)
@given(
    failing=st.sets(st.tuples(items, standards), max_size=8),
    labels=st.sets(st.tuples(items, st.sampled_from(sorted({*OURS_BY_NAME, *PEOPLE_S_LABELS}))), max_size=6),
    values=st.dictionaries(items, field_values),
    approved=st.sets(standards),
)
def test_the_order_of_rows_decides_nothing(
    failing: set[tuple[str, str]], labels: set[tuple[str, str]], values: dict[str, Value], approved: set[str]
) -> None:
    def plan(*, reverse: bool) -> Plan:
        world = World(items=[Item(id_) for id_ in ITEMS], options=OPTIONS, reverse=reverse)
        order = sorted(failing, reverse=reverse)
        world.failing = [(id_, standard, "major") for id_, standard in order]
        world.labels = sorted(labels, reverse=reverse)
        world.flags_field({id_: _texts(value) for id_, value in sorted(values.items(), reverse=reverse)})
        world.written = {("item", id_, "label", name): "true" for id_, name in sorted(labels)[::2]}
        world.more["flags"] = tuple(sorted(LOADED, key=lambda one: one.flag, reverse=reverse))
        world.past["approvals"] = tuple(
            approval for approval in World().past["approvals"] if approval.standard in approved
        )
        return make_plan(world.inputs()).plan

    assert encode(plan(reverse=False)) == encode(plan(reverse=True))


@settings(max_examples=40, deadline=None)
@given(
    failing=st.sets(st.tuples(items, standards), max_size=8),
    labels=st.sets(st.tuples(items, st.sampled_from(PEOPLE_S_LABELS)), max_size=6),
    values=st.dictionaries(items, field_values),
)
def test_a_plan_names_our_marks_alone_and_each_once(
    failing: set[tuple[str, str]], labels: set[tuple[str, str]], values: dict[str, Value]
) -> None:
    world = World(items=[Item(id_) for id_ in ITEMS], options=OPTIONS, labels=sorted(labels))
    world.failing = [(id_, standard, "major") for id_, standard in sorted(failing)]
    world.flags_field({id_: _texts(value) for id_, value in values.items()})
    changes = make_plan(world.inputs()).plan.changes
    names = [(c.target, place(c)[1]) for c in changes]
    assert len(names) == len(set(names))
    ours = {*OURS_BY_NAME, FIELD_NAME}
    assert all(name in ours or name == f"pmo-sync:pmo:plant:{target.id}" for target, name in names)
    assert {target for target, _ in names} <= {item(id_) for id_ in ITEMS}
