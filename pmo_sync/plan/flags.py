"""Which flags each item shall carry: worst first, no more than allowed, and none that still waits for a yes. Pure.

A flag is *frozen* while its standard is held (preview, too many new), in supportive parts where its standard does not
act all the same, and on members of a share that was not read whole: where it stands it stays, and counts against
`max_flags`; where it does not, it is not put.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pmo_sync.model.change import HeldReason
from pmo_sync.model.words import SEVERITIES, Mode, Verdict
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.options import WriteOptions
from pmo_sync.plan.reach import PAIRS, resting_on_a_part


@dataclass(frozen=True, slots=True)
class Surface:
    """One way of showing flags in one tracker: its labels, or its flags field.

    Attributes:
        tracker, channel: whose, and `label` or `field`.
        name: of the field; empty for labels.
        options: of the tracker's `write`.
        items: items that have the place: `item id key blocked`.
        seen: flags of ours that stand there now: `item flag still`; `still` where they are left alone, in
            supportive parts and for want of a whole reading.
        missing: items without the place, which a configured field may have: `item blocked`.
    """

    tracker: str
    channel: str
    name: str
    options: WriteOptions
    items: pl.DataFrame
    seen: pl.DataFrame
    missing: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of one surface: `kept` (`item flag`) stand and are frozen, `chosen` (`item flag standard`) are wanted."""

    kept: pl.DataFrame
    chosen: pl.DataFrame

    @property
    def final(self) -> pl.DataFrame:
        """`item flag`, each once, sorted."""
        both = pl.concat([self.kept.select(PAIRS.keys()), self.chosen.select(PAIRS.keys())])
        return both.unique().sort("item", "flag")


def known_flags(inputs: PlanInputs) -> frozenset[str]:
    """Flags that are ours by name: of every loaded standard, and the id in lower case of every approved one."""
    return frozenset(source.flag for source in inputs.flags) | {a.standard.lower() for a in inputs.past.approvals}


def unapproved(inputs: PlanInputs) -> frozenset[str]:
    """Flags of enabled standards whose present content nobody has approved."""
    if inputs.first_run == "apply":
        return frozenset()
    said = {(approval.standard, approval.fingerprint) for approval in inputs.past.approvals}
    return frozenset(
        source.flag for source in inputs.flags if source.enabled and (source.standard, source.fingerprint) not in said
    )


def candidates(inputs: PlanInputs) -> pl.DataFrame:
    """What could be flagged: `item standard flag severity`, one row a pair: ripe failures of items that are neither
    waived nor in the baseline, and offenders (but of nodes that were read whole alone), of enabled standards in
    controlling or directive mode. `severity` is its rank.
    """
    sources = pl.DataFrame(
        [(source.standard, source.flag) for source in inputs.flags if source.enabled],
        schema={"standard": pl.String(), "flag": pl.String()},
        orient="row",
    )
    failing = (pl.col("verdict") == Verdict.FAIL.value) | pl.col("offender")
    acting = pl.col("mode").cast(pl.String()).is_in([Mode.CONTROLLING.value, Mode.DIRECTIVE.value])
    return (
        inputs.findings.filter(pl.col("item").is_not_null() & failing & acting & pl.col("ripe"))
        .filter(pl.col("waiver").is_null() & ~pl.col("baselined"))
        .select("item", "standard", severity=pl.col("severity").to_physical().cast(pl.UInt8()))
        .join(sources, on="standard")
        .join(resting_on_a_part(inputs), on=["item", "flag"], how="anti")
        .group_by("item", "standard", "flag")
        .agg(pl.col("severity").max())
        .sort("item", "standard")
    )


def choose(surface: Surface, wishes: pl.DataFrame, frozen: Iterable[str]) -> Flags:
    """The flags of one surface: frozen ones that stand, and the worst of the others up to `max_flags` in all, by
    severity and then by id of the standard.
    """
    frozen = sorted(frozen)
    kept = surface.seen.filter(pl.col("flag").is_in(frozen) | pl.col("still")).select(PAIRS.keys())
    least = SEVERITIES.index(surface.options.flag_from)
    chosen = (
        wishes.filter((pl.col("severity") >= least) & pl.col("flag").is_in(frozen).not_())
        .join(surface.items.select("item"), on="item")
        .join(kept.group_by("item").agg(used=pl.len()), on="item", how="left")
        .sort("item", "severity", "standard", descending=[False, True, False])
        .filter(pl.int_range(pl.len()).over("item") + pl.col("used").fill_null(0) < surface.options.max_flags)
    )
    return Flags(kept, chosen.select("item", "flag", "standard"))


def freeze(inputs: PlanInputs, surfaces: Sequence[Surface], wishes: pl.DataFrame) -> dict[str, HeldReason]:
    """Every held flag and why: unapproved standards, and those that would mark more than
    `guards.max_new_per_standard` items anew. Holding one makes room for others, so it is looked at until it settles.
    """
    held = dict.fromkeys(sorted(unapproved(inputs)), HeldReason.PREVIEW)
    while True:
        new = [_new(surface, choose(surface, wishes, held)) for surface in surfaces]
        counts = pl.concat([pl.DataFrame(schema=PAIRS), *new]).unique().group_by("flag").len()
        over = counts.filter(pl.col("len") > inputs.guards.max_new_per_standard).get_column("flag").sort().to_list()
        if not over:
            return held
        held |= dict.fromkeys(over, HeldReason.TOO_MANY_NEW)


def _new(surface: Surface, flags: Flags) -> pl.DataFrame:
    free = surface.items.filter(pl.col("blocked").is_null()).select("item")
    return flags.chosen.select(PAIRS.keys()).join(free, on="item").join(surface.seen, on=["item", "flag"], how="anti")


def withheld(surface: Surface, wishes: pl.DataFrame, held: Mapping[str, HeldReason]) -> pl.DataFrame:
    """What the held standards would change here: `item flag wanted`, `wanted` true for a flag to put, false for one
    to take off. Items that take nothing anyway are left out.
    """
    held_flags = sorted(held)
    free = surface.items.filter(pl.col("blocked").is_null()).select("item")
    put = (
        choose(surface, wishes, ())
        .chosen.filter(pl.col("flag").is_in(held_flags))
        .select(PAIRS.keys())
        .join(surface.seen, on=["item", "flag"], how="anti")
        .join(free, on="item")
    )
    take = (
        surface.seen.filter(pl.col("flag").is_in(held_flags) & pl.col("still").not_())
        .select(PAIRS.keys())
        .join(wishes, on=["item", "flag"], how="anti")
        .join(free, on="item")
    )
    parts = [put.with_columns(wanted=pl.lit(True)), take.with_columns(wanted=pl.lit(False))]
    return pl.concat(parts).select("item", "flag", "wanted").sort("item", "flag")
