"""The web link of each item: how many of its own standards it meets and which it fails, in words. Pure.

It speaks of standards of level item alone. In its numbers is what passed or failed here, of standards that are on, act
here and are not held; a failure counts once it is ripe, and as met while it is waived or in the baseline. No title or
key of any item stands in a link.

A pull shows no links: what stands there is what was last written. An item gets one with its first flagged failure and
keeps it for ever; what was not read whole, and supportive parts in which nobody acts, keep theirs as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

import polars as pl

from pmo_sync.model.change import HeldReason, TargetKind, WebLink
from pmo_sync.model.frames import U32, verdict_column
from pmo_sync.model.mark import LINK, decode_link, encode_link
from pmo_sync.model.words import SEVERITIES, Mode, Verdict
from pmo_sync.plan.flags import Surface
from pmo_sync.plan.inputs import FlagSource, PlanInputs
from pmo_sync.plan.reach import INCOMPLETE, acts_at, resting_on_a_part

LONGEST: Final = 255
"""Characters of a summary."""
_BETWEEN: Final = "; "
_BARE_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+")


class _Judged(NamedTuple):
    """One item as a link has it: what it passed, what is waived, what is open, worst first, and the link it has."""

    id: str
    passed: int
    waived: int
    flags: tuple[str, ...]
    standards: tuple[str, ...]
    last: WebLink | None
    shaken: bool  # a standard that has counted here waits for a yes, or is held for its many new flags


def link_name(inputs: PlanInputs, tracker: str) -> pl.Expr:
    """The name of an item's link, from its column `id`: the same for ever, and nobody else's."""
    return pl.lit(f"pmo-sync:{inputs.owner_id}:{tracker}:") + pl.col("id")


def link_surface(inputs: PlanInputs, tracker: str, items: pl.DataFrame, wishes: pl.DataFrame) -> Surface:
    """A tracker that shows flags by links alone, for what is held: what an open link may name counts as seen."""
    options = inputs.writes[tracker].options
    last = _with_last(inputs, tracker, items).drop_nulls("last")
    opened = [number for number, text in last.select("item", "last").iter_rows() if not decode_link(text).resolved]
    own = wishes.filter(pl.col("standard").is_in([one.standard for one in _sources(inputs)]))
    seen = own.filter(pl.col("item").is_in(opened)).select("item", "flag", still=pl.lit(False))
    unbounded = options.model_copy(update={"max_flags": len(inputs.flags)})
    return Surface(tracker, LINK, "", unbounded, items, seen, items.clear())


def link_rows(
    inputs: PlanInputs, tracker: str, items: pl.DataFrame, held: Mapping[str, HeldReason]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The links that are wanted on the items of one tracker: `item name value because` and these items, both in one
    order; an item that was not judged whole is blocked.
    """
    counted = [source for source in _sources(inputs) if source.flag not in held]
    failures = _failures(inputs, counted)
    least = SEVERITIES.index(inputs.writes[tracker].options.flag_from)
    flagged = failures.filter(~pl.col("waived") & (pl.col("severity") >= least))["item"].unique()
    rows = _with_last(inputs, tracker, items).filter(pl.col("item").is_in(flagged.implode()) | pl.col("had"))
    rows = _judged(inputs, rows, counted, failures, held).with_columns(link_name(inputs, tracker).alias("name"))
    links = [_kept(one, inputs, tracker, held) for one in _one_by_one(rows)]
    partly = resting_on_a_part(inputs).filter(pl.col("flag").is_in([one.flag for one in counted]))
    blocked = pl.col("blocked").fill_null(
        pl.when(pl.col("item").is_in(partly["item"].unique().implode())).then(pl.lit(INCOMPLETE))
    )
    return rows.select(
        "item",
        "name",
        pl.Series("value", [encode_link(link) for link in links], dtype=pl.String()),
        because=pl.col("standards").list.sort(),
    ), rows.select("item", "id", "key", blocked)


def _sources(inputs: PlanInputs) -> list[FlagSource]:
    """The enabled standards that judge items themselves."""
    if inputs.verdicts is None:
        raise TypeError("links are made from the verdicts of items")
    judged = set(inputs.verdicts.columns)
    return [source for source in inputs.flags if source.enabled and verdict_column(source.standard) in judged]


def _with_last(inputs: PlanInputs, tracker: str, items: pl.DataFrame) -> pl.DataFrame:
    """The items with `last`, the link last written, and `had`: one was written, or tried, at any time."""
    written = inputs.past.written.filter(
        (pl.col("tracker") == tracker) & (pl.col("target_kind") == TargetKind.ITEM.value) & (pl.col("channel") == LINK)
    ).select(id="target_id", name="name", last="value", had=pl.lit(True))
    named = items.with_columns(link_name(inputs, tracker).alias("name"))
    joined = named.join(written, on=["id", "name"], how="left", maintain_order="left").drop("name")
    return joined.with_columns(pl.col("had").fill_null(False))


def _failures(inputs: PlanInputs, sources: Sequence[FlagSource]) -> pl.DataFrame:
    """`item standard flag severity waived` of the failures that count, worst first and then by id."""
    flags = pl.DataFrame(
        [(one.standard, one.flag) for one in sources],
        schema={"standard": pl.String(), "flag": pl.String()},
        orient="row",
    )
    acting = pl.col("mode").cast(pl.String()).is_in([Mode.CONTROLLING.value, Mode.DIRECTIVE.value])
    fails = (pl.col("verdict") == Verdict.FAIL.value) & ~pl.col("offender") & pl.col("item").is_not_null()
    accepted = pl.col("waiver").is_not_null() | pl.col("baselined")
    return (
        inputs.findings.filter(fails & acting & (pl.col("ripe") | accepted))
        .select(
            "item",
            "standard",
            severity=pl.col("severity").to_physical().cast(pl.UInt8()),
            waived=accepted,
        )
        .join(flags, on="standard")
        .sort("item", "severity", "standard", descending=[False, True, False])
    )


def _judged(
    inputs: PlanInputs,
    rows: pl.DataFrame,
    counted: Sequence[FlagSource],
    failures: pl.DataFrame,
    held: Mapping[str, HeldReason],
) -> pl.DataFrame:
    """The rows with `passed`, `waived`, the lists `flags` and `standards` of what is open, and `shaken`."""
    approved = {approval.standard for approval in inputs.past.approvals}
    old = [
        one
        for one in _sources(inputs)
        if held.get(one.flag) is HeldReason.TOO_MANY_NEW or (one.flag in held and one.standard in approved)
    ]
    open_ = ~pl.col("waived")
    sums = failures.group_by("item", maintain_order=True).agg(
        waived=pl.col("waived").sum().cast(U32),
        flags=pl.col("flag").filter(open_),
        standards=pl.col("standard").filter(open_),
    )
    return (
        rows.with_columns(
            passed=_how_many(inputs, rows["item"], counted, (Verdict.PASS,)),
            shaken=_how_many(inputs, rows["item"], old, (Verdict.PASS, Verdict.FAIL)) > 0,
        )
        .join(sums, on="item", how="left", maintain_order="left")
        .with_columns(pl.col("waived").fill_null(0), pl.col("flags", "standards").fill_null([]))
    )


def _how_many(
    inputs: PlanInputs, items: pl.Series, sources: Sequence[FlagSource], verdicts: tuple[Verdict, ...]
) -> pl.Series:
    """Of how many of these standards, where they act, each item has one of these verdicts."""
    if inputs.verdicts is None or not sources:
        return pl.repeat(0, len(items), dtype=U32, eager=True)
    here = items.to_frame("item").join(inputs.verdicts, on="item", how="left", maintain_order="left")
    codes = [verdict.value for verdict in verdicts]
    found = [
        here[verdict_column(one.standard)].is_in(codes).fill_null(False) & acts_at(inputs, one).gather(items)
        for one in sources
    ]
    return pl.select(pl.sum_horizontal([one.cast(U32) for one in found])).to_series()


def _one_by_one(rows: pl.DataFrame) -> Iterator[_Judged]:
    columns = ("id", "passed", "waived", "flags", "standards", "last", "shaken")
    for id_, passed, waived, flags, standards, last, shaken in rows.select(columns).iter_rows():
        link = decode_link(last) if last is not None else None
        yield _Judged(id_, passed, waived, tuple(flags), tuple(standards), link, shaken)


def _kept(one: _Judged, inputs: PlanInputs, tracker: str, held: Mapping[str, HeldReason]) -> WebLink:
    """The link of an item. While a standard that has counted here is held, the old one stays unless something else is
    open than it names: else whoever edits a standard would move the numbers of every item twice.
    """
    link = _link(one, inputs, tracker)
    if one.last is None or not one.shaken:
        return link
    waiting = {_words(flag) for flag in held}
    named = [name for name in one.last.summary.split(_BETWEEN) if name and name not in waiting]
    return one.last if named == [_words(flag) for flag in one.flags] else link


def _link(one: _Judged, inputs: PlanInputs, tracker: str) -> WebLink:
    met = one.passed + one.waived
    return WebLink(
        title=f"PMO standards: {met} of {met + len(one.flags)} met",
        summary=summary([_words(flag) for flag in one.flags]),
        url=_url(one, inputs, tracker),
        resolved=not one.flags,
    )


def _words(flag: str) -> str:
    return flag.replace("-", " ")


def summary(names: Sequence[str]) -> str:
    """The names in their order, no longer than LONGEST: those that do not fit are a number at the end."""
    shown = len(names)
    text = _BETWEEN.join(names)
    while len(text) > LONGEST and shown:
        shown -= 1
        text = _BETWEEN.join([*names[:shown], f"and {len(names) - shown} more" if shown else f"{len(names)} open"])
    return text


def _url(one: _Judged, inputs: PlanInputs, tracker: str) -> str:
    """Where to read on: the page of the worst open standard, else the tracker's own search for its flag."""
    if inputs.standards_page is not None:
        return inputs.standards_page + (f"#{quote(one.standards[0], safe='')}" if one.standards else "")
    label = inputs.label_prefix + one.flags[0] if one.flags else inputs.summary_flag(tracker)
    base = next(each.manifest.url for each in inputs.snapshots if each.manifest.tracker == tracker)
    return f"{base.rstrip('/')}/issues/?jql={quote(f'labels = {_jql(label)}', safe='')}"


def _jql(label: str) -> str:
    """A label as JQL takes it: quoted unless it can be no word of the language."""
    if _BARE_WORD.fullmatch(label):
        return label
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
