"""Counting along the parents: for every row how many of its ancestors answer true, and for how many it is unknown.

By doubling: each row knows the sum over its next 1, 2, 4 … ancestors and who stands above them, so that a tree of any
depth takes as many rounds as its depth has binary digits, and never a row per pair.
"""

from __future__ import annotations

import polars as pl

from pmo_sync.model.frames import U32


def along_parents(parent: pl.Series, unseen: pl.Series, answers: pl.DataFrame) -> list[pl.Series]:
    """For each column of `answers` (true, false, null per row) its `.n`, `.t` and `.u` over the ancestors of each row.

    `parent` is the row of the parent and goes round in no circle; where it is null, `unseen` tells that there is a
    parent that cannot be seen: it counts as one of whom all is unknown.
    """
    own = answers.select(
        pl.lit(1, dtype=U32).alias("n"),
        *(pl.col(name).fill_null(False).cast(U32).alias(f"{name}.t") for name in answers.columns),
        *(pl.col(name).is_null().cast(U32).alias(f"{name}.u") for name in answers.columns),
    )
    end = (parent.is_null() & unseen).cast(U32)
    names = own.columns
    sums = {
        name: own[name].gather(parent).fill_null(0) + (end if name == "n" or name.endswith(".u") else 0)
        for name in names
    }
    above = parent
    while above.null_count() < len(above):
        sums = {name: one + one.gather(above).fill_null(0) for name, one in sums.items()}
        above = above.gather(above)
    found: list[pl.Series] = []
    for name in answers.columns:
        found += [
            sums["n"].alias(f"{name}.n"),
            sums[f"{name}.t"].alias(f"{name}.t"),
            sums[f"{name}.u"].alias(f"{name}.u"),
        ]
    return found
