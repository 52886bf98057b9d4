"""One set of items, in the words of items.jsonl, that three trackers and a file are filled with.

Two programmes, five projects, some 125 items. Nothing of the tool is imported here. What is visible where is part of
the set: `columns_of` names the columns that an item of a type shows; a value of None is an empty one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

TODAY: Final = date(2026, 11, 23)
PORTFOLIO: Final = "Digital Bank"
PEOPLE: Final = ("ann", "ben", "cleo", "dev", "eva")
Value: TypeAlias = str | float | list[str] | None


@dataclass(frozen=True, slots=True)
class Project:
    """A project of every tracker: its key, its name, its programme."""

    key: str
    name: str
    programme: str


PROJECTS: Final = (
    Project("PAY", "Payments core", "Customer money"),
    Project("ONB", "Onboarding", "Customer money"),
    Project("FRD", "Fraud screening", "Customer money"),
    Project("DAT", "Data & reports", "Back office"),
    Project("ARC", "Archiv für «Öl» ☂ 倉庫", "Back office"),
)

KIND: Final[Mapping[str, str]] = {
    "Epic": "summary",
    "Task": "task",
    "Sub-task": "task",
    "Milestone": "milestone",
    "Risk": "risk",
    "Incident": "issue",
    "Change request": "change",
    "Gate": "decision",
    "Business case": "document",
    "Recovery action": "recovery_action",
    "Charter": "status_report",
    "Programme brief": "status_report",
    "Portfolio brief": "status_report",
}
"""Type → kind. An item with children is a summary whatever its type."""
BRIEFS: Final = ("Charter", "Programme brief", "Portfolio brief")
PHASE: Final[Mapping[str, str]] = {
    "New": "todo",
    "In Progress": "doing",
    "On hold": "doing",
    "Resolved": "doing",
    "Closed": "done",
    "Rejected": "dropped",
}
WORDS: Final[Mapping[str, Mapping[str, Value]]] = {
    "probability": {"Rare": 0.1, "Possible": 0.3, "Likely": 0.7},
    "band": {"Gering": "low", "Mittel": "medium", "Hoch": "high"},
    "response": {"Avoid": "avoid", "Reduce": "reduce", "Transfer": "transfer", "Accept": "accept"},
    "reported_rag": {"Grün": "green", "Gelb": "amber", "Rot": "red"},
    "decision": {"Angenommen": "approved", "Abgelehnt": "rejected", "Vertagt": "deferred"},
    "gate_decision": {"Ja": "approved", "Ja, aber": "conditional", "Nein": "rejected"},
    "change_type": {"Normal": "normal", "Exception": "exception"},
}
"""Column → the words that the trackers have for its values."""

_EVERYWHERE: Final = (
    "created", "updated", "owner", "reporter", "start", "due", "percent_done", "estimate_hours", "remaining_hours",
    "spent_hours", "description", "components", "actual_start", "actual_finish", "hold_review", "last_human_change",
)  # fmt: skip
_OF_TYPE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Task", "Sub-task"), "points"),
    "Risk": "probability impact impact_money band response response_due acceptor last_review",
    "Incident": "band",
    "Change request": "decision approved_by requested_by change_type budget actual_cost",
    "Gate": "gate_decision decision approved_by requested_by",
    "Business case": "decision approved_by requested_by",
    **dict.fromkeys(
        BRIEFS,
        "sponsor reported_rag rag_comment confirmed_on budget actual_cost forecast_cost size gate_planned "
        "gate_decision tolerance_working_days tolerance_cost",
    ),
}
_NOT_IN: Final = {("ARC", "actual_start"), ("ARC", "actual_finish"), ("FRD", "points"), ("ONB", "hold_review")}
"""Fields that a project has not."""

NAMES: Final = (
    "Card tokenisation",
    "  Zeichen «ß» ☂ 倉庫  ",
    "שלום עולם",
    "<b>Ledger</b> & 'co' \"x\"",
    "=SUM(A1:A2)",
    "e\u0301 and é",
    "🏦 vault",
    "a" * 250,
    "-- ; DROP TABLE items",
    "{key} {owner} %s",
)


@dataclass(slots=True)
class Item:
    """One item. `columns` holds exactly the columns that can be seen of it; `links` the numbers it points to."""

    number: int
    project: Project
    type: str
    title: str
    status: str
    columns: dict[str, Value]
    parent: int | None = None
    links: list[tuple[str, int]] = field(default_factory=list)


def columns_of(project: str, type_: str) -> tuple[str, ...]:
    """The columns that can be seen of an item of this project and type."""
    own = [*_EVERYWHERE, *_OF_TYPE.get(type_, "").split()]
    return tuple(column for column in own if (project, column) not in _NOT_IN)


@cache
def items() -> tuple[Item, ...]:
    """The whole set, the same every time, by number from 1 on without gaps."""
    return tuple(_Maker().made())


def waived() -> list[Item]:
    """What may be overdue; all of one project, as notices stand in the order of keys."""
    return [item for item in items() if item.project is PROJECTS[0] and item.number % 5 == 0]


class _Maker:
    """Deals the items out with a fixed seed; the departures are planted by place, not by chance alone."""

    def __init__(self) -> None:
        self._dice = random.Random(20_261_123)  # noqa: S311 - made-up data
        self._items: list[Item] = []

    def made(self) -> list[Item]:
        for project in PROJECTS:
            self._project(project)
        pay, data = PROJECTS[0], PROJECTS[3]
        self._brief(pay, "Programme brief", "Customer money", reported_rag="green", sponsor="eva")
        self._brief(data, "Programme brief", "Back office", reported_rag="amber", owner=None, rag_comment=None)
        self._brief(pay, "Portfolio brief", PORTFOLIO, reported_rag="green", budget=2_000_000.0)
        self._link_across()
        return self._items

    def _project(self, project: Project) -> None:
        number = PROJECTS.index(project)
        charter = self._brief(
            project,
            "Charter",
            project.name,
            reported_rag=("green", "green", "red", "amber", None)[number],
            sponsor=("eva", "ann", "dev", None, "cleo")[number],
            owner="ann",
            confirmed_on=self._day((-5, -40, -2, -10, -1)[number]),
        )
        case = self._add(project, "Business case", f"{project.name}: the case", "Closed", decision="approved")
        case.columns |= {"approved_by": "eva", "requested_by": "ben"}
        if number != 1:
            charter.links.append(("relates", case.number))
        for epic in range(2):
            self._epic(project, epic)
        for risk in range(4):
            self._risk(project, risk)
        for change in range(2):
            made = self._add(project, "Change request", f"{project.name} change {change}", ("Closed", "New")[change])
            made.columns |= {"decision": ("approved", None)[change], "requested_by": "dev", "change_type": "normal"}
            made.columns |= {
                "approved_by": "dev" if number == 2 and change == 0 else "eva",
                "budget": 1500.5 * (1 + number),
            }
        self._add(project, "Incident", f"{project.name} incident", "In Progress", band=("high", "low")[number % 2])
        gate = self._add(project, "Gate", f"{project.name} gate", "Closed", gate_decision="conditional")
        self._add(
            project, "Sub-task", f"{project.name} condition", "New", parent=gate.number, due=self._day(number - 2)
        )
        if number in (2, 3):
            self._add(project, "Recovery action", f"{project.name} recovery", "New", due=self._day(20), owner="ben")

    def _brief(self, project: Project, type_: str, name: str, **columns: Value) -> Item:
        money: dict[str, Value] = {"budget": 250_000.0, "actual_cost": 120_000.25, "forecast_cost": 260_000.0}
        said: dict[str, Value] = {"owner": "ben", "rag_comment": "As planned.", "size": "M", "sponsor": "eva"}
        said |= {"confirmed_on": self._day(-3), "gate_planned": self._day(-1), "tolerance_cost": 5000.0}
        empty = dict.fromkeys(("start", "due", "estimate_hours", "remaining_hours"))
        made = self._add(project, type_, f"{name} ({type_})", "In Progress")
        made.columns |= {**empty, **money, **said, **columns}
        return made

    def _epic(self, project: Project, epic: int) -> None:
        head = self._add(project, "Epic", f"{project.name} epic {epic}", ("In Progress", "New")[epic])
        before: Item | None = None
        for task in range(5):
            state = self._dice.choice(
                ["New", "In Progress", "In Progress", "On hold", "Resolved", "Closed", "Rejected"]
            )
            made = self._add(project, "Task", f"{project.name} task {epic}.{task}", state, parent=head.number)
            if before is not None and task % 2:
                before.links.append(("FS", made.number))
            before = made
            if task == 4:
                self._add(project, "Sub-task", f"{project.name} part {epic}", "In Progress", parent=made.number)
        end = self._add(project, "Milestone", f"{project.name} end {epic}", "New", due=self._day(10 * epic - 5))
        if before is not None:
            before.links.append(("FS", end.number))

    def _risk(self, project: Project, risk: int) -> None:
        made = self._add(project, "Risk", f"{project.name} risk {risk}", ("In Progress", "New", "Closed", "New")[risk])
        choose = self._dice.choice
        made.columns["probability"] = None if risk == 3 else choose([0.1, 0.3, 0.7])
        made.columns["impact"] = None if risk == 3 else choose([1, 3, 5])
        made.columns["impact_money"] = choose([None, 10_000.0, 65_000.5])
        made.columns["band"] = choose([None, "low", "medium", "high"])
        made.columns["response"] = (choose(["avoid", "reduce"]), None, "accept", "accept")[risk]
        made.columns["response_due"] = self._day(15) if risk == 0 else None
        made.columns["acceptor"] = "eva" if risk == 3 and project.key != "FRD" else None
        made.columns["last_review"] = choose([None, self._day(-3), self._day(-60)])

    def _add(
        self, project: Project, type_: str, title: str, status: str, *, parent: int | None = None, **columns: Value
    ) -> Item:
        number = len(self._items) + 1
        if number % 7 == 0:
            title = f"{NAMES[number // 7 % len(NAMES)]} {number}"[:255].strip()
        shown = columns_of(project.key, type_)
        values: dict[str, Value] = dict.fromkeys(shown)
        values |= {name: value for name, value in self._usual(number, type_, status).items() if name in shown}
        values["last_human_change"] = values["updated"]
        values |= {name: value for name, value in columns.items() if name in shown}
        item = Item(number, project, type_, title, status, values, parent)
        self._items.append(item)
        return item

    def _usual(self, number: int, type_: str, status: str) -> dict[str, Value]:
        dice, phase = self._dice, PHASE[status]
        start = dice.randint(-60, 5) if phase != "todo" else dice.randint(1, 30)
        length = dice.randint(0, 25) if number % 11 else -4  # planted: ends before it starts
        estimate = dice.choice([None, 4.0, 7.5, 16.0, 40.0]) if type_ in {"Task", "Sub-task"} else None
        spent = dice.choice([0.5, 3.0, 12.25])
        done = {"todo": 0.0, "done": 1.0, "dropped": 0.0}.get(phase, dice.choice([0.1, 0.4, 0.8]))
        return {
            "created": self._moment(-dice.randint(61, 200)),
            "updated": self._moment(-dice.randint(1, 40)),
            "owner": None if number % 6 == 0 else dice.choice(PEOPLE),
            "reporter": dice.choice(PEOPLE),
            "start": None if number % 13 == 0 or type_ == "Milestone" else self._day(start),
            "due": None if number % 17 == 0 else self._day(start + length),
            "percent_done": done,
            "estimate_hours": estimate,
            "remaining_hours": None if estimate is None else estimate * (1 - done),
            "spent_hours": spent,
            "description": dice.choice(
                ["See\nmail.", "A result, and how one can tell that it is done: ☂ & <i>x</i>.", None]
            ),
            "components": dice.choice([[], ["API"], ["Web & App"]]),
            "points": dice.choice([None, 1.0, 2.5]),
            "actual_start": self._day(start) if phase in {"doing", "done"} else None,
            "actual_finish": self._day(start + 3) if phase == "done" else None,
            "hold_review": dice.choice([None, self._day(-3), self._day(9)]) if status == "On hold" else None,
        }

    def _link_across(self) -> None:
        tasks = [item for item in self._items if item.type == "Task"]
        for one, other in zip(tasks[2::9], tasks[30::6], strict=False):
            one.links.append(("FS", other.number))
        risks = [item for item in self._items if item.type == "Risk"]
        incidents = [item for item in self._items if item.type == "Incident"]
        for risk, incident in zip(risks[::5], incidents, strict=False):
            risk.links.append(("duplicates", incident.number))

    def _day(self, days: int) -> str:
        return (TODAY + timedelta(days=days)).isoformat()

    def _moment(self, days: int) -> str:
        moment = datetime(TODAY.year, TODAY.month, TODAY.day, 20, tzinfo=UTC) + timedelta(days=days)
        return (moment + timedelta(seconds=self._dice.randint(0, 20_000))).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines() -> Iterator[dict[str, object]]:
    """The set as items.jsonl has it."""
    for item in items():
        links = [{"type": word, "to": identity(target)} for word, target in item.links]
        yield {
            "id": identity(item.number),
            "key": key(item),
            "project": item.project.name,
            "programme": item.project.programme,
            "kind": KIND[item.type],
            "issue_type": item.type,
            "status": item.status,
            "phase": PHASE[item.status],
            "on_hold": item.status == "On hold",
            "title": item.title,
            "url": f"file:{item.number}",
            **({} if item.parent is None else {"parent": identity(item.parent)}),
            **item.columns,
            "links": links,
        }


def write(path: Path) -> None:
    """The file is there."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines()), encoding="utf-8")


def identity(number: int) -> str:
    """The id of an item in the file. All trackers have ids that sort as texts in the order of the numbers."""
    return str(1000 + number)


def key(item: Item) -> str:
    """The key of an item in the file and in Jira; in Redmine it is the number with a #."""
    return f"{item.project.key}-{1000 + item.number}"
