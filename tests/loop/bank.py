"""A small bank in the sandbox: three projects with planted departures, and what must be written there.

The expectation is worked out from the sandbox's store in plain Python; it imports nothing of the tool but the sandbox.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.seed import (
    FieldValue,
    Seed,
    SeedAccount,
    SeedField,
    SeedIssue,
    SeedProject,
    SeedStatus,
    SeedType,
)

TODAY: Final = date(2026, 11, 23)
SOON: Final = date(2026, 12, 7)  # ten working days later: two whole weeks
OURS: Final = frozenset(
    f"pmo-{flag}" for flag in ("no-owner", "dates-reversed", "overdue", "risk-no-response", "risk-not-scored", "action")
)
PEOPLE: Final = {"ann": "Asia/Kolkata", "ben": "America/New_York", "cleo": "UTC"}
PROJECTS: Final = {"PAY": "Payments", "ONB": "Onboarding", "DAT": "Data platform"}
NASTY: Final = (
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "=HYPERLINK(1)",
    "{key} %s ${HOME}",
    "\x1b[31mred",
    "'; DROP TABLE issue; --",
    "日本語 \U0001f4a5 e\u0301",
)
SETTINGS: Final = """\
version: 1
owner_id: {owner}
trackers:
  bank:
    kind: {kind}
    url: {url}
    user: {user}
    token: ${{BANK_TOKEN}}
    fields:
      start: Planned start
      probability: Likelihood
      impact: Impact
      response: Response
      response_due: Response due
      acceptor: Acceptor
    kinds: {{risk: [Risk], status_report: [Project charter]}}
    dropped: [Rejected]
    values: {{probability: {{Low: 0.1, High: 0.7}}}}
    write:
      labels: true
      link: true
      fields: {{health: PMO health, progress: PMO progress}}
    limits: {{requests_per_second: 1000000, connections: 1}}
structure:
  portfolio: {{name: Bank}}
  programme: [{{tracker: bank, by: project_category}}]
  project: [{{tracker: bank, by: project}}]
  homes: [{{level: project, tracker: bank, issue_type: Project charter}}]
standards:
  packs: [core, risk]
  override: {{HYG-02: off, HYG-08: off, HYG-12: off, RSK-02: off, RSK-03: {{severity: major}}}}
  first_run: apply
rollup:
  rag: {{dimensions: {{overdue_share: {{amber: 5%, red: 15%}}}}}}
guards: {{max_changes: 100%, max_new_per_standard: 1000, max_mails: 10000}}
"""
_START: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)


def login(flavour: Flavour, person: str) -> str:
    """How a person signs in."""
    return f"{person}@example.net" if flavour is Flavour.CLOUD else person


def seed(flavour: Flavour, *, administered: bool = True) -> Seed:
    """The bank. The writer administers all of its projects, or none."""
    writer = ("pmo-writer@example.org" if flavour is Flavour.CLOUD else "pmo-writer",) if administered else ()
    return Seed(
        accounts=[SeedAccount(login(flavour, one), one.title(), zone=zone) for one, zone in PEOPLE.items()],
        projects=[
            SeedProject(key, name, category="Data" if key == "DAT" else "Money", administrators=writer)
            for key, name in PROJECTS.items()
        ],
        types=[SeedType("Task"), SeedType("Risk"), SeedType("Project charter")],
        statuses=[
            SeedStatus("To Do", "new"),
            SeedStatus("In Progress", "indeterminate"),
            SeedStatus("Done", "done"),
            SeedStatus("Rejected", "done"),
        ],
        fields=_fields(),
        issues=[issue for key in PROJECTS for issue in _issues(flavour, key)],
    )


def _fields() -> list[SeedField]:
    charters = frozenset((key, type_) for key in PROJECTS for type_ in ("Task", "Risk"))
    risks = frozenset((key, type_) for key in PROJECTS for type_ in ("Task", "Project charter"))
    return [
        SeedField("Planned start", "date"),
        SeedField("PMO health", "select", options=("Green", "Amber", "Red", "Grey"), hidden_for=charters),
        SeedField("PMO progress", "number", hidden_for=charters),
        SeedField("Likelihood", "select", options=("Low", "High"), hidden_for=risks),
        SeedField("Impact", "number", hidden_for=risks),
        SeedField("Response", "select", options=("avoid", "reduce", "accept"), hidden_for=risks),
        SeedField("Response due", "date", hidden_for=risks),
        SeedField("Acceptor", "user", hidden_for=risks),
    ]


def _issues(flavour: Flavour, project: str) -> list[SeedIssue]:
    number = list(PROJECTS).index(project)
    found = [_issue(flavour, project, 1, "Project charter", assignee=login(flavour, "cleo"))]
    for n in range(2, 12):
        plant = (n + number) % 10
        start, due = TODAY - timedelta(days=10), TODAY + timedelta(days=20)
        if plant in {1, 9, 6}:
            due = TODAY - timedelta(days=2 + n)
        if plant in {2, 9}:
            start = due + timedelta(days=3)
        found.append(
            dataclasses.replace(
                _issue(flavour, project, n, "Task", assignee=None if plant in {0, 9} else login(flavour, "ann")),
                summary=f"Task {n} {NASTY[n % len(NASTY)]}",
                status={4: "Done", 5: "To Do", 6: "To Do", 7: "Rejected"}.get(plant, "In Progress"),
                due=due,
                fields={"Planned start": start},
                estimate_seconds=8 * 3600,
                remaining_seconds=6 * 3600,
                spent_seconds=2 * 3600,
            )
        )
    complete: dict[str, FieldValue] = {"Likelihood": "High", "Impact": 3.0, "Response": "reduce"}
    complete["Response due"] = TODAY + timedelta(days=9)
    for n, lacking in ((12, set()), (13, {"Response"}), (14, {"Likelihood", "Response due"})):
        risk = _issue(flavour, project, n, "Risk", assignee=login(flavour, "ben"))
        fields = {name: value for name, value in complete.items() if name not in lacking}
        found.append(dataclasses.replace(risk, fields=fields))
    return found


def _issue(flavour: Flavour, project: str, number: int, type_: str, *, assignee: str | None) -> SeedIssue:
    return SeedIssue(
        project=project,
        type=type_,
        summary=f"{type_} {number}",
        created=_START,
        updated=_START + timedelta(hours=number),
        status="In Progress",
        key=f"{project}-{number}",
        assignee=assignee,
        reporter=login(flavour, "ben"),
        labels=("team-blue", "pmo-ask-me") if number == 3 else ("team-blue",) if number % 2 else (),
    )


class Store:
    """What stands in the sandbox, read past its interface, and what ought to stand there."""

    def __init__(self, tracker: Sandbox, flavour: Flavour) -> None:
        self.tracker = tracker
        self.flavour = flavour

    def every(self) -> list[str]:
        """Every issue of the bank, the charters among them."""
        return sorted(issue.key for issue in self.tracker.store.issues.values())

    def labels(self, key: str) -> set[str]:
        """All labels, people's too."""
        return set(self.tracker.issue(key).labels)

    def field(self, key: str, name: str) -> object:
        """The value of a field by name or id, names for ids; None for an empty one."""
        known = self.tracker.store.catalogue
        id_ = next((one.id for one in known.fields.values() if one.name == name), name)
        value = self.tracker.issue(key).fields.get(id_)
        return known.statuses[int(str(value))].name if id_ == "status" else value

    def field_name(self, id_: str) -> str:
        """How a field is called."""
        found = self.tracker.store.catalogue.fields.get(id_)
        return id_ if found is None else found.name

    def note(self, key: str, owner: str = "loop") -> Any:
        """Our entity property; None where there is none."""
        return self.tracker.issue(key).properties.get(f"pmo-sync.{owner}")

    def links(self, key: str) -> list[Any]:
        """What we posted as web links of this very issue."""
        issue = self.tracker.issue(key)
        return [one.body for one in issue.remote_links if one.global_id == f"pmo-sync:loop:bank:{issue.id}"]

    def clone(self, key: str) -> str:
        """A copy with everything on it, our labels and our note too, as an app or an import makes it."""
        store = self.tracker.store
        original = store.issue(key)
        assert original is not None
        number = max(store.issues) + 1
        project = original.key.partition("-")[0]
        last = max(int(one.partition("-")[2]) for one in self.every() if one.startswith(f"{project}-"))
        with store.writing() as batch:
            batch.issues[number] = dataclasses.replace(original, id=number, key=f"{project}-{last + 1}")
        return f"{project}-{last + 1}"

    def flags(self, key: str) -> set[str]:
        """The flags that the issue must carry: HYG-01, HYG-04, HYG-09, RSK-01 and RSK-03."""
        type_, phase = self._kind(key)
        start, due = self._day(key, "Planned start"), self._day(key, "duedate")
        owned = self.field(key, "assignee") is not None
        found = set()
        live = phase in {"todo", "doing"}
        if type_ != "Project charter" and not owned and (phase == "doing" or (live and due and due <= SOON)):
            found.add("no-owner")
        if start and due and start > due:
            found.add("dates-reversed")
        if live and due and due < TODAY:
            found.add("overdue")
        if type_ == "Risk" and live:
            answered = self.field(key, "Response") is not None and self.field(key, "Response due") is not None
            if not owned or not answered:
                found.add("risk-no-response")
            if self.field(key, "Likelihood") is None or self.field(key, "Impact") is None:
                found.add("risk-not-scored")
        return found

    def wanted(self, key: str) -> set[str]:
        """Our labels that must stand on the issue."""
        flags = self.flags(key)
        return {f"pmo-{flag}" for flag in flags} | ({"pmo-action"} if flags else set())

    def ours(self, key: str) -> set[str]:
        """Our labels that stand there."""
        return self.labels(key) & OURS

    def health(self, project: str) -> str:
        """The colour by share of overdue work: green up to 5 %, amber up to 15 %, red beyond."""
        dated = [key for key in self._work(project, {"todo", "doing"}) if self._day(key, "duedate")]
        share = sum("overdue" in self.flags(key) for key in dated) / len(dated)
        return "Green" if share <= 0.05 else "Amber" if share <= 0.15 else "Red"

    def progress(self, project: str) -> float:
        """Whole per cent: all tasks weigh the same, begun ones are a quarter done, dropped ones do not count."""
        share = {"todo": Fraction(0), "doing": Fraction(1, 4), "done": Fraction(1)}
        work = self._work(project, set(share))
        done = sum((share[self._kind(key)[1]] for key in work), Fraction(0))
        return math.floor(100 * done / len(work) + Fraction(1, 2))

    def amiss(self) -> list[str]:
        """Every place of ours that is not as it must be."""
        found = []
        for key in self.every():
            flagged = bool(self.flags(key))
            if self.ours(key) != self.wanted(key):
                found.append(f"{key}: {sorted(self.ours(key))}, not {sorted(self.wanted(key))}")
            open_links = [one for one in self.links(key) if not one["object"]["status"]["resolved"]]
            if len(open_links) != flagged or len(self.links(key)) > 1:
                found.append(f"{key}: {len(open_links)} open links of {len(self.links(key))}, flagged: {flagged}")
        for project in sorted({key.partition("-")[0] for key in self.every()}):
            mine = [key for key in self.every() if key.startswith(f"{project}-")]
            charter = next(key for key in mine if self._kind(key)[0] == "Project charter")
            told = (self.field(charter, "PMO health"), self.field(charter, "PMO progress"))
            if told != (self.health(project), self.progress(project)):
                found.append(f"{charter}: {told}, not {(self.health(project), self.progress(project))}")
        return found

    def people(self) -> dict[str, object]:
        """All that people own, issue by issue: everything but our labels, our fields, our links and our note."""
        found: dict[str, object] = {}
        for key in self.every():
            state = self.tracker.issue(key)
            kept = {
                id_: value
                for id_, value in state.fields.items()
                if id_ != "labels" and self.field_name(id_) not in _OUR_FIELDS
            }
            found[key] = (kept, sorted(self.labels(key) - OURS))
        return found

    def _work(self, project: str, phases: set[str]) -> list[str]:
        mine = [key for key in self.every() if key.startswith(f"{project}-")]
        return [key for key in mine if self._kind(key)[0] == "Task" and self._kind(key)[1] in phases]

    def _kind(self, key: str) -> tuple[str, str]:
        issue = self.tracker.store.issue(key)
        assert issue is not None
        return self.tracker.store.catalogue.types[issue.type].name, _PHASE[str(self.field(key, "status"))]

    def _day(self, key: str, name: str) -> date | None:
        value = self.field(key, name)
        return None if value is None else date.fromisoformat(str(value))


_PHASE: Final = {"To Do": "todo", "In Progress": "doing", "Done": "done", "Rejected": "dropped"}
_OUR_FIELDS: Final = ("PMO health", "PMO progress")
