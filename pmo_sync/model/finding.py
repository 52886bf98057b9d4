"""Findings as people and JSON read them, made only for those that are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from pmo_sync.model.past import Waiver
from pmo_sync.model.words import Level, Mode, Severity, Verdict

Evidence: TypeAlias = str | int | float | bool | date | datetime | list[str] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure (or unknown) of one standard by one subject. `evidence`: columns the standard looked at → value;
    `waits_for`: of an unknown, what figures it rests on take that is not computed yet; `help`: the address of the
    page about the standard, where `links.standards` names one.
    """

    standard: str
    title: str
    severity: Severity
    verdict: Verdict
    level: Level
    tracker: str | None
    id: str | None
    key: str | None
    path: tuple[str, ...]
    message: str
    fix: str | None
    evidence: Mapping[str, Evidence]
    url: str | None
    flag: str | None
    mode: Mode
    waiver: Waiver | None
    since: date | None
    item_title: str | None = None
    baselined: bool = False
    waits_for: tuple[str, ...] = ()
    help: str | None = None
