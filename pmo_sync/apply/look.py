"""The look before the leap: whether each target is still as the plan saw it. Pure; the caller does the looking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from pmo_sync.connectors.base import Seen
from pmo_sync.model.change import AddLabel, Change, PutLink, RemoveLabel, SetField, Value


class Standing(Enum):
    """How one change stands: still to do, done already, or overtaken."""

    OPEN = auto()
    DONE = auto()
    STALE = auto()


@dataclass(frozen=True, slots=True)
class Sight:
    """A change with how it stands now; `what` tells what changed when it is stale."""

    change: Change
    standing: Standing
    what: str = ""


def judge(changes: Sequence[Change], seen: Seen, updated: str | None) -> list[Sight]:
    """How the changes of one target stand, given what was seen of it and its `updated` as pulled.

    What is already as wanted is done, whoever did it: so a plan that was cut short can be applied again.
    """
    gone = _unwritable(seen)
    if gone is not None:
        return [Sight(change, Standing.STALE, gone) for change in changes]
    sights = [_judge_one(change, seen) for change in changes]
    if not _undecided(sights) or not _moved(seen.updated, updated):
        return sights
    what = f"changed at {seen.updated}, after the pull (then {updated})"
    return [Sight(sight.change, Standing.STALE, what) if sight.standing is Standing.OPEN else sight for sight in sights]


def _undecided(sights: Sequence[Sight]) -> bool:
    """Whether something is left that a change of the target could have overtaken. A link, of which no look tells, goes
    with what else is planned there: where all that is done, the change was ours.
    """
    visible = [sight for sight in sights if not isinstance(sight.change, PutLink)]
    return any(sight.standing is Standing.OPEN for sight in visible or sights)


def _unwritable(seen: Seen) -> str | None:
    if not seen.exists:
        return "it is gone, or not visible any more"
    return "its project is closed" if seen.closed else None


def _judge_one(change: Change, seen: Seen) -> Sight:
    match change:
        case AddLabel():
            return Sight(change, Standing.DONE if change.label in seen.labels else Standing.OPEN)
        case RemoveLabel():
            return Sight(change, Standing.OPEN if change.label in seen.labels else Standing.DONE)
        case SetField():
            return _judge_field(change, seen)
        case PutLink():  # no look shows it: the connector looks before it writes
            return Sight(change, Standing.OPEN)


def _judge_field(change: SetField, seen: Seen) -> Sight:
    if change.field not in seen.fields:
        return Sight(change, Standing.STALE, f'field "{change.field}" is not there any more')
    now = seen.fields[change.field]
    if _normal(now) == _normal(change.after):
        return Sight(change, Standing.DONE)
    if _normal(now) != _normal(change.before):
        what = f'"{change.field}" is {_words(now)} now (then {_words(change.before)})'
        return Sight(change, Standing.STALE, what)
    return Sight(change, Standing.OPEN)


def _normal(value: Value) -> Value:
    return (tuple(sorted(set(value))) if isinstance(value, tuple) else value) or None


def _words(value: Value) -> str:
    if not value:
        return "empty"
    return f'"{value}"' if isinstance(value, str) else "[" + ", ".join(value) + "]"


def _moved(now: str | None, then: str | None) -> bool:
    """Whether two times differ; the same instant in two spellings does not, and neither does a time nobody knows."""
    if now is None or then is None or now == then:
        return False
    one, other = _instant(now), _instant(then)
    return one is None or other is None or one != other


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
