"""What `doctor` finds: each tracker asked for its rights, fields and words, and the structure of what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pmo_sync.connectors.base import Connector, Probe
from pmo_sync.errors import PmoError, UsageError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import contact, needs_of, stored, with_others
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.pipeline.write import plan_inputs
from pmo_sync.plan.marks import foreign

PORTFOLIO: Final = "portfolio"


def doctor(context: Context) -> dict[str, list[Probe]]:
    """Tracker → its lines, each with its remedy; and what stands there now says of homes, orphans, words and labels.

    A tracker that refuses us is a line, not an error: the others are asked all the same, and of it the last snapshot
    speaks. Nothing is kept.
    """
    found: dict[str, list[Probe]] = {}
    fresh: list[Snapshot] = []
    for name in context.trackers():
        try:
            with contact(context, name) as connector:
                found[name] = [*connector.probe(), *_flags(context, name)]
                fresh += _fresh(context, name, connector)
        except PmoError as error:
            found[name] = [Probe("contact", ok=False, text=error.message, remedy=error.advice)]
    found[PORTFOLIO] = _portfolio(context, fresh)
    return found


def _fresh(context: Context, name: str, connector: Connector) -> list[Snapshot]:
    """A snapshot in memory; none where the settings do not fit the tracker, of which its own lines tell."""
    try:
        return [connector.pull(needs_of(context, name), context.report)]
    except UsageError:
        return []


def _flags(context: Context, tracker: str) -> list[Probe]:
    """The words that a list field for flags has to know, to paste them there."""
    name = context.project.settings.trackers[tracker].write.flags
    flags = sorted({one.flag for one in load_standards(context.project) if is_on(one) and one.marks_items})
    if name is None or not flags:
        return []
    text = f'values a list field "{name}" needs, one a line: {", ".join(flags)}'
    return [Probe("flags", ok=None, text=text, remedy="paste what it lacks under Administration > Custom fields")]


def _portfolio(context: Context, fresh: Sequence[Snapshot]) -> list[Probe]:
    try:
        snapshots = with_others(context, fresh) if fresh else stored(context)
    except UsageError as error:
        return [Probe("snapshot", ok=None, text=error.message, remedy=error.advice)]
    evaluation = evaluate(context, snapshots)
    lines = [
        Probe("words", ok=False, text=f"{tracker}: nothing maps `{word}` of {column} ({count} items)", remedy=remedy)
        for snapshot in evaluation.snapshots
        for tracker in [snapshot.manifest.tracker]
        for column, word, count in snapshot.manifest.unmapped
        for remedy in [f"map it under trackers.{tracker}.values.{column} in pmo.yaml"]
    ]
    lines += [Probe(notice.code, ok=False, text=notice.text) for notice in evaluation.notices]
    theirs = foreign(plan_inputs(context, evaluation)).join(
        evaluation.portfolio.items.select("tracker", "key", target_id="id"), on=["tracker", "target_id"]
    )
    lines += [
        Probe("labels", ok=None, text=f"{tracker}: the label {label} on {key} is a person's; it is never touched")
        for tracker, label, key in theirs.select("tracker", "name", "key").iter_rows()
    ]
    return lines or [Probe("structure", ok=True, text="every item has its place")]
