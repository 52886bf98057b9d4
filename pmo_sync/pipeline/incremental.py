"""Whether a tracker is read whole, or only what has changed since a snapshot that is; and what comes of it.

From when on changes are read is told by the tracker's own clock: ours may be wrong by a day and nothing is lost. Where
it tells no time, the latest `updated` that was seen stands for it; ours only makes that earlier, and says when to read
everything again.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from pmo_sync import __version__
from pmo_sync.connectors.base import Connector, Needs, Since
from pmo_sync.connectors.options import ServerOptions, Tracker
from pmo_sync.errors import StateError
from pmo_sync.model.duration import Duration, Unit
from pmo_sync.model.merge import merged, unlike
from pmo_sync.model.snapshot import FORMAT_VERSION, Manifest, Snapshot
from pmo_sync.model.traces import with_traces
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.plan.guards import is_enough
from pmo_sync.state import snapshots as store

LEAST_OVERLAP: Final = timedelta(minutes=5)
_HOW_IT_IS_REACHED: Final = frozenset(
    {"token", "token_file", "ca_bundle", "proxy", "insecure_http", "limits", "user"}  # who we are the snapshot tells
)
_NOT_ROWS: Final = frozenset({"fresh", "holidays", "remember"})


def take(context: Context, name: str, connector: Connector, needs: Needs) -> Snapshot:
    """A snapshot of everything in scope. Where the latest whole one can be gone on from, only what has changed since
    is read; where that turns out not to fit it, everything.
    """
    options, began = context.project.settings.trackers[name], context.now()
    last = _last_entry(context)
    if context.project.short or last is None or not isinstance(options, ServerOptions):
        return connector.pull(needs, context.report)
    basis = fingerprint(options, needs, context.project.settings.owner_id)
    since = None if context.full else _since(context, name, connector.server_time, basis, needs, last)
    if since is not None:
        fresh = _touched(context, name, since.previous.manifest.journal)
        delta = connector.pull(replace(needs, fresh=fresh), context.report, since)
        if unlike(since.previous, delta) is None:
            found = with_traces(merged(since.previous, delta), since.previous)
            return _based(found, basis, since.previous.manifest.full_at, last, began)
    found = connector.pull(needs, context.report)
    if (before := _latest_kept(context, name)) is not None:
        found = with_traces(found, before)
    return _based(found, basis, found.manifest.watermark or began, last, began)


def fingerprint(options: Tracker, needs: Needs, owner: str) -> str:
    """Of all that shapes the rows of a snapshot, besides the tracker itself and who we are there."""
    asked = {one.name: getattr(needs, one.name) for one in fields(needs) if one.name not in _NOT_ROWS}
    shape = [
        __version__,
        FORMAT_VERSION,
        owner,
        options.model_dump(mode="json", exclude=set(_HOW_IT_IS_REACHED)),
        asked,
    ]
    return hashlib.sha256(msgspec.json.encode(shape, order="deterministic")).hexdigest()[:32]


def _based(snapshot: Snapshot, basis: str, full_at: datetime | None, last: int, began: datetime) -> Snapshot:
    """The snapshot with what the next pull has to know to go on from it; one that is not whole is no base."""
    manifest = snapshot.manifest
    if not manifest.complete:
        return replace(snapshot, manifest=replace(manifest, basis=""))
    watermark = manifest.watermark or _latest(snapshot, began)
    return replace(
        snapshot, manifest=replace(manifest, watermark=watermark, full_at=full_at, basis=basis, journal=last)
    )


def _latest(snapshot: Snapshot, began: datetime) -> datetime | None:
    """The last edit that an item shows: the tracker's clock was not behind it. Ours only ever makes it earlier, as an
    edit that lies in the future would hide others.
    """
    latest = snapshot.items["updated"].max() if "updated" in snapshot.items.columns else None
    return min(latest, began) if isinstance(latest, datetime) else None


def _since(context: Context, name: str, clock: datetime | None, basis: str, needs: Needs, last: int) -> Since | None:
    """What a pull may go on from; None where it has to read everything."""
    options = context.project.settings.pull
    manifest = _base(context, name, basis)
    if manifest is None or manifest.watermark is None or manifest.full_at is None:
        return None
    old = not timedelta() <= (clock or context.now()) - manifest.full_at < span(options.full_every)
    back = clock is not None and clock < manifest.watermark  # put back: nobody knows what was changed when
    if old or back or manifest.journal > last or (needs.remember and not manifest.noted):
        return None
    try:
        previous = store.load(context.state, name, manifest.id)
        seen = _seen(context, name)
    except StateError:
        return None
    if not is_enough(previous.items.height, seen, context.project.settings.guards.min_items):
        return None  # a reading that was refused, as most had gone: nothing stands on it
    return Since(previous, manifest.watermark - max(span(options.overlap), LEAST_OVERLAP))


def _base(context: Context, name: str, basis: str) -> Manifest | None:
    """The latest whole snapshot that is kept, if it can be gone on from; a damaged one cannot."""
    try:
        for one in reversed(store.ids(context.state, name)):
            manifest = store.manifest(context.state, name, one)
            if manifest.complete:
                return manifest if manifest.basis == basis else None
    except StateError:
        pass
    return None


def _latest_kept(context: Context, name: str) -> Snapshot | None:
    """The latest snapshot that is kept, whole or not; None where there is none that can be read."""
    try:
        kept = store.ids(context.state, name)
        return store.load(context.state, name, kept[-1]) if kept else None
    except StateError:
        return None


def span(duration: Duration) -> timedelta:
    """A duration in hours, days or weeks of the clock."""
    hours = {Unit.HOURS: 1, Unit.DAYS: 24, Unit.WEEKS: 168}
    return timedelta(hours=duration.amount * hours[duration.unit])


def _last_entry(context: Context) -> int | None:
    """The last entry of our journal; 0 where there is none, None where it cannot be read."""
    path = context.state / LEDGER
    if not path.exists():
        return 0
    from pmo_sync.state.ledger import open_ledger  # the database library, only where there is something to read

    try:
        with closing(open_ledger(path)) as ledger:
            return ledger.last_entry()
    except StateError:
        return None


def _seen(context: Context, name: str) -> int:
    """How many items the last good run saw; 0 where there was none."""
    path = context.state / LEDGER
    if not path.exists():
        return 0
    from pmo_sync.state.ledger import open_ledger  # the database library, only where there is something to read

    with closing(open_ledger(path)) as ledger:
        last = ledger.last_run()
        return 0 if last is None else last.items.get(name, 0)


def _touched(context: Context, name: str, after: int) -> frozenset[str]:
    """Ids of the items that we may have written to after an entry of our journal."""
    path = context.state / LEDGER
    if not path.exists():
        return frozenset()
    from pmo_sync.state.ledger import open_ledger  # the database library, only where there is something to read

    with closing(open_ledger(path)) as ledger:
        return ledger.touched(name, after)
