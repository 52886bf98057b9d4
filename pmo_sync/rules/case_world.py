"""A small portfolio in which every subject of a case, and everything related to it, is a row of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.frames import Changes, Items, Links, Nodes, Places
from pmo_sync.model.portfolio import Figures, Portfolio, Visibility
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType
from pmo_sync.model.words import Kind, Level, LinkType
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.columns import LINK_COLUMNS, PLURALS, Columns
from pmo_sync.rules.condition import Frame, Moment, every_column, histories
from pmo_sync.rules.standard import EXEMPT, CaseLink, CaseRow, CaseValue, Standard

_Cell: TypeAlias = str | int | float | bool | date | datetime | list[str] | None
_Row: TypeAlias = dict[str, _Cell]
_HOLDER: Final = 0  # the node in which nothing is looked at: where items of cases hang


@dataclass(slots=True)
class World:
    """Grows case by case; `add` gives the row of the case's subject in its frame."""

    standards: Sequence[Standard]
    today: date
    _columns: dict[str, Column] = field(init=False, default_factory=dict)
    _items: list[_Row] = field(init=False, default_factory=list)
    _nodes: list[_Row] = field(init=False, default_factory=list)
    _places: list[_Row] = field(init=False, default_factory=list)
    _links: list[_Row] = field(init=False, default_factory=list)
    _changes: list[_Row] = field(init=False, default_factory=list)
    _others: dict[Frame, list[_Row]] = field(init=False, default_factory=dict)
    _histories: set[str] = field(init=False, default_factory=set)
    _hidden: dict[Frame, dict[str, set[int]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for standard in self.standards:
            for condition in standard.conditions:
                self._columns |= every_column(condition)
                self._histories |= histories(condition)
            exempt = () if standard.share is None else standard.share.exempt
            self._columns |= {name: VOCABULARY[name] for name in map(EXEMPT.__getitem__, exempt)}
        self._others = {Frame.SPRINT: [], Frame.PERSON_WEEK: []}
        if "owner" in self._columns:
            self._columns["owner_active"] = VOCABULARY["owner_active"]
        self._hidden = {Frame.ITEM: defaultdict(set), Frame.NODE: defaultdict(set)}
        self._node(CaseRow(Frame.NODE, {}), Level.PORTFOLIO)

    def add(self, standard: Standard, row: CaseRow) -> int:
        """Puts the subject of a case and all its relatives into the world."""
        if row.frame is Frame.ITEM:
            return self._item(row, standard.kinds[0] if standard.kinds else Kind.TASK)
        if row.frame is Frame.LINK:
            return self._subject_link(row)
        if row.frame is not Frame.NODE:
            return self._other(row)
        level = standard.node_levels[0] if standard.node_levels else Level.PROJECT
        links_are_members = standard.share is not None and standard.share.of == "links"
        return self._node(row, level, links_are_members=links_are_members)

    # --- subjects ---------------------------------------------------------------------------------------------------
    def _item(self, row: CaseRow, kind: Kind = Kind.TASK, *, parent: int | None = None, node: int = _HOLDER) -> int:
        number = len(self._items)
        blind = parent is None and "parent" in row.hidden
        self._items.append(
            {
                **dict.fromkeys(self._names()),
                **self._cells(row, Frame.ITEM, number),
                "item": number,
                "kind": str(row.columns.get("kind", kind)),
                "level": Level.ITEM.value,
                "parent": parent,
                "parent_known": parent is not None or blind,
                "node": node,
                "scope": number,
                "complete": True,
            }
        )
        self._history(row, number)
        if node != _HOLDER:
            self._places.append({"item": number, "node": node, "share": 1.0})
        for relation, relatives in row.related:
            for relative in relatives:
                self._relate_item(number, relation, relative)
        return number

    def _node(self, row: CaseRow, level: Level, *, parent: int | None = None, links_are_members: bool = False) -> int:
        number = len(self._nodes)
        self._nodes.append(
            {
                **dict.fromkeys(self._names()),
                **self._cells(row, Frame.NODE, number),
                "node": number,
                "level": str(row.columns.get("level", level)),
                "parent": parent,
                "item": None,
                "scope": number,
                "complete": True,
                "path": [str(number)],
                "name": str(number),
            }
        )
        if number != _HOLDER and "links" not in row.hidden:
            self._nodes[number]["item"] = self._item(CaseRow(Frame.ITEM, {}, history=row.history))
        for relation, relatives in row.related:
            for relative in relatives:
                if isinstance(relative, CaseLink) and links_are_members:
                    self._member_link(number, relative)
                else:
                    self._relate_node(number, relation, relative)
        return number

    def _history(self, row: CaseRow, number: int) -> None:
        """The changes of an item; the row `created` tells that its history was read."""
        if row.history is None:
            return
        born = datetime.combine(date(1970, 1, 1), time(), tzinfo=UTC)
        self._changes.append({"item": number, "column": "created", "at": born, "ours": False})
        for column, at in row.history:
            day = Clock(self.today, Calendar()).moment(at) if isinstance(at, Moment) else at
            if isinstance(day, date):
                moment = datetime.combine(day, time(), tzinfo=UTC)
                self._changes.append({"item": number, "column": column, "at": moment, "ours": False})

    def _other(self, row: CaseRow) -> int:
        """A sprint, or a person's week."""
        rows = self._others[row.frame]
        key = "sprint" if row.frame is Frame.SPRINT else "week"
        blind = int("sprint_goal" in row.hidden)
        rows.append({**self._cells(row, row.frame, len(rows)), key: len(rows), "node": _HOLDER, "scope": blind})
        return len(rows) - 1

    def _relate_item(self, number: int, relation: str, relative: CaseRow | CaseLink) -> None:
        if isinstance(relative, CaseLink):
            self._link(number, relative)
        elif relation in {"predecessors", "successors"}:
            other = self._item(relative)
            source, target = (other, number) if relation == "predecessors" else (number, other)
            self._links.append(self._link_row(source, target, {}))
        elif relation == "parent" or (relation == "ancestors" and relative.frame is Frame.ITEM):
            top = number
            while isinstance(above := self._items[top]["parent"], int):
                top = above
            self._items[top] |= {"parent": self._item(relative, Kind.SUMMARY), "parent_known": True}
        elif relation == "ancestors":
            self._places.append({"item": number, "node": self._node(relative, Level.PROJECT), "share": 1.0})
        else:
            self._item(relative, PLURALS.get(relation, Kind.TASK), parent=number)

    def _relate_node(self, number: int, relation: str, relative: CaseRow | CaseLink) -> None:
        if isinstance(relative, CaseLink) or relation in {"predecessors", "successors"}:
            self._relate_item(self._home(number), relation, relative)
        elif relation in {"parent", "ancestors"}:
            top = number
            while isinstance(above := self._nodes[top]["parent"], int):
                top = above
            self._nodes[top]["parent"] = self._node(relative, Level.PORTFOLIO)
        elif relation == "children" and relative.frame is Frame.NODE:
            self._node(relative, Level.PROJECT, parent=number)
        else:
            self._item(relative, PLURALS.get(relation, Kind.TASK), node=number)

    def _home(self, number: int) -> int:
        """The item that the node is, which carries its links."""
        home = self._nodes[number]["item"]
        return home if isinstance(home, int) else self._item(CaseRow(Frame.ITEM, {}))

    # --- links --------------------------------------------------------------------------------------------------------
    def _link(self, number: int, link: CaseLink) -> None:
        other = None if link.other is None else self._item(link.other)
        outward = link.columns.get("direction") == "outward"
        source, target = (number, other) if outward else (other, number)
        self._links.append(self._link_row(source, target, dict(link.columns)))

    def _member_link(self, node: int, link: CaseLink) -> None:
        source = None if link.subject is None else self._item(link.subject, node=node)
        target = None if link.other is None else self._item(link.other, node=node)
        self._links.append(self._link_row(source, target, dict(link.columns)))

    def _subject_link(self, row: CaseRow) -> int:
        """A link that is judged itself: of its ends those that the case does not hide."""
        given = dict(row.related)
        blind = row.hidden | {name for name, ends in given.items() if not ends}
        source, target = (self._end(given.get(name, ()), name not in blind) for name in ("predecessor", "successor"))
        cells = self._cells(replace(row, hidden=frozenset()), Frame.LINK, len(self._links))
        self._links.append({**cells, **self._link_row(source, target, dict(row.columns))})
        return len(self._links) - 1

    def _end(self, given: Sequence[CaseRow | CaseLink], is_seen: bool) -> int | None:  # noqa: FBT001 - of one caller
        if not is_seen:
            return None
        end = given[0] if given else CaseRow(Frame.ITEM, {})
        return self._item(end) if isinstance(end, CaseRow) else None

    def _link_row(self, source: int | None, target: int | None, columns: dict[str, CaseValue]) -> _Row:
        lag = columns.get("lag_working_days")
        return {
            "source": source,
            "target": target,
            "type": str(columns.get("type", LinkType.FS.value)),
            "lag_working_days": int(lag) if isinstance(lag, int | float) else None,
            "crosses_project": columns.get("crosses_project") is True,
            "crosses_tracker": columns.get("crosses_tracker") is True,
        }

    # --- cells --------------------------------------------------------------------------------------------------------
    def _names(self) -> list[str]:
        return [name for name in self._columns if name in VOCABULARY or name not in LINK_COLUMNS]

    def _cells(self, row: CaseRow, frame: Frame, number: int) -> _Row:
        cells: _Row = {name: [] for name, column in self._columns.items() if column.type is ColumnType.TEXTS} | {
            "on_hold": False
        }
        for name, value in row.columns.items():
            cells[name] = self._cell(name, value)
        for name in row.hidden:
            if frame in self._hidden:
                self._hidden[frame][name].add(number)
            if name in self._columns:
                cells[name] = None
        return cells

    def _cell(self, name: str, value: CaseValue) -> _Cell:
        column = self._columns.get(name)
        if isinstance(value, tuple):
            return [str(one) for one in value]
        if isinstance(value, Moment):
            value = Clock(self.today, Calendar()).moment(value)
        if column is None:
            return value
        if column.type is ColumnType.TIME and isinstance(value, date):
            return datetime.combine(value, time(), tzinfo=UTC)
        if column.type is ColumnType.INTEGER and isinstance(value, float):
            return int(value)
        return value

    # --- the result ---------------------------------------------------------------------------------------------------
    def portfolio(self) -> Portfolio:
        """The world so far, every column seen except what cases hide."""
        extra = {name: self._columns[name].dtype for name in self._names()}
        return Portfolio(
            items=Items(_frame(self._items, {**extra, **frames.ITEMS})),
            nodes=Nodes(_frame(self._nodes, {**extra, **frames.NODES})),
            places=Places(_frame(self._places, frames.PLACES)),
            links=Links(_frame(self._links, {**self._of_others(Frame.LINK), **frames.LINKS})),
            changes=Changes(_frame(self._changes, frames.CHANGES)),
            histories=dict.fromkeys(self._histories),
            sprints=self._frame_of(Frame.SPRINT, frames.SPRINTS),
            person_weeks=self._frame_of(Frame.PERSON_WEEK, {**frames.PERSON_WEEKS, "scope": frames.U32}),
            node_projects=frames.empty(frames.NODE_PROJECTS),
            item_visibility=self._visibility(Frame.ITEM),
            node_visibility=self._visibility(Frame.NODE),
        )

    def _frame_of(self, frame: Frame, schema: frames.Schema) -> pl.DataFrame:
        return _frame(self._others[frame], {**self._of_others(frame), **schema})

    def _of_others(self, frame: Frame) -> dict[str, pl.DataType]:
        """The columns and figures that such subjects have and the standards read."""
        on = Columns().names((frame,)) & self._columns.keys() - LINK_COLUMNS.keys()
        return {name: self._columns[name].dtype for name in sorted(on)}

    def _visibility(self, frame: Frame) -> Visibility:
        return Visibility({name: frozenset(scopes) for name, scopes in self._hidden[frame].items()})

    def figures(self) -> Figures:
        """None: figures that a case names are columns of its subject."""
        nodes, items = pl.DataFrame(schema=dict(frames.FIGURES)), pl.DataFrame(schema=dict(frames.ITEM_FIGURES))
        return Figures(nodes, items, (), {}, (), ())


def _frame(rows: list[_Row], schema: frames.Schema) -> pl.DataFrame:
    return pl.DataFrame(
        [pl.Series(name, [row.get(name) for row in rows], dtype=dtype, strict=True) for name, dtype in schema.items()]
    )
