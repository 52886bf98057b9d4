"""A file in place of a server: items.jsonl, an export of a tracker, a saved search. Marks go to a CSV beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_never

import polars as pl

from pmo_sync.connectors.base import Needs, Probe, Progress, Report, Seen, Since, Surroundings
from pmo_sync.connectors.export.columns import own_fields
from pmo_sync.connectors.export.formats import read
from pmo_sync.connectors.export.lines import Export, Line
from pmo_sync.connectors.export.pending import Pending, Row
from pmo_sync.connectors.export.rows import to_rows
from pmo_sync.connectors.normal import moment, normal, same, snapshot_id
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.model import frames
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Outcome,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    TargetKind,
    Value,
)
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import FIELD, LABEL, PRESENT, encode
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY


def connect(name: str, options: ExportOptions, surroundings: Surroundings) -> ExportConnector:
    """A connector to a file; `path` is relative to the project folder. Nothing is read yet, no secret is asked for."""
    return ExportConnector(name, options, surroundings.folder / options.path, surroundings.now)


class ExportConnector:
    """A file as `connectors.base.Connector` promises it. What it writes is read back from its CSV."""

    def __init__(self, name: str, options: ExportOptions, path: Path, now: Callable[[], datetime]) -> None:
        self._name = name
        self._options = options
        self._path = path
        self._pending = Pending(path)
        self._now = now
        self._export = Export([])
        self._by_id: dict[str, Line] = {}
        self._stamp: tuple[int, int] | None = None
        self.requests = 0
        self.writes = 0

    @property
    def server_time(self) -> None:
        """A file tells no time."""

    def pull(self, needs: Needs, report: Report, since: Since | None = None) -> Snapshot:  # noqa: ARG002 - read whole
        export = self._read()
        lines = export.lines
        rows = to_rows(export, self._options.path, self._options, needs.columns)
        report(Progress(f"{self._name}: items", len(lines), len(lines)))
        now = self._now()
        manifest = Manifest(
            id=snapshot_id(now, now),
            tracker=self._name,
            kind="export",
            url=self._path.name,
            account=None,
            pulled_at=now,
            complete=not export.problems,
            problems=export.problems,
            columns=rows.columns,
            holidays=needs.holidays,
            unmapped=rows.unmapped,
            histories=rows.histories,
        )
        return Snapshot(
            manifest,
            rows.items,
            rows.scopes,
            projects=rows.projects,
            links=rows.links,
            changes=rows.changes,
            marks=self._marks(rows.items),
            sprints=rows.sprints,
        )

    def look(self, targets: Sequence[Target]) -> list[Seen]:
        self._read()
        self._pending.refresh()
        seen: list[Seen] = []
        for target in targets:
            line = self._by_id.get(target.id) if target.kind is TargetKind.ITEM else None
            if line is None:
                seen.append(Seen(target, None, exists=False))
                continue
            pending, updated = self._pending.rows(self._name, target.id), line.values.get("updated")
            seen.append(
                Seen(
                    target,
                    moment(updated) if isinstance(updated, str) else None,
                    {name: self._value(line, name, pending) for name in self._places()},
                    self._labels(line, pending),
                )
            )
        return seen

    def write(self, changes: Sequence[Change]) -> list[Outcome]:
        if not changes:
            return []
        before = self.look([changes[0].target])[0]
        if not before.exists:
            return [Outcome(one, Result.STALE, f"{one.target.key} is not in {self._path.name}") for one in changes]
        outcomes = {id(one): self._settled(one, before) for one in changes}
        rest = [one for one in changes if outcomes[id(one)] is None and not isinstance(one, PutLink)]
        if rest:
            self.writes += 1
            self._pending.append(_row(one) for one in rest)
            after = self.look([changes[0].target])[0]
            for one in rest:
                held = _stands(one, after)
                detail = "" if held else f"{self._pending.path.name} does not hold it after the write"
                outcomes[id(one)] = Outcome(one, Result.WRITTEN if held else Result.FAILED, detail)
        return [outcome for one in changes if (outcome := outcomes[id(one)]) is not None]

    def probe(self) -> list[Probe]:
        export = self._read()
        rows = to_rows(export, self._options.path, self._options, frozenset(VOCABULARY))
        count = len(export.lines)
        text = f"{self._path.name} has {count} {'item' if count == 1 else 'items'}"
        found = [Probe("file", ok=bool(count) or None, text=text)]
        mend = "export the whole again, or mend the file"
        found += [Probe("whole", ok=False, text=problem, remedy=mend) for problem in export.problems]
        for column, word, count in rows.unmapped:
            place = "phases" if column == "phase" else f"values.{column}"
            text = f'nothing maps "{word}" for {column} ({count} times); it is unknown there'
            found.append(Probe("words", ok=False, text=text, remedy=f"add it to trackers.{self._name}.{place}"))
        if self._places() or self._options.write.labels:
            text = f"marks go to {self._pending.path.name}, for the import of the file's own tracker"
            found.append(Probe("writing", ok=True, text=text))
        return found

    def close(self) -> None:
        self._export, self._by_id = Export([]), {}
        self._stamp = None

    def _read(self) -> Export:
        """What the file holds, read again when it has changed."""
        stamp = None
        if self._path.is_file():
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp is None or stamp != self._stamp:
            self._export = read(self._path, self._options.path, self._options)
            self._by_id = {str(line.values.get("id")): line for line in self._export.lines}
            self._stamp = stamp
        return self._export

    def _places(self) -> tuple[str, ...]:
        write = self._options.write
        flags = () if write.flags is None else (write.flags,)
        return tuple(sorted({*flags, *write.fields.values()}))

    def _value(self, line: Line, name: str, pending: Sequence[Row]) -> Value:
        is_flags = name == self._options.write.flags
        value = _texts(own_fields(line).get(name))
        for row in pending:
            if row.op == "set_field" and row.name == name:
                value = row.value
        if is_flags and isinstance(value, str):
            value = value.replace(",", " ").split()
        return normal(value)

    def _labels(self, line: Line, pending: Sequence[Row]) -> tuple[str, ...]:
        found = line.values.get("labels")
        labels = {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()
        for row in pending:
            if row.op == "add_label":
                labels.add(row.name)
            elif row.op == "remove_label":
                labels.discard(row.name)
        return tuple(sorted(labels))

    def _marks(self, items: pl.DataFrame) -> Marks:
        """The marks that stand: fields wherever a line of the same project and kind has them, labels where allowed."""
        keys = list(zip(items["project_id"].to_list(), items["kind"].to_list(), strict=True))
        places = self._places()
        carried = {
            (key, name)
            for key, line in zip(keys, self._export.lines, strict=True)
            for name in places
            if name in own_fields(line)
        }
        self._pending.refresh()
        rows: list[tuple[str, str, str, str, str, str | None]] = []
        for key, line in zip(keys, self._export.lines, strict=True):
            number = str(line.values["id"])
            head = (self._name, TargetKind.ITEM.value, number)
            pending = self._pending.rows(self._name, number)
            rows += [
                (*head, FIELD, name, encode(self._value(line, name, pending)))
                for name in places
                if (key, name) in carried or any(row.name == name for row in pending)
            ]
            if self._options.write.labels:
                rows += [(*head, LABEL, label, PRESENT) for label in self._labels(line, pending)]
        return Marks(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row").sort("target_id", "channel", "name"))

    def _settled(self, change: Change, seen: Seen) -> Outcome | None:
        """The outcome of a change that needs no row; None where one is needed."""
        if _stands(change, seen):
            return Outcome(change, Result.UNCHANGED)
        if isinstance(change, PutLink):
            return Outcome(change, Result.REFUSED, "a file has no web links")
        if isinstance(change, SetField) and change.field not in seen.fields:
            return Outcome(change, Result.REFUSED, f'write names no field "{change.field}"')
        if isinstance(change, SetField) and not same(seen.fields[change.field], change.before):
            return Outcome(change, Result.STALE, f'"{change.field}" was changed meanwhile')
        return None


def _stands(change: Change, seen: Seen) -> bool:
    """True when the change has nothing left to do."""
    match change:
        case AddLabel():
            return change.label in seen.labels
        case RemoveLabel():
            return change.label not in seen.labels
        case SetField():
            return change.field in seen.fields and same(seen.fields[change.field], change.after)
        case PutLink():
            return False
        case _:
            assert_never(change)


def _row(change: AddLabel | RemoveLabel | SetField) -> Row:
    head = (change.target.tracker, change.target.id, change.target.key)
    match change:
        case AddLabel():
            return Row(*head, "add_label", change.label, "")
        case RemoveLabel():
            return Row(*head, "remove_label", change.label, "")
        case SetField():
            after = change.after
            text = after if isinstance(after, str) else ", ".join(sorted(after or ()))
            return Row(*head, "set_field", change.field, text)
        case _:
            assert_never(change)


def _texts(value: object) -> str | list[str] | None:
    """A value of the file as text or texts."""
    if isinstance(value, list):
        return [str(one) for one in value if one is not None]
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
