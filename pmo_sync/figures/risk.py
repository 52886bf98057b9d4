"""Risk exposure in money, and counts by class; a risk copied upward counts once, at the highest level."""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.figures.context import CURRENCY, NO_CURRENCY, Context, is_open
from pmo_sync.figures.money import in_one_currency
from pmo_sync.figures.tally import How, Tally, combine, fold, read_direct
from pmo_sync.model.words import Kind

OPPORTUNITIES: Final = ("exploit", "share", "enhance")
MONEY: Final = "money"
_LOWEST: Final = "lowest currency of risks"
_HIGHEST: Final = "highest currency of risks"


def tallies(_: Context) -> list[Tally]:
    """Open risks, the high ones among them, and their exposure: threats minus opportunities."""
    risk = pl.col("kind") == Kind.RISK.value
    open_risk = risk & is_open()
    scored = open_risk & ~_is_an_issue()
    money = exposure()
    currency = pl.when(money.is_not_null()).then(pl.col(CURRENCY))
    return [
        Tally("risks_open", How.COUNT, risk, is_open(), "risks in todo or doing; a copied one counts once"),
        Tally("risks_high", How.COUNT, open_risk, pl.col("band") == "high", "open risks in the band high"),
        Tally(
            "risk_exposure",
            How.SUM,
            scored,
            money,
            "Σ probability · money impact of open risks, opportunities subtracted; certain ones (probability 1) are "
            "issues and left out",
            basis=MONEY,
        ),
        Tally(_LOWEST, How.MIN, scored, currency),
        Tally(_HIGHEST, How.MAX, scored, currency),
    ]


def exposure() -> pl.Expr:
    """What one risk adds: probability · impact, an opportunity with the sign turned; null where it is not scored."""
    chance = pl.col("probability")
    money = pl.when(chance.is_between(0, 1)).then(chance * pl.col("impact_money"))
    return pl.when(pl.col("response").is_in(OPPORTUNITIES)).then(-money).otherwise(money)


def _is_an_issue() -> pl.Expr:
    return (pl.col("probability") == 1).fill_null(False)  # a chance that is not known is no certainty


def in_money(wide: pl.DataFrame) -> pl.DataFrame:
    """`risk_exposure` with its currency in the basis; null where two currencies meet: there is no rate."""
    code = pl.when(pl.col(_HIGHEST) != NO_CURRENCY).then(pl.concat_str(pl.lit(", "), _HIGHEST)).otherwise(pl.lit(""))
    words = pl.concat_str(pl.lit(MONEY), code)
    return in_one_currency(wide, "risk_exposure", _LOWEST, _HIGHEST, words=words)


def folded(context: Context, items: pl.DataFrame, above: pl.DataFrame, every: list[Tally]) -> pl.DataFrame:
    """All tallies over all nodes. Risks with copies are taken out of the fold and added to each node once."""
    copies = _copies(items)
    if copies.is_empty():
        return fold(read_direct(items, every), above, every)
    own = tallies(context)
    copied = pl.col("item").is_in(copies["item"].implode())
    own_names = {mine.name for mine in own}
    others = [tally for tally in every if tally.name not in own_names]
    depth = above.group_by("node").len("depth")
    once = (
        items.join(copies, on="item")
        .join(depth, on="node")
        .join(above, on="node")
        .sort("above", "original", "depth", "item")
        .unique(["above", "original"], keep="first", maintain_order=True)
        .with_columns(pl.col("above").alias("node"))
    )
    parts = [
        fold(read_direct(items.filter(~copied), every), above, every),
        fold(read_direct(items.filter(copied), others), above, others),
        read_direct(once, own),
    ]
    return combine(parts, every)


def _copies(items: pl.DataFrame) -> pl.DataFrame:
    """Open risks that are copies or have one: `item`, and the `original` they all go back to."""
    risks = items.filter((pl.col("kind") == Kind.RISK.value) & is_open()).select("item", "tracker", "id", "same_as")
    named = risks.select("tracker", pl.col("id").alias("same_as"), pl.col("item").alias("original"))
    pairs = risks.join(named, on=["tracker", "same_as"]).select("item", "original")
    for _ in range(pairs.height.bit_length()):  # a copy of a copy goes back to the first
        further = pairs.rename({"item": "original", "original": "first"})
        pairs = pairs.join(further, on="original", how="left").select("item", pl.coalesce("first", "original"))
        pairs = pairs.rename({"first": "original"})
    themselves = pairs.select(pl.col("original").alias("item"), "original").unique()
    return pl.concat([pairs, themselves]).unique("item", keep="first").sort("item")
