"""A standard once it is read and its overrides are applied: what the evaluator takes, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

from pmo_sync.model.duration import Duration
from pmo_sync.model.options import Scope
from pmo_sync.model.source import Source
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import NODE_LEVELS, Kind, Level, Mode, Severity, Verdict
from pmo_sync.rules.condition import Condition, Frame, Literal, Moment, every_column, histories


@dataclass(frozen=True, slots=True)
class NamedValue:
    """One of a standard's numbers: its name, the text in the file, and where that stands (an override, perhaps)."""

    name: str
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Escalation:
    """The severity of a failure for which the condition is true."""

    to: Severity
    when: Condition


@dataclass(frozen=True, slots=True)
class WaiverRule:
    """What waivers of a standard must respect. `max_age` None: any date will do."""

    max_age: Duration | None = None
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareRule:
    """The members that are counted, who of them belong to the population, and who of these offend.

    `exempt`: of EXEMPT, members that are left out of the population.
    """

    of: str
    among: Condition
    where: Condition
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """Shares from 0 to 1. Above `fail_above` fails; above `warn_above` fails one severity lower."""

    fail_above: float
    warn_above: float | None = None
    min_population: int = 0


EXEMPT: Final = {"first_start": "start", "last_finish": "due"}
"""Ends of the network, each with the date that decides: the leaves with the earliest start, and the latest due date."""

CaseValue: TypeAlias = Literal | Moment | tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One subject of a case. `frame` tells what it is; what is in neither `columns` nor `hidden` is empty.

    `history`: each change as column and day; None: its history was not read.
    """

    frame: Frame
    columns: Mapping[str, CaseValue]
    hidden: frozenset[str] = frozenset()
    related: tuple[tuple[str, tuple[CaseRow | CaseLink, ...]], ...] = ()
    history: tuple[tuple[str, CaseValue], ...] | None = None


@dataclass(frozen=True, slots=True)
class CaseLink:
    """One link of a case's subject. An end that is None cannot be seen."""

    columns: Mapping[str, CaseValue]
    other: CaseRow | None
    subject: CaseRow | None = None  # of a link that is itself a member: its predecessor


@dataclass(frozen=True, slots=True)
class Case:
    """An example that a standard carries, and the verdict it must get."""

    verdict: Verdict
    row: CaseRow
    today: date | None
    source: Source


@dataclass(frozen=True, slots=True)
class Change:
    """What an override changed: the key (`values.quiet`, `severity`), before, after, and where."""

    key: str
    before: str
    after: str
    source: Source | None
    only: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """One standard with everything it says. Identified by `id`; compared by identity.

    Attributes:
        reference: which published text it comes from.
        levels: where it judges, in the order of the file; with a `subject` where its findings are reported.
        subject: the frame of what is judged in place of items and nodes: links, sprints, persons' weeks; else None.
        kinds: of items; empty means all.
        flag: without the prefix.
        content: canonical text of all that decides verdicts and marks; see `fingerprint`.
        variants: what holds in parts of the portfolio instead; the first whose scopes all match.
        own: the standard without overrides; None when nothing was overridden.
        changes: what the overrides changed.
    """

    id: str
    title: str
    pack: str | None
    place: Source
    levels: tuple[Level, ...]
    severity: Severity
    applies_to: Condition
    require: Condition | None
    unless: Condition | None
    flag: str
    content: str
    why: str | None = None
    reference: str | None = None
    kinds: tuple[Kind, ...] = ()
    subject: Frame | None = None
    enabled: bool = True
    mode: Mode | None = None
    values: tuple[NamedValue, ...] = ()
    hold_for: Duration | None = None
    message: str | None = None
    fix: str | None = None
    escalations: tuple[Escalation, ...] = ()
    waiver: WaiverRule = WaiverRule()
    cases: tuple[Case, ...] = ()
    share: ShareRule | None = None
    limit: Limit | None = None
    flag_offenders: bool = False
    variants: tuple[Variant, ...] = ()
    own: Standard | None = None
    changes: tuple[Change, ...] = field(default=())

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames of whom it judges."""
        if self.subject is not None:
            return (self.subject,)
        items = (Frame.ITEM,) if Level.ITEM in self.levels else ()
        return items + ((Frame.NODE,) if self.node_levels else ())

    @property
    def node_levels(self) -> tuple[Level, ...]:
        """Its levels without `item`."""
        return tuple(level for level in self.levels if level in NODE_LEVELS)

    @property
    def marks_items(self) -> bool:
        """True when a failure can put a flag on an item."""
        return Level.ITEM in self.levels or self.flag_offenders

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition it has, in the order people read them."""
        shared = () if self.share is None else (self.share.among, self.share.where)
        optional = (self.applies_to, *shared, self.require, self.unless)
        return (*(part for part in optional if part is not None), *(e.when for e in self.escalations))


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A standard as it is where every one of the scopes matches."""

    scopes: tuple[Scope, ...]
    standard: Standard


def fingerprint(standard: Standard) -> str:
    """`sha256:…` of the effective content: all that decides verdicts and marks, scoped overrides included.

    Wording (title, why, source, message, fix), cases and waiver rules are left out: they change no mark.
    """
    parts = [standard.content]
    for variant in standard.variants:
        parts += [*(scope.model_dump_json() for scope in variant.scopes), variant.standard.content]
        parts.append("on" if variant.standard.enabled else "off")
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def needed_columns(standards: Iterable[Standard]) -> frozenset[str]:
    """Vocabulary columns and `fields.x` that the standards read: in conditions, and in their messages."""
    named = set(needed_names(standards))
    if "owner" in named:
        named.add("owner_active")
    return frozenset(name for name in named if name in VOCABULARY or name.startswith("fields."))


def needed_names(standards: Iterable[Standard]) -> frozenset[str]:
    """Every name that the standards read, figures too: in conditions, and in their messages."""
    named: set[str] = set()
    for standard in standards:
        for one in (standard, *(variant.standard for variant in standard.variants)):
            for part in one.conditions:
                named |= every_column(part).keys()
            named |= set(placeholders(one.message or ""))
            named |= set() if one.share is None else {EXEMPT[word] for word in one.share.exempt}
    return frozenset(named)


def needed_histories(standards: Iterable[Standard]) -> frozenset[str]:
    """Columns of which the standards ask how often they changed."""
    effective = [one for each in standards for one in (each, *(variant.standard for variant in each.variants))]
    return frozenset().union(*(histories(part) for one in effective for part in one.conditions))


def placeholders(template: str) -> list[str]:
    """The names that a message puts in, in order, with repetitions."""
    names: list[str] = []
    rest = template
    while "{" in rest:
        _, _, rest = rest.partition("{")
        name, closed, rest = rest.partition("}")
        if closed:
            names.append(name)
    return names
