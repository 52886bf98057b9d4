"""Share standards: the node is judged by the share of its members that offend; missing members never hide a failure."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pmo_sync.model.frames import U32
from pmo_sync.rules.columns import RELATIONS
from pmo_sync.rules.compile import Compiler
from pmo_sync.rules.condition import Condition, Frame
from pmo_sync.rules.relations import Tallies
from pmo_sync.rules.standard import EXEMPT, Limit, ShareRule
from pmo_sync.rules.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Members:
    """The members of every node: `node`, `member` (a row of the frame), `offends` (null: unknown), `counted`."""

    frame: Frame
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Offence:
    """Who is in the population, and who of them offends, compiled for one frame of members."""

    frame: Frame
    among: pl.Expr
    where: pl.Expr


def member_frames(of: str) -> tuple[Frame, ...]:
    """The frames of the members of a share."""
    return {"links": (Frame.LINK,), "children": (Frame.NODE, Frame.ITEM)}.get(of, (Frame.ITEM,))


def offences(rule: ShareRule, subjects: Subjects, compiler: Compiler) -> tuple[Offence, ...]:
    """Compiles both conditions on the members; relations in them are asked for and must be staged before `members`."""

    def expr(condition: Condition, frame: Frame) -> pl.Expr:
        return compiler.clause(condition, subjects.views[frame]).expr

    return tuple(Offence(frame, expr(rule.among, frame), expr(rule.where, frame)) for frame in member_frames(rule.of))


def members(rule: ShareRule, compiled: tuple[Offence, ...], subjects: Subjects, tallies: Tallies) -> list[Members]:
    """Every node's members with what is known of them: by polars' Kleene logic `offends` is among and where."""
    pairs = _pairs(rule.of, subjects, tallies)
    found: list[Members] = []
    for offence in compiled:
        frame = _widened(offence, subjects)
        answers = frame.select(
            frame.columns[0],
            (offence.among & offence.where).alias("offends"),
            offence.among.alias("among"),
        )
        rows = _without_exempt(rule, pairs[offence.frame], subjects)
        judged = rows.with_columns(
            answers["offends"].gather(rows["member"]), answers["among"].gather(rows["member"])
        ).with_columns((pl.col("among").fill_null(False) & pl.col("offends").is_not_null()).alias("counted"))
        found.append(Members(offence.frame, judged.drop("among")))
    return found


def _without_exempt(rule: ShareRule, rows: pl.DataFrame, subjects: Subjects) -> pl.DataFrame:
    """The members without the ends of the network: in each node those of the earliest start, of the latest due date.

    Several of one date are all left out; who has no date is no end.
    """
    items = subjects.frames[Frame.ITEM]
    ends = [word for word in rule.exempt if EXEMPT[word] in items.columns]
    if not ends:
        return rows
    dated = rows.with_columns(items[EXEMPT[word]].gather(rows["member"]).alias(word) for word in ends)
    first = {"first_start": pl.col("first_start").min(), "last_finish": pl.col("last_finish").max()}
    is_end = [(pl.col(word) == first[word].over("node")).fill_null(False) for word in ends]
    return dated.filter(~pl.any_horizontal(is_end)).select(rows.columns)


def _widened(offence: Offence, subjects: Subjects) -> pl.DataFrame:
    frame = subjects.frames[offence.frame]
    if offence.frame is not Frame.LINK:
        return frame
    return subjects.with_ends({*offence.among.meta.root_names(), *offence.where.meta.root_names()})


def _pairs(of: str, subjects: Subjects, tallies: Tallies) -> dict[Frame, pl.DataFrame]:
    if of == "links":
        return {Frame.LINK: _link_pairs(subjects)}
    return {
        reached: tallies.route(Frame.NODE, of, reached).pairs.select(
            pl.col("s").alias("node"), pl.col("r").alias("member")
        )
        for reached in RELATIONS[of][Frame.NODE]
    }


def _link_pairs(subjects: Subjects) -> pl.DataFrame:
    """A link belongs to the nodes above its successor, or above the end that is seen."""
    links = subjects.portfolio.links.with_row_index("member").select(
        pl.col("member").cast(U32), pl.coalesce("target", "source").alias("item")
    )
    return links.join(subjects.portfolio.places.select("item", "node"), on="item").select("node", "member")


def counters(found: list[Members], height: int) -> pl.DataFrame:
    """Per node: `population` (known members), `offenders` among them, `missing` (members of whom it is unknown)."""
    rows = pl.concat([one.rows.select("node", "offends", "counted") for one in found])
    counted = rows.group_by("node").agg(
        pl.col("counted").sum().cast(U32).alias("population"),
        pl.col("offends").sum().cast(U32).alias("offenders"),
        pl.col("offends").null_count().cast(U32).alias("missing"),
    )
    zeros = pl.zeros(height, dtype=U32, eager=True)
    return pl.DataFrame(
        [
            zeros.clone().scatter(counted["node"], counted[name]).alias(name)
            for name in ("population", "offenders", "missing")
        ]
    )


def verdict(limit: Limit) -> tuple[pl.Expr, pl.Expr]:
    """Verdict (0 pass, 1 fail, 2 n/a, 3 unknown) and by how many steps its severity drops, from the counters.

    A failure that the known members prove stays one; a pass that the missing members could turn is unknown.
    """
    n, t, u = pl.col("population"), pl.col("offenders"), pl.col("missing")
    warn = limit.fail_above if limit.warn_above is None else limit.warn_above
    fails, warns = (t / n > limit.fail_above) & (n > 0), (t / n > warn) & (n > 0)
    could = (t + u) / (n + u) > warn
    code = (
        pl.when(n + u == 0)
        .then(pl.lit(2, dtype=pl.UInt8))
        .when(n == 0)
        .then(pl.lit(3, dtype=pl.UInt8))
        .when(warns)
        .then(pl.lit(1, dtype=pl.UInt8))
        .when(could)
        .then(pl.lit(3, dtype=pl.UInt8))
        .otherwise(pl.lit(0, dtype=pl.UInt8))
    )
    drop = (warns & ~fails).cast(pl.Int8) + (n < limit.min_population).cast(pl.Int8)
    return code, drop
