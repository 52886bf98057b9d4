"""The summaries of nodes: which figure goes to which field of a home item or of tracker projects. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.figure_names import NODE_FIGURES
from pmo_sync.model.mark import FIELD, encode
from pmo_sync.plan.inputs import PlanInputs
from pmo_sync.plan.reach import BLOCKED, block, quiet_nodes, targets
from pmo_sync.plan.words import figure_text, rag_words

ROLL_UP: Final = "roll-up"
_HEALTH: Final = "computed_rag"
_SCHEMA: Final = {
    **frames.MARKS,
    "key": pl.String(),
    "blocked": BLOCKED,
    "because": pl.List(pl.String()),
}


def summaries(inputs: PlanInputs) -> pl.DataFrame:
    """One wanted mark for each configured figure and place of every node that is not in supportive mode.

    A node's place is its home item, else every tracker project it is, in every tracker. A figure that is not
    built wants nothing. Where two nodes claim one place, the upper one has it.
    """
    parts = [pl.DataFrame(schema=dict(_SCHEMA))]
    for tracker in sorted(inputs.writes):
        fields = inputs.writes[tracker].options.fields
        if not fields:
            continue
        places = _places(inputs, tracker)
        for figure, field in sorted(fields.items()):
            name = _HEALTH if figure == "health" else figure
            values = _values(inputs, tracker, name)
            if values is not None:
                parts.append(_rows(tracker, field, places, values))
    return pl.concat(parts).unique(
        ["tracker", "target_kind", "target_id", "channel", "name"], keep="first", maintain_order=True
    )


def _values(inputs: PlanInputs, tracker: str, figure: str) -> pl.DataFrame | None:
    """`node value` as the field's text; None when the figure is not built."""
    frame = inputs.figures.nodes
    if figure not in inputs.figures.built:
        if inputs.scores is None or figure not in inputs.scores.columns:
            return None
        frame = inputs.scores
    colours, type_ = rag_words(inputs.writes[tracker].values), NODE_FIGURES[figure].type
    figures: Sequence[object] = frame.get_column(figure).to_list()
    return pl.DataFrame(
        {"node": frame.get_column("node"), "value": [encode(figure_text(value, type_, colours)) for value in figures]},
        schema={"node": frames.U32, "value": pl.String()},
    )


def _places(inputs: PlanInputs, tracker: str) -> pl.DataFrame:
    """`node target_kind target_id key blocked` in the order of nodes, supportive ones left out."""
    nodes = (
        inputs.portfolio.nodes.select("node", "item", "complete")
        .with_columns(quiet_nodes(inputs).alias("quiet"))
        .filter(pl.col("quiet").not_())
    )
    items = targets(inputs, tracker).select("item", "id", "key", closed=pl.col("blocked") == "closed")
    homes = nodes.join(items, on="item", maintain_order="left").with_columns(
        target_kind=pl.lit(TargetKind.ITEM.value), target_id="id"
    )
    own = inputs.portfolio.node_projects.filter(pl.col("tracker") == tracker)
    projects = (
        nodes.filter(pl.col("item").is_null())  # a home in another tracker is a home
        .join(own, on="node", maintain_order="left_right")
        .with_columns(target_kind=pl.lit(TargetKind.PROJECT.value), target_id="project_id")
    )
    columns = ["node", "target_kind", "target_id", pl.col("key").fill_null(pl.col("target_id")), "complete", "closed"]
    both = pl.concat([homes.select(columns), projects.select(columns)]).sort("node", "target_kind", "target_id")
    return block(both).drop("complete", "closed")


def _rows(tracker: str, field: str, places: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    return places.join(values, on="node", maintain_order="left").select(
        tracker=pl.lit(tracker),
        target_kind="target_kind",
        target_id="target_id",
        channel=pl.lit(FIELD),
        name=pl.lit(field),
        value="value",
        key="key",
        blocked="blocked",
        because=pl.lit([ROLL_UP], dtype=pl.List(pl.String())),
    )
