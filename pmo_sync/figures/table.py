"""The table of figures: one line for each concern, one sentence for each figure that is made of others.

A new figure is one file that gives tallies (what is read of each item) or a step (what is made of other figures),
and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pmo_sync.figures import counts, dates, dimensions, effort, progress, risk
from pmo_sync.figures.context import Context
from pmo_sync.figures.tally import Tally

TALLIES: Final[tuple[Callable[[Context], list[Tally]], ...]] = (
    counts.tallies,
    dates.tallies,
    effort.tallies,
    progress.tallies,
    dimensions.tallies,
    risk.tallies,
)
"""What is read of each item, in one pass over them. Risks come last: they count once where there are copies."""

MADE: Final[Mapping[str, str]] = {
    "overdue_share": "overdue / live net work with a due date",
    "progress": "Σ weight · share done / Σ weight of the net work; done 1, todo 0, doing as stated, else as booked",
    "in_horizon": "in doing, or due within the horizon",
    "budget": "what the node states, else Σ of its children, dropped ones left out",
    "children_budget": "Σ budget of the children, dropped ones left out",
    "unallocated_budget": "own budget minus children_budget",
    "actual_cost": "what the node states, else Σ of its children, dropped ones too: the money is spent",
    "forecast_cost": "what the node states, else Σ of its children, dropped ones left out",
    "reported_rag": "the colour its manager reported",
    "computed_rag": "the worst of the configured dimensions that can be told; grey before the start and after the end",
    "rollup_rag": "the colours of the children by the policy of the level; grey and dropped ones left out",
    "rag_gap": "steps from reported_rag to computed_rag; above 0 the data is worse than the report",
    "rollup_rag_gap": "steps from reported_rag to rollup_rag; above 0 the children are worse than the report",
    "waivers": "entries of waivers.yaml whose scope means the node",
    "waivers_expired": "those of them with `until` before the status date",
}
"""Figures made of others, of nodes' own columns or of the project folder, each with its formula."""

COLUMNS: Final = frozenset(
    {
        "actual_cost",
        "actual_finish",
        "actual_start",
        "band",
        "baseline_finish",
        "baseline_start",
        "budget",
        "budget_at_completion",
        "business_value",
        "created",
        "currency",
        "due",
        "duration_working_days",
        "estimate_hours",
        "forecast_cost",
        "forecast_finish",
        "impact_money",
        "job_size",
        "kind",
        "labels",
        "last_human_change",
        "on_hold",
        "owner",
        "percent_done",
        "phase",
        "points",
        "probability",
        "remaining_hours",
        "reported_rag",
        "response",
        "risk_appetite",
        "risk_reduction",
        "same_as",
        "spent_hours",
        "stage",
        "start",
        "status",
        "time_criticality",
    }
)
"""Every vocabulary column that figures read, of items or of nodes; `progress.field` comes from the options."""

OF_HISTORY: Final[Mapping[str, str]] = {
    "age_working_days": "actual_start",
    "quiet_working_days": "last_human_change",
    "slack_working_days": "actual_finish",
    "slip_working_days": "actual_finish",
}
"""Figures that nothing is known of without a column that, in most trackers, follows from the history of edits."""
