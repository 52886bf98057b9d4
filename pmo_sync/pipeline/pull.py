"""From trackers to snapshots: contact, pull, keep; or read back what was kept."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from pydantic import SecretStr

from pmo_sync.connectors.base import Connector, Needs, Surroundings
from pmo_sync.connectors.options import ExportOptions, ServerOptions, Tracker
from pmo_sync.connectors.table import CONNECTORS
from pmo_sync.errors import IncompleteError, StateError, UsageError
from pmo_sync.figures.compute import needed_columns as figure_columns
from pmo_sync.figures.table import OF_HISTORY
from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.incremental import take
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.rules.language import needed_columns as standard_columns
from pmo_sync.rules.language import needed_histories, needed_names
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.secrets import Credentials, credentials, resolve
from pmo_sync.state import snapshots as store
from pmo_sync.structure.build import needed_columns as structure_columns

UNREAD: Final = "unread"
"""The snapshot id of a tracker that could not be reached."""


@dataclass(frozen=True, slots=True)
class PullResult:
    """The snapshots, one per tracker in the order of pmo.yaml, and whether they were kept on disk."""

    snapshots: tuple[Snapshot, ...]
    saved: bool


@contextmanager
def contact(context: Context, name: str) -> Iterator[Connector]:
    """A connector whose identity has been proven; let go of afterwards.

    Raises AccessError when the tracker refuses us, UsageError when this version has no connector of the kind.
    """
    options = context.project.settings.trackers[name]
    entry = CONNECTORS.get(options.kind)
    if entry is None:
        known = ", ".join(CONNECTORS)
        raise UsageError(
            f'trackers.{name}: this version cannot contact a tracker of kind "{options.kind}" yet',
            advice=f"it can contact: {known}; a file of its items can be read with kind: export",
        )
    module = importlib.import_module(entry.module)
    folder = context.project.folder

    def secret() -> Credentials:
        if not isinstance(options, ServerOptions):  # a file asks for none
            return Credentials(None, SecretStr(""))
        return credentials(name, options, environment=context.environment, folder=folder)

    surroundings = Surroundings(
        secret=secret,
        now=context.now,
        sleep=context.sleep,
        folder=folder,
        owner=context.project.settings.owner_id,
    )
    connector: Connector = module.connect(name, _with_zone(context, _with_proxy(context, name, options)), surroundings)
    try:
        yield connector
    finally:
        connector.close()


def _with_proxy(context: Context, name: str, options: Tracker) -> Tracker:
    """The options with the address that `proxy: ${NAME}` stands for."""
    if not isinstance(options, ServerOptions) or not options.proxy.startswith("${"):
        return options
    where = f"trackers.{name}.proxy"
    folder = context.project.folder
    proxy = resolve(options.proxy, environment=context.environment, folder=folder, where=where)
    return options.model_copy(update={"proxy": proxy.get_secret_value()})


def _with_zone(context: Context, options: Tracker) -> Tracker:
    """The options of a file with the time zone that pmo.yaml names, if the file has none of its own."""
    settings = context.project.settings
    if not isinstance(options, ExportOptions) or options.time_zone or "time_zone" not in settings.model_fields_set:
        return options
    return options.model_copy(update={"time_zone": settings.time_zone})


def needs(context: Context) -> Needs:
    """What must be pulled: the columns that loaded standards, figures and structure read."""
    settings = context.project.settings
    standards = load_standards(context.project)
    columns = standard_columns(standards) | figure_columns(settings.rollup) | structure_columns(settings.structure)
    days, _ = calendar(settings)
    return Needs(
        columns=columns | {"updated", "url"},
        holidays=days.holidays,
        label_prefix=settings.label_prefix,
        history=_history(standards),
    )


def _history(standards: Iterable[Standard]) -> frozenset[str]:
    """The columns that follow from history and that a standard reads which is on, itself or by a figure; and those of
    which it asks how often they changed.
    """
    on = [one for one in standards if is_on(one)]
    names = needed_names(on)
    follow = FROM_HISTORY & (names | {column for figure, column in OF_HISTORY.items() if figure in names})
    return follow | needed_histories(on)


def needs_of(context: Context, tracker: str) -> Needs:
    """What must be pulled of one tracker: also whom `people` and `bots` mean, and its own notes where nothing here
    knows what we last wrote there.
    """
    return _of_tracker(context, tracker, needs(context), _remembered_here(context))


def _of_tracker(context: Context, tracker: str, common: Needs, known: frozenset[str]) -> Needs:
    accounts = context.project.settings.people.values()
    words = frozenset(words[tracker] for words in accounts if tracker in words) | {*context.project.settings.bots}
    return replace(common, people=words, remember=tracker not in known)


def _remembered_here(context: Context) -> frozenset[str]:
    """Trackers of which the ledger knows all marks that we wrote: it has seen them whole, and what they remember is in
    it. None, where it cannot be read.
    """
    path = context.state / LEDGER
    if context.project.short or not path.exists():
        return frozenset()
    # The database library is loaded only where there is something to read with it.
    from pmo_sync.state.ledger import open_ledger

    try:
        with closing(open_ledger(path)) as ledger:
            last = ledger.last_run()
            return frozenset() if last is None else frozenset(last.items) & ledger.trackers_written()
    except StateError:  # whoever needs the ledger itself will say so
        return frozenset()


def pull(context: Context) -> PullResult:
    """A new snapshot of each tracker of the run, kept on disk unless the project is a file alone. What has not changed
    since the last one may be taken from it (`pipeline.incremental`).

    Raises AccessError when a tracker refuses us; what cannot be read whole is marked in its snapshot instead.
    """
    common, known = needs(context), _remembered_here(context)
    taken: list[Snapshot] = []
    for name in context.trackers():
        try:
            with contact(context, name) as connector:
                taken.append(take(context, name, connector, _of_tracker(context, name, common, known)))
        except IncompleteError as error:  # this one cannot be reached; the others go on
            taken.append(_unread(context, name, "; ".join(filter(None, (error.message, error.advice)))))
    if context.project.short:
        return PullResult(tuple(taken), saved=False)
    for snapshot in taken:
        if snapshot.manifest.id != UNREAD:
            store.save(snapshot, context.state)
    return PullResult(tuple(taken), saved=True)


def _unread(context: Context, name: str, problem: str) -> Snapshot:
    """A tracker of which nothing was read: nothing seen, nothing whole. It is never kept on disk."""
    options = context.project.settings.trackers[name]
    where = options.url if isinstance(options, ServerOptions) else name
    manifest = Manifest(
        id=UNREAD,
        tracker=name,
        kind=options.kind,
        url=where,
        account=None,
        pulled_at=context.now(),
        complete=False,
        problems=(problem,),
    )
    return Snapshot(manifest, frames.empty(frames.PULLED), frames.empty(frames.SCOPES))


def stored(context: Context) -> tuple[Snapshot, ...]:
    """The latest kept snapshot of each tracker of the run. A snapshot that the run names brings the others as they
    were then. Raises UsageError where none is kept, or none has that name.
    """
    names = context.trackers()
    named = context.snapshot
    if named is None:
        return tuple(store.load(context.state, name) for name in names)
    if not any(named in store.ids(context.state, name) for name in names):
        store.load(context.state, names[0], named)  # says so
    return tuple(_kept(context, name) for name in names)


def with_others(context: Context, snapshots: Sequence[Snapshot]) -> tuple[Snapshot, ...]:
    """These snapshots, and of every tracker that the run is not about the one that is kept: no node is ever judged,
    or its summary written, by some of its trackers alone.
    """
    asked = {snapshot.manifest.tracker: snapshot for snapshot in snapshots}
    return tuple(asked.get(name) or _kept(context, name) for name in context.project.settings.trackers)


def _kept(context: Context, name: str) -> Snapshot:
    """The latest kept snapshot of a tracker, of those until the one that the run names; unread where there is none."""
    until = context.snapshot
    ids = [one for one in store.ids(context.state, name) if until is None or one <= until]
    if not ids:
        when = "" if until is None else f" from before {until}"
        return _unread(context, name, f"it was not asked, and no snapshot of it{when} is kept")
    return store.load(context.state, name, ids[-1])
