"""From an evaluation to written marks: plan, apply, and sync, which is all of it under one lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from pmo_sync import __version__
from pmo_sync.apply.execute import execute
from pmo_sync.apply.outcome import Applied
from pmo_sync.errors import IncompleteError, PmoError, UsageError
from pmo_sync.model.change import Outcome, Plan, Result
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.past import LEDGER, failing, failing_since, notes, observed, read_whole
from pmo_sync.pipeline.pull import contact, pull
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.plan.build import Planned, make_plan
from pmo_sync.plan.inputs import FlagSource, PlanInputs, TrackerWrites
from pmo_sync.rules.condition import relates
from pmo_sync.rules.standard import fingerprint
from pmo_sync.settings.approve import approve as record_approval
from pmo_sync.state import snapshots as store
from pmo_sync.state.ledger import Ledger, Status, open_ledger
from pmo_sync.state.lock import acquire

MAILS_PER_ITEM: Final = {"redmine": 1, "jira-cloud": 1, "jira-dc": 1}
"""One edit of an item may be one mail. Redmine has no switch for it in its interface; Jira has one, which works in the
projects that the snapshot calls silent."""


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a saved plan, under which run; `approved` are the standards that it said yes to."""

    run: str
    applied: Applied
    approved: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One for each change of the plan, in its order."""
        return self.applied.outcomes

    @property
    def exit_code(self) -> int:
        """0, 3, 4 or 5 (`apply.execute`)."""
        return self.applied.exit_code


@dataclass(frozen=True, slots=True)
class SyncResult:
    """One whole run: what was found, what was planned, what was written."""

    run: str
    evaluation: Evaluation
    plan: Plan
    applied: Applied

    @property
    def exit_codes(self) -> tuple[int, ...]:
        """Every reason not to end with 0, findings left out."""
        incomplete = () if self.evaluation.complete else (IncompleteError.exit_code,)
        return tuple(code for code in (self.applied.exit_code, *incomplete) if code)


def plan(context: Context, evaluation: Evaluation) -> Plan:
    """What would be written and what is held. Nothing is recorded."""
    return _planned(context, evaluation).plan


def _planned(context: Context, evaluation: Evaluation) -> Planned:
    return make_plan(plan_inputs(context, evaluation))


def plan_inputs(context: Context, evaluation: Evaluation) -> PlanInputs:
    """Everything that a plan of this evaluation is made from."""
    settings = context.project.settings
    trackers = {name: settings.trackers[name] for name in context.trackers()}
    return PlanInputs(
        snapshots=evaluation.snapshots,
        portfolio=evaluation.portfolio,
        figures=evaluation.figures,
        findings=evaluation.judgement.findings,
        flags=_flags(context),
        past=evaluation.past,
        writes={name: TrackerWrites(options.write, options.values) for name, options in trackers.items()},
        guards=settings.guards,
        made_at=context.now(),
        status_date=context.status_date,
        label_prefix=settings.label_prefix,
        mode=settings.mode,
        modes=settings.modes,
        first_run=settings.standards.first_run,
        mails_per_item={name: MAILS_PER_ITEM.get(options.kind, 0) for name, options in trackers.items()},
        scores=evaluation.scores.shares(),
        owner_id=settings.owner_id,
        standards_page=settings.links.standards,
        verdicts=evaluation.judgement.verdicts,
    )


def _flags(context: Context) -> tuple[FlagSource, ...]:
    return tuple(
        FlagSource(
            one.id,
            one.flag,
            fingerprint(one),
            enabled=is_on(one),
            pack=one.pack,
            mode=one.mode,
            related=any(relates(condition) for condition in one.conditions),
            shared=frozenset(one.node_levels if one.flag_offenders else ()),
        )
        for one in load_standards(context.project)
        if one.marks_items
    )


def apply(
    context: Context, plan: Plan, *, allow: str | None = None, skip_stale: bool = False, break_lock: str | None = None
) -> ApplyResult:
    """Carries out a saved plan. `allow`, this plan's digest, lets it past its guards and approves what it previews.

    Raises RefusedError (stale plan, guard, lock), AccessError, and UsageError for a plan of another project.
    """
    foreign = sorted({change.target.tracker for change in plan.changes} - set(context.trackers()))
    if foreign:
        raise UsageError(
            f"the plan writes to {', '.join(foreign)}, which is no tracker of this project",
            advice="name the project folder the plan was made in with -C DIR",
        )
    with _writing(context, "apply", break_lock) as (ledger, run):
        _begin(ledger, run, allow, plan)
        ledger.adopt(run, notes(_planned_on(context, plan)))
        applied = _execute(context, ledger, run, plan, allow=allow, skip_stale=skip_stale)
        _finish(context, ledger, run, plan, applied, items=_allowed_items(context, plan) if allow else None)
    approved = _approve_previews(context, plan) if allow is not None else ()
    return ApplyResult(run, applied, approved)


def sync(context: Context, *, break_lock: str | None = None) -> SyncResult:
    """Pulls, evaluates, plans, and writes the plan unless a guard refuses: the scheduled job.

    Raises RefusedError when a guard or the lock refuses (nothing is written then), AccessError when a tracker does.
    """
    with _writing(context, "sync", break_lock) as (ledger, run):
        snapshots = pull(context).snapshots
        evaluation = evaluate(context, snapshots, ledger)
        ledger.settle(run, observed(snapshots), trackers=read_whole(snapshots))
        ledger.adopt(run, notes(snapshots))
        # What fails is known whatever becomes of the plan: a guard that refuses must not stop the clock of `for`.
        since = failing_since(evaluation.judgement.findings, evaluation.portfolio)
        ledger.record_failing(failing(since, evaluation.past.failing_since, complete=evaluation.complete))
        planned = _planned(context, evaluation)
        # What a person changed since the pull is left to the next run; a saved plan would refuse.
        applied = _execute(context, ledger, run, planned.plan, skip_stale=True)
        ledger.record_agreed(run, planned.agreed)
        _finish(context, ledger, run, planned.plan, applied, evaluation)
    return SyncResult(run, evaluation, planned.plan, applied)


def _execute(
    context: Context,
    ledger: Ledger,
    run: str,
    plan: Plan,
    *,
    allow: str | None = None,
    skip_stale: bool = False,
) -> Applied:
    """The plan carried out with a connector for each tracker it writes to."""
    with ExitStack() as stack:
        names = sorted({change.target.tracker for change in plan.changes}) if not plan.guards or allow else []
        connectors = {name: stack.enter_context(contact(context, name)) for name in names}
        journal = ledger.journal(run, context.now)
        return execute(
            plan,
            connectors,
            journal,
            skip_stale=skip_stale,
            allow=allow,
            report=context.report,
            again=context.again,
        )


@contextmanager
def _writing(context: Context, command: str, break_lock: str | None) -> Iterator[tuple[Ledger, str]]:
    """The lock, the ledger and a run in it; an error that ends the run is recorded before it goes on."""
    if context.project.short:
        raise UsageError(f"{command} needs a project folder with a pmo.yaml", advice="name one with -C DIR")
    with acquire(context.state, command=command, now=context.now(), break_lock=break_lock):
        ledger = open_ledger(context.state / LEDGER)
        try:
            configuration = hashlib.sha256(context.project.settings.model_dump_json().encode()).hexdigest()[:12]
            run = ledger.start_run(command, now=context.now(), version=__version__, configuration=configuration)
            try:
                yield ledger, run
            except (PmoError, KeyboardInterrupt) as error:
                status, code = _ending(error)
                ledger.finish_run(run, status=status, exit_code=code, now=context.now())
                raise
        finally:
            ledger.close()


def _ending(error: BaseException) -> tuple[Status, int]:
    code = error.exit_code if isinstance(error, PmoError) else 130
    return {5: ("refused", 5), 130: ("interrupted", 130)}.get(code, ("failed", code))  # type: ignore[return-value]


def _begin(ledger: Ledger, run: str, allow: str | None, plan: Plan) -> None:
    """Records what an allowed plan makes known: its targets are no longer new."""
    if allow is not None and allow == plan.digest:
        ledger.know_targets(run, frozenset(change.target.tracker for change in plan.changes))


def _allowed_items(context: Context, plan: Plan) -> dict[str, int]:
    """Items per tracker in the snapshots of a plan that somebody let through: what the next guards measure by."""
    return {one.manifest.tracker: one.items.height for one in _planned_on(context, plan)}


def _planned_on(context: Context, plan: Plan) -> list[Snapshot]:
    """The snapshots that a plan was made on, as far as they are kept."""
    kept = [(name, id_) for name, id_ in sorted(plan.snapshots.items()) if id_ in store.ids(context.state, name)]
    return [store.load(context.state, name, id_) for name, id_ in kept]


def _finish(
    context: Context,
    ledger: Ledger,
    run: str,
    plan: Plan,
    applied: Applied,
    evaluation: Evaluation | None = None,
    *,
    items: dict[str, int] | None = None,
) -> None:
    """Ends the run in the ledger; a whole pull becomes what the next run's guards measure by."""
    counts = {result.value: 0 for result in Result} | applied.totals
    failures = None
    if evaluation is not None and evaluation.complete:
        items = {snapshot.manifest.tracker: snapshot.items.height for snapshot in evaluation.snapshots}
        failures = int(evaluation.judgement.judged["failed"].sum())
    whole = applied.exit_code == 0 and (evaluation is None or evaluation.complete)
    ledger.finish_run(
        run,
        status="good" if whole else "partial",
        exit_code=applied.exit_code or (0 if whole else IncompleteError.exit_code),
        now=context.now(),
        counts=counts,
        items=items,
        failures=failures,
        plan_digest=plan.digest,
    )


def _approve_previews(context: Context, plan: Plan) -> tuple[str, ...]:
    """Whoever allows a plan by its digest has seen what it previews: that content is approved, a later one is not.

    Returns the ids of the standards that were not approved before.
    """
    known = {(one.standard, one.fingerprint) for one in context.project.approvals}
    by = f"apply --allow {plan.digest[:19]}"
    new = []
    for one in load_standards(context.project):
        content = fingerprint(one)
        if plan.previewed.get(one.id) == content and (one.id, content) not in known:
            record_approval(context.project, one.id, content, by=by, on=context.status_date)
            new.append(one.id)
    return tuple(new)
