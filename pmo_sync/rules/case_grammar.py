"""The cases of a standard, from YAML. Their columns and words are checked like those of conditions."""

from __future__ import annotations

from datetime import date
from typing import Final

from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.vocabulary import Column, ColumnType
from pmo_sync.model.words import NODE_LEVELS, Verdict
from pmo_sync.rules.columns import SINGULAR, Columns, relatives
from pmo_sync.rules.condition import Frame, Value
from pmo_sync.rules.operands import literal
from pmo_sync.rules.reading import Reader, shown
from pmo_sync.rules.standard import Case, CaseLink, CaseRow, CaseValue
from pmo_sync.rules.tests import has_history

_VERDICTS: Final = {verdict.word: verdict for verdict in Verdict}
_DAY: Final = Column("at", ColumnType.DATE, "when it changed")
_HISTORY_FORM: Final = "write `history: [{column: due, at: today - 5 days}]`"
_LINK_ENDS: Final = frozenset({"other", "predecessor", "successor"})


def cases(reader: Reader, node: Node, columns: Columns, frames: tuple[Frame, ...]) -> tuple[Case, ...]:
    """Every case of a standard. `frames`: where the standard judges; a case without a level is of the first."""
    if not isinstance(node, Entries):
        reader.wrong(node, "wrong-type", f"`cases` is a list, not {shown(node)}")
        return ()
    read = [_case(reader, item, columns, frames) for item in node.items]
    return tuple(case for case in read if case is not None)


def _case(reader: Reader, node: Node, columns: Columns, frames: tuple[Frame, ...]) -> Case | None:
    fields = reader.fields(node, "a case")
    if fields is None:
        return None
    if len(fields.entries) != 1 or fields.entries[0][0].value not in _VERDICTS:
        hint = suggestion(str(fields.entries[0][0].value), _VERDICTS) if len(fields.entries) == 1 else None
        reader.wrong(fields, "unknown-key", f"a case is one of {', '.join(_VERDICTS)} with its columns", hint)
        return None
    verdict, body = fields.entries[0]
    mapping = reader.fields(body, f"the case `{verdict.value}`")
    if mapping is None:
        return None
    named = mapping.get("today")
    today = None if named is None else _today(reader, named)
    rest = Fields(tuple(pair for pair in mapping.entries if pair[0].value != "today"), mapping.source)
    row = _row(reader, rest, columns, frames)
    return None if row is None else Case(_VERDICTS[str(verdict.value)], row, today, verdict.source)


def _today(reader: Reader, node: Node) -> date | None:
    try:
        return date.fromisoformat(str(node.value) if isinstance(node, Leaf) else "")
    except ValueError:
        reader.wrong(node, "wrong-type", f"`today` of a case is a date, not {shown(node)}", "write 2026-12-24")
        return None


def _row(reader: Reader, node: Node, columns: Columns, frames: tuple[Frame, ...]) -> CaseRow | None:
    fields = reader.fields(node, "a subject of a case")
    if fields is None or not frames:
        return None
    frame = _frame(fields, frames)
    values: dict[str, CaseValue] = {}
    hidden: set[str] = set()
    related: list[tuple[str, tuple[CaseRow | CaseLink, ...]]] = []
    history: tuple[tuple[str, CaseValue], ...] | None = None
    for key, right in fields:
        name = str(key.value)
        if name == "not_visible":
            hidden |= _hidden(reader, right, columns, frame)
        elif name == "history" and frame in {Frame.ITEM, Frame.NODE}:
            history = _history(reader, right, columns, frame)
        elif frame is Frame.LINK and name in _LINK_ENDS:
            related.append((name, _end(reader, key, right, columns)))
        elif relatives(name, (frame,)) and isinstance(right, Entries | Fields):
            related.append((name, _related(reader, key, right, columns, frame)))
        else:
            value = _column(reader, key, right, columns, frames)
            if value is not None:
                values[name] = value
    return CaseRow(frame, values, frozenset(hidden), tuple(related), history)


def _end(reader: Reader, key: Leaf, right: Node, columns: Columns) -> tuple[CaseRow, ...]:
    """An end of a link that is itself the subject; none where it cannot be seen, which `null` says."""
    if key.value == "other":
        reader.wrong(key, "unknown-column", "a link that is judged itself has the ends `predecessor` and `successor`")
        return ()
    if isinstance(right, Leaf) and right.value is None:
        return ()
    row = _row(reader, right, columns, (Frame.ITEM,))
    return () if row is None else (row,)


def _history(reader: Reader, node: Node, columns: Columns, frame: Frame) -> tuple[tuple[str, CaseValue], ...] | None:
    """Every change of the subject's columns: a list, which may be empty."""
    if not isinstance(node, Entries):
        reader.wrong(node, "wrong-type", f"`history` is a list, not {shown(node)}", _HISTORY_FORM)
        return None
    found: list[tuple[str, CaseValue]] = []
    for item in node.items:
        fields = reader.fields(item, "a change of `history`")
        if fields is None:
            continue
        reader.keys(fields, ("column", "at"), "a change of `history`")
        name, at = fields.get("column"), fields.get("at")
        column = columns.find(str(name.value), (frame,)) if isinstance(name, Leaf) else None
        if name is None or at is None or column is None or not has_history(column):
            reader.wrong(
                name or fields, "wrong-type", "a change has a column that has a history, and a day", _HISTORY_FORM
            )
            continue
        day = literal(reader, _DAY, at, shifts=True)
        if day is not None:
            found.append((column.name, day.literal if isinstance(day, Value) else day))
    return tuple(found)


def _frame(fields: Fields, frames: tuple[Frame, ...]) -> Frame:
    level = fields.get("level")
    if isinstance(level, Leaf) and level.value in {*NODE_LEVELS, "item"}:
        wanted = Frame.ITEM if level.value == "item" else Frame.NODE
        return wanted if wanted in frames else frames[0]
    # A related subject that names no level is an item where it can be one.
    return frames[0]


def _hidden(reader: Reader, node: Node, columns: Columns, frame: Frame) -> set[str]:
    nodes = node.items if isinstance(node, Entries) else (node,)
    names: set[str] = set()
    for item in nodes:
        name = reader.text(item, "a column that is not visible")
        if name is None:
            continue
        if columns.find(name, (frame,)) is None and not relatives(name, (frame,)):
            known = columns.names((frame,))
            reader.wrong(item, "unknown-column", f"`{name}` is no column of a {frame}", suggestion(name, known))
        names.add(name)
    return names


def _column(reader: Reader, key: Leaf, right: Node, columns: Columns, frames: tuple[Frame, ...]) -> CaseValue | None:
    name = str(key.value)
    column = columns.find(name, frames)
    if column is None:
        hint = suggestion(name, {*columns.names(frames), "not_visible", "today", "history"})
        reader.wrong(key, "unknown-column", f"`{name}` is no column, figure or relation of a {frames[0]}", hint)
        return None
    if isinstance(right, Leaf) and right.value is None:
        return None
    if column.type is ColumnType.TEXTS:
        nodes = right.items if isinstance(right, Entries) else (right,)
        texts = [reader.text(item, f"`{name}`") for item in nodes]
        return tuple(text for text in texts if text is not None)
    found = literal(reader, column, right, shifts=True)
    return found.literal if isinstance(found, Value) else found


def _related(reader: Reader, key: Leaf, right: Node, columns: Columns, frame: Frame) -> tuple[CaseRow | CaseLink, ...]:
    name = str(key.value)
    nodes = right.items if isinstance(right, Entries) else (right,)
    if name in SINGULAR and isinstance(right, Entries):
        reader.wrong(right, "wrong-type", f"`{name}` is one mapping, not a list")
        return ()
    reached = relatives(name, (frame,))
    if Frame.LINK in reached:
        links = [_link(reader, node, columns) for node in nodes]
        return tuple(link for link in links if link is not None)
    # An item comes first, so that a child without a level is one.
    ordered = tuple(sorted(reached, key=lambda one: one is not Frame.ITEM))
    rows = [_row(reader, node, columns, ordered) for node in nodes]
    return tuple(row for row in rows if row is not None)


def _link(reader: Reader, node: Node, columns: Columns) -> CaseLink | None:
    fields = reader.fields(node, "a link of a case")
    if fields is None:
        return None
    values: dict[str, CaseValue] = {}
    ends: dict[str, CaseRow | None] = {}
    for key, right in fields:
        name = str(key.value)
        if name in _LINK_ENDS:
            is_empty = isinstance(right, Leaf) and right.value is None
            ends[name] = None if is_empty else _row(reader, right, columns, (Frame.ITEM,))
            continue
        value = _column(reader, key, right, columns, (Frame.LINK,))
        if value is not None:
            values[name] = value
    blind = values.pop("visible", True) is False
    plain = CaseRow(Frame.ITEM, {})
    other = None if blind else ends.get("other", ends.get("successor", plain))
    return CaseLink(values, other, ends.get("predecessor", plain))
