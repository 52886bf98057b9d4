"""What standards say of snapshots at a day: the one way from read items to verdicts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pmo_sync.figures.compute import compute
from pmo_sync.model.figure_names import LINK_FIGURES
from pmo_sync.model.past import Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.pipeline.standards import is_on
from pmo_sync.rules.evaluate import judge
from pmo_sync.rules.judgement import Judgement
from pmo_sync.rules.language import needed_names
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.calendar import calendar
from pmo_sync.settings.folder import Project
from pmo_sync.structure.build import build
from pmo_sync.structure.history import HistoryOptions
from pmo_sync.structure.people import People


@dataclass(frozen=True, slots=True)
class Assessment:
    """The portfolio that the snapshots make, its figures, and the verdicts on both."""

    portfolio: Portfolio
    figures: Figures
    judgement: Judgement


def assess(
    project: Project,
    standards: Sequence[Standard],
    snapshots: Sequence[Snapshot],
    day: date,
    past: Past,
    *,
    keep_verdicts: bool = False,
) -> Assessment:
    """The snapshots judged at the day by these standards, with structure, roll-up, calendar and modes of the project.

    What is waived, accepted or ripe follows from `past`; the figures that count waivers count those of the project.
    `keep_verdicts`: the judgement keeps the verdict of every item.
    """
    settings = project.settings
    days, _ = calendar(settings)
    portfolio = build(
        snapshots,
        settings.structure,
        portfolio_name=project.name,
        appetite=settings.risk_appetite,
        people=people_of(project),
        history=HistoryOptions(settings.bots, settings.time_zone),
    )
    figures = compute(
        portfolio,
        settings.rollup,
        today=day,
        calendar=days,
        currency=settings.currency,
        waivers=project.waivers,
        stages=settings.stages,
        time_zone=settings.time_zone,
        links=not LINK_FIGURES.keys().isdisjoint(needed_names(one for one in standards if is_on(one))),
    )
    judgement = judge(
        standards,
        portfolio,
        figures,
        today=day,
        calendar=days,
        past=past,
        modes=settings.modes,
        mode=settings.mode,
        min_coverage=settings.rollup.min_coverage,
        time_zone=settings.time_zone,
        keep_verdicts=keep_verdicts,
    )
    return Assessment(portfolio, figures, judgement)


def people_of(project: Project) -> People:
    """`people`, and which own columns hold a person."""
    own = (f"fields.{name}" for name, type_ in project.custom.items() if type_ is ColumnType.PERSON)
    return People(project.settings.people, frozenset(own))
