"""Findings as people read them: message, evidence and place, made only for those that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from pmo_sync.model.finding import Evidence, Finding
from pmo_sync.model.portfolio import Figures, Portfolio, path_text
from pmo_sync.model.words import Level, Mode, Severity, Verdict
from pmo_sync.rules.columns import RELATIONS
from pmo_sync.rules.condition import columns_named
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.phrases import shown
from pmo_sync.rules.standard import Standard, placeholders

_PLACE: Final = ("tracker", "id", "key", "title", "url")
SHARE_FACTS: Final = ("offenders", "population", "missing", "share")
_COUNTERS: Final = SHARE_FACTS[:3]


def describe(
    judgement: Judgement, portfolio: Portfolio, figures: Figures, rows: pl.DataFrame, *, label_prefix: str = "pmo-"
) -> list[Finding]:
    """One Finding for each row of `rows`, which are rows of the judgement's findings, in their order.

    Evidence holds the columns in the order in which the standard names them, in `applies_to` and then in `require`;
    of a share standard its counters.
    """
    found: dict[int, Finding] = {}
    numbered = rows.with_row_index("position")
    for (standard_id, is_item), part in numbered.group_by("standard", pl.col("item").is_not_null().alias("is_item")):
        standard = judgement.standard(str(standard_id))
        if standard is not None:
            facts = _facts(judgement, portfolio, figures, standard, part, is_item=bool(is_item))
            for row, fact in zip(part.iter_rows(named=True), facts, strict=True):
                found[row["position"]] = _finding(judgement, standard, _Row(**row), fact, label_prefix)
    return [found[position] for position in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of FINDINGS."""

    position: int
    standard: str
    level: str
    item: int | None
    node: int
    verdict: int
    severity: str
    mode: str
    waiver: int | None
    since: date | None
    ripe: bool
    offender: bool
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one subject: its place, and its columns by name."""

    path: tuple[str, ...]
    place: Mapping[str, str | None]
    evidence: Mapping[str, Evidence]
    values: Mapping[str, Evidence]


def evidence_columns(standard: Standard) -> list[str]:
    """The columns that a finding of the standard shows, in order."""
    conditions = [standard.applies_to, *([] if standard.require is None else [standard.require])]
    return list(dict.fromkeys(name for condition in conditions for name in columns_named(condition)))


def _facts(
    judgement: Judgement,
    portfolio: Portfolio,
    figures: Figures,
    standard: Standard,
    part: pl.DataFrame,
    *,
    is_item: bool,
) -> list[Facts]:
    paths = [tuple(path) for path in portfolio.nodes["path"].gather(part["node"]).to_list()]
    named = evidence_columns(standard)
    wanted = [*named, *(name for name in placeholders(standard.message or "") if name not in named)]
    subjects = part["item"] if is_item else part["node"]
    values = _gather(_wide(portfolio, figures, is_item=is_item), subjects, wanted)
    places: list[Mapping[str, str | None]] = [{} for _ in paths]
    if is_item:
        gathered = _gather(portfolio.items, subjects, _PLACE)
        places = [{name: None if value is None else str(value) for name, value in row.items()} for row in gathered]
    shares = _shares(judgement, standard, part) if standard.share is not None else [{} for _ in paths]
    texts = {value.name: value.text for value in standard.values}
    facts: list[Facts] = []
    for path, place, row, share in zip(paths, places, values, shares, strict=True):
        name = place.get("key") or (path[-1] if path else "")
        evidence = {column: row.get(column) for column in named if column in row or column not in RELATIONS}
        known: dict[str, Evidence] = {**texts, **row, **share, "key": name, "name": name, "path": path_text(path)}
        facts.append(Facts(path, place, {**evidence, **share}, known))
    return facts


def _wide(portfolio: Portfolio, figures: Figures, *, is_item: bool) -> pl.DataFrame:
    if is_item:
        return portfolio.items.with_columns(figures.items.drop("item").get_columns())
    return portfolio.nodes.with_columns(figures.nodes.get_column(name) for name in figures.built)


def _gather(frame: pl.DataFrame, rows: pl.Series, names: Iterable[str]) -> list[dict[str, Evidence]]:
    """The named columns of these rows; one that the frame does not have is empty, a relation is left out."""
    columns = [name for name in dict.fromkeys(names) if name in frame.columns]
    chosen = frame.select(columns)[rows.to_list()] if columns else pl.DataFrame({"": rows})
    return [{name: as_evidence(row[name]) for name in columns} for row in chosen.to_dicts()]


def as_evidence(value: object) -> Evidence:
    """A value of a frame as it leaves the house: numbers rounded to 6 decimals."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return round(value, 6)
        case datetime() | date():
            return value
        case list():
            return [str(one) for one in value]
        case _:
            return str(value)


def _shares(judgement: Judgement, standard: Standard, part: pl.DataFrame) -> list[dict[str, Evidence]]:
    counted = judgement.shares.filter(pl.col("standard") == standard.id)
    joined = part.select("node").join(counted, on="node", how="left", maintain_order="left")
    found: list[dict[str, Evidence]] = []
    for row in joined.select(*_COUNTERS).iter_rows(named=True):
        known = {name: int(row[name] or 0) for name in _COUNTERS}
        share = known["offenders"] / known["population"] if known["population"] else None
        found.append({**known, "share": None if share is None else round(share, 6)})
    return found


def _finding(judgement: Judgement, standard: Standard, row: _Row, facts: Facts, label_prefix: str) -> Finding:
    place = facts.place
    return Finding(
        standard=standard.id,
        title=standard.title,
        severity=Severity(row.severity),
        verdict=Verdict(row.verdict),
        level=Level(row.level),
        tracker=place.get("tracker"),
        id=place.get("id"),
        key=place.get("key"),
        path=facts.path,
        message=_offence(standard, facts) if row.offender else message(standard, facts, Verdict(row.verdict)),
        fix=standard.fix,
        evidence=facts.evidence,
        url=place.get("url"),
        flag=f"{label_prefix}{standard.flag}" if row.item is not None else None,
        mode=Mode(row.mode),
        waiver=None if row.waiver is None else judgement.waivers[row.waiver],
        since=row.since,
        item_title=place.get("title"),
    )


def message(standard: Standard, facts: Facts, verdict: Verdict) -> str:
    """The standard's sentence with the columns put in, or a general one; of an unknown what it is for want of."""
    values = facts.values
    name = shown(values.get("key"))
    if verdict is Verdict.UNKNOWN:
        empty = [column for column, value in facts.evidence.items() if value is None and column not in SHARE_FACTS]
        want = f" for want of {', '.join(empty)}" if empty else ""
        return f"{name}: it cannot be told{want} whether this holds: {standard.title}"
    if standard.message is None:
        if standard.share is not None:
            return _share_message(values, standard)
        return f"{name} does not meet: {standard.title}"
    parts = standard.message.split("{")  # filled in one pass: what a value holds is never filled in again
    filled = ((shown(values.get(name)), rest) for name, _, rest in (one.partition("}") for one in parts[1:]))
    return parts[0] + "".join(value + rest for value, rest in filled)


def _offence(standard: Standard, facts: Facts) -> str:
    return f"{shown(facts.values.get('key'))} counts against: {standard.title}"


def _share_message(values: Mapping[str, Evidence], standard: Standard) -> str:
    missing = values.get("missing")
    unknown = f", {shown(missing)} unknown" if missing else ""
    return f"{shown(values.get('offenders'))} of {shown(values.get('population'))}{unknown}: {standard.title}"
