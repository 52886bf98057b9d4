"""What `doctor` finds: each tracker asked for its rights, fields and words, and the structure of what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pmo_sync.connectors.base import Connector, Probe
from pmo_sync.connectors.options import ServerOptions
from pmo_sync.errors import PmoError, UsageError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import contact, needs_of, stored, with_others
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.pipeline.unmet import unmet
from pmo_sync.pipeline.write import plan_inputs
from pmo_sync.plan.marks import foreign

PORTFOLIO: Final = "portfolio"
_HOME: Final = "give each node one item of that type, or name its home under structure.homes in pmo.yaml"
_PLACE: Final = "give the items what the rules of structure look at, or place them under structure.overrides"
_PERSON: Final = "mend the entry under people in pmo.yaml"
_WAIVER: Final = "look at it in the file of waivers: renew it there, or take it out"
_WAYS_OUT: Final = {
    "override-unused": "mend the name under structure.overrides in pmo.yaml, or take the entry out",
    "appetite-unused": "mend the scope under risk_appetite in pmo.yaml, or take the entry out",
    "no-home": _HOME,
    "two-homes": _HOME,
    "home-not-seen": "mend the item under structure.homes in pmo.yaml, or let our account see it",
    "home-without-node": "mend the name under structure.homes in pmo.yaml",
    "orphan": _PLACE,
    "no-programme": _PLACE,
    "no-project": _PLACE,
    "parent-circle": "give one of them another parent in the tracker",
    "person-ambiguous": _PERSON,
    "person-unknown": _PERSON,
    "person-twice": _PERSON,
    "person-apart": _PERSON,
    "waiver-ended": _WAIVER,
    "waiver-ends": _WAIVER,
    "waiver-not-needed": _WAIVER,
    "waiver-standard-off": _WAIVER,
    "waiver-matches-nothing": _WAIVER,
}
_OTHERWISE: Final = "look at structure in pmo.yaml"


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
            found[name] = [Probe("contact", ok=False, text=error.message, remedy=error.advice or _reach(context, name))]
    found[PORTFOLIO] = _portfolio(context, fresh)
    return found


def _reach(context: Context, name: str) -> str:
    """What to look at where an error has no advice of its own."""
    options = context.project.settings.trackers[name]
    if isinstance(options, ServerOptions):
        return (
            f"look whether {options.url} answers from here, and at trackers.{name}.url, proxy and ca_bundle in pmo.yaml"
        )
    return f"look at trackers.{name} in pmo.yaml"


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
    lines += [line for snapshot in evaluation.snapshots for line in _unmet(context, snapshot)]
    lines += [
        Probe(notice.code, ok=False, text=notice.text, remedy=_WAYS_OUT.get(notice.code, _OTHERWISE))
        for notice in evaluation.notices
    ]
    theirs = foreign(plan_inputs(context, evaluation)).join(
        evaluation.portfolio.items.select("tracker", "key", target_id="id"), on=["tracker", "target_id"]
    )
    lines += [
        Probe("labels", ok=None, text=f"{tracker}: the label {label} on {key} is a person's; it is never touched")
        for tracker, label, key in theirs.select("tracker", "name", "key").iter_rows()
    ]
    return lines or [Probe("structure", ok=True, text="every item has its place")]


def _unmet(context: Context, snapshot: Snapshot) -> Iterator[Probe]:
    """Words of pmo.yaml that no item has: those that look like a slip of the pen one by one, the others of a place
    together.
    """
    tracker = snapshot.manifest.tracker
    others: dict[str, list[str]] = {}
    for one in unmet(context.project.settings.trackers[tracker], snapshot):
        if one.near:
            meant = " or ".join(f"`{word}`" for word in one.near)
            remedy = f"did you mean {meant}? Mend it under trackers.{tracker}.{one.place} in pmo.yaml"
            yield Probe("words", ok=None, text=f"{tracker}: no item has `{one.word}` of {one.place}", remedy=remedy)
        else:
            others.setdefault(one.place, []).append(f"`{one.word}`")
    for place, words in others.items():
        yield Probe("words", ok=None, text=f"{tracker}: no item has, of {place}: {', '.join(words)}")
