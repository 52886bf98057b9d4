"""The journals of issues as RAW_CHANGES. Only an issue asked for alone has them: a request each, so they are spared.

Not asked for: an issue that was never edited, one that has not changed since its history was read, and, where there
are many, those that are closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Final, Self, TypeAlias

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Progress, Report, Since
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.pool import asking
from pmo_sync.connectors.redmine import wire
from pmo_sync.connectors.redmine.batch import AUTHOR, CLOSED, ID, STATUS
from pmo_sync.connectors.redmine.client import Client
from pmo_sync.connectors.redmine.gathered import Issues
from pmo_sync.connectors.redmine.sources import CREATED, UPDATED
from pmo_sync.connectors.redmine.wire import Detail, Journal, StatusKind
from pmo_sync.connectors.shelf import Shelf
from pmo_sync.connectors.words import FROM, declared
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import ANY_EDIT, OF_PHASE, OF_STATUS

MOST_ASKED: Final = 2_000
"""With more issues to ask for than these, the closed ones are left out."""
_MOST_FAILURES: Final = 3
_FOLD_AT: Final = 500
"""Issues whose journals are kept as they came, until they are folded into columns."""
_OF_PHASE: Final = OF_PHASE | {"phase"}
_OF_STATUS: Final = OF_STATUS | {"status"}
_OF_ATTRIBUTES: Final[Mapping[str, str]] = {
    "assigned_to_id": "owner",
    "category_id": "components",
    "description": "description",
    "done_ratio": "percent_done",
    "due_date": "due",
    "estimated_hours": "estimate_hours",
    "fixed_version_id": "fix_versions",
    "priority_id": "priority",
    "start_date": "start",
    "subject": "title",
    "tracker_id": "issue_type",
}
"""Redmine's own attributes whose changes a journal tells, as columns."""
_STATUS: Final = "status_id"
_CREATED: Final = "made"

_Row: TypeAlias = tuple[str, str, datetime, str | None, str | None, str | None, bool]
_Failure: TypeAlias = RequestError | DeniedError


@dataclass(frozen=True, slots=True)
class Told:
    """RAW_CHANGES, the accounts that are named in journals, what went wrong (`lost` are issues), and whether anything
    was asked for.
    """

    changes: pl.DataFrame = field(default_factory=lambda: frames.empty(frames.RAW_CHANGES))
    names: Mapping[int, str] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    problems: tuple[str, ...] = ()
    asked: bool = False


def gather(client: Client, issues: Issues, wanted: frozenset[str], since: Since | None, report: Report) -> Told:
    """The history of the issues, as far as the wanted columns need it; nothing is asked where none is wanted.

    Raises DeniedError where Redmine no longer knows us.
    """
    if not wanted:
        return Told()
    shown = issues.rows.frame.select(ID, AUTHOR, pl.col(CREATED).alias(_CREATED), STATUS, CLOSED, UPDATED)
    kept = _known(since, shown)
    rest = shown.filter(~pl.col(ID).cast(pl.String).is_in(sorted(kept)))
    touched = (pl.col(_CREATED) != pl.col(UPDATED)).fill_null(value=True)
    edited = list(_edited(rest.filter(touched)))
    try:
        kinds = _kinds(client) if edited and wanted & (_OF_STATUS | _OF_PHASE) else {}
        historian = Historian(client.options, wanted, client.user.id, kinds)
        parts, names, failed = _ask(client, edited, historian, report)
    except RequestError as error:
        parts, names, failed = [], {}, {one.id: error for one in edited}
    made = _made(rest.filter(~touched), client.user.id)
    rows = pl.concat([made, *parts])
    if not rows["id"].cast(pl.Int64).is_sorted():
        rows = rows.sort(pl.col("id").cast(pl.Int64), maintain_order=True)
    before = [] if since is None else [since.previous.changes.select(frames.RAW_CHANGES.keys())]
    changes = pl.concat([rows, *(part.filter(pl.col("id").is_in(sorted(kept))) for part in before)])
    why = next((error.message for error in failed.values()), "")
    problems = (f"{client.name}: the history of {len(failed)} issues could not be read: {why}",) if failed else ()
    return Told(changes, names, frozenset(failed), problems, asked=bool(edited))


def histories(wanted: frozenset[str], options: RedmineOptions) -> frozenset[str]:
    """Those of the wanted columns whose own history is told: status, phase, and Redmine's own attributes where the
    settings read the column from no other field.
    """
    own = {column for column in _OF_ATTRIBUTES.values() if column not in declared(options)}
    made = {column for column, mapping in options.values.items() if FROM in mapping}
    return wanted & ((own - made) | {"status", "phase"})


@dataclass(frozen=True, slots=True)
class Edited:
    """What its history is told with: an issue that was edited."""

    id: int
    author: int | None
    created: datetime | None
    status: int


def _edited(issues: pl.DataFrame) -> Iterator[Edited]:
    """Those to ask for, as they are sorted: where they are many, the open ones."""
    if issues.height > MOST_ASKED:
        issues = issues.filter(~pl.col(CLOSED).fill_null(value=False))
    return (Edited(*row) for row in issues.select(ID, AUTHOR, _CREATED, STATUS).iter_rows())


def _made(issues: pl.DataFrame, me: int) -> pl.DataFrame:
    """RAW_CHANGES of issues that were never edited."""
    return issues.select(
        id=pl.col(ID).cast(pl.String),
        column=pl.lit("created"),
        at=pl.col(_CREATED),
        by=pl.col(AUTHOR).cast(pl.String),
        before=pl.lit(None, frames.TEXT),
        after=pl.lit(None, frames.TEXT),
        ours=(pl.col(AUTHOR) == me).fill_null(value=False),
    )


def _known(since: Since | None, shown: pl.DataFrame) -> set[str]:
    """Issues of which the earlier snapshot has the history, and that have not changed since."""
    if since is None:
        return set()
    before = since.previous
    told = before.changes.filter(pl.col("column") == "created").select("id")
    now = shown.select(pl.col(ID).cast(pl.String).alias("id"), now=UPDATED)
    rows = before.items.select("id", "updated").join(told, on="id", how="semi").join(now, on="id")
    return set(rows.filter(pl.col("now") == pl.col("updated"))["id"])


def _kinds(client: Client) -> Mapping[int, StatusKind]:
    return {one.id: one for one in client.transport.read("/issue_statuses.json", wire.STATUS_KINDS).issue_statuses}


def _ask(
    client: Client, asked: Sequence[Edited], historian: Historian, report: Report
) -> tuple[list[pl.DataFrame], dict[int, str], dict[int, _Failure]]:
    """RAW_CHANGES of the issues that are found, who is named there, and why the rest is not found. Few failures end it:
    all the rest has failed then; else an issue that is gone, or that we may not see any more, has not.
    """
    shelf: Shelf[tuple[Edited, Sequence[Journal]], pl.DataFrame] = Shelf(historian.rows, _FOLD_AT)
    found: set[int] = set()
    names: dict[int, str] = {}
    failed: dict[int, _Failure] = {}

    def questions() -> Iterator[Callable[[], Sequence[Journal] | _Failure | None]]:
        for issue in asked:
            if len(failed) >= _MOST_FAILURES:
                return
            yield partial(_journals, client, issue.id)

    with asking(questions(), client.transport.connections) as answers:
        for done, (issue, answer) in enumerate(zip(asked, answers, strict=False), 1):
            if isinstance(answer, _Failure):
                failed[issue.id] = answer
            elif answer is not None:
                found.add(issue.id)
                names |= {one.user.id: one.user.name for one in answer if one.user is not None}
                shelf.put([(issue, answer)])
            report(Progress(f"{client.name}: histories", done, len(asked)))
    if len(failed) >= _MOST_FAILURES:
        failed |= dict.fromkeys({one.id for one in asked} - found - failed.keys(), next(iter(failed.values())))
    return [rows for rows, _ in shelf.batches(pl.int_range(len(found), eager=True))], names, failed


def _journals(client: Client, number: int) -> Sequence[Journal] | _Failure | None:
    try:
        issue = client.issue(str(number), journals=True)
    except (RequestError, DeniedError) as error:
        if error.status == UNKNOWN_TO_US:
            raise
        return error
    return None if issue is None else issue.journals


@dataclass(frozen=True, slots=True)
class _Edit:
    """When an issue was made or changed, by whom, and what it changed of Redmine's own attributes."""

    at: datetime
    by: int | None
    details: Sequence[Detail] = ()

    @classmethod
    def of(cls, journal: Journal) -> Self:
        """Raises ValueError for a time that cannot be read or has no zone, OverflowError for one that UTC has not."""
        at = datetime.fromisoformat(journal.created_on)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        by = None if journal.user is None else journal.user.id
        return cls(at.astimezone(UTC), by, [one for one in journal.details if one.property == "attr"])


@dataclass(frozen=True, slots=True)
class Historian:
    """Makes rows of journals. `kinds` are the statuses, needed only where they are wanted; `me` our own account."""

    options: RedmineOptions
    wanted: frozenset[str]
    me: int
    kinds: Mapping[int, StatusKind]

    def rows(self, told: Iterable[tuple[Edited, Sequence[Journal]]]) -> pl.DataFrame:
        """RAW_CHANGES; an issue with a time that cannot be read has none."""
        phase_of = self._phases() if self.wanted & _OF_PHASE else {}
        rows: list[_Row] = []
        for issue, journals in told:
            try:
                edits = sorted(map(_Edit.of, sorted(journals, key=attrgetter("id"))), key=attrgetter("at"))
            except (ValueError, OverflowError):
                continue
            if issue.created is not None:
                rows.append(self._row(issue, "created", _Edit(issue.created, issue.author)))
                rows += [*self._latest(issue, edits), *self._changes(issue, edits, phase_of)]
                rows += self._attributes(issue, edits)
        return pl.DataFrame(rows, schema=dict(frames.RAW_CHANGES), orient="row")

    def _latest(self, issue: Edited, edits: Sequence[_Edit]) -> Iterator[_Row]:
        """The last edit of each person. The edits are in order of time."""
        if ANY_EDIT in self.wanted:
            yield from (self._row(issue, "updated", one) for one in {one.by: one for one in edits}.values())

    def _changes(
        self, issue: Edited, edits: Sequence[_Edit], phase_of: Mapping[int | None, str | None]
    ) -> Iterator[_Row]:
        for edit, before, after in _moves(issue, edits):
            if self.wanted & _OF_STATUS:
                yield self._row(issue, "status", edit, self._name(before), self._name(after))
            old, new = phase_of.get(before), phase_of.get(after)
            if self.wanted & _OF_PHASE and (old != new or new is None):
                yield self._row(issue, "phase", edit, old, new)

    def _attributes(self, issue: Edited, edits: Sequence[_Edit]) -> Iterator[_Row]:
        """Every change of the wanted attributes, in Redmine's own texts: of a person, a version … the id."""
        told = histories(self.wanted, self.options)
        for edit in edits:
            for one in edit.details:
                column = _OF_ATTRIBUTES.get(one.name)
                if column in told:
                    yield self._row(issue, column, edit, one.old_value or None, one.new_value or None)

    def _row(
        self, issue: Edited, column: str, edit: _Edit, before: str | None = None, after: str | None = None
    ) -> _Row:
        by = None if edit.by is None else str(edit.by)
        return (str(issue.id), column, edit.at, by, before, after, edit.by == self.me)

    def _name(self, status: int | None) -> str | None:
        kind = None if status is None else self.kinds.get(status)
        return None if kind is None else kind.name

    def _phases(self) -> dict[int | None, str | None]:
        kinds = list(self.kinds.values())
        frame = pl.DataFrame(
            [(one.name, one.is_closed) for one in kinds], {"status": frames.TEXT, "closed": pl.Boolean()}, orient="row"
        )
        phase = words.phase(pl.col("status"), pl.col("closed"), self.options)
        return dict(zip((one.id for one in kinds), frame.select(phase.cast(pl.String)).to_series(), strict=True))


def _moves(issue: Edited, edits: Sequence[_Edit]) -> Iterator[tuple[_Edit, int | None, int | None]]:
    """Each change of status, from id to id. Where they do not end at what the issue shows, the last one leads to nobody
    knows what.
    """
    found = [
        (edit, _number(one.old_value), _number(one.new_value))
        for edit in edits
        for one in edit.details
        if one.name == _STATUS
    ]
    for place, (edit, before, after) in enumerate(found, 1):
        yield edit, before, None if place == len(found) and after != issue.status else after


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004
