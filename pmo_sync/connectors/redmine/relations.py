"""Redmine's relations as links from predecessor to successor. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.merge import LINK_ID
from pmo_sync.model.words import LinkType

_LINKS: Final = {
    "precedes": LinkType.FS,
    "blocks": LinkType.FS,
    "relates": LinkType.RELATES,
    "duplicates": LinkType.DUPLICATES,
}
_REVERSED: Final = {"follows": "precedes", "blocked": "blocks", "duplicated": "duplicates", "copied_from": "copied_to"}


def links(relations: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """RAW_LINKS of `batch.RELATIONS`, each once and with its own id. An end that is not `known` (ids) is null."""
    once = relations.sort("of", maintain_order=True).unique("id", keep="last").sort("id")
    turned, plain = pl.col("word").is_in(list(_REVERSED)), pl.col("word").replace(_REVERSED)
    types = {word: link.value for word, link in _LINKS.items()}
    return once.with_columns(
        pl.when(pl.col(end).is_in(known.implode())).then(pl.col(end)).cast(pl.String) for end in ("source", "target")
    ).select(
        pl.col("id").cast(pl.String).alias(LINK_ID),
        pl.when(turned).then("target").otherwise("source").alias("source_id"),
        pl.when(turned).then("source").otherwise("target").alias("target_id"),
        plain.replace_strict(types, default=LinkType.OTHER.value, return_dtype=frames.RAW_LINKS["type"]).alias("type"),
        pl.when(plain == "precedes").then(pl.col("delay").fill_null(0)).alias("lag_working_days"),
    )
