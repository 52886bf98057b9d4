"""Everything pmo.yaml may say: the options of the rooms, composed, and the keys that belong to no room.

The defaults here and in the rooms' `options.py` are the whole truth: nothing falls back to anything else later.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pmo_sync.connectors.options import Tracker
from pmo_sync.figures.options import RiskAppetite, RollupOptions
from pmo_sync.model.calendar import WEEKDAYS
from pmo_sync.model.duration import Duration, DurationText, Unit
from pmo_sync.model.options import NONE, DateText, ModeEntry, Number, Options, Text, ZoneText
from pmo_sync.model.words import Mode
from pmo_sync.plan.options import GuardOptions
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.state.options import StateOptions
from pmo_sync.structure.options import StructureOptions

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError(f"`{code}` is no currency; write its three capital letters: `GBP`")
    return code


def _country(code: str) -> str:
    if not re.fullmatch("[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise ValueError(f"`{code}` is no country; write its two capital letters, and a part after a dash: `GB-SCT`")
    return code


def _weekend(days: tuple[str, ...]) -> tuple[str, ...]:
    if set(days) == set(WEEKDAYS):
        raise ValueError("all seven days are weekend; leave at least one to work on")
    return tuple(day for day in WEEKDAYS if day in days)


def _label_prefix(prefix: str) -> str:
    if not re.fullmatch(r"[^\s,;\"'<>]{1,40}", prefix):
        raise ValueError("a label prefix has no spaces, quotes or commas and at most 40 characters; write `pmo-`")
    return prefix


def _owner_id(name: str) -> str:
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,60}", name):
        raise ValueError("an owner id is made of letters, digits, dots, dashes and underscores; write `digital-bank`")
    return name


def _tracker_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w .-]{0,60}", name) or name != name.strip():
        raise ValueError("the name of a tracker is made of letters, digits, spaces, dots, dashes and underscores")
    return name


CurrencyText = Annotated[Text, AfterValidator(_currency)]
TrackerName = Annotated[Text, AfterValidator(_tracker_name)]


class CalendarOptions(Options):
    """`calendar`: which days are worked. Public holidays of `country` come from the extra `calendar`."""

    country: Annotated[Annotated[Text, AfterValidator(_country)] | None, NONE] = None
    weekend: Annotated[tuple[Weekday, ...], AfterValidator(_weekend)] = ("saturday", "sunday")
    holidays: tuple[DateText, ...] = ()


class ExchangeRate(Options):
    """One unit of `currency` is `rate` units of the portfolio's currency, from that day on."""

    currency: CurrencyText
    rate: Number = Field(gt=0)
    from_: DateText = Field(alias="from")


class TableOptions(Options):
    """A table beside the trackers. `columns`: column of the vocabulary → its heading in the file."""

    file: Text
    sheet: Text | None = None
    level: Literal["portfolio", "programme", "project", "item", "person"]
    key: Text
    columns: dict[str, Text] = {}


def _span(duration: Duration) -> Duration:
    if duration.amount < 0 or duration.unit not in (Unit.HOURS, Unit.DAYS, Unit.WEEKS):
        raise ValueError(f"`{duration}` is no span of the clock; write hours, days or weeks: `12 hours`")
    return duration


SpanText = Annotated[DurationText, AfterValidator(_span)]


class PullOptions(Options):
    """`pull`: how far a pull of changes looks back behind the last one (five minutes at least), and how often
    everything is read.
    """

    overlap: SpanText = Duration(12, Unit.HOURS)
    full_every: SpanText = Duration(1, Unit.DAYS)


class LinksOptions(Options):
    """`links`: where people read about the standards and ask for a waiver; an address, `mailto:` included."""

    standards: Annotated[Text | None, NONE] = None
    waiver: Annotated[Text | None, NONE] = None


class PanelsOptions(Options):
    """`panels`: what a mark may say about another project."""

    cross_project: Literal["none", "keys"] = "none"


def _state(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    return {"dir": value} if isinstance(value, str) else value


class Settings(Options):
    """pmo.yaml, validated. Paths are relative to the project folder; secrets are names, never values."""

    version: Literal[1]
    time_zone: ZoneText = "UTC"
    calendar: CalendarOptions = CalendarOptions()
    currency: Annotated[CurrencyText | None, NONE] = None
    exchange: tuple[ExchangeRate, ...] = ()
    stages: tuple[Text, ...] = ()
    owner_id: Annotated[Text, AfterValidator(_owner_id)] = "pmo"
    label_prefix: Annotated[Text, AfterValidator(_label_prefix)] = "pmo-"
    trackers: dict[TrackerName, Tracker] = {}
    bots: tuple[Text, ...] = ()
    people: dict[Text, dict[str, Text]] = {}
    tables: tuple[TableOptions, ...] = ()
    risk_appetite: tuple[RiskAppetite, ...] = ()
    focus_factor: Number = Field(default=0.8, gt=0, le=1)
    pull: PullOptions = PullOptions()
    structure: StructureOptions = StructureOptions()
    standards: StandardsOptions = StandardsOptions()
    mode: Mode = Mode.CONTROLLING
    modes: tuple[ModeEntry, ...] = ()
    rollup: RollupOptions = RollupOptions()
    guards: GuardOptions = GuardOptions()
    links: LinksOptions = LinksOptions()
    panels: PanelsOptions = PanelsOptions()
    waivers: Text = "waivers.yaml"
    baseline: Text = "baseline.yaml"
    approvals: Text = "approvals.yaml"
    state: Annotated[StateOptions, BeforeValidator(_state)] = StateOptions()

    def summary_flag(self, tracker: str) -> str:
        """The label that marks every flagged item of a tracker: its own setting, else `label_prefix` + action."""
        return self.trackers[tracker].write.summary_flag or f"{self.label_prefix}action"


ENTRY_FILE: Final = "pmo.yaml"
