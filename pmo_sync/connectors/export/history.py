"""The history of items.jsonl: each item names the edits of the columns of which it knows them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

import msgspec
import polars as pl

from pmo_sync.connectors.export.lines import HISTORY, Line, Mistakes, misfit, shown
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import VOCABULARY, WITHOUT_HISTORY

_CREATED: Final = "created"
_COLUMNS: Final = (VOCABULARY.keys() - WITHOUT_HISTORY) | {_CREATED}
_OWN: Final = "fields."
_EDIT_HINT: Final = 'write {"due": [{"at": "2026-11-02T09:30:00Z", "by": "ann", "from": null, "to": "2026-12-01"}]}'
_MADE_HINT: Final = 'write {"created": [{"at": "2026-11-02T09:30:00Z", "by": "ann"}]}, or leave the history out'
_AT_ONCE: Final = 100_000

_Row: TypeAlias = tuple[str, str, datetime, str | None, str | None, str | None, bool]


class _Edit(msgspec.Struct, forbid_unknown_fields=True, rename={"before": "from", "after": "to"}):
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    by: str | None = None
    before: str | None = None
    after: str | None = None
    ours: bool = False


_COLUMN_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_EDITS_DECODER: Final = msgspec.json.Decoder(list[_Edit])


def read_history(lines: Iterable[Line], mistakes: Mistakes) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """RAW_CHANGES of the lines that have a history, and the columns that each of these histories has: of any other it
    is not known of all items that nothing is left out.

    Every history that is none, or does not say when the item was made, is a mistake.
    """
    parts: list[pl.DataFrame] = []
    rows: list[_Row] = []
    told: frozenset[str] | None = None
    for line in lines:
        if HISTORY not in line.values:
            continue
        edits = _edits(line, mistakes)
        if not edits:
            continue
        told = frozenset(edits) if told is None else told & edits.keys()
        rows += _rows(line, edits, mistakes)
        if len(rows) >= _AT_ONCE:
            parts.append(_frame(rows))
            rows = []
    changes = pl.concat([*parts, _frame(rows)])
    return changes, tuple(sorted((told or frozenset()) - {_CREATED}))


def _frame(rows: list[_Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(frames.RAW_CHANGES), orient="row")


def _edits(line: Line, mistakes: Mistakes) -> dict[str, list[_Edit]]:
    """Column → its edits; nothing where the line has no history, or one that is a mistake."""
    text = line.values.get(HISTORY)
    if not isinstance(text, msgspec.Raw):
        return {}
    where = HISTORY
    found: dict[str, list[_Edit]] = {}
    try:
        columns = _COLUMN_DECODER.decode(text)
        if columns is None:
            return {}
        for name, edits in columns.items():
            where = f"{HISTORY}: {shown(name)}"
            found[name] = _EDITS_DECODER.decode(edits)
    except msgspec.ValidationError as error:
        mistakes.add(line.number, f"{where}: {misfit(error)}", _EDIT_HINT)
        return {}
    for name in sorted(found.keys() - _COLUMNS):
        if not name.startswith(_OWN):
            near = mistakes.near(name, _COLUMNS)
            mistakes.add(line.number, f"{HISTORY}: {shown(name)} is no column that has a history", near or _EDIT_HINT)
    if len(found.get(_CREATED, ())) != 1:
        mistakes.add(line.number, f'{HISTORY}: "{_CREATED}" has one edit: when the item was made', _MADE_HINT)
    return found


def _rows(line: Line, edits: dict[str, list[_Edit]], mistakes: Mistakes) -> Iterator[_Row]:
    number = str(line.values.get("id"))
    for column, listed in edits.items():
        for edit in listed:
            try:
                at = edit.at.astimezone(UTC)
            except OverflowError:
                mistakes.add(line.number, f"{HISTORY}: {shown(column)}: {edit.at} is no time in UTC", _EDIT_HINT)
                continue
            yield (number, column, at, edit.by, edit.before, edit.after, edit.ours)
