"""Figures of a portfolio that is written as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from pmo_sync.figures.compute import compute
from pmo_sync.figures.options import RiskAppetite, RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.past import Waiver
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.options import StructureOptions

TODAY = date(2026, 3, 10)  # a Tuesday
BY_FIELD = {
    "programme": [{"tracker": "t", "by": "field", "field": "programme"}],
    "project": [{"tracker": "t", "by": "field", "field": "project"}, {"tracker": "t", "by": "project"}],
}


@dataclass(frozen=True, slots=True)
class Computed:
    """A portfolio and its figures, asked for by the name of a node or the key of an item."""

    portfolio: Portfolio
    figures: Figures
    options: RollupOptions

    def row(self, node: str) -> int:
        """The row of the node of that name."""
        return self.portfolio.nodes["name"].to_list().index(node)

    def of(self, node: str, figure: str) -> tuple[Any, int, int, str]:
        """(value, used, missing, basis)."""
        row = self.figures.nodes.row(self.row(node), named=True)
        return (row[figure], row[figure + "__used"], row[figure + "__missing"], row[figure + "__basis"])

    def item(self, key: str, figure: str) -> Any:
        """A figure of an item."""
        return self.figures.items[figure][self.portfolio.items["key"].to_list().index(key)]


@pytest.fixture
def figures_of(make_snapshot: Callable[..., Snapshot]) -> Callable[..., Computed]:
    """`figures_of(items, projects=…, links=…, rollup={…}, homes=[…], …)` on Tuesday 2026-03-10."""

    def make(  # noqa: PLR0913 - what a test may vary
        items: Iterable[Mapping[str, Any]],
        *,
        rollup: Mapping[str, Any] | None = None,
        homes: Iterable[Mapping[str, Any]] = (),
        appetite: Iterable[Mapping[str, Any]] = (),
        waivers: tuple[Waiver, ...] = (),
        today: date = TODAY,
        calendar: Calendar | None = None,
        currency: str | None = None,
        time_zone: str = "UTC",
        **parts: Any,
    ) -> Computed:
        portfolio = build(
            [make_snapshot(items, **parts)],
            StructureOptions.model_validate({**BY_FIELD, "homes": list(homes)}),
            portfolio_name="P",
            appetite=[RiskAppetite.model_validate(entry) for entry in appetite],
        )
        options = RollupOptions.model_validate(rollup or {})
        figures = compute(
            portfolio,
            options,
            today=today,
            calendar=calendar or Calendar(),
            currency=currency,
            waivers=waivers,
            time_zone=time_zone,
        )
        return Computed(portfolio, figures, options)

    return make
