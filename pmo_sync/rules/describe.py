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
from pmo_sync.rules.condition import Frame, columns_named
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.phrases import shown
from pmo_sync.rules.standard import Standard, placeholders
from pmo_sync.rules.waiting import awaited

_PLACE: Final = ("tracker", "id", "key", "title", "url")
SHARE_FACTS: Final = ("offenders", "population", "missing", "share")
_ENDS: Final = ("predecessor", "successor")
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
    subject: int | None
    verdict: int
    severity: str
    mode: str
    waiver: int | None
    baselined: bool
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
    waits_for: tuple[str, ...] = ()


def evidence_columns(standard: Standard) -> list[str]:
    """The columns that a finding of the standard shows, in order; of a link both ends, of a week never the person."""
    conditions = [standard.applies_to, *([] if standard.require is None else [standard.require])]
    ends = _ENDS if standard.subject is Frame.LINK else ()
    named = dict.fromkeys([*ends, *(name for condition in conditions for name in columns_named(condition))])
    return [name for name in named if (standard.subject, name) != (Frame.PERSON_WEEK, "person")]


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
    frame = standard.subject or (Frame.ITEM if is_item else Frame.NODE)
    rows = subjects if standard.subject is None else part["subject"]
    wide = _wide(portfolio, figures, frame)
    values = _gather(wide, rows, [*wanted, "name"] if frame is Frame.SPRINT else wanted)
    lacking = [name for name in named if name not in wide.columns]
    places: list[Mapping[str, str | None]] = [{} for _ in paths]
    if is_item:
        gathered = _gather(portfolio.items, subjects, _PLACE)
        places = [{name: None if value is None else str(value) for name, value in row.items()} for row in gathered]
    shares = _shares(judgement, standard, part) if standard.share is not None else [{} for _ in paths]
    texts = {value.name: value.text for value in standard.values}
    facts: list[Facts] = []
    for path, place, row, share in zip(paths, places, values, shares, strict=True):
        own = row.get("name") if frame is Frame.SPRINT else None
        name = str(own) if own else place.get("key") or (path[-1] if path else "")
        evidence = {column: row.get(column) for column in named if column in row or column not in RELATIONS}
        known: dict[str, Evidence] = {**texts, **row, **share, "key": name, "name": name, "path": path_text(path)}
        facts.append(Facts(path, place, {**evidence, **share}, known, awaited(frame, lacking)))
    return facts


def _wide(portfolio: Portfolio, figures: Figures, frame: Frame) -> pl.DataFrame:
    """The rows of a frame with their figures; links with the keys of their ends."""
    match frame:
        case Frame.ITEM:
            return portfolio.items.with_columns(figures.items.drop("item").get_columns())
        case Frame.NODE:
            return portfolio.nodes.with_columns(figures.nodes.get_column(name) for name in figures.built)
        case Frame.LINK:
            keys, links = portfolio.items["key"], portfolio.links
            ends = [keys.gather(links[row]).alias(name) for name, row in zip(_ENDS, ("source", "target"), strict=True)]
            return links.with_columns(*ends, *([] if figures.links is None else figures.links.get_columns()))
        case Frame.SPRINT:
            return portfolio.sprints
        case Frame.PERSON_WEEK:
            return portfolio.person_weeks.drop("person")


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
        waits_for=facts.waits_for if row.verdict == Verdict.UNKNOWN.value else (),
        baselined=row.baselined,
    )


def message(standard: Standard, facts: Facts, verdict: Verdict) -> str:
    """The standard's sentence with the columns put in, or a general one; of an unknown what it is for want of."""
    values = facts.values
    name = shown(values.get("key"))
    if verdict is Verdict.UNKNOWN:
        empty = [column for column, value in facts.evidence.items() if value is None and column not in SHARE_FACTS]
        want = f" for want of {', '.join(empty)}" if empty else ""
        if standard.share is not None and (hidden := values.get("missing")):
            want = f" for {shown(hidden)} of those it counts"
        waits = "".join(f"; {each}" for each in facts.waits_for)
        return f"{name}: it cannot be told{want} whether this holds: {standard.title}{waits}"
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
