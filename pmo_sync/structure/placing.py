"""Placing rules: which programme and which project each item, and each tracker project, says it belongs to.

An identity tells nodes apart before they have names: a text is what it says, a tracker project or an item is itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from pmo_sync.model.words import Level
from pmo_sync.structure.hierarchy import nearest
from pmo_sync.structure.options import (
    ByField,
    ByIssue,
    ByLabel,
    ByProject,
    ByProjectCategory,
    PlaceRule,
    StructureOptions,
)
from pmo_sync.structure.stack import MAPPED
from pmo_sync.structure.tracker_projects import Id, TrackerProject

_BREAK: Final = "\x1f"
TEXT: Final = "text"
PROJECT: Final = "project"
ISSUE: Final = "issue"
LEVELS: Final = (Level.PROGRAMME, Level.PROJECT)
Rules = Literal["none"] | tuple[PlaceRule, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The identities of the programme and the project that something hangs under; None where there is none."""

    programme: str | None = None
    project: str | None = None


def text_identity(name: str) -> str:
    """The identity of a node that is only a name."""
    return f"{TEXT}{_BREAK}{name}"


def identity(kind: str, tracker: str, id_: str) -> str:
    """The identity of a node that is a tracker project or an item."""
    return f"{kind}{_BREAK}{tracker}{_BREAK}{id_}"


def parts(identity_: str) -> tuple[str, ...]:
    """(`text`, name), or (`project` or `issue`, tracker, id)."""
    return tuple(identity_.split(_BREAK))


def rules_of(options: StructureOptions, level: Level) -> tuple[PlaceRule, ...]:
    """The rules of a level, in order; none where it is declared absent."""
    rules: Rules = options.programme if level is Level.PROGRAMME else options.project
    return () if rules == "none" else rules


def placed(items: pl.DataFrame, projects: Mapping[Id, TrackerProject], options: StructureOptions) -> pl.DataFrame:
    """Items' `tracker`, and the identities `programme` and `project` by the first rule of each level that matches."""
    found = items.select(
        "tracker", *(_by_rules(items, projects, rules_of(options, level)).alias(level.value) for level in LEVELS)
    )
    # One tracker project as programme and project: what is directly in it hangs under the programme.
    same = pl.col("project").eq_missing(pl.col("programme")) & ~pl.col("project").str.starts_with(TEXT + _BREAK)
    return found.with_columns(pl.when(same).then(None).otherwise(pl.col("project")).alias("project"))


def place_of(project: TrackerProject, options: StructureOptions) -> Place:
    """Where a tracker project itself belongs by the rules that can be told without an item."""
    programme, own = (_first(project, rules_of(options, level)) for level in LEVELS)
    same = own is not None and own == programme and parts(own)[0] != TEXT
    return Place(programme, None if same else own)


def _by_rules(items: pl.DataFrame, projects: Mapping[Id, TrackerProject], rules: Sequence[PlaceRule]) -> pl.Series:
    found = pl.Series([None], dtype=pl.String).new_from_index(0, items.height)
    for rule in rules:
        mine = items["tracker"] == rule.tracker
        open_ = mine & found.is_null()
        if open_.any():
            found = found.zip_with(~open_, _by_rule(items, projects, rule))
    return found


def _by_rule(items: pl.DataFrame, projects: Mapping[Id, TrackerProject], rule: PlaceRule) -> pl.Series:
    """The identity that one rule gives each item of its tracker; what it gives the others is of no account."""
    match rule:
        case ByProject():
            return _mapped(items, projects, rule)
        case ByProjectCategory():
            by_project = _mapped(items, projects, rule)
            if "project_category" not in items.columns:
                return by_project
            own = _texts(items, pl.col("project_category"))
            return own.zip_with(own.is_not_null(), by_project)
        case ByIssue():
            return _by_issue(items, rule)
        case ByField():
            column = MAPPED.get(rule.field, rule.field)
            return _texts(items, _as_text(column, items.schema.get(column)))
        case ByLabel():
            return _by_label(items, rule.prefix)


def _by_label(items: pl.DataFrame, prefix: str) -> pl.Series:
    if "labels" not in items.columns:
        return _texts(items, pl.lit(None, pl.String))
    with_prefix = pl.element().filter(pl.element().str.starts_with(prefix))
    named = pl.col("labels").list.eval(with_prefix.str.strip_prefix(prefix).str.strip_chars())
    return _texts(items, named.list.eval(pl.element().filter(pl.element() != "")).list.sort().list.first())


def _mapped(
    items: pl.DataFrame, projects: Mapping[Id, TrackerProject], rule: ByProject | ByProjectCategory
) -> pl.Series:
    mine = {project.id: _own(project, rule) for project in projects.values() if project.tracker == rule.tracker}
    known = {id_: found for id_, found in mine.items() if found is not None}
    return items["project_id"].replace_strict(known, default=None, return_dtype=pl.String)


def _by_issue(items: pl.DataFrame, rule: ByIssue) -> pl.Series:
    if "issue_type" not in items.columns:
        return _texts(items, pl.lit(None, pl.String))
    is_home = (pl.col("issue_type") == rule.type) & (pl.col("tracker") == rule.tracker)
    found = pl.concat_str(pl.lit(ISSUE), pl.col("tracker"), pl.col("id"), separator=_BREAK)
    own = items.select(pl.when(is_home).then(found)).to_series()
    return nearest(own, items["parent"])


def _as_text(column: str, dtype: pl.DataType | None) -> pl.Expr:
    if dtype is None:
        return pl.lit(None, pl.String)
    if isinstance(dtype, pl.List):
        return pl.col(column).list.sort().list.first().cast(pl.String)
    return pl.col(column).cast(pl.String)


def _texts(items: pl.DataFrame, value: pl.Expr) -> pl.Series:
    """Identities of a text; an empty one names nothing."""
    text = value.str.strip_chars().str.replace_all(_BREAK, " ", literal=True)
    named = pl.when(text != "").then(pl.concat_str(pl.lit(TEXT + _BREAK), text))
    return items.select(pl.col("item"), named.alias("named"))["named"]


def _first(project: TrackerProject, rules: Sequence[PlaceRule]) -> str | None:
    found = (_own(project, rule) for rule in rules if rule.tracker == project.tracker)
    return next((identity_ for identity_ in found if identity_ is not None), None)


def _own(project: TrackerProject, rule: PlaceRule) -> str | None:
    match rule:
        case ByProject(depth=None):
            return identity(PROJECT, project.tracker, project.id)
        case ByProject(depth=int(depth)):
            return identity(PROJECT, project.tracker, project.chain[depth - 1]) if depth <= len(project.chain) else None
        case ByProjectCategory():
            return _named(project.texts.get("project_category"))
        case ByField():
            return _named(project.texts.get(MAPPED.get(rule.field, rule.field)))
        case ByLabel():
            labels = project.texts.get("labels")
            texts = sorted(map(str, labels)) if isinstance(labels, list) else []
            return next(
                (_named(text.removeprefix(rule.prefix)) for text in texts if text.startswith(rule.prefix)), None
            )
        case _:
            return None


def _named(value: object) -> str | None:
    name = value.strip().replace(_BREAK, " ") if isinstance(value, str) else ""
    return text_identity(name) if name else None
