"""From verdicts to what leaves the room: counts per node, and findings with the facts that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.frames import LEVEL, SEVERITY, TEXT, U32, VERDICT, Findings, Judged
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import path_text
from pmo_sync.model.words import SEVERITIES, Level, Mode, Verdict
from pmo_sync.rules.baseline import with_baseline
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.judgement import SHARES
from pmo_sync.rules.modes import mode_column
from pmo_sync.rules.shares import Members
from pmo_sync.rules.subjects import Subjects
from pmo_sync.rules.units import RANK, Unit
from pmo_sync.rules.waivers import waiver_column

_FOUND: Final = {"row": U32, "verdict": VERDICT, "rank": RANK, "offender": pl.Boolean(), "since": pl.Date()}
_COUNTS: Final = ("passed", "failed", "not_applicable", "unknown", "waived", "baselined")


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside verdicts: the past, and how far standards go."""

    past: Past
    modes: tuple[ModeEntry, ...]
    mode: Mode


def collect(
    subjects: Subjects,
    units: Sequence[Unit],
    verdicts: Mapping[Frame, pl.DataFrame],
    members: Mapping[int, list[Members]],
    beside: Beside,
) -> tuple[Judged, Findings, pl.DataFrame]:
    """JUDGED, FINDINGS and SHARES of all units, sorted."""
    since = _failing_since(subjects, beside.past)
    parts: list[pl.DataFrame] = []
    for unit in units:
        rows = _rows(subjects, unit, verdicts[unit.frame], since)
        parts.append(_dressed(subjects, unit, unit.frame, rows, beside))
        if unit.standard.flag_offenders:
            parts += _offenders(subjects, unit, rows, members[unit.number], beside)
    findings = _in_order(parts)
    findings = with_baseline(findings, subjects.portfolio, beside.past.baseline)
    judged = _judged(subjects, units, verdicts, findings)
    shares = _shares(units, verdicts)
    return (
        Judged(frames.check(judged, frames.JUDGED, "judged")),
        Findings(frames.check(findings, frames.FINDINGS, "findings")),
        shares,
    )


def _in_order(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """FINDINGS by standard, level, item and node; sorted standard by standard, so that few rows exist twice at once.
    Takes the parts out of the list.
    """
    by_standard: dict[str, list[pl.DataFrame]] = {}
    while parts:
        part = parts.pop()
        if not part.is_empty():
            by_standard.setdefault(part["standard"][0], []).append(part.select(list(frames.FINDINGS)))
    order = ["level", "item", "node", "offender", "subject"]
    found = [pl.concat(by_standard.pop(id_)).sort(*order, nulls_last=True) for id_ in sorted(by_standard)]
    return pl.concat(found) if found else frames.empty(frames.FINDINGS)


def _rows(
    subjects: Subjects, unit: Unit, verdicts: pl.DataFrame, since: Mapping[tuple[str, Frame], pl.DataFrame]
) -> pl.DataFrame:
    """Failures and unknowns of one unit, with rank and first day."""
    code = verdicts[f"v{unit.number}"]
    wanted = code.is_in([Verdict.FAIL.value, Verdict.UNKNOWN.value]).arg_true()
    base = pl.Series("base", [unit.standard.severity.rank], dtype=RANK)
    ranks = f"s{unit.number}"
    escalated = (
        verdicts[ranks].gather(wanted)
        if ranks in verdicts.columns
        else base.gather_every(1).new_from_index(0, len(wanted))
    )
    rows = pl.DataFrame(
        [
            verdicts["row"].gather(wanted),
            code.gather(wanted).alias("verdict"),
            escalated.alias("rank"),
        ]
    ).with_columns(
        pl.when(pl.col("verdict") == Verdict.FAIL.value)
        .then(pl.col("rank"))
        .otherwise(pl.lit(unit.standard.severity.rank, dtype=RANK))
        .alias("rank"),
        pl.lit(False).alias("offender"),
    )
    home, at = subjects.home(unit.frame, rows["row"])
    earlier = since.get((unit.whole.id, home))
    if earlier is None:
        return rows.with_columns(pl.lit(None, dtype=pl.Date).alias("since"))
    known = earlier.rename({"row": "at"})
    return rows.with_columns(at.alias("at")).join(known, on="at", how="left", maintain_order="left").drop("at")


def _failing_since(subjects: Subjects, past: Past) -> dict[tuple[str, Frame], pl.DataFrame]:
    """First-failed dates by standard and frame, by row."""
    known = past.failing_since
    if known.is_empty():
        return {}
    items = subjects.portfolio.items.select(pl.col("item").alias("row"), "tracker", "id")
    names = [path_text(path) for path in subjects.portfolio.nodes["path"].to_list()]
    nodes = subjects.portfolio.nodes.select(
        pl.col("node").alias("row"), pl.lit("").alias("tracker"), pl.Series("id", names, dtype=TEXT)
    )
    found: dict[tuple[str, Frame], pl.DataFrame] = {}
    for frame, rows in ((Frame.ITEM, items), (Frame.NODE, nodes)):
        matched = known.join(rows, on=["tracker", "id"]).group_by("standard", "row").agg(pl.col("since").min())
        for (standard,), part in matched.group_by("standard"):
            found[str(standard), frame] = part.select("row", "since")
    return found


def _dressed(subjects: Subjects, unit: Unit, frame: Frame, rows: pl.DataFrame, beside: Beside) -> pl.DataFrame:
    """Rows of one frame as findings: subject, severity, mode, waiver, ripeness."""
    standard, row = unit.standard, rows["row"]
    today, calendar = subjects.clock.today, subjects.clock.calendar
    fails = pl.col("verdict") == Verdict.FAIL.value
    since = pl.when(fails).then(pl.col("since").fill_null(pl.lit(today)))
    ripe = fails
    if standard.hold_for is not None:
        ripe &= (calendar.shift(since, standard.hold_for) <= pl.lit(today)).fill_null(False)
    if frame is Frame.LINK:  # the flag of a link stands on its successor, if anywhere
        marked = subjects.portfolio.links["target"].gather(row).is_not_null().alias("marked")
        rows, ripe = rows.with_columns(marked), ripe & pl.col("marked")
    waived = waiver_column(subjects, frame, row, unit.whole, beside.past.waivers)
    found = rows.with_columns(
        pl.lit(unit.whole.id).alias("standard"),
        mode_column(subjects, frame, row, standard, beside.modes, beside.mode),
        waived.alias("waiver"),
        pl.lit(False).alias("baselined"),
        since.alias("since"),
        ripe.alias("ripe"),
        _severity(pl.col("rank")),
        *_place(subjects, frame, row),
    ).with_columns(pl.when(fails).then(pl.col("waiver")).alias("waiver"))
    return found.select(pl.col(name).cast(dtype) for name, dtype in frames.FINDINGS.items())


def _severity(rank: pl.Expr) -> pl.Expr:
    ranks = list(range(len(SEVERITIES)))
    return rank.replace_strict(ranks, [str(one) for one in SEVERITIES], return_dtype=SEVERITY).alias("severity")


def _place(subjects: Subjects, frame: Frame, row: pl.Series) -> list[pl.Series | pl.Expr]:
    """The columns of FINDINGS that say who was judged, and where it is reported."""
    home, at = subjects.home(frame, row)
    subject = [pl.lit(None, dtype=U32).alias("subject") if home is frame else row.alias("subject")]
    if home is Frame.ITEM:
        nearest = subjects.portfolio.items["node"].gather(at).alias("node")
        return [at.alias("item"), nearest, pl.lit(Level.ITEM.value, dtype=LEVEL).alias("level"), *subject]
    level = subjects.portfolio.nodes["level"].gather(at).alias("level")
    return [pl.lit(None, dtype=U32).alias("item"), at.alias("node"), level, *subject]


def _offenders(
    subjects: Subjects, unit: Unit, rows: pl.DataFrame, members: Sequence[Members], beside: Beside
) -> list[pl.DataFrame]:
    """The members that offend in nodes that failed, each once, with the worst severity of these nodes."""
    failed = rows.filter(pl.col("verdict") == Verdict.FAIL.value).select(
        pl.col("row").alias("node"), "rank", "since", "verdict"
    )
    parts: list[pl.DataFrame] = []
    for one in members:
        found = one.rows.filter(pl.col("offends")).join(failed, on="node")
        frame, row = one.frame, pl.col("member")
        if frame is Frame.LINK:
            # The flag of a link stands on its successor.
            frame, successor = Frame.ITEM, subjects.portfolio.links["target"]
            found = found.with_columns(successor.gather(found["member"]).alias("member")).drop_nulls("member")
        merged = (
            found.group_by(row.alias("row"))
            .agg(pl.col("verdict").first(), pl.col("rank").max(), pl.col("since").min())
            .sort("row")
            .with_columns(pl.lit(True).alias("offender"))
        )
        parts.append(_dressed(subjects, unit, frame, merged.select(*_FOUND), beside))
    return parts


def _judged(
    subjects: Subjects, units: Sequence[Unit], verdicts: Mapping[Frame, pl.DataFrame], findings: pl.DataFrame
) -> pl.DataFrame:
    """Verdicts counted by standard, nearest node and severity; one that is no failure has the base severity."""
    parts: list[pl.DataFrame] = [_counted_failures(findings)]
    for frame, found in verdicts.items():
        here = [unit for unit in units if unit.frame is frame]
        home, at = subjects.home(frame, found["row"])
        node = subjects.portfolio.items["node"].gather(at) if home is Frame.ITEM else at
        parts += _counts(here, found.with_columns(node.alias("node")))
    key = ["standard", "node", "severity"]
    return (
        pl.concat(parts).group_by(key).agg(pl.col(name).sum() for name in _COUNTS).sort(key).select(list(frames.JUDGED))
    )


def _counted_failures(findings: pl.DataFrame) -> pl.DataFrame:
    failures = findings.filter((pl.col("verdict") == Verdict.FAIL.value) & ~pl.col("offender"))
    counted = failures.group_by("standard", "node", "severity").agg(
        pl.len().cast(U32).alias("failed"),
        pl.col("waiver").count().cast(U32).alias("waived"),
        pl.col("baselined").sum().cast(U32).alias("baselined"),
    )
    zero = pl.lit(0, dtype=U32)
    return counted.with_columns(zero.alias("passed"), zero.alias("not_applicable"), zero.alias("unknown")).select(
        list(frames.JUDGED)
    )


def _counts(units: Sequence[Unit], found: pl.DataFrame) -> list[pl.DataFrame]:
    codes = {"passed": Verdict.PASS, "not_applicable": Verdict.NOT_APPLICABLE, "unknown": Verdict.UNKNOWN}
    sums = [
        (pl.col(f"v{unit.number}") == code.value).sum().cast(U32).alias(f"{name}{unit.number}")
        for unit in units
        for name, code in codes.items()
    ]
    wide = found.lazy().group_by("node").agg(sums).collect()
    return [
        wide.select(
            pl.lit(unit.whole.id).alias("standard"),
            "node",
            pl.lit(unit.standard.severity.value, dtype=SEVERITY).alias("severity"),
            *(
                (pl.col(f"{name}{unit.number}") if name in codes else pl.lit(0, dtype=U32)).alias(name)
                for name in _COUNTS
            ),
        )
        .filter(pl.sum_horizontal(list(codes)) > 0)
        .select(list(frames.JUDGED))
        for unit in units
    ]


def _shares(units: Sequence[Unit], verdicts: Mapping[Frame, pl.DataFrame]) -> pl.DataFrame:
    nodes = verdicts[Frame.NODE]
    parts = [
        nodes.filter(pl.col(f"v{unit.number}").is_not_null()).select(
            pl.lit(unit.whole.id).alias("standard"),
            pl.col("row").alias("node"),
            pl.col(f"t{unit.number}").alias("offenders"),
            pl.col(f"n{unit.number}").alias("population"),
            pl.col(f"u{unit.number}").alias("missing"),
        )
        for unit in units
        if unit.standard.share is not None
    ]
    found = pl.concat(parts) if parts else frames.empty(SHARES)
    return frames.check(found.sort("standard", "node"), SHARES, "shares")
