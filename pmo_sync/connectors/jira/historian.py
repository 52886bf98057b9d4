"""Histories of issues as rows of columns, some issues at a time, and RAW_CHANGES of all of them in the end. Pure.

What a status is called, and which phase it is, is known when all issues are read: until then states have numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from pmo_sync.connectors import words
from pmo_sync.connectors.jira import cells
from pmo_sync.connectors.jira.changelog import RESOLUTION, STATUS, Author, Past, Tracked, Word
from pmo_sync.connectors.jira.people import user_id
from pmo_sync.connectors.jira.shape import ISSUE, ROW
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import ANY_EDIT, OF_PHASE, OF_STATUS

FIELDS: Final = ("created", "creator", STATUS, RESOLUTION)
"""What must be asked of an issue beside its history."""
_OF_PHASE: Final = OF_PHASE | {"phase"}
_OF_STATUS: Final = OF_STATUS | {"status"}
_APART: Final = timedelta(minutes=1)
"""An edit and the `updated` that it leads to are written one after the other."""

_AT: Final = frames.RAW_CHANGES["at"]
CHANGES: Final[frames.Schema] = {name: dtype for name, dtype in frames.RAW_CHANGES.items() if name != "id"}
"""A change that is told as it is."""
STEPS: Final[frames.Schema] = {
    "at": _AT,
    "by": frames.TEXT,
    "before": frames.U32,
    "after": frames.U32,
    "ours": pl.Boolean(),
    STATUS: pl.Boolean(),
}
"""An edit that led from one state to another; whether the status moved, or the resolution alone."""
UNTOLD: Final[frames.Schema] = {
    "made": _AT,
    "by": frames.TEXT,
    "ours": pl.Boolean(),
    "moved": _AT,
    "now": frames.U32,
}
"""`Shown` of an issue whose history did not come along."""

Statuses: TypeAlias = Mapping[str, tuple[str, str]]
"""Id → name and key of the category, of every status there is now."""
_Change: TypeAlias = tuple[str, datetime, str | None, str | None, str | None, bool]
_Step: TypeAlias = tuple[datetime, str | None, int, int, bool, bool]


class Shown(NamedTuple):
    """What an issue shows beside its history: when it was made, by which person and whether that was us, when it moved
    last, and the number of the state in which it is.
    """

    id: str
    made: datetime | None
    by: str | None
    ours: bool
    moved: datetime | None
    now: int


class Histories(NamedTuple):
    """CHANGES and STEPS of issues whose history is told, UNTOLD of the others, each with the id of its ISSUE."""

    changes: pl.DataFrame
    steps: pl.DataFrame
    untold: pl.DataFrame


class _State(NamedTuple):
    """What decides a phase, in the words of the time: a status, and the name of a resolution."""

    status: Word
    resolution: str | None


_UNKNOWN: Final = _State((None, None), None)


class Historian:
    """Tells the columns that are `wanted`, and those that are `tracked`. `members` are the ids of a user, `me` is our
    own id. `authors` are those who were met.

    Issues are folded one batch after the other: whoever does so from several threads holds a lock.
    """

    def __init__(
        self, options: JiraOptions, wanted: frozenset[str], tracked: Tracked, members: tuple[str, ...], me: str | None
    ) -> None:
        self.wanted = wanted
        self.tracked = tracked
        self.authors: set[Author] = set()
        self._options = options
        self._members = members
        self._me = me
        self._numbers: dict[_State, int] = {}
        self._states: list[_State] = []

    @property
    def needs_statuses(self) -> bool:
        """Whether the names of statuses, or their categories, have a say in what is told."""
        return bool(self.wanted - {ANY_EDIT} - self.tracked.columns)

    def shown(self, issue: str, fields: Mapping[str, object]) -> Shown:
        """What the issue of this id shows, by its fields as JSON values."""
        creator = fields.get("creator")
        by = user_id(creator, self._members)
        is_app = isinstance(creator, dict) and creator.get("accountType") == "app"
        status, resolution = fields.get(STATUS), fields.get(RESOLUTION)
        state = _State((cells.named(status, "id"), cells.named(status, "name")), cells.named(resolution, "name"))
        made, moved = _moment(fields.get("created")), _moment(fields.get("updated"))
        return Shown(issue, made, None if is_app else by, self._is_ours(by), moved, self._number(state))

    def fold(self, issues: Iterable[tuple[int, Shown, Past | None]]) -> Histories:
        """The histories of these issues, each by its ROW; one that does not show when it was made has none to tell."""
        changes: list[tuple[object, ...]] = []
        steps: list[tuple[object, ...]] = []
        untold: list[tuple[object, ...]] = []
        for row, issue, past in issues:
            if past is None:
                untold.append((row, *issue))
                continue
            self.authors.update(author for author in past.latest if author is not None)
            if issue.made is None:
                continue
            changes += [(row, issue.id, *one) for one in self._changes(issue, issue.made, past)]
            if self.wanted & (_OF_STATUS | _OF_PHASE):
                steps += [(row, issue.id, *one) for one in self._steps(issue, past)]
        parts = ((changes, CHANGES), (steps, STEPS), (untold, UNTOLD))
        schemas = ((rows, {ROW: frames.U32, ISSUE: frames.TEXT, **schema}) for rows, schema in parts)
        return Histories(*(pl.DataFrame(rows, schema=schema, orient="row") for rows, schema in schemas))

    def told(self, changes: pl.DataFrame, steps: pl.DataFrame, statuses: Statuses) -> pl.DataFrame:
        """RAW_CHANGES of all the CHANGES and STEPS that were folded."""
        parts = [changes]
        known = self._known(statuses)
        if self.wanted & _OF_STATUS:
            parts.append(_in_words(steps.filter(STATUS), STATUS, known["status"]))
        if self.wanted & _OF_PHASE:
            phases = _in_words(steps, "phase", self._phases(known))
            before, after = pl.col("before"), pl.col("after")
            parts.append(phases.filter(before.ne_missing(after) | after.is_null()))
        return pl.concat([part.rename({ISSUE: "id"}).select(frames.RAW_CHANGES.keys()) for part in parts])

    def _changes(self, issue: Shown, made: datetime, past: Past) -> Iterator[_Change]:
        yield ("created", made, issue.by, None, None, issue.ours)
        for by, at in self._edits(issue, made, past).items() if ANY_EDIT in self.wanted else ():
            yield ("updated", at, by, None, None, self._is_ours(by))
        for edit in past.edits:
            by = _id(edit.by)
            yield (edit.column, edit.at, by, edit.before, edit.after, self._is_ours(by))

    def _edits(self, issue: Shown, made: datetime, past: Past) -> dict[str | None, datetime]:
        """The last edit of each author. An issue that moved later than its history tells has a comment, whose author is
        not known here: all that we do ourselves stands in the history.
        """
        latest: dict[str | None, datetime] = {}
        for author, at in past.latest.items():
            if author is None or not author.is_app:
                by = _id(author)
                latest[by] = max(at, latest.get(by, at))
        if issue.moved is not None and issue.moved - max([made, *past.latest.values()]) > _APART:
            latest[None] = issue.moved
        return latest

    def _steps(self, issue: Shown, past: Past) -> Iterator[_Step]:
        """Each move with what it led from and to. Where the moves do not end at what the issue shows now, the last one
        leads to nobody knows what.
        """
        moves = sorted(past.moves, key=lambda move: move.at)
        now = self._states[issue.now]
        status = next((move.fields[STATUS][0] for move in moves if STATUS in move.fields), now.status)
        resolved = (move.fields[RESOLUTION][0][1] for move in moves if RESOLUTION in move.fields)
        state = _State(status, next(resolved, now.resolution) or None)
        for place, move in enumerate(moves, 1):
            _, status = move.fields.get(STATUS, (None, state.status))
            _, (_, resolution) = move.fields.get(RESOLUTION, (None, (None, state.resolution)))
            after = _State(status, resolution or None)
            ended = place == len(moves) and not _same(after.status, now.status)
            by = _id(move.by)
            numbers = self._number(state), self._number(_UNKNOWN if ended else after)
            yield (move.at, by, *numbers, self._is_ours(by), STATUS in move.fields)
            state = after

    def _is_ours(self, by: str | None) -> bool:
        return by is not None and by == self._me

    def _number(self, state: _State) -> int:
        if state not in self._numbers:
            self._numbers[state] = len(self._states)
            self._states.append(state)
        return self._numbers[state]

    def _known(self, statuses: Statuses) -> pl.DataFrame:
        """Of each state the name of its status, the key of its category, and its resolution."""
        found = ((*statuses.get(number or "", (name, None)), done) for (number, name), done in self._states)
        return pl.DataFrame(list(found), dict.fromkeys(("status", "category", "resolution"), frames.TEXT), orient="row")

    def _phases(self, known: pl.DataFrame) -> pl.Series:
        category = pl.col("category")
        phase = words.phase(
            pl.col("status"),
            pl.when(category.is_in(["new", "indeterminate", "done"])).then(category == "done"),
            self._options,
            in_progress=category == "indeterminate",
            resolution=pl.col("resolution"),
        )
        return known.select(phase.cast(pl.String)).to_series()


def _in_words(steps: pl.DataFrame, column: str, states: pl.Series) -> pl.DataFrame:
    """STEPS as CHANGES of a column that says these words of each state."""
    said = (states.gather(steps[name]).rename(name) for name in ("before", "after"))
    return steps.with_columns(pl.lit(column).alias("column"), *said)


def _same(one: Word, other: Word) -> bool:
    """Whether these are one status: by its id where both words have one, else by its name."""
    return one[0] == other[0] if one[0] else one[1] == other[1]


def _id(author: Author | None) -> str | None:
    return None if author is None else author.id


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(cells.text(value) or "")
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
