"""What a few standards and figures must come to, worked out a second time over Redmine's tables.

A small model of its own, row by row in plain Python: it imports nothing of the tool, so that agreement means something.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tests.live.bed.oracle import values
from tests.live.bed.redmine import TODAY, Bed

_PHASE: Final = {
    "New": "todo",
    "In Progress": "doing",
    "Resolved": "doing",
    "Feedback": "doing",
    "Closed": "done",
    "Rejected": "dropped",
}
_SOON: Final = date(2026, 12, 7)  # ten working days after Monday 23 November: two whole weeks, no holidays
_ISSUES: Final = """
    SELECT i.id, p.identifier, t.name, s.name, i.assigned_to_id, i.start_date, i.due_date, i.done_ratio,
           i.estimated_hours, EXISTS (SELECT 1 FROM issues c WHERE c.parent_id = i.id)
    FROM issues i JOIN projects p ON p.id = i.project_id JOIN trackers t ON t.id = i.tracker_id
    JOIN issue_statuses s ON s.id = i.status_id
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One issue, as far as the model looks at it."""

    id: str
    project: str
    tracker: str
    phase: str
    owned: bool
    start: date | None
    due: date | None
    done: float
    hours: float | None
    parent: bool
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Neither done nor dropped."""
        return self.phase in {"todo", "doing"}

    @property
    def late(self) -> bool:
        """Live after its due date."""
        return self.live and self.due is not None and self.due < TODAY

    @property
    def net(self) -> bool:
        """Work that counts: a task or milestone with nothing below it that was not dropped."""
        return not self.parent and self.tracker in {"Task", "Milestone"} and self.phase != "dropped"


def rows(bed: Bed) -> list[Row]:
    """Every issue of every project."""
    fields: dict[str, dict[str, str]] = {}
    for (kind, subject, name), value in values(bed).items():
        if kind == "issue":
            fields.setdefault(subject, {})[name] = ",".join(value)
    return [
        Row(
            id=str(id_),
            project=str(project),
            tracker=str(tracker),
            phase=_PHASE[str(status)],
            owned=owner is not None,
            start=_day(start),
            due=_day(due),
            done=float(str(done)) / 100,
            hours=None if hours is None else float(str(hours)),
            parent=bool(parent),
            fields=fields.get(str(id_), {}),
        )
        for id_, project, tracker, status, owner, start, due, done, hours, parent in bed.query(_ISSUES)
    ]


def flags(row: Row) -> tuple[str, ...]:
    """The flags that an issue must carry, sorted: HYG-01, HYG-04, HYG-09, RSK-01 and RSK-03."""
    found = set()
    if not row.owned and (row.phase == "doing" or (row.phase == "todo" and row.due is not None and row.due <= _SOON)):
        found.add("no-owner")
    if row.start is not None and row.due is not None and row.start > row.due:
        found.add("dates-reversed")
    if row.late:
        found.add("overdue")
    if row.tracker == "Risk" and row.live:
        accepted = row.fields.get("Response") == "Accept" and "Acceptor" in row.fields
        if not row.owned or "Response" not in row.fields or not ("Response due" in row.fields or accepted):
            found.add("risk-no-response")
        if "Likelihood" not in row.fields or "Impact" not in row.fields:
            found.add("risk-not-scored")
    return tuple(sorted(found))


def flagged(bed: Bed, projects: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Issue → flags, for the issues of these projects that must carry any."""
    return {row.id: flags(row) for row in rows(bed) if row.project in projects and flags(row)}


def health(below: Collection[Row]) -> str:
    """The colour by share of overdue work: green up to 5 %, amber up to 15 %, red beyond."""
    dated = [row for row in below if row.net and row.live and row.due is not None]
    share = sum(row.late for row in dated) / len(dated)
    return "Green" if share <= 0.05 else "Amber" if share <= 0.15 else "Red"


def progress(below: Collection[Row]) -> float:
    """Done work by estimate, 0 to 1: started work by its own share, work without an estimate left out."""
    weighed = [(row, row.hours) for row in below if row.net and row.tracker == "Task" and row.hours is not None]
    share = {"done": 1.0, "todo": 0.0}
    return sum(hours * share.get(row.phase, row.done) for row, hours in weighed) / sum(hours for _, hours in weighed)


def subtree(bed: Bed, identifier: str, *, readable: bool = True) -> set[str]:
    """A project and all below it by identifier; `readable` leaves out what is archived or hidden from the bot."""
    out = {"payments-archived", "payments-hidden"} if readable else set()
    found = bed.query(
        "SELECT b.identifier FROM projects a JOIN projects b ON b.lft BETWEEN a.lft AND a.rgt WHERE a.identifier = ?",
        identifier,
    )
    return {str(name) for (name,) in found} - out


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value)[:10])
