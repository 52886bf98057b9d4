"""CSV for spreadsheets: one line per record, no cell can become a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pmo_sync.model.finding import Finding
from pmo_sync.model.portfolio import path_text
from pmo_sync.report.escape import csv_line
from pmo_sync.report.numbers import iso

FINDING_COLUMNS: Final = (
    "severity",
    "verdict",
    "standard",
    "title",
    "level",
    "path",
    "tracker",
    "key",
    "item_title",
    "message",
    "fix",
    "flag",
    "mode",
    "waived_until",
    "baselined",
    "since",
    "url",
)


def findings(rows: Iterable[Finding]) -> str:
    """The findings in their order, under one line of headings."""
    return csv_line(FINDING_COLUMNS) + "".join(csv_line(_cells(each)) for each in rows)


def _cells(each: Finding) -> tuple[str | None, ...]:
    return (
        each.severity.value,
        each.verdict.word,
        each.standard,
        each.title,
        each.level.value,
        path_text(each.path),
        each.tracker,
        each.key,
        each.item_title,
        each.message,
        each.fix,
        each.flag,
        each.mode.value,
        None if each.waiver is None else iso(each.waiver.until),
        "yes" if each.baselined else "no",
        None if each.since is None else iso(each.since),
        each.url,
    )


def rows(headings: Sequence[str], records: Iterable[Sequence[str | int | float | None]]) -> str:
    """Any table as CSV."""
    return csv_line(headings) + "".join(csv_line(record) for record in records)
