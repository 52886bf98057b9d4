"""Every figure by name, with its type and whom it is of. Formulas are in `figures/`; this is the contract of names.

A name that no room computes yet is null with the basis `not built`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pmo_sync.model.vocabulary import UTC_TIME, ColumnType
from pmo_sync.model.words import Rag, words

NOT_BUILT: Final = "not built"

_T = ColumnType
_DTYPES: Final = {
    _T.TEXT: pl.String(),
    _T.INTEGER: pl.Int64(),
    _T.FLOAT: pl.Float64(),
    _T.HOURS: pl.Float64(),
    _T.WORKING_DAYS: pl.Float64(),
    _T.SHARE: pl.Float64(),
    _T.MONEY: pl.Float64(),
    _T.BOOLEAN: pl.Boolean(),
    _T.DATE: pl.Date(),
    _T.TIME: UTC_TIME,
    _T.ENUM: pl.Enum(words(Rag)),
}


@dataclass(frozen=True, slots=True)
class FigureName:
    """One figure: the concern it is listed under and its type. Enum figures are colours, words in `Rag` order."""

    name: str
    concern: str
    type: ColumnType

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the figure's value."""
        return _DTYPES[self.type]


def _names(concern: str, type_: ColumnType, names: str) -> list[FigureName]:
    return [FigureName(name, concern, type_) for name in names.split()]


_NODE: Final = [
    *_names("counts", _T.INTEGER, "items leaves open done dropped overdue stale"),
    *_names("counts", _T.SHARE, "overdue_share"),
    *_names("progress, dates", _T.SHARE, "progress"),
    *_names("progress, dates", _T.DATE, "start due forecast_finish baseline_start baseline_finish"),
    *_names("progress, dates", _T.WORKING_DAYS, "slip_working_days"),
    *_names("progress, dates", _T.TIME, "last_human_change"),
    *_names("progress, dates", _T.BOOLEAN, "in_horizon"),
    *_names("effort", _T.HOURS, "estimate_hours remaining_hours spent_hours baseline_estimate_hours"),
    *_names("effort", _T.FLOAT, "points"),
    *_names("effort", _T.SHARE, "scope_growth"),
    *_names("money", _T.MONEY, "budget actual_cost forecast_cost children_budget unallocated_budget"),
    *_names("money", _T.SHARE, "contingency_gap"),
    *_names("money", _T.DATE, "forecast_changed_on"),
    *_names(
        "earned value",
        _T.MONEY,
        "planned_value earned_value budget_at_completion cost_variance schedule_variance estimate_at_completion "
        "estimate_to_complete variance_at_completion overrun actual_cost_change earned_value_change",
    ),
    *_names("earned value", _T.FLOAT, "cpi spi earned_schedule spi_t tcpi tcpi_estimate tcpi_cpi_gap"),
    *_names("earned value", _T.SHARE, "overrun_share planned_value_share"),
    *_names("schedule network", _T.WORKING_DAYS, "critical_path_working_days critical_shift_working_days"),
    *_names("schedule network", _T.FLOAT, "cpli bei"),
    *_names("schedule network", _T.INTEGER, "cycles critical_items baseline_tasks_due"),
    *_names("schedule network", _T.SHARE, "baseline_share"),
    *_names("gates, closure", _T.INTEGER, "stages_started_before_gate stages_done stages_without_lesson"),
    *_names("gates, closure", _T.DATE, "last_board_on"),
    *_names("confidence", _T.DATE, "finish_p50 finish_p80 finish_p90"),
    *_names("confidence", _T.SHARE, "on_time_probability"),
    *_names("confidence", _T.FLOAT, "throughput_p50 weeks_needed weeks_left"),
    *_names("risk", _T.INTEGER, "risks_open risks_high"),
    *_names("risk", _T.MONEY, "risk_exposure"),
    *_names("benefits", _T.MONEY, "benefits_planned benefits_realised"),
    *_names("benefits", _T.SHARE, "benefit_realisation"),
    *_names("people", _T.HOURS, "demand_hours capacity_hours"),
    *_names("people", _T.SHARE, "utilisation_peak remaining_share_per_owner"),
    *_names("people", _T.INTEGER, "overallocated_people team_size critical_items_per_owner projects_per_person"),
    *_names("people", _T.TEXT, "feasibility"),
    *_names("strategy", _T.INTEGER, "objective_links cut_line waiting_above"),
    *_names("strategy", _T.SHARE, "weight_total"),
    *_names("health", _T.ENUM, "reported_rag computed_rag rollup_rag"),
    *_names(
        "health",
        _T.INTEGER,
        "rag_gap rollup_rag_gap rag_jump periods_reported all_children_green_periods waivers waivers_expired",
    ),
    *_names("health", _T.FLOAT, "health_score"),
    *_names("health", _T.SHARE, "compliance"),
]

_LINK: Final = _names("of a link", _T.WORKING_DAYS, "slack_working_days")
_SPRINT: Final = [
    *_names("of a sprint", _T.INTEGER, "committed_items"),
    *_names("of a sprint", _T.SHARE, "added_share"),
]
_PERSON_WEEK: Final = [
    *_names("of a person and week", _T.HOURS, "demand_hours capacity_hours"),
    *_names("of a person and week", _T.SHARE, "utilisation"),
    *_names("of a person and week", _T.INTEGER, "weeks_over_capacity"),
]

_ITEM: Final = [
    *_names(
        "of an item",
        _T.WORKING_DAYS,
        "duration_working_days baseline_duration_working_days slip_working_days age_working_days "
        "quiet_working_days cycle_time_p85 total_float free_float",
    ),
    *_names("of an item", _T.INTEGER, "owner_doing due_pushes allocation_programmes waivers waivers_expired"),
    *_names("of an item", _T.BOOLEAN, "in_horizon critical in_baseline"),
    *_names("of an item", _T.TEXT, "cycle_id escalated_to"),
    *_names("of an item", _T.DATE, "early_start early_finish late_start late_finish"),
    *_names("of an item", _T.SHARE, "allocation_total absence_share"),
    *_names("of an item", _T.MONEY, "funded_budget"),
    *_names("of an item", _T.FLOAT, "wsjf"),
]

NODE_FIGURES: Final[dict[str, FigureName]] = {figure.name: figure for figure in _NODE}
ITEM_FIGURES: Final[dict[str, FigureName]] = {figure.name: figure for figure in _ITEM}
LINK_FIGURES: Final[dict[str, FigureName]] = {figure.name: figure for figure in _LINK}
SPRINT_FIGURES: Final[dict[str, FigureName]] = {figure.name: figure for figure in _SPRINT}
PERSON_WEEK_FIGURES: Final[dict[str, FigureName]] = {figure.name: figure for figure in _PERSON_WEEK}

AFTER_RULES: Final = frozenset({"compliance", "health_score"})
"""Figures made from verdicts: no standard may name them."""

_NETWORK: Final = "a schedule reckoned forwards and backwards over the links"
_BASELINES: Final = "the approved snapshot that is the baseline"
_EARNED: Final = "planned value, earned value and cost by period"
_PERIODS: Final = "what was reported in earlier periods"
_CAPACITY: Final = "a table of the hours that people have"
_AHEAD: Final = "the remaining work played through many times"
_FINISHED: Final = "the history of finished work"
_GATES: Final = "the gates and board decisions of a project"
_BENEFITS: Final = "the benefits counted once over all programmes"
_RANKING: Final = "the ranking of the whole portfolio"

_TAKES: Final[tuple[tuple[str, str], ...]] = (
    (
        _EARNED,
        "planned_value earned_value budget_at_completion cost_variance schedule_variance cpi spi earned_schedule",
    ),
    (_EARNED, "spi_t estimate_at_completion estimate_to_complete variance_at_completion overrun overrun_share tcpi"),
    (_EARNED, "tcpi_estimate tcpi_cpi_gap planned_value_share actual_cost_change earned_value_change"),
    (_NETWORK, "critical_path_working_days critical_shift_working_days cpli cycles cycle_id critical critical_items"),
    (_NETWORK, "critical_items_per_owner forecast_finish slip_working_days total_float free_float"),
    (_NETWORK, "early_start early_finish late_start late_finish"),
    (_BASELINES, "bei baseline_tasks_due baseline_share baseline_estimate_hours scope_growth in_baseline"),
    (_PERIODS, "rag_jump periods_reported all_children_green_periods contingency_gap forecast_changed_on"),
    (_CAPACITY, "demand_hours capacity_hours utilisation utilisation_peak weeks_over_capacity absence_share"),
    (_CAPACITY, "overallocated_people feasibility remaining_share_per_owner team_size projects_per_person"),
    (_AHEAD, "finish_p50 finish_p80 finish_p90 on_time_probability"),
    (_FINISHED, "throughput_p50 weeks_needed weeks_left cycle_time_p85"),
    (_GATES, "stages_started_before_gate stages_done stages_without_lesson last_board_on"),
    (_BENEFITS, "benefits_planned benefits_realised benefit_realisation allocation_programmes allocation_total"),
    (_RANKING, "objective_links cut_line waiting_above weight_total funded_budget"),
    ("the history of the sprints of items", "committed_items added_share"),
    ("the history of due dates", "due_pushes"),
    ("risks followed through their links", "escalated_to"),
)

AWAITED: Final[Mapping[str, str]] = {name: takes for takes, names in _TAKES for name in names.split()}
"""Every figure that no room computes yet, and what it will be made of; those of AFTER_RULES are not among them."""


def waits_for(name: str, figures: Mapping[str, FigureName]) -> str | None:
    """One clause for people: what the figure of such a subject takes that is not there yet; None where it is computed,
    or where the subject has no such figure.
    """
    is_slip_of_item = figures is ITEM_FIGURES and name == "slip_working_days"
    takes = AWAITED.get(name) if name in figures and not is_slip_of_item else None
    return None if takes is None else f"this version does not compute {name}, which takes {takes}"
