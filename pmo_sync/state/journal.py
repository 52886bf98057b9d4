"""What was about to be written and what became of it: only ever added to, each entry chained to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from pmo_sync.model import frames
from pmo_sync.model.change import AddLabel, Change, Outcome, PutLink, RemoveLabel, Result, SetField
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import LABEL, LINK, MARK_KEY, PRESENT, encode, encode_link, place
from pmo_sync.state.database import in_use
from pmo_sync.state.tables import journal, known_targets, marks, payloads

START: Final = "0" * 64
INTENT: Final = "intent"
OUTCOME: Final = "outcome"
_KEY_COLUMNS: Final = tuple(journal.c[name] for name in MARK_KEY)


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the entry's number, and what is wrong."""

    sequence: int
    what: str


class RunJournal:
    """The journal of one run: what `apply.execute.Journal` asks for. Every call is on disk when it returns."""

    def __init__(self, engine: Engine, path: Path, run: str, now: Callable[[], datetime]) -> None:
        self._engine, self._path, self._run, self._now = engine, path, run, now

    def intend(self, changes: Sequence[Change]) -> Sequence[int]:
        """Writes down what is about to be done. Raises StateError when it cannot: then nothing may be written."""
        with in_use(self._path), self._engine.begin() as connection:
            return [self._add(connection, change, INTENT, _intended(change)) for change in changes]

    def settle(self, numbers: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """Writes down what became of it; what was written is the mark last written from then on, and its tracker
        known, all in one transaction.
        """
        with in_use(self._path), self._engine.begin() as connection:
            for number, outcome in zip(numbers, outcomes, strict=True):
                body = {"detail": outcome.detail, "permission": outcome.permission}
                self._add(connection, outcome.change, OUTCOME, body, intent=number, result=outcome.result)
                # A link that its connector found to stand is known from then on; a look tells of all else by itself.
                found = outcome.result is Result.UNCHANGED and isinstance(outcome.change, PutLink)
                if outcome.result is Result.WRITTEN or found:
                    self._remember(connection, outcome.change)

    def _add(
        self,
        connection: Connection,
        change: Change,
        entry: str,
        body: dict[str, object],
        *,
        intent: int | None = None,
        result: Result | None = None,
    ) -> int:
        text = msgspec.json.encode(body, order="deterministic").decode()
        values: dict[str, object] = {
            "run": self._run,
            "at": self._now().isoformat(),
            "entry": entry,
            "intent": intent,
            **_mark(change),
            "result": result.value if result else None,
            "payload_hash": _hash(text),
        }
        last = connection.execute(select(journal.c.chain).order_by(journal.c.sequence.desc()).limit(1)).scalar()
        values["chain"] = link(last or START, values)
        found = connection.execute(insert(journal).values(values)).inserted_primary_key
        number = int(found[0]) if found else 0
        connection.execute(insert(payloads).values(sequence=number, body=text))
        return number

    def _remember(self, connection: Connection, change: Change) -> None:
        value = value_after(change)
        row = {**_mark(change), "value": value, "run": self._run}
        statement = upsert(marks).values(row)
        connection.execute(
            statement.on_conflict_do_update(index_elements=MARK_KEY, set_={"value": value, "run": self._run})
        )
        target = upsert(known_targets).values(tracker=change.target.tracker, run=self._run)
        connection.execute(target.on_conflict_do_nothing())


def unsettled(connection: Connection) -> pl.DataFrame:
    """Marks whose last entry is an intent without outcome, or a failure: MARKS, with the value that was intended.

    Whether they were written nobody knows; what stands there now tells.
    """
    newest = select(func.max(journal.c.sequence)).where(journal.c.entry == INTENT).group_by(*_KEY_COLUMNS)
    outcome = journal.alias("outcome")
    rows = connection.execute(
        select(*_KEY_COLUMNS, payloads.c.body)
        .join(payloads, payloads.c.sequence == journal.c.sequence)
        .join(outcome, outcome.c.intent == journal.c.sequence, isouter=True)
        .where(journal.c.sequence.in_(newest))
        .where(outcome.c.result.is_(None) | (outcome.c.result == Result.FAILED.value))
    )
    found = [(*row[:-1], msgspec.json.decode(row[-1], type=_Payload).after) for row in rows]
    return pl.DataFrame(found, schema=dict(frames.MARKS), orient="row")


class _Payload(msgspec.Struct):
    after: str | None = None


def resolved(written: Marks, unsure: pl.DataFrame, observed: Marks) -> Marks:
    """The marks last written, when what was left unsure is settled by what stands there: where the intended value
    stands, we wrote it; everywhere else the older record holds. What stands of a link nobody sees: its value is null,
    so that the next run writes it again.
    """
    there = observed.select(*MARK_KEY, now="value", seen=pl.lit(True))
    ours = (
        unsure.filter(pl.col("channel") != LINK)
        .join(there, on=MARK_KEY, how="left")
        .filter(pl.col("value").eq_missing(pl.col("now")))
        # A label that is gone has no row; a field that is gone cannot be told.
        .filter(pl.col("seen").fill_null(False) | (pl.col("channel") == LABEL))
        .select(frames.MARKS.keys())
    )
    links = unsure.filter(pl.col("channel") == LINK).with_columns(pl.lit(None, dtype=pl.String()).alias("value"))
    ours = pl.concat([ours, links])
    older = written.join(ours, on=MARK_KEY, how="anti").select(frames.MARKS.keys())
    return Marks(pl.concat([older, ours]).sort(MARK_KEY))


def verify(connection: Connection) -> tuple[int, Break | None]:
    """How many entries were read, and the first that does not fit its chain or its payload; None when all do.

    A payload that is missing was forgotten on purpose and breaks nothing.
    """
    before, count = START, 0
    rows = connection.execute(
        select(journal, payloads.c.body)
        .join(payloads, payloads.c.sequence == journal.c.sequence, isouter=True)
        .order_by(journal.c.sequence)
    )
    for row in rows.mappings():
        count += 1
        if row["chain"] != link(before, dict(row)):
            return count, Break(row["sequence"], "the entry, or the one before it, was changed")
        if row["body"] is not None and _hash(row["body"]) != row["payload_hash"]:
            return count, Break(row["sequence"], "what the entry says was changed")
        before = row["chain"]
    return count, None


_CHAINED: Final = ("run", "at", "entry", "intent", *MARK_KEY, "result", "payload_hash")


def link(before: str, values: Mapping[str, object]) -> str:
    """The chain's hash over an entry, given the one before it."""
    fields = [values[name] for name in _CHAINED]
    return _hash(before + msgspec.json.encode(fields).decode())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _mark(change: Change) -> dict[str, str]:
    target = change.target
    return dict(zip(MARK_KEY, (target.tracker, target.kind.value, target.id, *place(change)), strict=True))


def value_after(change: Change) -> str | None:
    """What stands there once the change is written, as in MARKS."""
    match change:
        case AddLabel():
            return PRESENT
        case RemoveLabel():
            return None
        case SetField():
            return encode(change.after)
        case PutLink():
            return encode_link(change.link)


def _intended(change: Change) -> dict[str, object]:
    before = encode(change.before) if isinstance(change, SetField) else None
    return {
        "key": change.target.key,
        "before": before,
        "after": value_after(change),
        "because": list(change.because),
    }
