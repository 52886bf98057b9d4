"""The ledger: what we wrote last, what we wrote ever, and how each run ended. SQLite, one file in the state folder."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import polars as pl
from sqlalchemy import CursorResult, Engine, Row, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import LINK, MARK_KEY
from pmo_sync.model.past import LastRun
from pmo_sync.state.database import in_use, open_database, reading
from pmo_sync.state.journal import Break, RunJournal, resolved, unsettled, verify
from pmo_sync.state.tables import failing_since, journal, known_targets, marks, runs

Status: TypeAlias = Literal["good", "partial", "refused", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the ledger has it. `counts` are outcomes by result; `items` what was seen per tracker."""

    id: str
    command: str
    started: datetime
    finished: datetime | None
    status: str
    exit_code: int | None
    counts: Mapping[str, int]
    items: Mapping[str, int] | None
    failures: int | None
    plan_digest: str | None
    version: str
    configuration: str


def open_ledger(path: Path) -> Ledger:
    """The ledger in a file, made where there is none. Raises StateError (see `state.database.open_database`)."""
    return Ledger(open_database(path), path)


class Ledger:
    """An open ledger. One writer at a time: hold `state.lock` for everything that writes. Times are UTC."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path

    def close(self) -> None:
        """Lets go of the file. Idempotent."""
        self._engine.dispose()

    def written(self, observed: Marks | None = None, *, trackers: frozenset[str] | None = None) -> Marks:
        """The marks last written, sorted. Given what stands there now, what a crash left unsure is settled by it, in
        the trackers that were looked at (None: all).
        """
        written, unsure = self._read_marks(unsure=observed is not None)
        return written if observed is None else resolved(written, _of(unsure, trackers), observed)

    def _read_marks(self, *, unsure: bool) -> tuple[Marks, pl.DataFrame]:
        """The marks last written, sorted; and if asked for those that a crash left unsure."""
        with reading(self._path), self._engine.connect() as connection:
            rows = _rows(connection.execute(select(*(marks.c[name] for name in frames.MARKS))))
            found = pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row")
            doubtful = unsettled(connection) if unsure else found.clear()
        return Marks(found.sort(MARK_KEY)), doubtful

    def trackers_written(self) -> frozenset[str]:
        """Trackers of which marks are known that we wrote."""
        with reading(self._path), self._engine.connect() as connection:
            return frozenset(connection.execute(select(marks.c.tracker).distinct()).scalars())

    def failing_since(self) -> pl.DataFrame:
        """FAILING_SINCE as last recorded, sorted."""
        with reading(self._path), self._engine.connect() as connection:
            rows = _rows(connection.execute(select(failing_since)))
            texts = pl.DataFrame(rows, schema=dict.fromkeys(frames.FAILING_SINCE, pl.String()), orient="row")
            return texts.with_columns(pl.col("since").str.to_date("%Y-%m-%d")).sort("standard", "tracker", "id")

    def known_targets(self) -> frozenset[str]:
        """Trackers that a run has written to, or was let through to."""
        with reading(self._path), self._engine.connect() as connection:
            return frozenset(connection.execute(select(known_targets.c.tracker)).scalars())

    def last_entry(self) -> int:
        """The number of the journal's last entry; 0 where it has none."""
        with reading(self._path), self._engine.connect() as connection:
            return connection.execute(select(func.max(journal.c.sequence))).scalar() or 0

    def touched(self, tracker: str, after: int) -> frozenset[str]:
        """Ids of the items of a tracker that may have been written to after an entry of the journal, and of those of
        which a crash left unsure what was written.
        """
        item = TargetKind.ITEM.value
        later = select(journal.c.target_id).where(
            journal.c.tracker == tracker, journal.c.target_kind == item, journal.c.sequence > after
        )
        with reading(self._path), self._engine.connect() as connection:
            unsure = unsettled(connection).filter((pl.col("tracker") == tracker) & (pl.col("target_kind") == item))
            return frozenset(connection.execute(later).scalars()) | frozenset(unsure["target_id"])

    def last_run(self) -> LastRun | None:
        """Counts of the last run that read everything and was not refused; None before the first.

        Single changes may have failed in it: what was read is what guards measure by.
        """
        query = select(runs).where(runs.c.status.in_(("good", "partial")), runs.c["items"].is_not(None))
        newest = query.order_by(runs.c.started.desc(), runs.c.id.desc()).limit(1)
        with reading(self._path), self._engine.connect() as connection:
            row = connection.execute(newest).one_or_none()
            if row is None:
                return None
            run = _run(row)
            return LastRun(run.id, dict(run.items or {}), run.failures or 0, row.marks or 0)

    def runs(self, limit: int = 50) -> list[Run]:
        """The newest runs, newest first."""
        newest = select(runs).order_by(runs.c.started.desc(), runs.c.id.desc()).limit(limit)
        with reading(self._path), self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(newest)]

    def verify(self) -> tuple[int, Break | None]:
        """How many journal entries there are, and the first that breaks the chain of hashes, if one does."""
        with reading(self._path), self._engine.connect() as connection:
            return verify(connection)

    def start_run(
        self, command: str, *, now: datetime, version: str, configuration: str, plan_digest: str | None = None
    ) -> str:
        """Records that a run began, and gives its id: `2026-11-21-0612-7f3a`, by UTC."""
        with in_use(self._path), self._engine.begin() as connection:
            taken = True
            run = ""
            while taken:
                run = f"{now.astimezone(UTC):%Y-%m-%d-%H%M}-{secrets.token_hex(2)}"
                taken = connection.execute(select(runs.c.id).where(runs.c.id == run)).first() is not None
            connection.execute(
                insert(runs).values(
                    id=run,
                    command=command,
                    started=_text(now),
                    status="running",
                    plan_digest=plan_digest,
                    version=version,
                    configuration=configuration,
                )
            )
            return run

    def finish_run(  # noqa: PLR0913 - a run ends with all of this at once
        self,
        run: str,
        *,
        status: Status,
        exit_code: int,
        now: datetime,
        counts: Mapping[str, int] | None = None,
        items: Mapping[str, int] | None = None,
        failures: int | None = None,
        plan_digest: str | None = None,
    ) -> None:
        """Records how a run ended. With status `good` and `items` it is what the guards of the next run measure by."""
        standing = select(func.count()).select_from(marks).where(marks.c.value.is_not(None), marks.c.channel != LINK)
        values: dict[str, object] = {
            "status": status,
            "exit_code": exit_code,
            "finished": _text(now),
            "counts": msgspec.json.encode(dict(counts or {})).decode(),
            "items": None if items is None else msgspec.json.encode(dict(items)).decode(),
            "failures": failures,
            "marks": standing.scalar_subquery(),  # of which a run may take away so many; links are never taken away
        }
        if plan_digest is not None:
            values["plan_digest"] = plan_digest
        with in_use(self._path), self._engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(values))

    def journal(self, run: str, now: Callable[[], datetime]) -> RunJournal:
        """The journal for what this run writes."""
        return RunJournal(self._engine, self._path, run, now)

    def record_agreed(self, run: str, agreed: Marks) -> None:
        """Takes these marks as last written: they stand as we want them, whoever put them there last."""
        self._put(run, agreed)

    def adopt(self, run: str, notes: Marks) -> None:
        """Takes as last written what a tracker's own notes say of marks that are not known here."""
        if not notes.is_empty():
            self._put(run, Marks(notes.join(self.written(), on=MARK_KEY, how="anti")))

    def settle(self, run: str, observed: Marks, *, trackers: frozenset[str] | None = None) -> None:
        """Records as last written what a crash left unsure and what stands there now shows to be ours (`written`)."""
        before, unsure = self._read_marks(unsure=True)
        after = resolved(before, _of(unsure, trackers), observed)
        self._put(run, Marks(after.join(before, on=list(frames.MARKS), how="anti", nulls_equal=True)))

    def _put(self, run: str, rows: Marks) -> None:
        if rows.is_empty():
            return
        statement = upsert(marks)
        statement = statement.on_conflict_do_update(
            index_elements=MARK_KEY, set_={"value": statement.excluded.value, "run": statement.excluded.run}
        )
        values = rows.select(frames.MARKS.keys()).with_columns(run=pl.lit(run)).to_dicts()
        with in_use(self._path), self._engine.begin() as connection:
            connection.execute(statement, values)

    def know_targets(self, run: str, trackers: frozenset[str]) -> None:
        """Records trackers as known targets: somebody let a plan through to them."""
        with in_use(self._path), self._engine.begin() as connection:
            for tracker in sorted(trackers):
                row = upsert(known_targets).values(tracker=tracker, run=run)
                connection.execute(row.on_conflict_do_nothing())

    def record_failing(self, failing: pl.DataFrame) -> None:
        """Replaces FAILING_SINCE by this one; only what differs is written."""
        frames.check(failing, frames.FAILING_SINCE, "failing_since")
        key, before = ["standard", "tracker", "id"], self.failing_since()
        rows = failing.select(frames.FAILING_SINCE.keys()).unique(key, keep="any").drop_nulls()
        gone = before.join(rows, on=key, how="anti").select(key)
        new = rows.join(before, on=list(frames.FAILING_SINCE), how="anti").with_columns(pl.col("since").cast(pl.String))
        table = failing_since.c
        with in_use(self._path), self._engine.begin() as connection:
            for row in gone.iter_rows():
                same = (table.standard == row[0]) & (table.tracker == row[1]) & (table.id == row[2])
                connection.execute(delete(failing_since).where(same))
            if not new.is_empty():
                statement = upsert(failing_since)
                changed = {"since": statement.excluded.since}
                connection.execute(
                    statement.on_conflict_do_update(index_elements=key, set_=changed), new.sort(key).to_dicts()
                )


def _rows(result: CursorResult[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Every row as the driver gives it: of a large table the wrapping of each would take most of the time."""
    return list(result.cursor.fetchall())


def _of(unsure: pl.DataFrame, trackers: frozenset[str] | None) -> pl.DataFrame:
    return unsure if trackers is None else unsure.filter(pl.col("tracker").is_in(sorted(trackers)))


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        id=row.id,
        command=row.command,
        started=datetime.fromisoformat(row.started),
        finished=datetime.fromisoformat(row.finished) if row.finished else None,
        status=row.status,
        exit_code=row.exit_code,
        counts=_counts(row.counts) or {},
        items=_counts(row.items),
        failures=row.failures,
        plan_digest=row.plan_digest,
        version=row.version,
        configuration=row.configuration,
    )


def _counts(text: str | None) -> dict[str, int] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, int])


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
