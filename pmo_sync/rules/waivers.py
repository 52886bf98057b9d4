"""Waivers: which failures are waived, and which waivers may not be. A waived failure stays a failure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.frames import U32
from pmo_sync.model.past import Waiver
from pmo_sync.model.portfolio import Notice, Portfolio
from pmo_sync.model.problem import Problem
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.subjects import Subjects
from pmo_sync.structure.scope import items_in, nodes_in

_ANNOUNCED_DAYS: Final = 7


class WaiverState(StrEnum):
    """How a waiver stands on the status date; the first that is true."""

    EXPIRED = "expired"
    MATCHES_NOTHING = "matches nothing"
    NOT_NEEDED = "not needed"
    EXPIRES_SOON = "expires soon"
    ACTIVE = "active"


def waiver_column(
    subjects: Subjects, frame: Frame, rows: pl.Series, standard: Standard, waivers: Sequence[Waiver]
) -> pl.Series:
    """Position of the first waiver in date that covers each of these rows for this standard; null where none does."""
    found = pl.Series("waiver", [None] * len(rows), dtype=U32)
    for number, waiver in reversed(list(enumerate(waivers))):
        if waiver.standard == standard.id and waiver.in_date(subjects.clock.today):
            covered = subjects.mask(frame, waiver.scope).gather(rows)
            found = found.set(covered, number)
    return found


def check_waivers(
    standards: Iterable[Standard], waivers: Sequence[Waiver], today: date, calendar: Calendar | None = None
) -> list[Problem]:
    """What is wrong with waivers by the rules of their standards: too long from the status date, or a part is missing.

    An expired waiver is not wrong: it counts for nothing, and GOV-11 finds it. A standard with `max_age: 0 days`
    takes no waiver that reaches beyond the status date.
    """
    by_id = {standard.id: standard for standard in standards}
    days = calendar or Calendar()
    problems: list[Problem] = []
    for waiver in waivers:
        standard = by_id.get(waiver.standard)
        if standard is None:
            continue
        rule = standard.waiver
        parts = {"reason": waiver.reason, "approver": waiver.approver, "owner": waiver.owner}
        for name in rule.requires:
            if not parts[name]:
                message = f"`{standard.id}` asks for the {name} of a waiver, which this one does not give"
                problems.append(Problem("waiver", message, waiver.source))
        if rule.max_age is None or not waiver.in_date(today):
            continue
        latest = days.add(today, rule.max_age)
        if rule.max_age.amount == 0:
            message, hint = (
                f"`{standard.id}` takes no waiver",
                "take the entry out, or allow it by `waiver: {max_age: …}`",
            )
            problems.append(Problem("waiver", message, waiver.source, hint))
        elif waiver.until > latest:
            message = f"`{standard.id}` is waived until {waiver.until}, which is more than {rule.max_age} from {today}"
            problems.append(Problem("waiver", message, waiver.source, f"{latest} is the latest date it takes"))
    return problems


def waiver_notices(judgement: Judgement, portfolio: Portfolio) -> tuple[Notice, ...]:
    """What to announce of the waivers in date: those that end within 7 days, and those nothing needs any more.

    One is needed while anything it covers fails or is unknown, and where its standard was not judged or the portfolio
    was not read whole, nobody can tell.
    """
    found: list[Notice] = []
    for waiver, state in zip(judgement.waivers, waiver_states(judgement, portfolio), strict=True):
        if not waiver.in_date(judgement.today):
            continue
        who = ", ".join(f"{level} {name}" for level, name in waiver.scope.model_dump(exclude_none=True).items())
        name = f"the waiver of {waiver.standard} for {who or 'everything'}"
        left = (waiver.until - judgement.today).days
        if left <= _ANNOUNCED_DAYS:
            found.append(Notice("waiver-ends", f"{name} ends on {waiver.until}"))
        if state is WaiverState.MATCHES_NOTHING:
            found.append(Notice("waiver-matches-nothing", f"{name} covers nothing: nothing of that name is there"))
        elif state is WaiverState.NOT_NEEDED:
            found.append(Notice("waiver-not-needed", f"{name} is not needed any more: everything it covers meets it"))
    return tuple(sorted(found, key=lambda notice: (notice.code, notice.text)))


def waiver_states(judgement: Judgement, portfolio: Portfolio) -> tuple[WaiverState, ...]:
    """The state of each waiver of the judgement, in their order.

    Where its standard was not judged nobody can tell whether it is needed, and where the portfolio was not read whole
    not even whether it matches something.
    """
    judged = set(judgement.judged["standard"])
    is_whole = bool(portfolio.nodes["complete"].all())

    def of(waiver: Waiver) -> WaiverState:
        by_date = state_by_date(waiver, judgement.today)
        if by_date is WaiverState.EXPIRED or not is_whole:
            return by_date
        if not (items_in(portfolio, waiver.scope).any() or nodes_in(portfolio, waiver.scope).any()):
            return WaiverState.MATCHES_NOTHING
        if waiver.standard in judged and not _is_needed(judgement, portfolio, waiver):
            return WaiverState.NOT_NEEDED
        return by_date

    return tuple(map(of, judgement.waivers))


def state_by_date(waiver: Waiver, today: date) -> WaiverState:
    """What the day alone tells: expired, expires soon (within 7 days) or active."""
    if not waiver.in_date(today):
        return WaiverState.EXPIRED
    is_soon = (waiver.until - today).days <= _ANNOUNCED_DAYS
    return WaiverState.EXPIRES_SOON if is_soon else WaiverState.ACTIVE


def _is_needed(judgement: Judgement, portfolio: Portfolio, waiver: Waiver) -> bool:
    rows = judgement.findings.filter(pl.col("standard") == waiver.standard)
    items = rows["item"].drop_nulls()
    nodes = rows.filter(pl.col("item").is_null())["node"]
    in_items, in_nodes = items_in(portfolio, waiver.scope), nodes_in(portfolio, waiver.scope)
    return bool(in_items.gather(items).any()) or bool(in_nodes.gather(nodes).any())
