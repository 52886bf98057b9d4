"""From the histories of issues to RAW_CHANGES, and the two questions that it takes: bulk changelogs, and statuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec
import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.answers import UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.base import Progress, Report
from pmo_sync.connectors.jira import cells
from pmo_sync.connectors.jira.asking import one_issue
from pmo_sync.connectors.jira.changelog import NONE, RESOLUTION, STATUS, Author, Entry, Move, Past, Tracked, Word, whole
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.people import user_id
from pmo_sync.connectors.jira.wire import Issue
from pmo_sync.connectors.normal import moment
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.transport import Transport
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import FROM_HISTORY

FIELDS: Final = ("created", "creator", STATUS, RESOLUTION)
"""What must be asked of an issue beside its history."""
ANY_EDIT: Final = "last_human_change"
OF_PHASE: Final = (FROM_HISTORY - {ANY_EDIT, "status_since"}) | {"phase"}
OF_STATUS: Final = frozenset({"status_since", "status"})
TOLD: Final = frozenset({"status", "phase"})
"""Columns whose own history is told beside that of the fields that are tracked."""
_AT_ONCE: Final = 1_000
_MOST_PAGES: Final = 10_000
_APART: Final = timedelta(minutes=1)
"""An edit and the `updated` that it leads to are written one after the other."""

_Row: TypeAlias = tuple[str, str, datetime, str | None, str | None, str | None, bool]


class _OfIssue(msgspec.Struct, rename="camel"):
    issue_id: str
    change_histories: list[Entry] = []


class _Page(msgspec.Struct, rename="camel"):
    issue_change_logs: list[_OfIssue]
    next_page_token: str | None = None


class _Category(msgspec.Struct):
    key: str = ""


class _Status(msgspec.Struct, rename="camel"):
    id: str
    name: str
    status_category: _Category = msgspec.field(default_factory=_Category)


_PAGE: Final = msgspec.json.Decoder(_Page)
_STATUSES: Final = msgspec.json.Decoder(list[_Status])


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of the history: by issue, the statuses there are, and what could not be read (`lost`, by id)."""

    past: Mapping[str, Past] = field(default_factory=dict)
    statuses: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    @property
    def authors(self) -> set[Author]:
        """Everybody who is named."""
        return {author for past in self.past.values() for author in past.latest if author is not None}


def gather(
    name: str,
    dialect: Dialect,
    transport: Transport,
    issues: Mapping[str, Issue],
    wanted: frozenset[str],
    report: Report,
    tracked: Tracked = NONE,
) -> Told:
    """The histories of the issues, as far as the wanted columns need them; nothing is asked where none is wanted.

    Raises DeniedError where Jira no longer knows us.
    """
    if not wanted:
        return Told()
    found: dict[str, Past] = {}
    known: Mapping[str, tuple[str, str]] = {}
    try:
        if wanted - {ANY_EDIT} - tracked.columns:
            known = _statuses(transport, dialect.api)
        found |= {id_: one.past for id_, one in issues.items() if one.past is not None}
        ids = sorted(issues.keys() - found.keys(), key=int)
        fields = () if ANY_EDIT in wanted else (STATUS, RESOLUTION, *sorted(tracked.ids))
        size = 1 if dialect.history_comes_along else _AT_ONCE
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            if size == 1:
                found |= _alone(transport, dialect.api, part, tracked)
            else:
                found |= _many(transport, dialect.api, part, fields, tracked)
            report(Progress(f"{name}: histories", min(start + size, len(ids)), len(ids)))
    except (RequestError, DeniedError) as error:
        if error.status == UNKNOWN_TO_US:
            raise
        lost = frozenset(issues.keys() - found.keys())
        return Told(
            found, known, lost, (f"{name}: the history of {len(lost)} issues could not be read: {error.message}",)
        )
    return Told(found, known)


def _alone(transport: Transport, api: str, ids: Sequence[str], tracked: Tracked) -> dict[str, Past]:
    """The histories of issues that did not come by search, on Data Center; without those of which not all is told."""
    found = {id_: one_issue(transport, api, id_, (STATUS,), history=True) for id_ in ids}
    pasts = {id_: whole(one.changelog, tracked) for id_, one in found.items() if one is not None}
    return {id_: past for id_, past in pasts.items() if past is not None}


def _many(
    transport: Transport, api: str, ids: Sequence[str], fields: Sequence[str], tracked: Tracked
) -> dict[str, Past]:
    """The histories of these issues on Cloud, of some fields or, with none, of all."""
    found = {number: Past() for number in ids}
    body: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": _AT_ONCE}
    if fields:
        body["fieldIds"] = list(fields)
    tokens: set[str] = set()
    while True:
        page = transport.ask(f"{api}/changelog/bulkfetch", msgspec.json.encode(body), _PAGE)
        for one in page.issue_change_logs:
            if one.issue_id in found:
                found[one.issue_id].add(one.change_histories, tracked)
        token = page.next_page_token
        if not token:
            return found
        if token in tokens or len(tokens) == _MOST_PAGES:
            raise RequestError("Jira leads from one page of the histories back to an earlier one")
        tokens.add(token)
        body["nextPageToken"] = token


def _statuses(transport: Transport, api: str) -> Mapping[str, tuple[str, str]]:
    """Id → name and key of the category, of every status there is now."""
    listed = transport.read(f"{api}/status", _STATUSES)
    return {one.id: (one.name, one.status_category.key) for one in listed}


@dataclass(frozen=True, slots=True)
class _State:
    """What decides a phase: the name of a status and the key of its category, and a resolution."""

    status: str | None
    category: str | None
    resolution: str | None


@dataclass(frozen=True, slots=True)
class Historian:
    """Makes rows of histories. `members` are the ids of a user, `me` is our own id."""

    options: JiraOptions
    wanted: frozenset[str]
    members: tuple[str, ...]
    me: str | None
    told: Told

    def changes(self, issues: Iterable[Issue]) -> pl.DataFrame:
        """RAW_CHANGES of the issues whose history is there; an issue that does not show when it was made has none."""
        rows: list[_Row] = []
        steps: list[tuple[str, Move, _State, _State]] = []
        for issue in issues:
            made = _moment(issue.fields.get("created"))
            one = self.told.past.get(issue.id)
            if one is None or made is None:
                continue
            rows.append(self._made(issue, made))
            if ANY_EDIT in self.wanted:
                rows += self._edits(issue, made, one)
            rows += self._of_fields(issue, one)
            if self.wanted & (OF_STATUS | OF_PHASE):
                steps += [(issue.id, *step) for step in self._steps(issue, one)]
        rows += self._of_status(steps) if self.wanted & OF_STATUS else []
        rows += self._of_phase(steps) if self.wanted & OF_PHASE else []
        return pl.DataFrame(rows, schema=dict(frames.RAW_CHANGES), orient="row")

    def _of_fields(self, issue: Issue, past: Past) -> Iterator[_Row]:
        """The edits of what is tracked."""
        for edit in past.edits:
            by = _id(edit.by)
            yield (issue.id, edit.column, edit.at, by, edit.before, edit.after, self._is_ours(by))

    def _made(self, issue: Issue, at: datetime) -> _Row:
        creator = issue.fields.get("creator")
        by = user_id(creator, self.members)
        is_app = isinstance(creator, dict) and creator.get("accountType") == "app"
        return (issue.id, "created", at, None if is_app else by, None, None, self._is_ours(by))

    def _edits(self, issue: Issue, made: datetime, past: Past) -> Iterator[_Row]:
        """The last edit of each author. An issue that moved later than its history tells has a comment, whose author is
        not known here: all that we do ourselves stands in the history.
        """
        latest: dict[str | None, datetime] = {}
        for author, at in past.latest.items():
            if author is None or not author.is_app:
                by = _id(author)
                latest[by] = max(at, latest.get(by, at))
        moved = _moment(issue.fields.get("updated"))
        if moved is not None and moved - max([made, *past.latest.values()]) > _APART:
            latest[None] = moved
        for by, at in latest.items():
            yield (issue.id, "updated", at, by, None, None, self._is_ours(by))

    def _is_ours(self, by: str | None) -> bool:
        return by is not None and by == self.me

    def _steps(self, issue: Issue, past: Past) -> Iterator[tuple[Move, _State, _State]]:
        """Each move with what it led from and to. Where the moves do not end at what the issue shows now, the last one
        leads to nobody knows what.
        """
        moves = sorted(past.moves, key=lambda move: move.at)
        now: dict[str, Word] = {name: _word(issue.fields.get(name)) for name in (STATUS, RESOLUTION)}
        state = {name: next((move.fields[name][0] for move in moves if name in move.fields), now[name]) for name in now}
        last = len(moves) - 1
        for number, move in enumerate(moves):
            after = state | {name: change[1] for name, change in move.fields.items()}
            ended = number == last and (after[STATUS][0] or after[STATUS][1]) != (
                now[STATUS][0] if after[STATUS][0] else now[STATUS][1]
            )
            yield move, self._state(state), _State(None, None, None) if ended else self._state(after)
            state = after

    def _state(self, state: Mapping[str, Word]) -> _State:
        number, name = state[STATUS]
        name, category = self.told.statuses.get(number or "", (name, None))
        return _State(name, category, state[RESOLUTION][1] or None)

    def _of_status(self, steps: Iterable[tuple[str, Move, _State, _State]]) -> Iterator[_Row]:
        for number, move, before, after in steps:
            if STATUS in move.fields:
                by = _id(move.by)
                yield (number, STATUS, move.at, by, before.status, after.status, self._is_ours(by))

    def _of_phase(self, steps: Sequence[tuple[str, Move, _State, _State]]) -> Iterator[_Row]:
        phases = self._phase_of({state for _, _, before, after in steps for state in (before, after)})
        for number, move, before, after in steps:
            old, new = phases[before], phases[after]
            if old != new or new is None:
                by = _id(move.by)
                yield (number, "phase", move.at, by, old, new, self._is_ours(by))

    def _phase_of(self, states: set[_State]) -> dict[_State, str | None]:
        listed = list(states)
        category = pl.col("category")
        said = category.is_in(["new", "indeterminate", "done"])
        frame = pl.DataFrame(
            [(one.status, one.category, one.resolution) for one in listed],
            schema={"status": frames.TEXT, "category": frames.TEXT, "resolution": frames.TEXT},
            orient="row",
        )
        found = frame.select(
            words.phase(
                pl.col("status"),
                pl.when(said).then(category == "done"),
                self.options,
                in_progress=category == "indeterminate",
                resolution=pl.col("resolution"),
            ).cast(pl.String)
        ).to_series()
        return dict(zip(listed, found.to_list(), strict=True))


def _id(author: Author | None) -> str | None:
    return None if author is None else author.id


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(moment(cells.text(value)) or "")
    except ValueError:
        return None
    return None if at.tzinfo is None else at


def _word(value: object) -> Word:
    return cells.named(value, "id"), cells.named(value, "name")
