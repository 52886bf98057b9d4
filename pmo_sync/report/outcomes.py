"""What became of a plan: for people those that were not written one by one, for machines every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from pmo_sync.model.change import Outcome, PutLink, Result
from pmo_sync.model.mark import place
from pmo_sync.report.escape import clean
from pmo_sync.report.json import Json
from pmo_sync.report.numbers import count, plural
from pmo_sync.report.plan_text import HEADINGS, change_line, record
from pmo_sync.report.style import Style
from pmo_sync.report.table import Table

LIMIT: Final = 50
"""Outcomes named one by one on a terminal."""


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many changes came to which end; every kind of end is named, and together they are the plan."""
    ends = Counter(outcome.result for outcome in outcomes)
    return {result.value: ends[result] for result in Result}


def text(outcomes: Sequence[Outcome], style: Style, *, run: str | None) -> str:
    """The changes that were not written, each with its reason, and the totals last."""
    wrong = [outcome for outcome in outcomes if outcome.result not in {Result.WRITTEN, Result.UNCHANGED}]
    lines = [_line(outcome, style) for outcome in wrong[:LIMIT]]
    if len(wrong) > LIMIT:
        lines.append(f"  … {count(len(wrong) - LIMIT)} more: --format json")
    ends = ", ".join(f"{word} {count(number)}" for word, number in totals(outcomes).items())
    lines.append(f"{plural(len(outcomes), 'change')}: {ends}" + (f" · run {clean(run)}" if run else ""))
    return "".join(f"{line}\n" for line in lines)


def _line(outcome: Outcome, style: Style) -> str:
    change = outcome.change
    name = "web link" if isinstance(change, PutLink) else place(change)[1]
    target = f"{clean(change.target.tracker)} {clean(change.target.key)}"
    return f"  {style.bad('✗')} {target}  {clean(name)}  {outcome.result.value}: {clean(outcome.detail)}"


def outcome_json(outcome: Outcome) -> dict[str, Json]:
    """One change as a plan has it, and what became of it."""
    return change_line(outcome.change) | {
        "outcome": outcome.result.value,
        "detail": outcome.detail,
        "permission": outcome.permission,
    }


def table(outcomes: Sequence[Outcome]) -> Table:
    """The outcomes as records, for spreadsheets and Markdown."""
    records = tuple((*record(one.change), one.result.value, one.detail) for one in outcomes)
    return Table("outcomes", (*HEADINGS, "outcome", "detail"), records)
