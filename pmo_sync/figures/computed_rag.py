"""The colour that the data says: the worst of the dimensions, with the numbers that decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pmo_sync.figures.context import OVER, Context
from pmo_sync.figures.dimensions import BUILT, configured
from pmo_sync.figures.tally import BASIS, MISSING, USED
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.model.frames import U32
from pmo_sync.model.words import RAG_RANK, Phase, Rag

COLOURS = NODE_FIGURES["computed_rag"].dtype
_RANK = "rank of "
_VALUE = "value of "
_ASKED = "asked of "


@dataclass(frozen=True, slots=True)
class Colours:
    """The wide frame with `computed_rag`, and per node which dimensions decided it and how it is said."""

    wide: pl.DataFrame
    why: tuple[tuple[str, ...], ...]
    says: tuple[str | None, ...]


def computed_rag(context: Context, wide: pl.DataFrame) -> Colours:
    """The worst known dimension of each node; grey before it starts and after it ends; null where none is known."""
    thresholds = configured(context)
    built = [name for name in thresholds if name in BUILT]
    nodes = context.portfolio.nodes
    phase = nodes["phase"].cast(pl.String)
    judged = wide.with_columns(nodes["risk_appetite"]).select(
        "node",
        phase.alias("phase"),
        *(BUILT[name].rank(thresholds[name], context.options.min_coverage).alias(_RANK + name) for name in built),
        *(BUILT[name].value.alias(_VALUE + name) for name in built),
        *(BUILT[name].asked.fill_null(False).alias(_ASKED + name) for name in built),
    )
    judged = judged.with_columns(_worst(built).alias("worst"), _known(built).alias("known"))
    unbuilt = [name for name in thresholds if name not in BUILT]
    colours = _figure(judged, built, unbuilt)
    rows = [*judged.iter_rows(named=True)]
    return Colours(
        wide=pl.concat([wide, colours], how="horizontal"),
        why=tuple(_why(row, built) for row in rows),
        says=tuple(_says(row, built) for row in rows),
    )


def colour_of(rank: pl.Expr) -> pl.Expr:
    """The colour of a rank."""
    words = {number: colour.value for colour, number in RAG_RANK.items()}
    return rank.cast(pl.Int64).replace_strict(words, default=None, return_dtype=pl.String).cast(COLOURS)


def rank_of(colour: str) -> pl.Expr:
    """The rank of a column of colours; null for grey and for what is not known."""
    ranks = {word.value: number for word, number in RAG_RANK.items()}
    return pl.col(colour).cast(pl.String).replace_strict(ranks, default=None, return_dtype=pl.Int64)


def is_grey() -> pl.Expr:
    """Not started, or over; false where the phase is unknown."""
    return pl.col("phase").is_in([Phase.TODO.value, *OVER]).fill_null(False)


def _worst(built: Sequence[str]) -> pl.Expr:
    none = pl.lit(None, pl.Int8)
    return pl.max_horizontal(none, *(pl.col(_RANK + name) for name in built))


def _known(built: Sequence[str]) -> pl.Expr:
    return pl.sum_horizontal(pl.lit(0, U32), *(pl.col(_RANK + name).is_not_null().cast(U32) for name in built))


def _figure(judged: pl.DataFrame, built: Sequence[str], unbuilt: Sequence[str]) -> pl.DataFrame:
    lacking = [(pl.col(_ASKED + name) & pl.col(_RANK + name).is_null()).cast(U32) for name in built]
    missing = pl.sum_horizontal(pl.lit(0, U32), *lacking)
    grey = is_grey()
    return judged.select(
        pl.when(grey).then(pl.lit(Rag.GREY.value, COLOURS)).otherwise(colour_of(pl.col("worst"))).alias("computed_rag"),
        pl.when(grey).then(1).otherwise(pl.col("known")).cast(U32).alias("computed_rag" + USED),
        pl.when(grey).then(0).otherwise(missing).cast(U32).alias("computed_rag" + MISSING),
        pl.when(grey).then(pl.lit("phase")).otherwise(_basis(built, unbuilt)).alias("computed_rag" + BASIS),
    )


def _basis(built: Sequence[str], unbuilt: Sequence[str]) -> pl.Expr:
    """`worst of a, b; unknown: c`."""
    known = [pl.when(pl.col(_RANK + name).is_not_null()).then(pl.lit(name)) for name in built]
    unknown = [pl.when(pl.col(_ASKED + name) & pl.col(_RANK + name).is_null()).then(pl.lit(name)) for name in built]
    lists = [_listed("worst of ", known), _listed("unknown: ", [*unknown, *map(pl.lit, unbuilt)])]
    whole = pl.concat_str(lists, separator="; ", ignore_nulls=True)
    return pl.when(whole != "").then(whole).otherwise(pl.lit("no dimension"))


def _listed(start: str, names: Sequence[pl.Expr]) -> pl.Expr:
    listed = pl.concat_str([pl.lit(None, pl.String), *names], separator=", ", ignore_nulls=True)
    return pl.when(listed != "").then(pl.concat_str(pl.lit(start), listed))


def _why(row: Mapping[str, object], built: Sequence[str]) -> tuple[str, ...]:
    """The dimensions at the worst rank; none decided for green or grey."""
    if row["phase"] in {Phase.TODO, *OVER} or not row["worst"]:
        return ()
    return tuple(name for name in built if row[_RANK + name] == row["worst"])


def _says(row: Mapping[str, object], built: Sequence[str]) -> str | None:
    """The colour with the numbers that decided it: `data says amber: 12 % overdue`."""
    if row["phase"] == Phase.TODO:
        return "data says grey: not started"
    if row["phase"] in OVER:
        return "data says grey: closed"
    if row["worst"] is None:
        return None
    colour = next(colour.value for colour, rank in RAG_RANK.items() if rank == row["worst"])
    deciding = [name for name in built if row[_RANK + name] == row["worst"]]
    values = ((BUILT[name].says, row[_VALUE + name]) for name in deciding)
    return f"data says {colour}: " + ", ".join(says(value) for says, value in values if isinstance(value, float))
