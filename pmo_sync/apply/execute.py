"""The only writer: carries out exactly one plan, or refuses it. Decides nothing about what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Protocol

from pmo_sync.apply.look import Sight, Standing, judge
from pmo_sync.apply.outcome import Applied, ApplyInterrupted, Stale, StalePlanError
from pmo_sync.connectors.base import Connector, Progress, Report, Seen
from pmo_sync.errors import AccessError, PmoError, RefusedError
from pmo_sync.model.change import Change, Outcome, Plan, Result, Target

PATIENCE: Final = 5
"""A tracker that fails so many targets in a row, by itself and not by one of them, is left alone for this run."""
_SHOWN: Final = 5


class Journal(Protocol):
    """Where every write is written down before and after, durably, before the call returns."""

    def intend(self, changes: Sequence[Change]) -> Sequence[int]:
        """Writes down what is about to be done; one number for each change, which `settle` takes."""
        ...

    def settle(self, numbers: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """Writes down what became of it, and takes what was written as last written."""
        ...


@dataclass(slots=True)
class _Work:
    """The state of one run: outcomes by position of their change in the plan."""

    plan: Plan
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failures_in_a_row: dict[str, int] = field(default_factory=dict)
    late: bool = False  # something went stale between the look and the write

    def close(self, positions: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        self.outcomes.update(zip(positions, outcomes, strict=True))

    def fail(self, positions: Sequence[int], detail: str, error: PmoError | None = None) -> None:
        changes = [self.plan.changes[position] for position in positions]
        self.close(positions, _failed(changes, detail, error))

    def result(self) -> tuple[Outcome, ...]:
        return tuple(self.outcomes[position] for position in sorted(self.outcomes))


def execute(
    plan: Plan,
    connectors: Mapping[str, Connector],
    journal: Journal,
    *,
    skip_stale: bool = False,
    allow: str | None = None,
    report: Report,
    again: str = "",
) -> Applied:
    """Carries out the plan: looks at every target first, then writes target by target.

    Every change has one outcome afterwards, and each that was tried stands in the journal. A target that fails stops
    no other. The exit code is 0, 4 when a tracker did not know us any more or every failure is for want of a
    permission, 5 when something went stale between look and write and `skip_stale` was not given, else 3.

    Raises RefusedError when a guard refuses and `allow` is not this plan's digest, StalePlanError when a target is
    not as the plan saw it and `skip_stale` is not given: nothing is written then. Raises ApplyInterrupted when the
    work is stopped. `again`: the options that name the project, for the commands that a refusal advises.
    """
    _check_guards(plan, allow, again)
    work = _Work(plan)
    try:
        todo = _look(work, connectors, report, skip_stale=skip_stale)
        for done, (target, positions) in enumerate(todo):
            report(Progress("writing", done, len(todo)))
            _write(work, connectors[target.tracker], journal, target, positions)
        report(Progress("writing", len(todo), len(todo)))
    except KeyboardInterrupt:
        raise _interrupted(work) from None
    return Applied(work.result(), _exit_code(work, skip_stale=skip_stale))


def _check_guards(plan: Plan, allow: str | None, again: str) -> None:
    if allow is not None and allow != plan.digest:
        raise RefusedError(
            f"--allow names another plan: {allow}; this one is {plan.digest}",
            advice="look at this plan, and allow it by its own digest if it is meant",
            code="wrong-digest",
        )
    if plan.guards and allow is None:
        names = ", ".join(dict.fromkeys(_kebab(guard.name) for guard in plan.guards))
        parts = [
            guard.message + (f" (most: {'; '.join(guard.causes)})" if guard.causes else "") for guard in plan.guards
        ]
        raise RefusedError(
            "nothing was written: " + " · ".join(parts),
            advice=f"if this is meant: save the plan with pmo-sync plan -o plan.json{again}, look at it, and let it "
            f"through: pmo-sync apply plan.json --allow {plan.digest}{again}",
            code=names,
        )


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")


def _by_target(plan: Plan) -> Iterator[tuple[Target, list[int]]]:
    order = sorted(range(len(plan.changes)), key=lambda position: plan.changes[position].target)
    for target, positions in groupby(order, key=lambda position: plan.changes[position].target):
        yield target, list(positions)


def _look(
    work: _Work, connectors: Mapping[str, Connector], report: Report, *, skip_stale: bool
) -> list[tuple[Target, list[int]]]:
    """What is left to write after a look at every target; done and stale changes have their outcome."""
    groups = list(_by_target(work.plan))
    sights: dict[int, Sight] = {}
    for tracker, members in groupby(groups, key=lambda group: group[0].tracker):
        part = list(members)
        report(Progress(f"looking at {tracker}", 0, len(part)))
        sights |= _look_at(work, connectors.get(tracker), part)
    stale = {position: sight for position, sight in sights.items() if sight.standing is Standing.STALE}
    if stale and not skip_stale:
        raise _stale(work.plan, list(stale.values()))
    for position, sight in sights.items():
        if sight.standing is Standing.DONE:
            work.close([position], [Outcome(sight.change, Result.UNCHANGED, "it stands as wanted already")])
        elif sight.standing is Standing.STALE:
            work.close([position], [Outcome(sight.change, Result.STALE, sight.what)])
    left = ((target, [p for p in positions if p not in work.outcomes]) for target, positions in groups)
    return [(target, positions) for target, positions in left if positions]


def _look_at(work: _Work, connector: Connector | None, part: list[tuple[Target, list[int]]]) -> dict[int, Sight]:
    """A sight for each change of one tracker; a tracker that cannot be looked at fails its changes and no other's."""
    targets = [target for target, _ in part]
    every = [position for _, positions in part for position in positions]
    if connector is None:
        work.fail(every, f'pmo.yaml has no tracker "{targets[0].tracker}"')
        return {}
    try:
        seen: Sequence[Seen] = connector.look(targets)
    except PmoError as error:
        work.fail(every, f"the tracker could not be looked at: {error.message}", error)
        return {}
    updated = {precondition.target: precondition.updated for precondition in work.plan.preconditions}
    found: dict[int, Sight] = {}
    for (target, positions), sight in zip(part, seen, strict=True):
        changes = [work.plan.changes[position] for position in positions]
        found |= dict(zip(positions, judge(changes, sight, updated.get(target)), strict=True))
    return found


def _stale(plan: Plan, sights: Sequence[Sight]) -> StalePlanError:
    moved = tuple(dict.fromkeys(Stale(sight.change.target, sight.what) for sight in sights))
    stale = len({one.target for one in moved})
    total = len({change.target for change in plan.changes})
    lines = [f"{one.target.key}: {one.what}" for one in moved[:_SHOWN]]
    more = [f"and {len(moved) - _SHOWN} more"] if len(moved) > _SHOWN else []
    return StalePlanError(
        f"{stale} of {total} targets changed after the plan was made, nothing was written: " + "; ".join(lines + more),
        advice="make a new plan, or apply what is still valid with --skip-stale",
        stale=moved,
    )


def _write(work: _Work, connector: Connector, journal: Journal, target: Target, positions: list[int]) -> None:
    """Writes one target's changes, the journal before and after. Whatever the connector says ends in an outcome."""
    if work.failures_in_a_row.get(target.tracker, 0) >= PATIENCE:
        work.fail(positions, f"not tried: the tracker failed {PATIENCE} times in a row")
        return
    changes = [work.plan.changes[position] for position in positions]
    numbers = journal.intend(changes)
    try:
        outcomes = connector.write(changes)
        work.failures_in_a_row[target.tracker] = 0
    except PmoError as error:
        # A missing right is about one target; anything else that is raised is about the tracker as a whole.
        about_one = isinstance(error, AccessError) and not error.stranger
        work.failures_in_a_row[target.tracker] = 0 if about_one else work.failures_in_a_row.get(target.tracker, 0) + 1
        outcomes = _failed(changes, error.message, error)
    work.late = work.late or any(outcome.result is Result.STALE for outcome in outcomes)
    # Kept before the journal is told: should that fail or be stopped, what was written is still reported.
    work.close(positions, outcomes)
    journal.settle(numbers, outcomes)


def _failed(changes: Sequence[Change], detail: str, error: PmoError | None) -> list[Outcome]:
    denied = error if isinstance(error, AccessError) else None
    stranger = denied is not None and denied.stranger
    return [Outcome(one, Result.FAILED, detail, permission=denied is not None, stranger=stranger) for one in changes]


def _exit_code(work: _Work, *, skip_stale: bool) -> int:
    failed = [outcome for outcome in work.outcomes.values() if outcome.result in {Result.FAILED, Result.REFUSED}]
    if any(outcome.stranger for outcome in failed) or (failed and all(outcome.permission for outcome in failed)):
        return 4
    if work.late and not skip_stale:
        return 5
    return 3 if failed else 0


def _interrupted(work: _Work) -> ApplyInterrupted:
    written = sum(outcome.result is Result.WRITTEN for outcome in work.outcomes.values())
    return ApplyInterrupted(
        f"stopped: {written} of {len(work.plan.changes)} changes are written, the rest was not tried or is not certain",
        advice="make a new plan: it holds what is left, and takes up what was written in the last moment",
        applied=Applied(work.result(), 130),
    )
