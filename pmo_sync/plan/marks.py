"""The marks we want, row for row beside the marks that stand there: flags and links of items, summaries of nodes. Pure.

Every place that takes marks has a row, an empty one too: so what is not wanted any more is seen as a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind, Value
from pmo_sync.model.frames import Marks, Schema
from pmo_sync.model.mark import FIELD, LABEL, LINK, MARK_KEY, PRESENT, decode, encode
from pmo_sync.plan.flags import Flags, Surface, candidates, choose, freeze, known_flags, withheld
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.links import link_name, link_rows, link_surface
from pmo_sync.plan.reach import BLOCKED, acting, acting_targets, resting_on_a_part
from pmo_sync.plan.summaries import summaries
from pmo_sync.plan.words import flags_in

WANTED: Final[Schema] = {
    **frames.MARKS,
    "key": pl.String(),  # of the target, for people
    "blocked": BLOCKED,  # why nothing may be written there; null = it may
    "because": pl.List(pl.String()),  # standards, or `roll-up`
}
WITHHELD: Final[Schema] = {
    **frames.MARKS,  # `value` is what stands there
    "key": pl.String(),
    "flag": pl.String(),
    "wanted": pl.Boolean(),  # would be put (true) or taken off (false)
    "reason": pl.String(),
}
_FLAGS_FIELD: Final = pl.List(pl.String())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we want. `marks` is WANTED, `withheld` WITHHELD; both sorted.

    `known` are the flags that are ours by name; `standard_of` tells whose they are.
    """

    marks: pl.DataFrame
    withheld: pl.DataFrame
    known: frozenset[str]
    standard_of: Mapping[str, str]


def observed(inputs: PlanInputs) -> Marks:
    """The marks that stand in all trackers now, each once, sorted."""
    found = [snapshot.marks.select(frames.MARKS.keys()) for snapshot in inputs.snapshots]
    marks = pl.concat([frames.empty(frames.MARKS), *found]).unique(MARK_KEY, keep="any")
    return Marks(marks.sort(MARK_KEY))


def wanted(inputs: PlanInputs, seen: Marks) -> Wanted:
    """What we want on every place that takes marks, given the marks that stand there (`observed`)."""
    known, wishes, acts = known_flags(inputs), candidates(inputs), acting(inputs)
    pulled = {snapshot.manifest.tracker for snapshot in inputs.snapshots}
    surfaces = [s for name in sorted(pulled & set(inputs.writes)) for s in _surfaces(inputs, name, seen, known, acts)]
    linked = [s for name in sorted(pulled & set(inputs.writes)) for s in _link_surface(inputs, name, wishes, acts)]
    alone = [one for one in linked if not (one.options.labels or one.options.flags)]
    held = freeze(inputs, [*surfaces, *alone], wishes)
    reasons = {flag: reason.value for flag, reason in held.items()}
    marks = [pl.DataFrame(schema=dict(WANTED)), summaries(inputs).select(WANTED.keys())]
    waiting = [pl.DataFrame(schema=dict(WITHHELD))]
    standard_of = {source.flag: source.standard for source in inputs.flags}
    for surface in surfaces:
        flags = choose(surface, wishes, held)
        if surface.channel == FIELD:
            marks.append(_field_rows(surface, flags, standard_of))
            lacking = replace(surface, items=surface.missing, seen=surface.seen.clear())
            flags = choose(lacking, wishes, held)
            marks.append(_field_rows(lacking, flags, standard_of).drop_nulls("value"))
        else:
            marks.append(_label_rows(inputs, surface, flags, seen, standard_of))
        waiting.append(_withheld_rows(inputs, surface, withheld(surface, wishes, held), seen, reasons))
    for surface in linked:
        rows, items = link_rows(inputs, surface.tracker, surface.items, held)
        marks.append(_marks(rows.join(items, on="item", maintain_order="left"), surface, pl.col("name")))
    for surface in alone:
        rows = withheld(replace(surface, seen=surface.seen.clear()), wishes, held)
        waiting.append(_withheld_rows(inputs, surface, rows, seen, reasons))
    return Wanted(
        marks=frames.check(pl.concat(marks).sort(MARK_KEY), WANTED, "wanted"),
        withheld=frames.check(pl.concat(waiting).sort(*MARK_KEY, "flag"), WITHHELD, "withheld"),
        known=known,
        standard_of=standard_of,
    )


def _surfaces(
    inputs: PlanInputs, tracker: str, seen: Marks, known: frozenset[str], acts: Mapping[str, pl.Series]
) -> list[Surface]:
    options = inputs.writes[tracker].options
    items = acting_targets(inputs, tracker, acts)
    here = seen.filter((pl.col("tracker") == tracker) & (pl.col("target_kind") == TargetKind.ITEM.value))
    found = []
    if options.labels:
        labels = ours(inputs, tracker, here, known).join(items.select("id", "item"), left_on="target_id", right_on="id")
        pairs = labels.filter(pl.col("name") != inputs.summary_flag(tracker)).select(
            "item", flag=pl.col("name").str.strip_prefix(inputs.label_prefix)
        )
        found.append(
            Surface(tracker, LABEL, "", options, items, _with_still(inputs, pairs, items, acts), items.clear())
        )
    if options.flags is not None:
        at = here.filter((pl.col("channel") == FIELD) & (pl.col("name") == options.flags))
        placed = items.join(at.select(id="target_id", value="value"), on="id", maintain_order="left")
        without = items.join(at.select(id="target_id"), on="id", how="anti", maintain_order="left")
        pairs = _with_still(inputs, _flags_of(placed), items, acts)
        found.append(Surface(tracker, FIELD, options.flags, options, placed, pairs, without))
    return found


def _link_surface(
    inputs: PlanInputs, tracker: str, wishes: pl.DataFrame, acts: Mapping[str, pl.Series]
) -> list[Surface]:
    if not inputs.writes[tracker].options.link:
        return []
    return [link_surface(inputs, tracker, acting_targets(inputs, tracker, acts), wishes)]


def _with_still(
    inputs: PlanInputs, pairs: pl.DataFrame, items: pl.DataFrame, acts: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """The pairs `item flag` with `still`: of a supportive part where the standard does not act, or of a share that was
    not read whole.
    """
    moving = [pairs.filter((pairs["flag"] == flag) & mask.gather(pairs["item"])) for flag, mask in acts.items()]
    moves = pl.concat([pairs.clear(), *moving]).with_columns(moves=pl.lit(True))
    partly = resting_on_a_part(inputs).with_columns(partly=pl.lit(True))
    return (
        pairs.join(items.select("item", "quiet"), on="item", maintain_order="left")
        .join(moves, on=["item", "flag"], how="left", maintain_order="left")
        .join(partly, on=["item", "flag"], how="left", maintain_order="left")
        .select("item", "flag", still=(pl.col("quiet") & pl.col("moves").is_null()) | pl.col("partly").is_not_null())
    )


def ours(inputs: PlanInputs, tracker: str, marks: pl.DataFrame, known: frozenset[str]) -> pl.DataFrame:
    """The labels among a tracker's marks that are ours: by name (the summary flag, a known flag), or because we wrote
    them and did not take them off.
    """
    names = sorted({inputs.summary_flag(tracker), *(inputs.label_prefix + flag for flag in known)})
    put = inputs.past.written.filter((pl.col("channel") == LABEL) & pl.col("value").is_not_null()).select(MARK_KEY)
    labels = marks.filter((pl.col("tracker") == tracker) & (pl.col("channel") == LABEL))
    by_us = labels.join(put, on=MARK_KEY, how="semi")
    return pl.concat([labels.filter(pl.col("name").is_in(names)), by_us]).unique(MARK_KEY).sort(MARK_KEY)


def foreign(inputs: PlanInputs) -> pl.DataFrame:
    """Labels of people that begin with our prefix, as MARKS, sorted: reported by `doctor`, never touched."""
    seen, known = observed(inputs), known_flags(inputs)
    theirs = [frames.empty(frames.MARKS)]
    for tracker in sorted(inputs.writes):
        labels = seen.filter((pl.col("tracker") == tracker) & (pl.col("channel") == LABEL))
        like = labels.filter(pl.col("name").str.starts_with(inputs.label_prefix))
        theirs.append(like.join(ours(inputs, tracker, labels, known), on=MARK_KEY, how="anti"))
    return pl.concat(theirs).sort(MARK_KEY)


def _flags_of(placed: pl.DataFrame) -> pl.DataFrame:
    """`item flag` of the flags that a field holds. Values repeat, so each is read once."""
    texts = placed.get_column("value").drop_nulls().unique().to_list()
    words = pl.DataFrame(
        {"value": texts, "flag": [list(flags_in(decode(text))) for text in texts]},
        schema={"value": pl.String(), "flag": _FLAGS_FIELD},
    )
    return (
        placed.select("item", "value")
        .join(words, on="value")
        .explode("flag", empty_as_null=True)
        .select("item", "flag")
        .drop_nulls("flag")
    )


def _field_rows(surface: Surface, flags: Flags, standard_of: Mapping[str, str]) -> pl.DataFrame:
    """One row for each item of the surface."""
    per_item = _with_standards(flags.final, standard_of).group_by("item", maintain_order=True)
    lists = per_item.agg(pl.col("flag"), because=pl.col("standard").drop_nulls().unique().sort())
    values = lists.with_columns(value=_as_json(lists.get_column("flag"))).select("item", "value", "because")
    columns = ["item", "id", "key", "blocked"]
    rows = surface.items.select(columns).join(values, on="item", how="left", maintain_order="left")
    return _marks(rows, surface, pl.lit(surface.name))


def _label_rows(
    inputs: PlanInputs, surface: Surface, flags: Flags, seen: Marks, standard_of: Mapping[str, str]
) -> pl.DataFrame:
    """One row for each label that is wanted, stands there, or was put by us; the summary flag is one of them."""
    final = _with_standards(flags.final, standard_of)
    put = final.select("item", name=inputs.label_prefix + pl.col("flag"), because=pl.concat_list("standard"))
    summary = final.group_by("item").agg(because=pl.col("standard").drop_nulls().unique().sort())
    summary = summary.select("item", pl.lit(inputs.summary_flag(surface.tracker)).alias("name"), "because")
    value = pl.lit(PRESENT)
    wanted_labels = pl.concat([put, summary]).with_columns(value=value)
    of_items = pl.col("target_kind") == TargetKind.ITEM.value
    known = ours(inputs, surface.tracker, seen.filter(of_items), known_flags(inputs))
    past = inputs.past.written.filter(
        (pl.col("tracker") == surface.tracker) & of_items & (pl.col("channel") == LABEL) & pl.col("value").is_not_null()
    )
    standing = pl.concat([known.select("target_id", "name"), past.select("target_id", "name")]).unique()
    rest = (
        standing.join(surface.items.select("item", "id"), left_on="target_id", right_on="id")
        .select("item", "name")
        .join(wanted_labels.select("item", "name"), on=["item", "name"], how="anti")
        .with_columns(
            because=pl.concat_list(
                pl.col("name").str.strip_prefix(inputs.label_prefix).replace_strict(standard_of, default=None)
            )
            if standard_of
            else pl.lit(None, dtype=pl.List(pl.String())),
            value=pl.lit(None, dtype=pl.String()),
        )
    )
    both = pl.concat([wanted_labels.select("item", "name", "because", "value"), rest])
    rows = both.join(surface.items.select("item", "id", "key", "blocked"), on="item")
    return _marks(rows, surface, pl.col("name"))


def _marks(rows: pl.DataFrame, surface: Surface, name: pl.Expr) -> pl.DataFrame:
    return rows.select(
        tracker=pl.lit(surface.tracker),
        target_kind=pl.lit(TargetKind.ITEM.value),
        target_id="id",
        channel=pl.lit(surface.channel),
        name=name,
        value="value",
        key="key",
        blocked="blocked",
        because=pl.col("because").list.drop_nulls().fill_null([]),
    )


def _with_standards(flags: pl.DataFrame, standard_of: Mapping[str, str]) -> pl.DataFrame:
    table = pl.DataFrame(
        sorted(standard_of.items()), schema={"flag": pl.String(), "standard": pl.String()}, orient="row"
    )
    return flags.join(table, on="flag", how="left", maintain_order="left")


def _as_json(lists: pl.Series) -> pl.Series:
    """Lists of flags as JSON. The same few lists come again and again, so each is written once."""
    joined = lists.list.join("\n")
    texts: dict[str, Value] = {text: tuple(text.split("\n")) for text in joined.unique().to_list()}
    if not texts:
        return pl.Series("value", [], dtype=pl.String())
    return joined.replace_strict({text: encode(value) for text, value in texts.items()}, return_dtype=pl.String())


def _withheld_rows(
    inputs: PlanInputs, surface: Surface, rows: pl.DataFrame, seen: Marks, reasons: Mapping[str, str]
) -> pl.DataFrame:
    names = {
        FIELD: pl.lit(surface.name),
        LABEL: inputs.label_prefix + pl.col("flag"),
        LINK: link_name(inputs, surface.tracker),
    }
    return (
        rows.join(surface.items.select("item", "id", "key"), on="item")
        .with_columns(
            tracker=pl.lit(surface.tracker),
            target_kind=pl.lit(TargetKind.ITEM.value),
            target_id="id",
            channel=pl.lit(surface.channel),
            name=names[surface.channel],
            reason=pl.col("flag").replace_strict(reasons, return_dtype=pl.String())
            if reasons
            else pl.lit(None, dtype=pl.String()),
        )
        .join(seen, on=MARK_KEY, how="left", maintain_order="left")
        .select(WITHHELD.keys())
    )
