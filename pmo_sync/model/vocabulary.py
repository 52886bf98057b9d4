"""The columns that standards, settings, tables and items.jsonl may name, with type and meaning.

One place for each word: a new column is one line of VOCABULARY. Figures are in `model.figure_names`.
Types become Polars types here and nowhere else. Source: the PMO's item vocabulary, docs/reference/vocabulary.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from pmo_sync.model.words import Kind, Level, Phase, Rag, words


class ColumnType(StrEnum):
    """The types of columns and figures. `text` to `enum` name the tests they allow (`rules.tests`)."""

    TEXT = "text"
    PERSON = "person"
    INTEGER = "int"
    FLOAT = "float"
    HOURS = "hours"
    WORKING_DAYS = "working_days"
    SHARE = "share"
    MONEY = "money"
    BOOLEAN = "bool"
    DATE = "date"
    TIME = "time"
    ENUM = "enum"
    TEXTS = "texts"


UTC_TIME: Final = pl.Datetime("us", "UTC")

_DTYPES: Final[dict[ColumnType, pl.DataType]] = {
    ColumnType.TEXT: pl.String(),
    ColumnType.PERSON: pl.String(),
    ColumnType.INTEGER: pl.Int64(),
    ColumnType.FLOAT: pl.Float64(),
    ColumnType.HOURS: pl.Float64(),
    ColumnType.WORKING_DAYS: pl.Float64(),
    ColumnType.SHARE: pl.Float64(),
    ColumnType.MONEY: pl.Float64(),
    ColumnType.BOOLEAN: pl.Boolean(),
    ColumnType.DATE: pl.Date(),
    ColumnType.TIME: UTC_TIME,
    ColumnType.TEXTS: pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One word of the vocabulary: its type, for an enum its words in order (a scale where `ordered`), its meaning."""

    name: str
    type: ColumnType
    meaning: str
    words: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the column in a frame."""
        return pl.Enum(self.words) if self.type is ColumnType.ENUM else _DTYPES[self.type]


_T = ColumnType


def _columns(type_: ColumnType, **meanings: str) -> list[Column]:
    return [Column(name, type_, meaning) for name, meaning in meanings.items()]


def _enum(name: str, words: tuple[str, ...], meaning: str, *, ordered: bool = False) -> Column:
    return Column(name, _T.ENUM, meaning, words, ordered=ordered)


_LOW_HIGH: Final = ("low", "medium", "high")

_ALL: Final[list[Column]] = [
    *_columns(
        _T.TEXT,
        tracker="name of the tracker in pmo.yaml",
        id="immutable id in its tracker",
        key="the label people use; it may change",
        url="address for people",
        portfolio="name of the portfolio it hangs under",
        programme="name of the programme it hangs under",
        project="name of the project it hangs under",
        project_category="category of the tracker's project",
        team="the team that works on it",
        issue_type="the tracker's own word",
        status="the tracker's own word",
        priority="the tracker's own word",
        resolution="the tracker's own word",
        title="the title, markup stripped",
        description="the description, markup stripped",
        size="size class of a project: S, M or L",
        stage="current stage, one of `stages`",
        objective="the strategic objective served",
        cost_code="finance's key of a node",
        baseline_version="the approved baseline it belongs to",
        currency="currency of the money columns",
        gate_stage="the stage that a gate decides on",
        same_as="id of the risk this one is a copy of",
        transferred_to="id of who took a risk over",
        benefit_unit="unit of a benefit",
        action="what a lesson changes",
        sprint_goal="the one aim of a sprint",
        rag_comment="the words beside a reported colour",
        approach="how a stakeholder is engaged",
    ),
    *_columns(
        _T.PERSON,
        owner="who answers for it: the assignee",
        sponsor="the one person accountable for outcome and money",
        reporter="who raised it",
        approved_by="who approved",
        requested_by="who asked",
        decider="who decides",
        acceptor="who accepted a risk",
        benefit_owner="who takes a benefit over in the business",
        giver="who gives a dependency",
        receiver="who gets a dependency",
        person="a name of `people`",
    ),
    *_columns(
        _T.TEXTS,
        fix_versions="the tracker's own words",
        sprints="the tracker's own words",
        labels="labels; a tracker without labels does not show them",
        components="components or category",
        covers="what an exception covers: time, cost, scope",
        project_team="persons who own net work of the project",
        absences="days of absence",
    ),
    *_columns(
        _T.DATE,
        status_since="last change of status, from history",
        phase_since="last change of phase, from history",
        hold_review="when a hold is looked at again",
        start="planned start",
        due="planned end, inclusive",
        actual_start="first entry to doing",
        actual_finish="last entry to done",
        baseline_start="approved start",
        baseline_finish="approved due date",
        forecast_finish="forecast end",
        own_due="the due date typed on a parent itself",
        constraint_date="date of the constraint",
        gate_decided_on="when the gate was decided",
        gate_planned="when the next gate is planned",
        decided_on="when it was decided",
        submitted_on="when it was handed in",
        response_due="when the response is due",
        last_review="last explicit review",
        measure_due="when the benefit is measured next",
        scored_on="when the value was scored",
        confirmed_on="when the status was confirmed",
        agreed_on="when a dependency was agreed",
        next_engagement="when the stakeholder is met next",
        sprint_start="first day of the sprint",
    ),
    *_columns(
        _T.TIME,
        created="when it was made",
        updated="last change, ours included",
        last_human_change="last change by a person, not ours, not a bot's",
    ),
    *_columns(
        _T.HOURS,
        baseline_estimate_hours="approved estimate",
        estimate_hours="original estimate",
        remaining_hours="still to do",
        spent_hours="booked",
        impact_hours="what a change adds",
        available_hours="hours per week of a person",
    ),
    *_columns(
        _T.WORKING_DAYS,
        duration_working_days="stated, else from start and due",
        impact_working_days="what a change adds",
        tolerance_working_days="allowed slip of a project",
        optimistic="shortest duration",
        most_likely="most likely duration",
        pessimistic="longest duration",
    ),
    *_columns(
        _T.FLOAT,
        points="story points",
        benefit_baseline="value before",
        benefit_target="value aimed at",
        benefit_actual="value reached",
        benefit_planned="value planned by now",
        weight="contribution weight",
        value_score="value score",
    ),
    *_columns(
        _T.SHARE,
        percent_done="0 to 1",
        probability="0 to 1",
        allocation="share of a benefit or item",
    ),
    *_columns(
        _T.INTEGER,
        impact="1 to 5",
        score="probability class times impact",
        risks_high_appetite="how many high risks a node may carry",
        business_value="1 to 10",
        rank="rank in the portfolio, 1 first",
        time_criticality="part of WSJF",
        risk_reduction="part of WSJF",
        job_size="part of WSJF",
        sprints_touched="sprints it was in",
    ),
    *_columns(
        _T.MONEY,
        planned_value="PV",
        earned_value="EV",
        budget_at_completion="BAC",
        budget="approved budget",
        actual_cost="AC, money spent",
        forecast_cost="the manager's estimate at completion",
        contingency="money held for known risk",
        contingency_used="contingency drawn",
        rate="money per hour",
        impact_cost="what a change adds",
        tolerance_cost="allowed overrun of a project",
        risk_appetite="exposure a node may carry",
        impact_money="money impact of a risk",
    ),
    *_columns(
        _T.BOOLEAN,
        on_hold="paused by a decision",
        owner_active="false when the owner has left",
        date_is_contractual="the due date may not move",
        dis_benefit="a worsening accepted as the price",
        mandatory="must be done whatever its value",
    ),
    _enum("level", words(Level), "portfolio, programme, project or item"),
    _enum("kind", words(Kind), "what it is to a PMO"),
    _enum("phase", words(Phase), "todo, doing, done or dropped"),
    _enum("constraint", ("SNET", "FNET", "MSO", "MFO", "SNLT", "FNLT"), "date constraint"),
    _enum("gate_decision", ("approved", "conditional", "rejected"), "outcome of a gate"),
    _enum("decision", ("approved", "rejected", "deferred"), "outcome of a request"),
    _enum("closure_decision", ("approved", "rejected"), "outcome of closure"),
    _enum("change_type", ("normal", "emergency", "exception"), "kind of change"),
    _enum("band", _LOW_HIGH, "class of a risk or issue", ordered=True),
    _enum("influence", _LOW_HIGH, "influence of a stakeholder", ordered=True),
    _enum("response", ("avoid", "reduce", "transfer", "accept", "exploit", "share", "enhance"), "what is done"),
    _enum("reported_rag", words(Rag), "the manager's colour", ordered=True),
    _enum("sprint_state", ("future", "active", "closed"), "state of a sprint"),
]

VOCABULARY: Final[dict[str, Column]] = {column.name: column for column in _ALL}

STRUCTURAL: Final = frozenset(
    {"tracker", "id", "key", "url", "portfolio", "programme", "project", "level", "kind", "phase", "on_hold"}
)
"""Columns every subject has: never hidden, whatever the tracker shows; phase and kind may still be null (unknown)."""


ANY_EDIT: Final = "last_human_change"
OF_STATUS: Final = frozenset({"status_since"})
OF_PHASE: Final = frozenset({"phase_since", "actual_start", "actual_finish"})
"""Of FROM_HISTORY what follows from edits of any kind, of the status, and of the phase."""
FROM_HISTORY: Final = OF_STATUS | OF_PHASE | {ANY_EDIT}
"""Columns that follow from the history of edits where a tracker has no field for them."""


WITHOUT_HISTORY: Final = (
    (STRUCTURAL - {"phase"})
    | FROM_HISTORY
    | {
        *("created", "updated", "owner_active", "project_team", "person", "available_hours", "absences"),
        *("sprint_goal", "sprint_state", "sprint_start", "sprints_touched"),
    }
)
"""Columns that nobody edits on an item, so that no history of theirs can be told."""


def custom(name: str, type_: ColumnType) -> Column:
    """A column that pmo.yaml declares: used as `fields.<name>`."""
    return Column(f"fields.{name}", type_, "declared in pmo.yaml")
