"""`rules diff`: what a change of standards would have meant, for people, for spreadsheets and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pmo_sync.report import json
from pmo_sync.report.escape import clean, markdown, pad, shorten
from pmo_sync.report.formats import Format
from pmo_sync.report.json import Json
from pmo_sync.report.numbers import iso, plural
from pmo_sync.report.style import Style
from pmo_sync.report.table import Table, render

EXAMPLES: Final = 5
BRANCHES: Final = 3
APPLIED: Final = (
    "Waivers count as they stand in waivers.yaml now, each until its last day; "
    "baseline, modes, `flag_from` and `max_flags` are not applied."
)
_SIGN: Final = {"new": "+", "gone": "-", "other dates": "~"}
_WORDS: Final = {"new": "newly flagged", "gone": "no longer flagged", "other dates": "flagged on other dates"}
_NOISE: Final = ("flagged", "now", "per_month", "median_days", "returned", "waived", "unknown")
_HEADINGS: Final = ("flagged", "at end", "new a month", "median days", "came back", "waived", "unknown")


@dataclass(frozen=True, slots=True)
class Noise:
    """How loud one side is.

    Attributes:
        flagged: subjects that were flagged at some time.
        now: of these still on the last day.
        per_month: flags that appeared after the first day, a month; None with fewer than two days.
        median_days: median length of the flags; those that still stand count until the last day. None without any.
        returned: subjects whose flag went and came back.
        waived: failures that would have been flagged if no waiver covered them, over all days.
        unknown: verdicts that could not be told, over all days.
    """

    flagged: int
    now: int
    per_month: float | None
    median_days: float | None
    returned: int
    waived: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Where the difference lies: a programme (or what stands highest below the portfolio) and its numbers."""

    path: str
    new: int
    gone: int


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One standard: its heading, what is changed in it, how loud each side is, where, and who (CHANGED)."""

    standard: str
    title: str
    changes: tuple[tuple[str, str, str], ...]  # key, before, after
    before: Noise | None
    after: Noise | None
    counts: tuple[tuple[str, int], ...]  # change → subjects
    branches: tuple[Branch, ...]
    changed: pl.DataFrame


@dataclass(frozen=True, slots=True)
class DiffView:
    """A whole replay. `notes`: what limits it, each a sentence."""

    before: str
    after: str
    days: tuple[date, ...]
    standards: tuple[DiffRow, ...]
    same: int
    notes: tuple[str, ...]


def text(view: DiffView, format_: Format, style: Style, *, everybody: bool = False) -> str:
    """The replay in one format. `everybody`: a page names every subject, not only the first few."""
    if format_ is Format.JSON:
        return json.document(_content(view))
    if format_ is Format.MARKDOWN:
        return _markdown(view, everybody=everybody)
    if format_ is Format.TABLE:
        return "".join(f"{line}\n" for line in _page(view, style, everybody=everybody))
    return render(_table(view), format_, style)


def _table(view: DiffView) -> Table:
    dates = (f"{side}_{what}" for side in ("before", "after") for what in ("since", "until", "spells"))
    headings = ("standard", "change", "level", "tracker", "id", "key", "title", "path", *dates)
    records = tuple(
        (row.standard, *(iso(cell) if isinstance(cell, date) else cell for cell in record))
        for row in view.standards
        for record in row.changed.iter_rows()
    )
    return Table("subjects", headings, records)


def _content(view: DiffView) -> dict[str, Json]:
    return {
        "before": view.before,
        "after": view.after,
        "days": [iso(day) for day in view.days],
        "unchanged": view.same,
        "notes": list(view.notes),
        "standards": [
            {
                "standard": row.standard,
                "title": row.title,
                "changes": [{"key": key, "before": old, "after": new} for key, old, new in row.changes],
                "before": _noise_json(row.before),
                "after": _noise_json(row.after),
                **{name.replace(" ", "_"): number for name, number in row.counts},
                "where": [{"path": one.path, "new": one.new, "gone": one.gone} for one in row.branches],
                "subjects": [
                    {name: iso(cell) if isinstance(cell, date) else cell for name, cell in record.items()}
                    for record in row.changed.iter_rows(named=True)
                ],
            }
            for row in view.standards
        ],
    }


def _noise_json(noise: Noise | None) -> dict[str, Json] | None:
    return None if noise is None else {name: getattr(noise, name) for name in _NOISE}


def _cells(noise: Noise | None) -> tuple[str, ...]:
    if noise is None:
        return tuple("-" for _ in _NOISE)
    values: list[float | None] = [getattr(noise, name) for name in _NOISE]
    return tuple("-" if value is None else f"{value:,.10g}" for value in values)


def _span(days: tuple[date, ...]) -> str:
    return f"{plural(len(days), 'day')} with a snapshot, {iso(days[0])} to {iso(days[-1])}"


def _page(view: DiffView, style: Style, *, everybody: bool) -> Iterator[str]:
    yield f"{pad('before', 8)}{clean(view.before)}"
    yield f"{pad('after', 8)}{clean(view.after)}"
    yield f"{pad('over', 8)}{_span(view.days)}"
    for row in view.standards:
        yield ""
        yield from _block(row, style, everybody=everybody)
    yield ""
    if view.same:
        yield style.dim(f"{plural(view.same, 'other standard')}: no difference in what they judge")
    yield from (style.dim(clean(note)) for note in view.notes)


def _block(row: DiffRow, style: Style, *, everybody: bool) -> Iterator[str]:
    yield style.bold(f"{clean(row.standard)} · {clean(row.title)}")
    yield from (f"  {clean(key)}: {clean(old)} → {clean(new)}" for key, old, new in row.changes)
    widths = [max(len(heading), 7) for heading in _HEADINGS]
    yield style.dim("         " + "  ".join(h.rjust(w) for h, w in zip(_HEADINGS, widths, strict=True)))
    for side, noise in (("before", row.before), ("after", row.after)):
        yield f"  {pad(side, 7)}" + "  ".join(c.rjust(w) for c, w in zip(_cells(noise), widths, strict=True))
    told = [f"{number:,} {_WORDS[change]}" for change, number in row.counts if number]
    yield "  " + (" · ".join(told) if told else "nobody is flagged differently")
    for one in row.branches[:BRANCHES]:
        yield f"    {clean(one.path)}: {one.new:,} newly, {one.gone:,} no longer"
    yield from _examples(row, style, everybody=everybody)


def _examples(row: DiffRow, style: Style, *, everybody: bool) -> Iterator[str]:
    for change, number in row.counts:
        rows = row.changed.filter(change=change)
        shown = rows if everybody else rows.head(EXAMPLES)
        for one in shown.iter_rows(named=True):
            who = one["key"] or one["path"] or one["id"]
            title = shorten(clean(one["title"] or ""), 44) if one["key"] else ""
            line = f"  {_SIGN[change]} {clean(who)}  {title}".rstrip()
            yield f"{line}  {style.dim(_when(one))}"
        if number > shown.height:
            yield style.dim(f"    … {number - shown.height:,} more {_WORDS[change]}: --all, or -o FILE.csv")


def _when(row: dict[str, object]) -> str:
    sides = [side for side in ("before", "after") if row[f"{side}_spells"]]
    told = []
    for side in sides:
        since, until, spells = (row[f"{side}_{name}"] for name in ("since", "until", "spells"))
        end = "still at the end" if until is None else f"until {until}"
        again = f", {spells} times" if isinstance(spells, int) and spells > 1 else ""
        told.append(f"{side + ' ' if len(sides) > 1 else ''}from {since} {end}{again}")
    return "; ".join(told)


def _markdown(view: DiffView, *, everybody: bool) -> str:
    lines = ["# What the change would have meant", ""]
    lines += [f"Before: {markdown(view.before)}. After: {markdown(view.after)}. {_span(view.days)}."]
    for row in view.standards:
        lines += ["", f"## {markdown(row.standard)} · {markdown(row.title)}", ""]
        lines += [f"- {markdown(key)}: {markdown(old)} → {markdown(new)}" for key, old, new in row.changes]
        lines += ["", "| | " + " | ".join(_HEADINGS) + " |", "|---|" + "---|" * len(_HEADINGS)]
        lines += [
            f"| {side} | " + " | ".join(_cells(noise)) + " |"
            for side, noise in (("before", row.before), ("after", row.after))
        ]
        for change, number in row.counts:
            if number:
                lines += ["", f"**{number:,} {_WORDS[change]}**", ""]
                rows = row.changed.filter(change=change)
                shown = rows if everybody else rows.head(EXAMPLES)
                lines += [
                    f"- {markdown(one['key'] or one['path'] or one['id'])} {markdown(one['title'] or '')}: {_when(one)}"
                    for one in shown.iter_rows(named=True)
                ]
    lines += ["", *(f"{markdown(note)}  " for note in view.notes)]
    return "\n".join(lines).rstrip() + "\n"
