"""A small portfolio to plan for, built by hand: one tracker, a portfolio, a programme, projects and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.change import Target, TargetKind, Value
from pmo_sync.model.frames import Changes, Findings, Items, Links, Marks, Nodes, Places
from pmo_sync.model.mark import FIELD, LABEL, PRESENT, encode
from pmo_sync.model.past import Approval, Past
from pmo_sync.model.portfolio import Figures, Portfolio
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import Verdict
from pmo_sync.plan.inputs import FlagSource, PlanInputs, TrackerWrites
from pmo_sync.plan.options import GuardOptions, WriteOptions

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
TRACKER = "plant"
FIELD_NAME = "PMO compliance"

STANDARDS = (
    FlagSource("HYG-01", "no-owner", "sha256:1"),
    FlagSource("HYG-02", "no-date", "sha256:2"),
    FlagSource("HYG-08", "quiet", "sha256:8", pack="core"),
    FlagSource("RSK-01", "no-response", "sha256:r"),
)


def approvals(*flags: FlagSource) -> tuple[Approval, ...]:
    return tuple(Approval(one.standard, one.fingerprint, "head of PMO", TODAY) for one in flags)


@dataclass
class Item:
    id: str
    project: str = "p1"
    complete: bool = True


@dataclass
class World:
    """Everything a plan reads, as plain lists that a test changes before it calls `inputs`."""

    items: list[Item] = field(default_factory=lambda: [Item("1"), Item("2"), Item("3")])
    closed: set[str] = field(default_factory=set)
    failing: list[tuple[str, str, str]] = field(default_factory=list)  # item id, standard, severity
    passing: list[tuple[str, str]] = field(default_factory=list)  # item id, standard
    finding: dict[str, Any] = field(default_factory=dict)  # what every finding says beside this
    labels: list[tuple[str, str]] = field(default_factory=list)  # item id, label
    fields: dict[tuple[TargetKind, str, str], Value] = field(default_factory=dict)  # kind, id, field → value
    written: dict[tuple[str, str, str, str], str | None] = field(default_factory=dict)  # kind, id, channel, name → JSON
    figures: dict[str, Sequence[object]] = field(default_factory=dict)  # figure → a value for each node
    homes: dict[str, str] = field(default_factory=dict)  # node name → item id
    node_incomplete: set[str] = field(default_factory=set)
    options: WriteOptions = field(default_factory=WriteOptions)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: bool = True
    past: dict[str, Any] = field(default_factory=lambda: {"approvals": approvals(*STANDARDS)})
    more: dict[str, Any] = field(default_factory=dict)
    complete: bool = True
    reverse: bool = False

    @property
    def projects(self) -> list[str]:
        return sorted({item.project for item in self.items})

    def flags_field(self, values: Mapping[str, tuple[str, ...] | None]) -> None:
        """Gives each of these items the flags field with a value."""
        for id_, value in values.items():
            self.fields[TargetKind.ITEM, id_, FIELD_NAME] = value

    def inputs(self) -> PlanInputs:
        past: dict[str, Any] = {
            "known_targets": frozenset({TRACKER} if self.known else ()),
            "written": self._written(),
            **self.past,
        }
        more: dict[str, Any] = {"flags": STANDARDS, "guards": GuardOptions(), **self.more}
        if self.options.link:
            more = {"verdicts": self._verdicts(more["flags"]), **more}
        return PlanInputs(
            snapshots=(self.snapshot(),),
            portfolio=self._portfolio(),
            figures=self._figures(),
            findings=self._findings(),
            past=Past(**past),
            writes={TRACKER: TrackerWrites(self.options, self.values)},
            made_at=NOW,
            status_date=TODAY,
            **more,
        )

    def _order(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.reverse() if self.reverse else frame

    def snapshot(self) -> Snapshot:
        rows = [(item.id, f"T-{item.id}", "title", item.project, None, False, 0) for item in self.items]
        items = pl.DataFrame(rows, schema=dict(frames.PULLED), orient="row").with_columns(
            updated=pl.lit(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), dtype=VOCABULARY["updated"].dtype)
        )
        scopes = pl.DataFrame([(0, None, None, True, [])], schema=dict(frames.SCOPES), orient="row")
        projects = pl.DataFrame(
            [(name, name.upper(), name, None, name in self.closed, True, []) for name in self.projects],
            schema=dict(frames.PROJECTS),
            orient="row",
        )
        manifest = Manifest("s1", TRACKER, "redmine", "https://example.net", "bot", NOW, self.complete)
        return Snapshot(manifest, self._order(items), scopes, self._order(projects), marks=Marks(self._marks()))

    def _marks(self) -> pl.DataFrame:
        rows: list[tuple[str | None, ...]] = [(TRACKER, "item", id_, LABEL, name, PRESENT) for id_, name in self.labels]
        rows += [(TRACKER, kind.value, id_, FIELD, name, encode(v)) for (kind, id_, name), v in self.fields.items()]
        return self._order(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row"))

    def _written(self) -> Marks:
        rows = [(TRACKER, *key, value) for key, value in self.written.items()]
        return Marks(self._order(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row")))

    def _verdicts(self, flags: Sequence[FlagSource]) -> pl.DataFrame:
        """One column for each standard: what `failing` and `passing` say, else n/a."""
        said = {(id_, standard): Verdict.FAIL for id_, standard, _ in self.failing}
        said |= dict.fromkeys(self.passing, Verdict.PASS)
        columns = {
            frames.verdict_column(one.standard): pl.Series(
                [said.get((item.id, one.standard), Verdict.NOT_APPLICABLE).value for item in self.items], dtype=pl.UInt8
            )
            for one in flags
        }
        return self._order(pl.DataFrame({"item": pl.Series(range(len(self.items)), dtype=frames.U32), **columns}))

    def _number(self, id_: str) -> int:
        return next(number for number, item in enumerate(self.items) if item.id == id_)

    def _nodes(self) -> list[tuple[str, str, list[str]]]:
        """Level, name and path of each node: the portfolio, one programme, the projects."""
        top = [("portfolio", "Bank", ["Bank"]), ("programme", "Core", ["Bank", "Core"])]
        return top + [("project", name, ["Bank", "Core", name]) for name in self.projects]

    def _portfolio(self) -> Portfolio:
        nodes = self._nodes()
        numbers = {name: number for number, (_, name, _) in enumerate(nodes)}
        items = [
            (
                *(number, TRACKER, item.id, f"T-{item.id}", "title", "task", "doing", False, "item", None, False),
                *(numbers[item.project], 0, item.complete, "Bank", "Core", item.project),
            )
            for number, item in enumerate(self.items)
        ]
        node_rows = [
            (
                *(number, None if number == 0 else (0 if number == 1 else 1), level, name, path, "doing", False),
                *(self._number(self.homes[name]) if name in self.homes else None, 0),
                *(name not in self.node_incomplete, "Bank", "Core" if number else None),
                name if level == "project" else None,
            )
            for number, (level, name, path) in enumerate(nodes)
        ]
        projects = [(numbers[name], TRACKER, name, name.upper(), name in self.closed) for name in self.projects]
        return Portfolio(
            items=Items(pl.DataFrame(items, schema=dict(frames.ITEMS), orient="row")),
            nodes=Nodes(pl.DataFrame(node_rows, schema=dict(frames.NODES), orient="row")),
            places=Places(
                pl.DataFrame(
                    [
                        (number, above, 1.0)
                        for number, one in enumerate(self.items)
                        for above in (0, 1, numbers[one.project])
                    ],
                    schema=dict(frames.PLACES),
                    orient="row",
                )
            ),
            links=Links(frames.empty(frames.LINKS)),
            changes=Changes(frames.empty(frames.CHANGES)),
            node_projects=self._order(pl.DataFrame(projects, schema=dict(frames.NODE_PROJECTS), orient="row")),
        )

    def _figures(self) -> Figures:
        number = len(self._nodes())
        frame = pl.DataFrame({"node": range(number), **self.figures}, schema_overrides={"node": frames.U32})
        return Figures(
            frame, frames.empty(frames.ITEM_FIGURES), tuple(self.figures), {}, ((),) * number, (None,) * number
        )

    def _findings(self) -> Findings:
        usual = {
            "level": "item",
            "verdict": 1,
            "mode": "controlling",
            "waiver": None,
            "baselined": False,
            "since": TODAY,
            "ripe": True,
            "offender": False,
        }
        rows = [
            {"standard": standard, "item": self._number(id_), "node": 2, "severity": severity, **usual, **self.finding}
            for id_, standard, severity in self.failing
        ]
        return Findings(self._order(pl.DataFrame(rows, schema=dict(frames.FINDINGS), orient="row")))


def item(id_: str) -> Target:
    return Target(TRACKER, TargetKind.ITEM, id_, f"T-{id_}")


def project(id_: str) -> Target:
    return Target(TRACKER, TargetKind.PROJECT, id_, id_.upper())
