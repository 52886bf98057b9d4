"""The three-way difference: what we want, what stands there, what we last wrote. Pure.

| stands there (O), wanted (W), last written (L) | result |
|---|---|
| O = W | nothing |
| O differs from W, O = L | write: nobody else touched it |
| O differs from both | a person changed our mark: held, unless the tracker's `on_conflict` is `overwrite` |
| O differs from W, no L | a label of ours and an empty field are written; any other field is held, unless `take_over` |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Held,
    HeldReason,
    PutLink,
    RemoveLabel,
    SetField,
    Target,
    TargetKind,
    Value,
)
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, LABEL, LINK, MARK_KEY, PRESENT, decode, decode_link, place
from pmo_sync.plan.inputs import TrackerWrites
from pmo_sync.plan.marks import Wanted
from pmo_sync.plan.reach import CLOSED
from pmo_sync.plan.words import flags_in, same

_ORDER: Final = {RemoveLabel: 0, AddLabel: 1, SetField: 2, PutLink: 3}


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write and what to leave, sorted.

    `agreed` (MARKS) are marks that we once wrote, that changed since, and that stand as we want them now: the ledger
    takes them as last written, so that a conflict which has resolved itself is not reported for ever.
    """

    changes: tuple[Change, ...]
    held: tuple[Held, ...]
    agreed: Marks


@dataclass(frozen=True, slots=True)
class _Row:
    """One mark that differs, with everything that decides it."""

    target: Target
    channel: str
    name: str
    observed: Value
    wanted: Value
    written: Value
    was_written: bool
    seen: bool
    blocked: str | None
    because: tuple[str, ...]


def diff(wanted: Wanted, observed: Marks, written: Marks, writes: Mapping[str, TrackerWrites]) -> Difference:
    """The difference between wanted and observed marks, decided row by row by the table of this module.

    Frames are joined, so that equal marks cost next to nothing; only what differs is looked at one by one.
    """
    rows = _joined(wanted.marks, observed, written)
    differing = rows.filter(pl.col("value").ne_missing(pl.col("observed")))
    changes: list[Change] = []
    held = list(_withheld(wanted))
    blocked: Counter[tuple[str, TargetKind, str, str, HeldReason]] = Counter()
    for row in _rows(differing):
        options = writes[row.target.tracker].options
        if _nothing(row, flags_field=row.name == options.flags):
            continue
        reason = _reason(row, wanted, writes[row.target.tracker])
        if reason is None:
            changes.append(_change(row, wanted, flags_field=_is_flags(row, options.flags)))
        elif _counted(row, reason):
            name = row.name if row.channel == FIELD else "*"
            blocked[row.target.tracker, row.target.kind, row.channel, name, reason] += 1
        else:
            held.append(Held(row.target, row.channel, row.name, row.observed, row.wanted, reason, row.because))
    held += [_count(*key, number) for key, number in blocked.items()]
    return Difference(tuple(sorted(_explained(changes), key=_change_order)), _sorted(held), _agreed(rows))


def _joined(wanted: pl.DataFrame, observed: Marks, written: Marks) -> pl.DataFrame:
    now = observed.select(*MARK_KEY, observed="value", seen=pl.lit(True))
    last = written.select(*MARK_KEY, written="value", was_written=pl.lit(True))
    last_link = pl.when(pl.col("channel") == LINK).then("written").otherwise("observed")  # no pull shows a link
    return (
        wanted.join(now, on=MARK_KEY, how="left", maintain_order="left")
        .join(last, on=MARK_KEY, how="left", maintain_order="left")
        .with_columns(pl.col("seen", "was_written").fill_null(False), observed=last_link)
    )


def _rows(frame: pl.DataFrame) -> Iterator[_Row]:
    for row in frame.iter_rows(named=True):
        yield _Row(
            target=Target(row["tracker"], TargetKind(row["target_kind"]), row["target_id"], row["key"]),
            channel=row["channel"],
            name=row["name"],
            observed=_value(row["channel"], row["observed"]),
            wanted=_value(row["channel"], row["value"]),
            written=_value(row["channel"], row["written"]),
            was_written=row["was_written"],
            seen=row["seen"],
            blocked=row["blocked"],
            because=tuple(row["because"]),
        )


def _value(channel: str, text: str | None) -> Value:
    return decode(text) if channel == FIELD else text


def _is_flags(row: _Row, field: str | None) -> bool:
    return row.channel == FIELD and row.target.kind is TargetKind.ITEM and row.name == field


def _nothing(row: _Row, *, flags_field: bool) -> bool:
    """True when the two values are written differently and mean the same."""
    if row.channel == LABEL:
        return False
    if flags_field and flags_in(row.observed) == flags_in(row.wanted):
        return True
    return same(row.observed, row.wanted)


def _reason(row: _Row, wanted: Wanted, writes: TrackerWrites) -> HeldReason | None:
    """Why a differing mark is left as it is; None when it is written."""
    if row.blocked is not None:
        return HeldReason.CLOSED if row.blocked == CLOSED else HeldReason.INCOMPLETE
    if row.channel == FIELD and not row.seen:
        return HeldReason.NOT_WRITABLE
    flags_field = _is_flags(row, writes.options.flags)
    untouched = same(row.observed, row.written)
    if flags_field and not untouched:
        ours = wanted.known | set(flags_in(row.written))
        if not ours.issuperset(flags_in(row.observed)) and (row.was_written or not writes.options.take_over):
            return HeldReason.NOT_OURS
    if row.was_written:
        return None if untouched or writes.options.on_conflict == "overwrite" else HeldReason.EDITED
    if row.channel == LABEL or not row.observed or writes.options.take_over:
        return None
    return HeldReason.NOT_OURS


def _counted(row: _Row, reason: HeldReason) -> bool:
    """True for what is told as a number: what is the same for a whole field, or for all items of closed projects."""
    if reason is HeldReason.CLOSED:
        return row.target.kind is TargetKind.ITEM
    return reason in {HeldReason.INCOMPLETE, HeldReason.NOT_WRITABLE}


def _count(tracker: str, kind: TargetKind, channel: str, name: str, reason: HeldReason, number: int) -> Held:
    noun = "item" if kind is TargetKind.ITEM else "project"
    target = Target(tracker, kind, "", f"{number} {noun}" if number == 1 else f"{number} {noun}s")
    return Held(target, channel, name, None, None, reason)


def _change(row: _Row, wanted: Wanted, *, flags_field: bool) -> Change:
    if row.channel == LINK:
        return PutLink(row.target, row.name, decode_link(str(row.wanted)), row.because)
    if row.channel == LABEL:
        kind = AddLabel if row.wanted else RemoveLabel
        return kind(row.target, row.name, row.because)
    because = row.because
    if flags_field:
        moved = set(flags_in(row.observed)) ^ set(flags_in(row.wanted))
        because = tuple(sorted({wanted.standard_of[flag] for flag in moved if flag in wanted.standard_of}))
    return SetField(row.target, row.name, row.observed, row.wanted, because)


def _explained(changes: list[Change]) -> list[Change]:
    """A summary flag that goes is explained by the flags that go with it."""
    reasons: dict[Target, set[str]] = {}
    for change in changes:
        if isinstance(change, RemoveLabel):
            reasons.setdefault(change.target, set()).update(change.because)
    return [
        replace(change, because=tuple(sorted(reasons[change.target])))
        if isinstance(change, RemoveLabel) and not change.because
        else change
        for change in changes
    ]


def _withheld(wanted: Wanted) -> Iterator[Held]:
    for row in wanted.withheld.iter_rows(named=True):
        target = Target(row["tracker"], TargetKind(row["target_kind"]), row["target_id"], row["key"])
        reason = HeldReason(row["reason"])
        standard = (wanted.standard_of[row["flag"]],)
        if row["channel"] == LABEL:
            put = PRESENT if row["wanted"] else None
            yield Held(target, LABEL, row["name"], row["value"], put, reason, standard)
            continue
        if row["channel"] == LINK:
            yield Held(target, LINK, row["name"], None, None, reason, standard)
            continue
        stands = decode(row["value"])
        flags = set(flags_in(stands))
        after = flags | {row["flag"]} if row["wanted"] else flags - {row["flag"]}
        yield Held(target, FIELD, row["name"], stands, tuple(sorted(after)) or None, reason, standard)


def _agreed(rows: pl.DataFrame) -> Marks:
    settled = rows.filter(
        pl.col("was_written")
        & pl.col("blocked").is_null()
        & pl.col("value").eq_missing(pl.col("observed"))
        & pl.col("written").ne_missing(pl.col("observed"))
        & (pl.col("seen") | (pl.col("channel") == LABEL))
    )
    return Marks(settled.select(frames.MARKS.keys()).sort(MARK_KEY))


def _change_order(change: Change) -> tuple[Target, int, str]:
    return (change.target, _ORDER[type(change)], place(change)[1])


def _sorted(held: list[Held]) -> tuple[Held, ...]:
    return tuple(sorted(held, key=lambda one: (one.target, one.channel, one.name, one.reason.value, one.because)))
