"""A bank of two projects in a sandbox Jira, what people do there, and what must stand there in the end.

The model is a second, independent reading of two standards and one figure in plain Python over the tracker's own
store; it imports nothing of the tool but the sandbox, so that agreement means something.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import Seed, SeedAccount, SeedField, SeedIssue, SeedProject, SeedStatus, SeedType

TODAY: Final = date(2026, 11, 23)
SOON: Final = date(2026, 12, 7)
HEALTH: Final = "PMO health"
PROJECTS: Final = ("BNK", "ONB")
ISSUES: Final = 40
OURS: Final = frozenset({"pmo-action", "pmo-no-owner", "pmo-overdue"})
"""Flags of the standards that are on; every other label is a person's, whatever it begins with."""
HUMAN: Final = ("customer", "pmo-mine", "PMO-Action", "Pmo-overdue", "release-1", "pmo-action-later")

SETTINGS: Final = """\
version: 1
owner_id: acme
trackers:
  bank:
    kind: @KIND@
    url: @URL@
    user: @USER@
    token: ${BANK_TOKEN}
    scope: project in (BNK, ONB)
    write:
      labels: true
      link: true
      fields: {health: PMO health}
    limits: {requests_per_second: 1000000}
structure:
  portfolio: {name: The bank}
  project: [{tracker: bank, by: project}]
  programme: none
  homes: [{level: project, tracker: bank, issue_type: Epic}]
standards: {packs: [core], override: {HYG-08: off}, first_run: apply}
rollup:
  rag: {dimensions: {overdue_share: {amber: 5%, red: 15%}}}
guards: {max_changes: 100%, max_new_per_standard: 1000, max_mails: 10000}
"""


def write_settings(folder: Path, tracker: Sandbox) -> Path:
    """The folder is there, with a pmo.yaml that names this Jira."""
    kind = "jira-cloud" if tracker.flavour is Flavour.CLOUD else "jira-dc"
    text = SETTINGS.replace("@URL@", tracker.url).replace("@USER@", tracker.writer.login).replace("@KIND@", kind)
    folder.mkdir(parents=True)
    (folder / "pmo.yaml").write_text(text, encoding="utf-8")
    return folder


def build(tracker: Sandbox) -> None:
    """Two projects with an epic each, and so many tasks; people's labels of every kind on every second one."""
    writer, ann = tracker.writer.login, person(tracker)
    dice = random.Random(7)  # noqa: S311 - made-up data
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    issues = [
        SeedIssue(
            key, "Epic", f"{key} delivery", at, at, "In Progress", id=10001 + n, assignee=ann, due=date(2027, 6, 1)
        )
        for n, key in enumerate(PROJECTS)
    ]
    for number in range(10010, 10010 + ISSUES):
        status = dice.choice(["To Do", "In Progress", "In Progress", "Done"])
        sound = dice.random() < 0.8
        issues.append(
            SeedIssue(
                PROJECTS[number % 2],
                "Task",
                f"Work {number}",
                at,
                at,
                status,
                id=number,
                assignee=ann if sound else None,
                due=TODAY + timedelta(days=dice.randint(1, 90) if sound else dice.randint(-20, -1)),
                labels=tuple(dice.sample(HUMAN, dice.randint(0, 3))),
                resolution="Done" if status == "Done" else None,
            )
        )
    tracker.load(
        Seed(
            accounts=(SeedAccount(ann, "Ann"),),
            projects=[SeedProject(key, key.title(), administrators=(writer,)) for key in PROJECTS],
            types=(SeedType("Task"), SeedType("Epic", level=1)),
            statuses=(
                SeedStatus("To Do", "new"),
                SeedStatus("In Progress", "indeterminate"),
                SeedStatus("Done", "done"),
            ),
            resolutions=("Done",),
            fields=(SeedField(HEALTH, "select", options=("Green", "Amber", "Red", "Grey")),),
            issues=issues,
        )
    )


def person(tracker: Sandbox) -> str:
    """Who works there."""
    return "ann@example.org" if tracker.flavour is Flavour.CLOUD else "ann"


def people_work(tracker: Sandbox, seed: int) -> None:
    """What people do in a day: dates and owners change both ways, labels of their own come and go."""
    dice, hand = random.Random(seed), tracker.person(person(tracker))  # noqa: S311 - made-up data
    for key in dice.sample(_tasks(tracker), 6):
        late = "pmo-overdue" in _flags(tracker, key)
        hand.set(key, "duedate", TODAY + timedelta(days=dice.randint(10, 60) if late else -dice.randint(1, 30)))
    for key in dice.sample(_tasks(tracker), 6):
        hand.set(key, "assignee", None if "assignee" in tracker.issue(key).fields else person(tracker))
    for key in dice.sample(_tasks(tracker), 8):
        hand.label(key, add=dice.choice(HUMAN), remove=sorted(human_labels(tracker)[key])[:1])


def _tasks(tracker: Sandbox) -> list[str]:
    return sorted(one.key for one in tracker.store.issues.values() if one.id >= 10010)


def human_labels(tracker: Sandbox) -> dict[str, frozenset[str]]:
    """Every label that is not ours, by issue."""
    return {one.key: frozenset(one.labels) - OURS for one in tracker.store.issues.values()}


def our_labels(tracker: Sandbox) -> dict[str, frozenset[str]]:
    """What stands of ours."""
    return {one.key: frozenset(one.labels) & OURS for one in tracker.store.issues.values()}


def wanted_labels(tracker: Sandbox) -> dict[str, frozenset[str]]:
    """What must stand of ours, given what the issues are."""
    return {one.key: _flags(tracker, one.key) for one in tracker.store.issues.values()}


def healths(tracker: Sandbox) -> dict[str, object]:
    """The colour that stands at each project's home."""
    field = next(one.id for one in tracker.store.catalogue.fields.values() if one.name == HEALTH)
    return {key: tracker.issue(f"{10001 + n}").fields.get(field) for n, key in enumerate(PROJECTS)}


def wanted_healths(tracker: Sandbox) -> dict[str, object]:
    """The colour by share of overdue work: green up to 5 %, amber up to 15 %, red beyond."""
    found: dict[str, object] = {}
    for project in PROJECTS:
        live = [key for key in _tasks(tracker) if key.startswith(project) and _phase(tracker, key) != "done"]
        share = sum("pmo-overdue" in _flags(tracker, key) for key in live) / (len(live) + 1)  # the epic is live, too
        found[project] = "Green" if share <= 0.05 else "Amber" if share <= 0.15 else "Red"
    return found


def _flags(tracker: Sandbox, key: str) -> frozenset[str]:
    issue, phase = tracker.issue(key), _phase(tracker, key)
    due = date.fromisoformat(str(issue.fields["duedate"]))
    found = set()
    if "assignee" not in issue.fields and (phase == "doing" or (phase == "todo" and due <= SOON)):
        found.add("pmo-no-owner")
    if phase != "done" and due < TODAY:
        found.add("pmo-overdue")
    return frozenset(found | {"pmo-action"} if found else found)


def _phase(tracker: Sandbox, key: str) -> str:
    status = tracker.store.catalogue.statuses[int(str(tracker.issue(key).fields["status"]))]
    return {"To Do": "todo", "In Progress": "doing", "Done": "done"}[status.name]
