"""What hangs under what: one parent for each issue, however the Jira says it. Pure."""

from __future__ import annotations

import polars as pl

from pmo_sync.connectors.known import NOTHING, Known
from pmo_sync.connectors.shelf import FOLD_AT, light
from pmo_sync.model.merge import PARENT_REF


def parents(
    ids: pl.Series, keys: pl.Series, above: pl.Series, by_key: pl.Series, others: Known = NOTHING
) -> pl.DataFrame:
    """The parent of each issue: the one Jira calls so (`above`, by id), else the one whose key a field holds
    (`by_key`). No issue is its own parent. Issues are sorted by the number that their id is; `others` were read before.

    `parent_id` is null where it has none, or one that was not read, and PARENT_REF is then what Jira calls it;
    `parent_known`: it has one.
    """
    parent, ref = _by_id(ids, above, others)
    if by_key.null_count() < by_key.len():
        by_key = by_key.zip_with(above.is_null(), by_key.clear(by_key.len()))
        of_key = _by_key(ids, keys, by_key, others)
        parent = parent.zip_with(of_key.is_null(), of_key)
        ref = ref.zip_with(by_key.is_null() | of_key.is_not_null(), by_key)
    own = (parent == ids).fill_null(value=False)
    known = (parent.is_not_null() | ref.is_not_null()) & ~own
    if own.any():
        parent = parent.set(own, None)
    return pl.DataFrame({"parent_id": parent, PARENT_REF: ref, "parent_known": known})


def _by_id(ids: pl.Series, above: pl.Series, others: Known) -> tuple[pl.Series, pl.Series]:
    """Of each issue the parent that was read, and the id of one that was not."""
    named = above.unique().drop_nulls()
    unread = [one for one in named.filter(~_among(named, ids)) if one not in others.ids]
    if not unread:
        return above, above.clear(above.len())
    lost = above.is_in(unread).fill_null(value=False)
    return above.set(lost, None), _only(above, lost)


def _only(texts: pl.Series, there: pl.Series) -> pl.Series:
    """The texts that are there, else null."""
    parts = (
        light(texts.slice(start, FOLD_AT).set(~there.slice(start, FOLD_AT), None))
        for start in range(0, texts.len(), FOLD_AT)
    )
    return pl.concat([texts.clear(), *parts], rechunk=False)


def _among(named: pl.Series, ids: pl.Series) -> pl.Series:
    """Which of these are among ids that are sorted by number."""
    if ids.is_empty():
        return named.is_null()
    at = ids.cast(pl.Int64).search_sorted(named.cast(pl.Int64, strict=False).fill_null(0))
    return ids.gather(at.clip(upper_bound=ids.len() - 1)) == named


def _by_key(ids: pl.Series, keys: pl.Series, by_key: pl.Series, others: Known) -> pl.Series:
    """Of each issue the id of the parent of this key; null for one that was not read."""
    named = by_key.unique().drop_nulls()
    before = {one: others.by_key[one] for one in named if one in others.by_key}
    here = pl.DataFrame({"key": keys, "id": ids}).filter(pl.col("key").is_in(named.implode()))
    return by_key.replace_strict(before | dict(here.iter_rows()), default=None, return_dtype=pl.String())
