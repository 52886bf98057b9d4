from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest

from pmo_sync.apply.execute import PATIENCE, execute
from pmo_sync.apply.outcome import Applied, ApplyInterrupted, StalePlanError
from pmo_sync.connectors.base import Needs, Probe, Progress, Report, Seen, Since
from pmo_sync.errors import AccessError, IncompleteError, RefusedError, StateError
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Guard,
    Outcome,
    Plan,
    Precondition,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    TargetKind,
    WebLink,
)
from pmo_sync.model.snapshot import Snapshot

AT = "2026-11-20T09:30:00Z"


def target(number: int, tracker: str = "plant") -> Target:
    return Target(tracker, TargetKind.ITEM, f"{number:03}", f"T-{number}")


def setting(number: int, tracker: str = "plant") -> SetField:
    return SetField(target(number, tracker), "PMO health", "Green", "Amber", ("roll-up",))


def plan_of(*changes: Change, guards: tuple[Guard, ...] = ()) -> Plan:
    targets = sorted({change.target for change in changes})
    return Plan(
        digest="sha256:this",
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
        status_date=date(2026, 11, 23),
        snapshots={},
        changes=changes,
        held=(),
        preconditions=tuple(Precondition(one, AT) for one in targets),
        guards=guards,
        expected_requests=0,
        expected_mails=0,
    )


@dataclass
class Diary:
    """A journal that remembers the order of what it is told."""

    lines: list[tuple[str, Change, Result | None]] = field(default_factory=list)
    fail_on: str = ""

    def intend(self, changes: Sequence[Change]) -> Sequence[int]:
        if self.fail_on == "intend":
            raise StateError("disk full")
        self.lines += [("intent", change, None) for change in changes]
        return range(len(changes))

    def settle(self, numbers: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        assert len(numbers) == len(outcomes)
        self.lines += [("outcome", outcome.change, outcome.result) for outcome in outcomes]


def all_written(changes: Sequence[Change]) -> list[Outcome]:
    return [Outcome(change, Result.WRITTEN) for change in changes]


@dataclass
class Tracker:
    """Targets by number, and what happens when one is written to."""

    seen: dict[str, Seen] = field(default_factory=dict)
    on_write: Callable[[Sequence[Change]], list[Outcome]] = all_written
    on_look: Callable[[], None] = lambda: None
    sent: list[Sequence[Change]] = field(default_factory=list)
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
        assert not self.sent, "everything is looked at before anything is written"
        self.on_look()
        usual = {one.id: Seen(one, AT, {"PMO health": "Green"}, ("pmo-old",)) for one in targets}
        return [self.seen.get(one.id, usual[one.id]) for one in targets]

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        assert len({change.target for change in changes}) == 1
        self.sent.append(changes)
        return self.on_write(changes)


def silent(_: Progress) -> None:
    """Nobody watches."""


def run(plan: Plan, tracker: Tracker, diary: Diary | None = None, *, skip_stale: bool = False) -> Applied:
    return execute(plan, {"plant": tracker}, diary or Diary(), skip_stale=skip_stale, report=silent)


def results(applied: Applied) -> list[Result]:
    return [outcome.result for outcome in applied.outcomes]


def test_every_change_is_written_with_the_journal_before_and_after() -> None:
    label, other = AddLabel(target(1), "pmo-new", ("HYG-01",)), RemoveLabel(target(1), "pmo-old", ())
    diary, tracker = Diary(), Tracker()
    applied = run(plan_of(label, other, setting(2)), tracker, diary)
    assert results(applied) == [Result.WRITTEN] * 3
    assert applied.totals == {"written": 3, "unchanged": 0, "stale": 0, "refused": 0, "failed": 0}
    assert applied.exit_code == 0
    assert [len(changes) for changes in tracker.sent] == [2, 1]
    assert [kind for kind, _, _ in diary.lines] == ["intent", "intent", "outcome", "outcome", "intent", "outcome"]


@pytest.mark.parametrize(
    ("seen", "what"),
    [
        (Seen(target(1), None, exists=False), "gone"),
        (Seen(target(1), AT, {"PMO health": "Green"}, closed=True), "closed"),
        (Seen(target(1), AT, {"PMO health": "Red"}), 'is "Red" now \\(then "Green"\\)'),
        (Seen(target(1), AT, {}), "not there any more"),
        (Seen(target(1), "2026-11-23T05:46:00Z", {"PMO health": "Green"}), "changed at 2026-11-23T05:46:00Z"),
    ],
    ids=["gone", "closed", "our mark moved", "no field", "updated moved"],
)
def test_a_stale_target_refuses_the_plan_and_says_what_changed(seen: Seen, what: str) -> None:
    tracker, diary = Tracker({"001": seen}), Diary()
    plan = plan_of(setting(1), setting(2))
    with pytest.raises(StalePlanError, match=f"1 of 2 targets changed.*T-1: .*{what}") as caught:
        run(plan, tracker, diary)
    assert caught.value.exit_code == 5
    assert caught.value.stale[0].target == target(1)
    assert (tracker.sent, diary.lines) == ([], [])
    applied = run(plan, tracker, diary, skip_stale=True)
    assert results(applied) == [Result.STALE, Result.WRITTEN]
    assert applied.exit_code == 0


def test_what_stands_as_wanted_is_unchanged_and_costs_no_write() -> None:
    tracker = Tracker({"001": Seen(target(1), "2026-11-23T05:46:00Z", {"PMO health": "Amber"}, ("pmo-new",))})
    plan = plan_of(setting(1), AddLabel(target(1), "pmo-new", ()), RemoveLabel(target(1), "pmo-old", ()))
    diary = Diary()
    assert results(run(plan, tracker, diary)) == [Result.UNCHANGED] * 3
    assert (tracker.sent, diary.lines) == ([], [])


@pytest.mark.parametrize("now", ["2026-11-20T09:30:00+00:00", "2026-11-20T10:30:00+01:00", "2026-11-20T09:30:00.000Z"])
def test_the_same_instant_in_another_spelling_is_not_stale(now: str) -> None:
    assert run(plan_of(setting(1)), Tracker({"001": Seen(target(1), now, {"PMO health": "Green"})})).exit_code == 0


def linking(number: int) -> PutLink:
    link = WebLink("PMO standards: 1 of 2 met", "no owner", "https://example.net", resolved=False)
    return PutLink(target(number), f"pmo-sync:pmo:plant:{number:03}", link, ("HYG-01",))


def test_a_link_is_written_without_a_look_and_stale_with_its_target() -> None:
    moved = Seen(target(1), "2026-11-20T10:00:00Z", {"PMO health": "Green"}, ("pmo-old",))
    tracker = Tracker()
    assert results(run(plan_of(linking(1)), tracker)) == [Result.WRITTEN]
    assert tracker.sent == [[linking(1)]]
    for plan in (plan_of(linking(1)), plan_of(setting(1), linking(1))):
        with pytest.raises(StalePlanError):
            run(plan, Tracker({"001": moved}))


def test_a_link_is_still_written_where_only_we_have_changed_its_target() -> None:
    """A run that ended between the labels and the link: applied again, the plan goes on."""
    ours = Seen(target(1), "2026-11-20T10:00:00Z", {"PMO health": "Amber"}, ("pmo-old",))
    tracker = Tracker({"001": ours})
    assert results(run(plan_of(setting(1), linking(1)), tracker)) == [Result.UNCHANGED, Result.WRITTEN]
    assert tracker.sent == [[linking(1)]]


def test_guards_refuse_unless_exactly_this_digest_is_allowed() -> None:
    guard = Guard("TooMuchChange", "this plan changes 148 of 243 items", ("HYG-01: 121",))
    plan, tracker = plan_of(setting(1), guards=(guard,)), Tracker()
    with pytest.raises(RefusedError, match=r"148 of 243 items \(most: HYG-01: 121\)") as caught:
        run(plan, tracker)
    assert caught.value.code == "too-much-change"
    assert caught.value.advice
    assert "--allow sha256:this" in caught.value.advice
    with pytest.raises(RefusedError) as elsewhere:
        execute(plan, {"plant": tracker}, Diary(), report=silent, again=" -C 'my pmo'")
    assert (elsewhere.value.advice or "").count(" -C 'my pmo'") == 2
    with pytest.raises(RefusedError, match="names another plan"):
        execute(plan, {"plant": tracker}, Diary(), allow="sha256:other", report=silent)
    assert tracker.sent == []
    allowed = execute(plan, {"plant": tracker}, Diary(), allow="sha256:this", report=silent)
    assert results(allowed) == [Result.WRITTEN]


def test_one_failing_target_stops_no_other_and_is_not_repeated() -> None:
    def every_seventh(changes: Sequence[Change]) -> list[Outcome]:
        if int(changes[0].target.id) % 7 == 0:
            return [Outcome(change, Result.FAILED, "422") for change in changes]
        return all_written(changes)

    tracker = Tracker(on_write=every_seventh)
    applied = run(plan_of(*map(setting, range(1, 50))), tracker)
    assert applied.totals["failed"] == 7
    assert applied.totals["written"] == 42
    assert sum(applied.totals.values()) == len(tracker.sent) == 49
    assert applied.exit_code == 3


@pytest.mark.parametrize(("permission", "code"), [((True, True), 4), ((True, False), 3)])
def test_the_exit_code_tells_want_of_permission(permission: tuple[bool, bool], code: int) -> None:
    answers = iter(permission)

    def refuse(changes: Sequence[Change]) -> list[Outcome]:
        allowed = next(answers)
        return [Outcome(change, Result.REFUSED, "no", permission=allowed) for change in changes]

    assert run(plan_of(setting(1), setting(2)), Tracker(on_write=refuse)).exit_code == code


def test_an_error_of_the_connector_is_an_outcome() -> None:
    def deny(changes: Sequence[Change]) -> list[Outcome]:
        raise AccessError(f"may not edit {changes[0].target.key}")

    diary = Diary()
    applied = run(plan_of(*map(setting, range(PATIENCE + 3))), Tracker(on_write=deny), diary)
    assert applied.totals["failed"] == PATIENCE + 3
    assert applied.exit_code == 4
    assert applied.outcomes[0].detail == "may not edit T-0"
    assert [result for kind, _, result in diary.lines if kind == "outcome"] == [Result.FAILED] * (PATIENCE + 3)


def test_one_change_that_a_tracker_does_not_know_us_for_makes_it_4_whatever_else_failed() -> None:
    def by_number(changes: Sequence[Change]) -> list[Outcome]:
        number = int(changes[0].target.id)
        if number == 2:
            raise AccessError("who are you?", stranger=True)
        return all_written(changes) if number else [Outcome(change, Result.FAILED, "422") for change in changes]

    applied = run(plan_of(*map(setting, range(4))), Tracker(on_write=by_number))
    assert applied.exit_code == 4
    assert [outcome.stranger for outcome in applied.outcomes] == [False, False, True, False]


def test_a_tracker_that_does_not_know_us_any_more_is_left_alone() -> None:
    def deny(_: Sequence[Change]) -> list[Outcome]:
        raise AccessError("who are you?", stranger=True)

    tracker = Tracker(on_write=deny)
    applied = run(plan_of(*map(setting, range(50))), tracker)
    assert len(tracker.sent) == PATIENCE
    assert (applied.exit_code, applied.totals["failed"]) == (4, 50)


def test_a_tracker_that_does_not_know_us_at_the_look_makes_it_4_though_another_failed_otherwise() -> None:
    def deny() -> None:
        raise AccessError("who are you?", stranger=True)

    def refuse(changes: Sequence[Change]) -> list[Outcome]:
        return [Outcome(change, Result.FAILED, "422") for change in changes]

    changes = (setting(1), setting(2, "bank"))
    trackers = {"plant": Tracker(on_look=deny), "bank": Tracker(on_write=refuse)}
    assert execute(plan_of(*changes), trackers, Diary(), report=silent).exit_code == 4


def test_a_tracker_that_keeps_failing_is_left_alone() -> None:
    def down(_: Sequence[Change]) -> list[Outcome]:
        raise IncompleteError("connection refused")

    tracker = Tracker(on_write=down)
    applied = run(plan_of(*map(setting, range(50))), tracker)
    assert len(tracker.sent) == PATIENCE
    assert applied.totals["failed"] == 50
    assert "not tried" in applied.outcomes[-1].detail


def test_a_tracker_that_cannot_be_looked_at_fails_alone() -> None:
    def down() -> None:
        raise IncompleteError("connection refused")

    bad, good = Tracker(on_look=down), Tracker()
    plan = plan_of(setting(1), setting(2, "bank"), setting(3, "nowhere"))
    applied = execute(plan, {"plant": bad, "bank": good}, Diary(), report=silent)
    assert results(applied) == [Result.FAILED, Result.WRITTEN, Result.FAILED]
    assert applied.exit_code == 3
    assert bad.sent == []


def test_what_goes_stale_between_look_and_write_is_told_by_the_exit_code() -> None:
    def moved(changes: Sequence[Change]) -> list[Outcome]:
        return [Outcome(change, Result.STALE, "moved") for change in changes]

    assert run(plan_of(setting(1)), Tracker(on_write=moved)).exit_code == 5
    assert run(plan_of(setting(1)), Tracker(on_write=moved), skip_stale=True).exit_code == 0


def test_an_interrupt_says_what_is_written() -> None:
    def interrupt(changes: Sequence[Change]) -> list[Outcome]:
        if changes[0].target == target(2):
            raise KeyboardInterrupt
        return all_written(changes)

    diary = Diary()
    with pytest.raises(ApplyInterrupted, match="1 of 3 changes are written") as caught:
        run(plan_of(setting(1), setting(2), setting(3)), Tracker(on_write=interrupt), diary)
    assert caught.value.exit_code == 130
    assert results(caught.value.applied) == [Result.WRITTEN]
    assert diary.lines[-1] == ("intent", setting(2), None)


def test_without_a_journal_nothing_is_written() -> None:
    tracker = Tracker()
    with pytest.raises(StateError):
        run(plan_of(setting(1)), tracker, Diary(fail_on="intend"))
    assert tracker.sent == []


def test_an_empty_plan_is_clean() -> None:
    applied = run(replace(plan_of()), Tracker())
    assert (applied.outcomes, applied.exit_code) == ((), 0)
