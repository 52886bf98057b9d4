"""Columns that follow from the history of edits; unknown, not empty, where it was not read whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import FROM_HISTORY, OF_PHASE, VOCABULARY
from pmo_sync.model.words import Phase, words

_NO_STATUS, _NO_PHASE, _NOTHING = 1, 2, 4
_DOING, _DONE = Phase.DOING.value, Phase.DONE.value
_NAMES: Final = pl.List(pl.String())


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Accounts that are no persons, by id, login or name; and the zone that says on which day a time falls."""

    bots: tuple[str, ...] = ()
    time_zone: str = "UTC"


def with_history(snapshot: Snapshot, options: HistoryOptions) -> Snapshot:
    """The snapshot with the columns of FROM_HISTORY that its `changes` tell and that its items do not have themselves.

    Where they cannot be told of an item its scope hides them; a scope is divided for that. The order of the changes
    does not matter.
    """
    wanted = FROM_HISTORY.intersection(snapshot.manifest.columns) - set(snapshot.items.columns)
    if not wanted:
        return snapshot
    changes = snapshot.changes.with_columns(pl.col("ours").fill_null(value=False))
    bots = _bots(snapshot, options.bots)
    made = (
        changes.filter(pl.col("column") == "created").unique("id", keep="any").select("id", made="at", maker=_by(bots))
    )
    items = snapshot.items.select("id", "scope", now=_phase(snapshot.items))
    parts = (made, _edits(changes, bots), _statuses(changes), _phases(changes, items))
    for part in parts:
        items = items.join(part, on="id", how="left", maintain_order="left")
    told = items.with_columns(_unknown()).with_columns(
        value.cast(VOCABULARY[name].dtype).alias(name)
        for name, value in _values(options.time_zone).items()
        if name in wanted
    )
    scope, scopes = _divided(told, snapshot.scopes, wanted)
    return replace(snapshot, items=snapshot.items.with_columns(scope, *told.select(sorted(wanted))), scopes=scopes)


def _bots(snapshot: Snapshot, names: Iterable[str]) -> list[str]:
    """Ids of the accounts that the names mean."""
    listed = sorted(set(names))
    meant = snapshot.accounts.filter(pl.col("word").is_in(listed))["account"]
    return sorted({*listed, *meant})


def _phase(items: pl.DataFrame) -> pl.Expr:
    return pl.col("phase").cast(pl.String) if "phase" in items.columns else pl.lit(None, pl.String)


def _by(bots: list[str]) -> pl.Expr:
    """True where a person is known to have made it."""
    return pl.col("by").is_not_null() & ~pl.col("ours") & ~pl.col("by").is_in(bots)


def _edits(changes: pl.DataFrame, bots: list[str]) -> pl.DataFrame:
    """The last edit that is neither ours nor a bot's; one of which nobody is told was somebody's."""
    person = ~pl.col("ours") & ~pl.col("by").is_in(bots).fill_null(value=False)
    return changes.filter((pl.col("column") == "updated") & person).group_by("id").agg(edited=pl.col("at").max())


def _statuses(changes: pl.DataFrame) -> pl.DataFrame:
    rows = changes.filter(pl.col("column") == "status").group_by("id")
    return rows.agg(status_at=pl.col("at").max(), status_lost=pl.col("after").is_null().any())


def _phases(changes: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Of each item with changes of phase: when, whether they lead to the phase it has now, and in which one it began.

    A chain leaves its first phase once more often than it enters it, and its last one once less; every other phase, and
    both of them where they are the same, as often. So no order is needed, which equal times do not tell.
    """
    rows = changes.filter(pl.col("column") == "phase").join(items.select("id", "now"), on="id")
    net = {phase: _left(pl.lit(phase)) for phase in words(Phase)}
    entered = pl.col("at").filter(pl.col("after") == _DOING)
    found = rows.group_by("id").agg(
        phase_at=pl.col("at").max(),
        first_doing=entered.min(),
        last_done=pl.col("at").filter(pl.col("after") == _DONE).max(),
        told=(pl.col("before").is_not_null() & pl.col("after").is_not_null()).all(),
        apart=pl.sum_horizontal(each.abs() for each in net.values()),
        left_doing=net[_DOING],
        left_now=_left(pl.col("now")),
        met_now=(pl.col("after") == pl.col("now")).any(),
        is_doing=(pl.col("now") == _DOING).first(),
    )
    circle, chain = pl.col("apart") == 0, pl.col("apart") == 2  # noqa: PLR2004 - its two ends
    return found.select(
        "id",
        "phase_at",
        "first_doing",
        "last_done",
        phase_lost=~(pl.col("told") & ((circle & pl.col("met_now")) | (chain & (pl.col("left_now") == -1)))),
        began_doing=(pl.col("left_doing") == 1) | (circle & pl.col("is_doing")),
    )


def _left(phase: pl.Expr) -> pl.Expr:
    """How many times more often a phase was left than entered."""
    return (pl.col("before") == phase).cast(pl.Int64).sum() - (pl.col("after") == phase).cast(pl.Int64).sum()


def _unknown() -> pl.Expr:
    """What cannot be told of an item, as bits."""
    no_status = pl.col("status_lost").fill_null(value=False).cast(pl.Int64) * _NO_STATUS
    no_phase = (pl.col("phase_lost").fill_null(value=False) | pl.col("now").is_null()).cast(pl.Int64) * _NO_PHASE
    return pl.when(pl.col("made").is_null()).then(_NOTHING).otherwise(no_status + no_phase).alias("unknown")


def _values(time_zone: str) -> dict[str, pl.Expr]:
    def day(time: pl.Expr) -> pl.Expr:
        return time.dt.convert_time_zone(time_zone).dt.date()

    said = ~_hides(OF_PHASE)
    made = pl.col("made")
    began_doing = pl.col("began_doing").fill_null(pl.col("now") == _DOING)
    return {
        "last_human_change": pl.coalesce("edited", pl.when(pl.col("maker")).then(made)),
        "status_since": pl.when(~_hides({"status_since"})).then(day(pl.coalesce("status_at", "made"))),
        "phase_since": pl.when(said).then(day(pl.coalesce("phase_at", "made"))),
        "actual_start": pl.when(said).then(day(pl.when(began_doing).then(made).otherwise("first_doing"))),
        "actual_finish": pl.when(said & (pl.col("now") == _DONE)).then(day(pl.coalesce("last_done", "made"))),
    }


def _hides(names: Iterable[str]) -> pl.Expr:
    """Where none of these columns can be told."""
    return pl.col("unknown").is_in([code for code in range(_NOTHING + 1) if set(names) <= _hidden(code)])


def _hidden(unknown: int) -> frozenset[str]:
    if unknown == _NOTHING:
        return FROM_HISTORY
    status = frozenset({"status_since"}) if unknown & _NO_STATUS else frozenset()
    return status | (OF_PHASE if unknown & _NO_PHASE else frozenset())


def _divided(told: pl.DataFrame, scopes: pl.DataFrame, wanted: frozenset[str]) -> tuple[pl.Series, pl.DataFrame]:
    """The new scope of each item, and the scopes: one for each of before and all that cannot be told of some of it."""
    empty = scopes.join(told, on="scope", how="anti").select("scope", unknown=pl.lit(0, pl.Int64))
    cases = pl.concat([told.select("scope", pl.col("unknown").cast(pl.Int64)).unique(), empty]).sort("scope", "unknown")
    cases = cases.with_columns(pl.int_range(pl.len(), dtype=frames.U32).alias("new"))
    more = pl.Series([sorted(_hidden(code) & wanted) for code in cases["unknown"]], dtype=_NAMES)
    divided = cases.join(scopes, on="scope", how="left", maintain_order="left").with_columns(
        scope="new", hidden=pl.col("hidden").fill_null([]).list.concat(more).list.unique(maintain_order=True)
    )
    new = told.with_columns(pl.col("unknown").cast(pl.Int64)).join(
        cases, on=["scope", "unknown"], how="left", maintain_order="left"
    )["new"]
    return new.alias("scope"), divided.select(scopes.columns)
