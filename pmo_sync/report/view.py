"""What every rendering of `check` shows, made once from frames: trackers, counts, nodes, items, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from pmo_sync.model.figure_names import ITEM_FIGURES, NODE_FIGURES, NOT_BUILT, FigureName
from pmo_sync.model.finding import Finding
from pmo_sync.model.portfolio import Figures, Notice, Portfolio
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Severity
from pmo_sync.report.numbers import Value, exact
from pmo_sync.rules.levels import Scorecard
from pmo_sync.rules.scores import Counts, Scores


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """One tracker as its snapshot tells it. `changes_since`: only what changed since was read; all at `full_at`."""

    name: str
    complete: bool
    items: int
    snapshot: str
    pulled_at: datetime
    requests: int
    problems: tuple[str, ...] = ()
    changes_since: datetime | None = None
    full_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Verdicts by kind. `failed` holds failures that are neither waived nor baselined, by severity; so all add up.

    `items` and `items_failing`: how many items there are, and how many have an open failure of their own.
    """

    passed: int
    failed: Mapping[Severity, int]
    unknown: int
    not_applicable: int
    waived: int
    baselined: int = 0
    items: int = 0
    items_failing: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """Compliance of a node, raw and with waivers; shares from 0 to 1, None where nothing was judged."""

    value: float | None
    with_waivers: float | None
    passed: int
    failed: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Outside:
    """What a narrowed page counts and does not show; `of` says outside of what."""

    of: str
    summary: Summary


NO_SCORE = Score(None, None, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure of one subject, as exact as it leaves the house."""

    value: Value
    used: int
    missing: int
    basis: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node with every figure by name, its colours, its compliance and, where there are levels, its maturity."""

    path: tuple[str, ...]
    level: str
    complete: bool
    figures: Mapping[str, FigureValue]
    why: tuple[str, ...]
    says: str | None
    score: Score
    maturity: Scorecard | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item with every item figure by name."""

    tracker: str
    id: str
    key: str
    figures: Mapping[str, FigureValue]


@dataclass(frozen=True, slots=True)
class CheckView:
    """Everything `check` shows. `items` is None unless item figures were asked for; `repeat` holds the options that
    name the same project again, for the commands that a page suggests. `outside` is None unless the page is narrowed to
    a branch or to items: then `summary` counts those alone. `ambiguous` are keys that several trackers have.
    """

    run: str | None
    status_date: date
    complete: bool
    trackers: tuple[TrackerRow, ...]
    summary: Summary
    findings: tuple[Finding, ...]
    nodes: tuple[NodeRow, ...]
    items: Iterable[ItemRow] | None = None
    notices: tuple[Notice, ...] = ()
    repeat: str = ""
    outside: Outside | None = None
    ambiguous: frozenset[str] = frozenset()


def trackers_of(snapshots: Sequence[Snapshot]) -> tuple[TrackerRow, ...]:
    """The snapshots' manifests, by name of the tracker."""
    rows = [
        TrackerRow(
            name=snapshot.manifest.tracker,
            complete=snapshot.manifest.complete,
            items=snapshot.items.height,
            snapshot=snapshot.manifest.id,
            pulled_at=snapshot.manifest.pulled_at,
            requests=snapshot.manifest.requests,
            problems=snapshot.manifest.problems,
            changes_since=snapshot.manifest.changes_since,
            full_at=snapshot.manifest.full_at,
        )
        for snapshot in snapshots
    ]
    return tuple(sorted(rows, key=lambda row: row.name))


def nodes_of(
    portfolio: Portfolio, figures: Figures, scores: Mapping[int, Score], cards: Sequence[Scorecard] = ()
) -> tuple[NodeRow, ...]:
    """Every node in the order of its row, with all figures of the contract; `cards` in the same order, or none."""
    values = figures.nodes.sort("node").to_dicts()
    rows = portfolio.nodes.select("node", "path", "level", "complete").sort("node").to_dicts()
    return tuple(
        NodeRow(
            path=tuple(row["path"]),
            level=str(row["level"]),
            complete=bool(row["complete"]),
            figures=_node_figures(values[position], figures.built, scores.get(row["node"], NO_SCORE)),
            why=figures.why[position],
            says=figures.says[position],
            score=scores.get(row["node"], NO_SCORE),
            maturity=cards[position] if cards else None,
        )
        for position, row in enumerate(rows)
    )


def _node_figures(values: Mapping[str, Value], built: Sequence[str], score: Score) -> dict[str, FigureValue]:
    shown = {name: _node_figure(figure, values, built) for name, figure in NODE_FIGURES.items()}
    shown["compliance"] = FigureValue(score.value, score.passed + score.failed, score.unknown, "verdicts by weight")
    return shown


def _node_figure(figure: FigureName, values: Mapping[str, Value], built: Sequence[str]) -> FigureValue:
    name = figure.name
    if name not in built:
        return _NOTHING
    used, missing = values[f"{name}__used"], values[f"{name}__missing"]
    return FigureValue(
        exact(values[name], figure.type), int(str(used or 0)), int(str(missing or 0)), str(values[f"{name}__basis"])
    )


_NOTHING = FigureValue(None, 0, 0, NOT_BUILT)


@dataclass(frozen=True, slots=True)
class ItemRows:
    """Items in the order of their rows; each is made when it is asked for."""

    frame: pl.DataFrame
    basis: Mapping[str, str]

    def __iter__(self) -> Iterator[ItemRow]:
        for row in self.frame.iter_rows(named=True):
            yield ItemRow(str(row["tracker"]), str(row["id"]), str(row["key"]), _item_figures(row, self.basis))


def items_of(portfolio: Portfolio, figures: Figures, path: Sequence[str] | None = None) -> ItemRows:
    """Every item (of one branch) in the order of its row, with all item figures of the contract."""
    items: pl.DataFrame = portfolio.items
    if path is not None:
        below = [row for row, names in enumerate(portfolio.nodes["path"].to_list()) if names[: len(path)] == list(path)]
        items = items.filter(pl.col("node").is_in(below))
    rows = items.select("item", "tracker", "id", "key").join(figures.items, on="item", how="left")
    return ItemRows(rows.sort("item"), figures.item_basis)


def _item_figures(values: Mapping[str, Value], basis: Mapping[str, str]) -> dict[str, FigureValue]:
    return {
        name: FigureValue(exact(values[name], figure.type), 0, 0, basis[name]) if name in basis else _NOTHING
        for name, figure in ITEM_FIGURES.items()
    }


def scores_of(scores: Scores) -> dict[int, Score]:
    """The compliance of every node by its row."""
    return {
        row["node"]: Score(row["compliance"], row["with_waivers"], row["passed"], row["failed"], row["unknown"])
        for row in scores.nodes.to_dicts()
    }


def summary_of(counts: Counts) -> Summary:
    """The counts of a run as they are shown."""
    return Summary(
        passed=counts.passed,
        failed=dict(counts.failed),
        unknown=counts.unknown,
        not_applicable=counts.not_applicable,
        waived=counts.waived,
        baselined=counts.baselined,
        items=counts.items,
        items_failing=counts.items_failing,
    )


def shared_keys(portfolio: Portfolio) -> frozenset[str]:
    """Keys that items of several trackers have."""
    return frozenset(portfolio.items.filter(pl.col("key").is_duplicated())["key"])


def branch(nodes: Sequence[NodeRow], path: Sequence[str] | None) -> tuple[NodeRow, ...]:
    """The nodes of one branch, its root among them; all when no path is given."""
    if path is None:
        return tuple(nodes)
    length = len(path)
    return tuple(node for node in nodes if node.path[:length] == tuple(path))
