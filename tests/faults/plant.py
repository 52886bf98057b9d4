"""A plant of three programmes on the faulty Redmine, what people do there, and what must stand there in the end.

The model is a second, independent reading of a few standards and figures in plain Python; it imports nothing of the
tool, so that agreement means something.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tests.faults.faulty_redmine import FaultyRedmine, Json

TODAY: Final = date(2026, 11, 23)
SOON: Final = date(2026, 12, 7)  # ten working days later: two whole weeks, no holidays
FLAGS, HEALTH, PROGRESS = "PMO compliance", "PMO health", "PMO progress"
CLOSED: Final = 9
_PARENTS: Final = {1: None, 2: 1, 3: 1, 4: None, 5: 4, 6: 4, 7: None, 8: 7, CLOSED: 4}
_NAMES: Final = ("alpha", "alpha-one", "alpha-two", "beta", "beta-one", "beta-two", "gamma", "gamma-one", "beta-old")
_STATUSES: Final = {"New": "todo", "In Progress": "doing", "Closed": "done", "Rejected": "dropped"}
_BROKEN: Final = 12  # so many issues of a fresh plant carry a flag

Place = tuple[str, int, str]
"""`issues` or `projects`, its number, the field."""

SETTINGS: Final = """\
version: 1
trackers:
  plant:
    kind: redmine
    url: @URL@
    token: ${PLANT_KEY}
    scope: {projects: [alpha, beta, gamma], subprojects: true}
    dropped: [Rejected]
    phases: {doing: [In Progress]}
    write:
      flags: PMO compliance
      fields: {health: PMO health, progress: PMO progress}
    limits: {requests_per_second: 1000000}
structure:
  portfolio: {name: The firm}
  programme: [{tracker: plant, by: project, depth: 1}]
  project: [{tracker: plant, by: project, depth: 2}]
standards: {packs: [core], override: {HYG-08: off}, first_run: apply}
rollup:
  rag: {dimensions: {overdue_share: {amber: 5%, red: 15%}}}
guards: {max_changes: 100%, max_new_per_standard: 1000, max_mails: 10000}
"""


def write_settings(folder: Path, redmine: FaultyRedmine) -> Path:
    """The folder is there, with a pmo.yaml that names this Redmine."""
    folder.mkdir(parents=True)
    (folder / "pmo.yaml").write_text(SETTINGS.replace("@URL@", redmine.url), encoding="utf-8")
    return folder


def build(redmine: FaultyRedmine, *, issues: int = 320) -> None:
    """Nine projects, one of them closed, and so many issues in them; twelve in open projects are to be flagged."""
    redmine.projects.clear()
    redmine.issues.clear()
    redmine.memberships = []
    redmine.statuses = [_status(name) for name in _STATUSES]
    for number, name in enumerate(_NAMES, start=1):
        fields: list[Json] = [{"id": 11, "name": HEALTH, "value": ""}, {"id": 12, "name": PROGRESS, "value": ""}]
        redmine.project(number, name, _PARENTS[number], custom_fields=fields, status=5 if number == CLOSED else 1)
        member = {"project": {"id": number, "name": name.upper()}, "roles": [{"id": 1, "name": "Bot"}]}
        redmine.memberships.append(member)
    dice = random.Random(7)  # noqa: S311 - made-up data
    homes = [1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8]
    for number in range(1, issues + 1):
        redmine.issue(number, CLOSED if number % 40 == 0 else homes[number % len(homes)], **_sound(dice))
    open_ones = [number for number in redmine.issues if not in_closed(redmine, number)]
    for number in dice.sample(open_ones, _BROKEN):
        spoil(redmine.issues[number], dice)
    for number, issue in redmine.issues.items():
        issue["updated_on"] = issue["created_on"]
        if in_closed(redmine, number):
            spoil(issue, dice)


def _sound(dice: random.Random) -> dict[str, Any]:
    status = dice.choice(["New", "New", "In Progress", "In Progress", "Closed", "Rejected"])
    start = TODAY + timedelta(days=dice.randint(-60, 10))
    return {
        "assigned_to": {"id": dice.randint(20, 30), "name": "Somebody"},
        "start_date": start.isoformat(),
        "due_date": max(start, TODAY + timedelta(days=dice.randint(1, 90))).isoformat(),
        "estimated_hours": float(dice.choice([4, 8, 16])),
        "done_ratio": dice.choice([0, 20, 50, 80]),
        "status": _status(status),
    }


def _status(name: str) -> Json:
    return {"id": list(_STATUSES).index(name) + 1, "name": name, "is_closed": name in {"Closed", "Rejected"}}


def spoil(issue: Json, dice: random.Random) -> None:
    """The issue breaks a standard or two from now on."""
    issue["status"] = _status("In Progress")
    for fault in dice.sample(["owner", "due", "reversed"], dice.choice([1, 1, 2])):
        if fault == "owner":
            issue.pop("assigned_to", None)
        elif fault == "due":
            issue["due_date"] = (TODAY - timedelta(days=dice.randint(1, 30))).isoformat()
        else:
            issue["start_date"] = (date.fromisoformat(issue["due_date"]) + timedelta(days=3)).isoformat()


def people_work(redmine: FaultyRedmine, seed: int) -> None:
    """What people do in a day: they mend most of what was flagged, break something else, and move on with their work.

    Our fields are left alone.
    """
    dice = random.Random(seed)  # noqa: S311 - made-up data
    open_ones = [issue for number, issue in redmine.issues.items() if not in_closed(redmine, number)]
    flagged = [issue for issue in open_ones if flags(issue)]
    sound = [issue for issue in open_ones if not flags(issue)]
    mended = dice.sample(flagged, 2 * len(flagged) // 3)
    spoilt, moved_on = dice.sample(sound, 8), dice.sample(sound, 30)
    for issue in mended:
        issue.update(_sound(dice))
    for issue in spoilt:
        spoil(issue, dice)
    for issue in moved_on:
        issue["done_ratio"] = dice.choice([0, 30, 60, 90])
    for issue in [*mended, *spoilt, *moved_on]:
        issue["updated_on"] = "2026-11-22T12:00:00Z" if redmine.now is None else redmine.stamp()


def in_closed(redmine: FaultyRedmine, number: int) -> bool:
    """Whether an issue is in the closed project."""
    return bool(redmine.issues[number]["project"]["id"] == CLOSED)


def standing(redmine: FaultyRedmine) -> dict[Place, str]:
    """What stands in our fields: flags as words in order, empty where nothing stands."""
    rows = [("issues", issue) for issue in redmine.issues.values()]
    rows += [("projects", project) for project in redmine.projects]
    return {
        (kind, row["id"], one["name"]): text(one["value"])
        for kind, row in rows
        for one in row["custom_fields"]
        if one["name"] in {FLAGS, HEALTH, PROGRESS}
    }


def text(value: Any) -> str:
    """A value of the wire as one text."""
    return " ".join(sorted(value)) if isinstance(value, list) else (value or "")


def wanted(redmine: FaultyRedmine) -> dict[Place, str]:
    """What must stand in our fields, given what the issues are."""
    found = {("issues", number, FLAGS): "" for number in redmine.issues}
    for number, issue in redmine.issues.items():
        if not in_closed(redmine, number):
            found["issues", number, FLAGS] = " ".join(flags(issue))
    for project in _PARENTS:
        below = [issue for issue in redmine.issues.values() if issue["project"]["id"] in subtree(project)]
        found["projects", project, HEALTH] = "" if project == CLOSED else health(below)
        found["projects", project, PROGRESS] = "" if project == CLOSED else progress(below)
    return found


def flags(issue: Json) -> tuple[str, ...]:
    """The flags that an issue must carry, sorted: HYG-01, HYG-04 and HYG-09."""
    phase, start, due = _STATUSES[issue["status"]["name"]], _day(issue, "start_date"), _day(issue, "due_date")
    found = []
    if start is not None and due is not None and start > due:
        found.append("dates-reversed")
    if "assigned_to" not in issue and (phase == "doing" or (phase == "todo" and due is not None and due <= SOON)):
        found.append("no-owner")
    if phase in {"todo", "doing"} and due is not None and due < TODAY:
        found.append("overdue")
    return tuple(found)


def health(below: Collection[Json]) -> str:
    """The colour by share of overdue work: green up to 5 %, amber up to 15 %, red beyond."""
    live = [issue for issue in below if _STATUSES[issue["status"]["name"]] in {"todo", "doing"}]
    share = sum("overdue" in flags(issue) for issue in live) / len(live)
    return "Green" if share <= 0.05 else "Amber" if share <= 0.15 else "Red"


def progress(below: Collection[Json]) -> str:
    """Done work by estimate in whole per cent, halves up: started work by its own share, dropped work left out."""
    net = [issue for issue in below if issue["status"]["name"] != "Rejected"]
    done = sum(Fraction(issue["estimated_hours"]) * _share(issue) for issue in net)
    return str(math.floor(100 * done / sum(Fraction(issue["estimated_hours"]) for issue in net) + Fraction(1, 2)))


def _share(issue: Json) -> Fraction:
    whole = {"todo": 0, "done": 100}.get(_STATUSES[issue["status"]["name"]])
    return Fraction(int(issue["done_ratio"]) if whole is None else whole, 100)


def subtree(project: int) -> set[int]:
    """A project and all below it."""
    return {number for number, parent in _PARENTS.items() if project in (number, parent)}


def scope_of(kind: str, number: int, redmine: FaultyRedmine) -> int:
    """The programme that is asked for in one query with this issue or project in it."""
    project = redmine.issues[number]["project"]["id"] if kind == "issues" else number
    return _PARENTS[project] or project


def _day(issue: Json, name: str) -> date | None:
    return date.fromisoformat(issue[name]) if issue.get(name) else None
