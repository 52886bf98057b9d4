"""Waivers: which failures are waived, and which waivers may not be. A waived failure stays a failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from pmo_sync.model.calendar import Calendar
from pmo_sync.model.frames import U32
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Waiver
from pmo_sync.model.portfolio import Notice, Portfolio
from pmo_sync.model.problem import Problem
from pmo_sync.model.words import Verdict
from pmo_sync.rules.condition import Frame
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.subjects import Subjects
from pmo_sync.structure.scope import items_in, nodes_in

_ANNOUNCED_DAYS: Final = 7
_MOST_NAMED: Final = 10


class WaiverState(StrEnum):
    """How a waiver stands on the status date; the first that is true."""

    EXPIRED = "expired"
    MATCHES_NOTHING = "matches nothing"
    STANDARD_OFF = "standard is off there"
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
                "do without the waiver, or allow it by `waiver: {max_age: …}`",
            )
            problems.append(Problem("waiver", message, waiver.source, hint))
        elif waiver.until > latest:
            message = f"a waiver of `{standard.id}` until {waiver.until} lasts more than {rule.max_age} from {today}"
            problems.append(Problem("waiver", message, waiver.source, f"{latest} is the latest date it takes"))
    return problems


def waiver_notices(judgement: Judgement, portfolio: Portfolio) -> tuple[Notice, ...]:
    """What to announce of the waivers: those that end within 7 days, those that nothing needs any more, and in one line
    those that have ended while something they cover still fails.

    One is needed while anything it covers fails or is unknown, and where its standard was not judged or the portfolio
    was not read whole, nobody can tell.
    """
    found = list(_ended(judgement, portfolio))
    for waiver, state in zip(judgement.waivers, waiver_states(judgement, portfolio), strict=True):
        if not waiver.in_date(judgement.today):
            continue
        name = f"the waiver of {_name(waiver)}"
        left = (waiver.until - judgement.today).days
        if left <= _ANNOUNCED_DAYS:
            found.append(Notice("waiver-ends", f"{name} ends on {waiver.until}"))
        if state is WaiverState.MATCHES_NOTHING:
            found.append(Notice("waiver-matches-nothing", f"{name} covers nothing: nothing of that name is there"))
        elif state is WaiverState.STANDARD_OFF:
            found.append(Notice("waiver-standard-off", f"{name} is not needed: the standard is off there"))
        elif state is WaiverState.NOT_NEEDED:
            found.append(Notice("waiver-not-needed", f"{name} is not needed any more: everything it covers meets it"))
    return tuple(sorted(found, key=lambda notice: (notice.code, notice.text)))


def _ended(judgement: Judgement, portfolio: Portfolio) -> Iterator[Notice]:
    """One line that names the waivers out of date that cover an open failure, the last to end first; else nothing."""
    late = [one for one in judgement.waivers if not one.in_date(judgement.today)]
    missed = [one for one in late if not open_failures(judgement, portfolio, one).is_empty()]
    if missed:
        newest = sorted(missed, key=lambda one: (-one.until.toordinal(), one.standard, _name(one)))
        names = ", ".join(f"{_name(one)} (on {one.until})" for one in newest[:_MOST_NAMED])
        more = f" and {len(newest) - _MOST_NAMED} more" if len(newest) > _MOST_NAMED else ""
        ended = "waiver ended, and its" if len(newest) == 1 else "waivers ended, and their"
        yield Notice("waiver-ended", f"{len(newest)} {ended} failures count again: {names}{more}", len(newest))


def _name(waiver: Waiver) -> str:
    words = waiver.scope.model_dump(exclude_none=True).items()
    return f"{waiver.standard} for {', '.join(f'{level} {name}' for level, name in words) or 'everything'}"


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
        standard = judgement.standard(waiver.standard)
        if standard is not None and _is_off(standard, portfolio, waiver.scope):
            return WaiverState.STANDARD_OFF
        if waiver.standard in judged and covered(judgement, portfolio, waiver).is_empty():
            return WaiverState.NOT_NEEDED
        return by_date

    return tuple(map(of, judgement.waivers))


def state_by_date(waiver: Waiver, today: date) -> WaiverState:
    """What the day alone tells: expired, expires soon (within 7 days) or active."""
    if not waiver.in_date(today):
        return WaiverState.EXPIRED
    is_soon = (waiver.until - today).days <= _ANNOUNCED_DAYS
    return WaiverState.EXPIRES_SOON if is_soon else WaiverState.ACTIVE


def covered(judgement: Judgement, portfolio: Portfolio, waiver: Waiver) -> pl.DataFrame:
    """The FINDINGS of its standard within its scope, whatever its last day: failures, offenders and unknowns."""
    rows = judgement.findings.filter(pl.col("standard") == waiver.standard)
    items, nodes = items_in(portfolio, waiver.scope), nodes_in(portfolio, waiver.scope)
    return rows.filter(pl.coalesce(items.gather(rows["item"]), nodes.gather(rows["node"])))


def open_failures(judgement: Judgement, portfolio: Portfolio, waiver: Waiver) -> pl.DataFrame:
    """Those of them that fail and that neither a waiver in date nor the baseline takes."""
    is_open = (pl.col("verdict") == Verdict.FAIL.value) & pl.col("waiver").is_null() & ~pl.col("baselined")
    return covered(judgement, portfolio, waiver).filter(is_open)


def _is_off(standard: Standard, portfolio: Portfolio, scope: Scope) -> bool:
    """True where the standard could judge something that the scope means, but is off for all of it."""
    is_met = False
    for frame in standard.frames:
        within = items_in if frame in {Frame.ITEM, Frame.LINK} else nodes_in
        left = within(portfolio, scope)
        is_met |= left.any()
        for variant in standard.variants:
            there = reduce(and_, (within(portfolio, one) for one in variant.scopes), left)
            if variant.standard.enabled and there.any():
                return False
            left &= ~there
        if standard.enabled and left.any():
            return False
    return is_met
