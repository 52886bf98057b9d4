"""The kept snapshots as days to judge: one at a time, of each tracker what was the latest then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pmo_sync.connectors.base import Progress
from pmo_sync.errors import UsageError
from pmo_sync.figures.compute import needed_columns as figure_columns
from pmo_sync.pipeline.compared import Pair
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.replay import Occasion
from pmo_sync.rules.standard import needed_columns
from pmo_sync.state import snapshots as store
from pmo_sync.structure.build import needed_columns as structure_columns


@dataclass(frozen=True, slots=True)
class Day:
    """One day to judge: of each tracker the id of the snapshot that was the latest at its end."""

    day: date
    ids: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The days, oldest first, and how many snapshots a later one of the same day and tracker stands for."""

    days: tuple[Day, ...]
    passed_over: int


def kept(context: Context, since: date | None = None, until: date | None = None) -> Kept:
    """The days of the state folder within these, both included. A tracker of which nothing was kept yet is not among
    its ids. Nothing but manifests is opened.

    Raises UsageError when there is no snapshot at all within these days, StateError for a damaged one.
    """
    zone = ZoneInfo(context.project.settings.time_zone)
    latest: dict[str, dict[date, str]] = {}
    total = 0
    for name in context.project.settings.trackers:
        for id_ in store.ids(context.state, name):
            pulled = store.manifest(context.state, name, id_).pulled_at.astimezone(zone).date()
            latest.setdefault(name, {})[pulled] = id_
            total += 1
    every = sorted({day for days in latest.values() for day in days})
    chosen = [day for day in every if (since is None or day >= since) and (until is None or day <= until)]
    if not chosen:
        raise _nothing(every)
    days = tuple(Day(day, tuple(_at(latest, day))) for day in chosen)
    return Kept(days, total - sum(len(days) for days in latest.values()))


def _at(latest: dict[str, dict[date, str]], day: date) -> Iterator[tuple[str, str]]:
    for name, days in latest.items():
        past = [one for one in days if one <= day]
        if past:
            yield name, days[max(past)]


def _nothing(every: Sequence[date]) -> UsageError:
    if not every:
        return UsageError(
            "no snapshot is kept, so there is no past to replay", advice="take one now and then: pmo-sync pull"
        )
    return UsageError(
        "no snapshot is kept within these days",
        advice=f"those kept are of {every[0]} to {every[-1]}: widen --since and --until",
    )


def occasions(context: Context, days: Sequence[Day], compared: Sequence[Pair]) -> Iterator[Occasion]:
    """Each day with its snapshots, loaded when it is asked for; only the columns that the standards, the figures and
    the structure read. Reports progress. Raises StateError for a damaged snapshot.
    """
    settings = context.project.settings
    standards = [one for pair in compared for one in (pair.before, pair.after) if one is not None]
    columns = needed_columns(standards) | figure_columns(settings.rollup) | structure_columns(settings.structure)
    for number, day in enumerate(days):
        context.report(Progress("replayed days", number, len(days)))
        loaded = tuple(store.load(context.state, name, id_, columns=columns) for name, id_ in day.ids)
        yield Occasion(day.day, loaded)
        del loaded  # or it would stay while the next is loaded
    context.report(Progress("replayed days", len(days), len(days)))
