"""The colour of the children by a policy, the colour that was reported, and the steps between the three.

A child's colour is the one reported for it, else the one its data says, else the one of its own children.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.figures.computed_rag import COLOURS, colour_of, is_grey, rank_of
from pmo_sync.figures.context import OVER, Context
from pmo_sync.figures.options import RagPolicy
from pmo_sync.figures.tally import BASIS, EMPTY, MISSING, USED, four
from pmo_sync.model.frames import U32
from pmo_sync.model.words import RAG_RANK, Level, Rag

_GREEN, _AMBER, _RED = (RAG_RANK[colour] for colour in (Rag.GREEN, Rag.AMBER, Rag.RED))
_BETWEEN: Final = (RAG_RANK[Rag.AMBER_GREEN], RAG_RANK[Rag.AMBER_RED])


def reported_rag(context: Context, wide: pl.DataFrame) -> pl.DataFrame:
    """The manager's colour, as it stands."""
    colour = context.portfolio.nodes["reported_rag"]
    return wide.with_columns(
        colour,
        colour.is_not_null().cast(U32).alias("reported_rag" + USED),
        colour.is_null().cast(U32).alias("reported_rag" + MISSING),
        pl.lit("stated").alias("reported_rag" + BASIS),
    )


def rollup_rag(context: Context, wide: pl.DataFrame) -> pl.DataFrame:
    """`rollup_rag` of every node, from the lowest nodes up."""
    base = context.portfolio.nodes.select(
        "node",
        "parent",
        pl.col("level").cast(pl.String),
        "phase",
        pl.col("path").list.len().alias("depth"),
        pl.col("labels").list.contains(context.options.rag.key_label).fill_null(False).alias("key"),
    ).with_columns(wide["reported_rag"], wide["computed_rag"], wide["budget"])
    done: list[pl.DataFrame] = []
    below = base.clear().with_columns(pl.lit(None, COLOURS).alias("rollup_rag"))
    for depth in range(int(base["depth"].max()), 0, -1):  # type: ignore[arg-type]
        here = base.filter(pl.col("depth") == depth)
        figure = here.join(_of_children(below), on="node", how="left", maintain_order="left")
        done.append(_finished(context, figure))
        below = here.with_columns(done[-1]["rollup_rag"])
    whole = pl.concat(done).sort("node")
    return pl.concat([wide, whole.select(four("rollup_rag"))], how="horizontal")


def _of_children(children: pl.DataFrame) -> pl.DataFrame:
    """Per parent: how many colours are known and not, and what each policy needs of them."""
    colour = pl.coalesce("reported_rag", "computed_rag", "rollup_rag")
    counted = children.with_columns(colour.alias("colour")).filter(
        ~pl.col("phase").is_in(OVER).fill_null(False) & pl.col("colour").ne_missing(pl.lit(Rag.GREY.value, COLOURS))
    )
    known = counted.with_columns(rank_of("colour").alias("rank"))
    rank, is_known = pl.col("rank"), pl.col("rank").is_not_null()
    even = pl.col("budget").filter(is_known).is_not_null().all() & (pl.col("budget").filter(is_known).sum() > 0)
    weight = pl.when(even).then(pl.col("budget")).otherwise(1.0).filter(is_known)
    ranks = rank.filter(is_known)
    return known.group_by(pl.col("parent").alias("node"), maintain_order=True).agg(
        is_known.sum().cast(U32).alias("used"),
        rank.is_null().sum().cast(U32).alias("missing"),
        ranks.max().alias("worst"),
        ranks.filter(ranks != _RED).max().fill_null(_GREEN).alias("worst of the rest"),
        (ranks == _GREEN).sum().alias("green"),
        ranks.is_in(_BETWEEN).any().alias("five levels"),
        ((weight * ranks).sum() / weight.sum()).alias("mean"),
        (weight.filter(ranks == _RED).sum() / weight.sum()).alias("red weight"),
        (is_known & (rank == _RED) & pl.col("key")).any().alias("key is red"),
        even.alias("by budget"),
    )


def _finished(context: Context, figure: pl.DataFrame) -> pl.DataFrame:
    """The colour by the policy of each node's level; unknown where too many children are, never green on thin cover."""
    rag = context.options.rag
    used, missing = (pl.col(name).fill_null(0).cast(U32) for name in ("used", "missing"))
    policies = {level: rag.policy_of(level) for level in (Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT)}
    rank: pl.Expr = pl.lit(None, pl.Int64)
    words: pl.Expr = pl.lit(EMPTY)
    for level, policy in policies.items():
        mine = pl.col("level") == level.value
        rank = pl.when(mine).then(_by_policy(context, policy)).otherwise(rank)
        words = pl.when(mine).then(_words(policy)).otherwise(words)
    three = pl.when(~pl.col("five levels") & rank.is_in(_BETWEEN)).then(_AMBER).otherwise(rank)
    told = missing <= rag.unknown_above * (used + missing)
    covered = used >= context.options.min_coverage * (used + missing)
    shown = pl.when((used > 0) & told & ((three != _GREEN) | covered)).then(three)
    nothing = (used == 0) & (missing == 0)
    grey = is_grey()
    return figure.select(
        "node",
        pl.when(grey).then(pl.lit(Rag.GREY.value, COLOURS)).otherwise(colour_of(shown)).alias("rollup_rag"),
        used.alias("rollup_rag" + USED),
        missing.alias("rollup_rag" + MISSING),
        pl.when(grey)
        .then(pl.lit("phase"))
        .when(nothing)
        .then(pl.lit(EMPTY))
        .otherwise(words)
        .alias("rollup_rag" + BASIS),
    )


def _by_policy(context: Context, policy: RagPolicy) -> pl.Expr:
    """The rank by one policy; ties go to the worse side."""
    worst, key_red = pl.col("worst"), pl.col("key is red")
    match policy:
        case RagPolicy.WORST_OF:
            return worst
        case RagPolicy.WEIGHTED:
            mean = (pl.col("mean") + 0.5).floor().cast(pl.Int64)
            return pl.when(key_red).then(pl.max_horizontal(mean, pl.lit(_AMBER))).otherwise(mean)
        case RagPolicy.SHARE:
            green, all_ = pl.col("green") * 10, pl.col("used")
            return pl.when(green >= 9 * all_).then(_GREEN).when(green >= 8 * all_).then(_AMBER).otherwise(_RED)
        case RagPolicy.TOLERANT_WORST:
            has_red = worst == _RED
            too_much = has_red & ((pl.col("red weight") >= context.options.rag.red_share) | key_red)
            rest = pl.col("worst of the rest")
            tolerated = pl.when(has_red).then(pl.min_horizontal(rest, pl.lit(_AMBER))).otherwise(rest)
            return pl.when(too_much).then(_RED).otherwise(tolerated)


def _words(policy: RagPolicy) -> pl.Expr:
    of = f"{policy.value} of the children's reported, else computed colours"
    if policy in {RagPolicy.WORST_OF, RagPolicy.SHARE}:
        return pl.lit(of)
    return pl.when(pl.col("by budget")).then(pl.lit(of + ", by budget")).otherwise(pl.lit(of + ", of equal weight"))


def gaps(wide: pl.DataFrame) -> pl.DataFrame:
    """Steps from the reported colour to the computed one and to the children's: above 0 the report is better.

    One step is one colour of the coarser scale; null where either has no rank.
    """
    scales = {name: _has_five(wide, name) for name in ("reported_rag", "computed_rag", "rollup_rag")}
    for gap, of in (("rag_gap", "computed_rag"), ("rollup_rag_gap", "rollup_rag")):
        five = scales["reported_rag"] and scales[of]
        ranks = (rank_of(name) if five else _coarse(rank_of(name)) for name in (of, "reported_rag"))
        first, second = ranks
        value = wide.select((first - second) // (1 if five else 2)).to_series()
        wide = wide.with_columns(
            value.alias(gap),
            value.is_not_null().cast(U32).alias(gap + USED),
            value.is_null().cast(U32).alias(gap + MISSING),
            pl.lit(f"{of} minus reported_rag").alias(gap + BASIS),
        )
    return wide


def _coarse(rank: pl.Expr) -> pl.Expr:
    """Of three levels: what lies between green and red is amber."""
    return pl.when(rank.is_in(_BETWEEN)).then(_AMBER).otherwise(rank)


def _has_five(wide: pl.DataFrame, name: str) -> bool:
    return bool(wide.select(rank_of(name).is_in(_BETWEEN).any()).item())
