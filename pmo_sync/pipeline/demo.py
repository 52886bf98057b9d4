"""The demo: a tracker on this computer, a project folder for it, and the whole loop played twice, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.errors import PmoError, RefusedError, UsageError
from pmo_sync.model.change import AddLabel, Change, HeldReason, Plan, PutLink, RemoveLabel, Result, SetField
from pmo_sync.model.mark import LABEL
from pmo_sync.model.words import Level
from pmo_sync.pipeline import write
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.pull import pull
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.plant import plant
from pmo_sync.sandbox.seed import Seed, SeedField
from pmo_sync.settings import demo as folder_of_demo
from pmo_sync.state.lock import LockedError, acquire

PROJECT_NAMES: Final = {"BANK": "PMO office"}
"""The tracker's project that holds the briefs of programmes and portfolio."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The tracker that serves, the folder that describes it, and what was done to get there.

    `fresh`: the folder was written just now. `moved`: its pmo.yaml names another port than before.
    """

    tracker: Sandbox
    folder: Path
    fresh: bool
    moved: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """The tracker was read; how much there is."""

    items: int
    projects: int
    programmes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything was judged by so many standards."""

    evaluation: Evaluation
    standards: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wrote:
    """What the tracker took, by kind; `approved` are the standards that this said yes to."""

    labels: int
    links: int
    fields: int
    approved: tuple[str, ...]
    seconds: float
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """The same once more: how many requests changed something, as the tracker's own log has it; how many values stay as
    a person set them; where to look.
    """

    changes: int
    held: int
    look: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A guard or a stale plan stopped the writing; the tracker goes on serving."""

    error: PmoError


Step: TypeAlias = Pulled | Checked | Wrote | Again | Refused


@contextmanager
def stage(folder: Path, *, today: date, port: int | None, now: Callable[[], datetime]) -> Iterator[Stage]:
    """The demo's tracker, serving until the block ends, with its state and the project folder in `folder`.

    A folder that the demo wrote before is taken as it stands: only the line with the tracker's address may change.
    `port` None: the one that pmo.yaml names if it is free, else any.

    Raises UsageError for a folder of something else, one that cannot be written, and a port that is taken;
    RefusedError where a demo runs there already.
    """
    known = folder_of_demo.is_demo(folder)
    state = folder / folder_of_demo.STATE
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"The demo cannot be written to {folder}: {error.strerror or error}."
        raise UsageError(what, advice="Choose a folder that you may write to with --into.") from error
    with _alone(state, folder, now), _serving(folder, port, now, known=known) as tracker:
        if not known:
            folder_of_demo.write_demo(folder, today=today)
        if tracker.is_empty:
            tracker.load(planted(folder, administrators=(tracker.writer.login,)))
        folder_of_demo.keep_token(folder, tracker.writer.token)
        moved = folder_of_demo.point_to(folder, tracker.url)
        yield Stage(tracker, folder, fresh=not known, moved=moved and known)


@contextmanager
def _alone(state: Path, folder: Path, now: Callable[[], datetime]) -> Iterator[None]:
    try:
        lock = acquire(state / "demo", command="demo", now=now())
    except LockedError as error:
        where = f" (process {error.holder.pid})" if error.holder else ""
        raise RefusedError(
            f"A demo runs in {folder} already{where}.",
            advice="Use that one, stop it with Ctrl-C, or choose another folder with --into.",
            code="locked",
        ) from None
    with lock:
        yield


@contextmanager
def _serving(folder: Path, port: int | None, now: Callable[[], datetime], *, known: bool) -> Iterator[Sandbox]:
    """The tracker on the port that is asked for, or on the folder's own if nobody else has it."""
    usual = folder_of_demo.port_of(folder) if known and port is None else None
    tracker = Sandbox(
        Flavour.CLOUD, state=folder / folder_of_demo.STATE / "tracker.db", port=port or usual or 0, now=now
    )
    try:
        try:
            tracker.start()
        except UsageError:
            if port is not None or usual is None:
                raise
            tracker.close()
            tracker = Sandbox(Flavour.CLOUD, state=folder / folder_of_demo.STATE / "tracker.db", now=now)
            tracker.start()
        yield tracker
    finally:
        tracker.close()


def planted(folder: Path, *, administrators: Sequence[str] = ()) -> Seed:
    """What the demo's tracker begins with: the items of the folder as Jira shows them."""
    return plant(
        folder_of_demo.planted_items(folder),
        Flavour.CLOUD,
        project_names=PROJECT_NAMES,
        own_fields=own_fields(),
        administrators=administrators,
    )


def own_fields() -> dict[str, SeedField]:
    """The demo's fields beside the vocabulary: those that take our summaries, and one of the bank's own."""
    return {
        "PMO health": SeedField("PMO health", "select", options=("Green", "Amber", "Red", "Grey")),
        "PMO progress": SeedField("PMO progress", "number"),
        "reg_date": SeedField("Regulator date", "date"),
    }


def play(context: Callable[[], Context], tracker: Sandbox, clock: Callable[[], float]) -> Iterator[Step]:
    """Pull, check, write, and all of it once more. `context` reads the project folder anew; `clock` counts seconds.

    Where nothing was approved before, the first plan is allowed by its digest, as somebody would who has read it.
    """
    begun = clock()
    run = context()
    snapshots = pull(run).snapshots
    read = clock()
    evaluation = evaluate(run, snapshots)
    levels = Counter(evaluation.portfolio.nodes["level"].cast(pl.String).to_list())
    items = sum(snapshot.items.height for snapshot in snapshots)
    yield Pulled(items, levels[Level.PROJECT], levels[Level.PROGRAMME], read - begun)
    yield Checked(evaluation, sum(map(is_on, load_standards(run.project))), clock() - read)
    begun = clock()
    try:
        written = _written(context, run, evaluation)
    except RefusedError as error:
        yield Refused(error)
        return
    yield replace(written, seconds=clock() - begun)
    before, begun = len(tracker.writes), clock()
    run = context()
    evaluation = evaluate(run, pull(run).snapshots)
    plan = write.plan(run, evaluation)
    _apply(run, plan)
    held = sum(one.reason in {HeldReason.EDITED, HeldReason.NOT_OURS} for one in plan.held)
    yield Again(len(tracker.writes) - before, held, _flagged(evaluation), clock() - begun)


def _written(context: Callable[[], Context], run: Context, evaluation: Evaluation) -> Wrote:
    """The first plan carried out; where that said yes to standards, also the marks that waited for it."""
    plan = write.plan(run, evaluation)
    first = not run.project.approvals
    done = _apply(run, plan, allow=plan.digest if first else None)
    if not done.approved:
        return done
    run = context()
    rest = _apply(run, write.plan(run, evaluate(run, pull(run).snapshots)))
    return replace(
        done,
        labels=done.labels + rest.labels,
        links=done.links + rest.links,
        fields=done.fields + rest.fields,
        exit_code=done.exit_code or rest.exit_code,
    )


def _apply(run: Context, plan: Plan, *, allow: str | None = None) -> Wrote:
    if not plan.changes and not (allow and plan.previewed):
        return Wrote(0, 0, 0, (), 0.0)
    result = write.apply(run, plan, allow=allow)
    taken = [outcome.change for outcome in result.outcomes if outcome.result is Result.WRITTEN]
    return Wrote(
        labels=_count(taken, AddLabel, RemoveLabel),
        links=_count(taken, PutLink),
        fields=_count(taken, SetField),
        approved=result.approved,
        seconds=0.0,
        exit_code=result.exit_code,
    )


def _count(changes: Sequence[Change], *kinds: type[Change]) -> int:
    return sum(isinstance(change, kinds) for change in changes)


def _flagged(evaluation: Evaluation) -> str | None:
    """The key of the item with the most labels of ours; None where none has any."""
    for snapshot in evaluation.snapshots:
        labels = snapshot.marks.filter(pl.col("channel") == LABEL).group_by("target_id").len("labels")
        found = labels.join(snapshot.items.select("id", "key"), left_on="target_id", right_on="id")
        if not found.is_empty():
            return str(found.sort(["labels", "key"], descending=[True, False])["key"][0])
    return None
