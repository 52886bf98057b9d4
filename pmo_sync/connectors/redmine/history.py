"""The journals of issues as RAW_CHANGES. Only an issue asked for alone has them: a request each, so they are spared.

Not asked for: an issue that was never edited, one that has not changed since its history was read, and, where there
are many, those that are closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

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
from pmo_sync.connectors.redmine.wire import Journal, StatusKind
from pmo_sync.connectors.words import FROM, declared
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import FROM_HISTORY

MOST_ASKED: Final = 2_000
"""With more issues to ask for than these, the closed ones are left out."""
_MOST_FAILURES: Final = 3
_ANY_EDIT: Final = "last_human_change"
_OF_PHASE: Final = (FROM_HISTORY - {_ANY_EDIT, "status_since"}) | {"phase"}
_OF_STATUS: Final = frozenset({"status_since", "status"})
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
_Answer: TypeAlias = Sequence[Journal] | RequestError | DeniedError


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
    edited = {one.id: one for one in _edited(rest.filter(touched))}
    asked = sorted(edited)
    found: dict[int, Sequence[Journal]] = {}
    failed: dict[int, RequestError | DeniedError] = {}
    kinds: Mapping[int, StatusKind] = {}
    try:
        kinds = _kinds(client) if asked and wanted & (_OF_STATUS | _OF_PHASE) else {}
        _ask(client, asked, found, failed, report)
    except RequestError as error:
        failed[0] = error
    told = Historian(client.options, wanted, client.user.id, kinds).rows(
        (edited[number], journals) for number, journals in found.items()
    )
    made = _made(rest.filter(~touched), client.user.id)
    rows = pl.concat([made, told]).sort(pl.col("id").cast(pl.Int64), maintain_order=True)
    before = [] if since is None else [since.previous.changes.select(frames.RAW_CHANGES.keys())]
    changes = pl.concat([rows, *(part.filter(pl.col("id").is_in(sorted(kept))) for part in before)])
    return Told(changes, _names(found.values()), *_problems(client.name, asked, found, failed), asked=bool(asked))


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
    """Those to ask for: where they are many, the open ones."""
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
    listed = client.transport.read("/issue_statuses.json", wire.STATUS_KINDS).issue_statuses
    return {one.id: one for one in listed}


def _ask(
    client: Client,
    asked: Sequence[int],
    found: dict[int, Sequence[Journal]],
    failed: dict[int, RequestError | DeniedError],
    report: Report,
) -> None:
    """Fills `found`; an issue that is gone, or that we may not see any more, is in neither. Few failures end it."""

    def questions() -> Iterator[Callable[[], _Answer | None]]:
        for number in asked:
            if len(failed) >= _MOST_FAILURES:
                return
            yield partial(_journals, client, number)

    with asking(questions(), client.transport.connections) as answers:
        for done, (number, answer) in enumerate(zip(asked, answers, strict=False), 1):
            if isinstance(answer, RequestError | DeniedError):
                failed[number] = answer
            elif answer is not None:
                found[number] = answer
            report(Progress(f"{client.name}: histories", done, len(asked)))


def _journals(client: Client, number: int) -> _Answer | None:
    try:
        issue = client.issue(str(number), journals=True)
    except (RequestError, DeniedError) as error:
        if error.status == UNKNOWN_TO_US:
            raise
        return error
    return None if issue is None else issue.journals


def _problems(
    name: str,
    asked: Sequence[int],
    found: Mapping[int, Sequence[Journal]],
    failed: Mapping[int, RequestError | DeniedError],
) -> tuple[frozenset[int], tuple[str, ...]]:
    if not failed:
        return frozenset(), ()
    given_up = len(failed) >= _MOST_FAILURES or 0 in failed
    lost = frozenset(asked).difference(found) if given_up else frozenset(failed)
    why = next(iter(failed.values())).message
    return lost, (f"{name}: the history of {len(lost)} issues could not be read: {why}",)


def _names(journals: Iterable[Sequence[Journal]]) -> dict[int, str]:
    return {one.user.id: one.user.name for each in journals for one in each if one.user is not None}


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
                rows += [*self._edits(issue, journals), *self._changes(issue, journals, phase_of)]
                rows += self._attributes(issue, journals)
            except ValueError:
                continue
        return pl.DataFrame(rows, schema=dict(frames.RAW_CHANGES), orient="row")

    def _edits(self, issue: Edited, journals: Sequence[Journal]) -> Iterator[_Row]:
        if issue.created is None:
            raise ValueError("a time that cannot be read")
        yield self._row(issue, "created", issue.created, issue.author)
        latest: dict[int | None, datetime] = {}
        for journal in journals if _ANY_EDIT in self.wanted else ():
            at, by = _moment(journal.created_on), _by(journal)
            latest[by] = max(at, latest.get(by, at))
        for by, at in latest.items():
            yield self._row(issue, "updated", at, by)

    def _changes(
        self, issue: Edited, journals: Sequence[Journal], phase_of: Mapping[int | None, str | None]
    ) -> Iterator[_Row]:
        for journal, before, after in _moves(issue, journals):
            at, by = _moment(journal.created_on), _by(journal)
            if self.wanted & _OF_STATUS:
                yield self._row(issue, "status", at, by, self._name(before), self._name(after))
            old, new = phase_of.get(before), phase_of.get(after)
            if self.wanted & _OF_PHASE and (old != new or new is None):
                yield self._row(issue, "phase", at, by, old, new)

    def _attributes(self, issue: Edited, journals: Sequence[Journal]) -> Iterator[_Row]:
        """Every change of the wanted attributes, in Redmine's own texts: of a person, a version … the id."""
        told = histories(self.wanted, self.options)
        for journal in journals:
            for one in journal.details:
                column = _OF_ATTRIBUTES.get(one.name) if one.property == "attr" else None
                if column in told:
                    before, after = one.old_value or None, one.new_value or None
                    yield self._row(issue, column, _moment(journal.created_on), _by(journal), before, after)

    def _row(
        self,
        issue: Edited,
        column: str,
        at: datetime,
        by: int | None,
        before: str | None = None,
        after: str | None = None,
    ) -> _Row:
        return (str(issue.id), column, at, None if by is None else str(by), before, after, by == self.me)

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


def _moves(issue: Edited, journals: Sequence[Journal]) -> Iterator[tuple[Journal, int | None, int | None]]:
    """Each change of status, from id to id. Where they do not end at what the issue shows, the last one leads to nobody
    knows what.
    """
    found = [
        (journal, _number(one.old_value), _number(one.new_value))
        for journal in sorted(journals, key=lambda one: (one.created_on, one.id))
        for one in journal.details
        if one.property == "attr" and one.name == _STATUS
    ]
    for place, (journal, before, after) in enumerate(found, 1):
        yield journal, before, None if place == len(found) and after != issue.status else after


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004


def _by(journal: Journal) -> int | None:
    return None if journal.user is None else journal.user.id


def _moment(text: str | None) -> datetime:
    """Raises ValueError for what is no moment, or one without a zone."""
    at = datetime.fromisoformat(text or "")
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
