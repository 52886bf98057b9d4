"""Every figure by name, with its type and whom it is of. Formulas are in `figures/`; this is the contract of names.

A name that no room computes yet is null with the basis `not built`.
"""

from __future__ import annotations

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

AFTER_RULES: Final = frozenset({"compliance", "health_score"})
"""Figures made from verdicts: no standard may name them."""
