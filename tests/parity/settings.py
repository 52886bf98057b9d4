"""The project folder of each tracker of the set: one half is the same for all, the other says where a column is kept.

Columns that one of the trackers cannot have are taken out of the standards of all (`LEFT_OUT`), never out of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from tests.parity.item_set import KIND, PEOPLE, PORTFOLIO, WORDS

LEFT_OUT: Final[Mapping[str, str]] = {
    "labels": "Redmine has no labels: HYG-01 and GOV-03 are judged without them",
    "owner_active": "Redmine tells it to administrators alone: HYG-01 and HYG-02 are judged without it",
    "stage": "none of the three keeps stages: GOV-04 is unknown in all of them",
}
"""Column → why the three do not show it, and what becomes of the standards that would read it."""

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "probability": ("Likelihood", "select"),
    "impact": ("Impact", "number"),
    "impact_money": ("Impact in money", "number"),
    "band": ("Klasse", "select"),
    "response": ("Response", "select"),
    "response_due": ("Response due", "date"),
    "acceptor": ("Acceptor", "user"),
    "last_review": ("Last review", "date"),
    "decision": ("Entscheid", "select"),
    "gate_decision": ("Gate", "select"),
    "gate_planned": ("Gate planned", "date"),
    "approved_by": ("Approved by", "user"),
    "requested_by": ("Requested by", "user"),
    "change_type": ("Change type", "select"),
    "budget": ("Budget", "number"),
    "actual_cost": ("Actual cost", "number"),
    "forecast_cost": ("Forecast", "number"),
    "sponsor": ("Sponsor", "user"),
    "reported_rag": ("Ampel", "select"),
    "rag_comment": ("Status text", "textarea"),
    "confirmed_on": ("Confirmed on", "date"),
    "size": ("Size class", "text"),
    "tolerance_working_days": ("Tolerance days", "number"),
    "tolerance_cost": ("Tolerance cost", "number"),
    "actual_start": ("Began", "date"),
    "actual_finish": ("Ended", "date"),
    "hold_review": ("Hold until", "date"),
    "points": ("Points", "number"),
}
"""Column → the custom field that holds it in Jira and in Redmine, and its type."""
ONLY_JIRA: Final[Mapping[str, tuple[str, str]]] = {
    "start": ("Planned start", "date"),
    "percent_done": ("Share done", "number"),
}
ONLY_REDMINE: Final[Mapping[str, tuple[str, str]]] = {"remaining_hours": ("Remaining", "number")}
"""What one of them has of its own and the other needs a custom field for."""

_OWN: Final = """
standards:
  - id: OWN-01
    title: Titles are plain
    why: A title that a spreadsheet takes for a formula is run by it.
    source: House
    level: item
    severity: major
    applies_to: {title: {matches: "[^A-Za-z0-9 .:()&]"}}
    require: {title: {min_length: 400}}
    flag: odd-title
    message: "{key} is called {title} ({description})"
    fix: Rename it.
    cases:
      - fail: {title: "=1"}
      - n/a: {title: One}
  - id: OWN-02
    title: At most one open item in ten is overdue
    why: Many late items mean that the plan is no plan.
    source: House
    level: project
    severity: major
    share:
      of: items
      among: {phase: [todo, doing], on_hold: false, due: present}
      where: {due: {before: today}}
    limit: {warn_above: 5%, fail_above: 10%, min_population: 5}
    message: "{offenders} of {population} open items with a date are overdue"
    fix: Finish them.
    cases:
      - n/a: {items: [{phase: done, due: 2026-11-02}]}
  - id: OWN-03
    title: Nothing waits for later work of another project
    why: Two plans that meet must agree on the day.
    source: House
    level: item
    kinds: [task, milestone]
    severity: critical
    applies_to: {phase: [todo, doing], start: present, links: {any: {type: FS, direction: inward}}}
    require:
      links: {none: {type: FS, direction: inward, other: {phase: [todo, doing], due: {on_or_after: {column: start}}}}}
    flag: waits-for-later
    message: "{key} starts {start} and waits for later work"
    fix: Move one of them.
    cases:
      - n/a: {phase: todo, start: 2026-12-01, links: []}
"""

_COMMON: Final[Mapping[str, Any]] = {
    "version": 1,
    "time_zone": "Asia/Kolkata",
    "currency": "GBP",
    "owner_id": "parity",
    "standards": {
        "packs": ["core", "status", "risk"],
        "files": ["own.yaml"],
        "override": {
            "HYG-01": {"unless": {"on_hold": True}},
            "HYG-02": "off",
            "GOV-03": {
                "require": {
                    "links": {
                        "any": {
                            "other": {"kind": "document", "all": [{"decision": "present"}, {"decision": "approved"}]}
                        }
                    }
                }
            },
            **dict.fromkeys(("HYG-05", "HYG-06", "HYG-07", "GOV-07", "RSK-06", "RSK-07", "RSK-08", "STA-04"), "on"),
        },
        "first_run": "apply",
    },
    "risk_appetite": [{"scope": {"project": "Payments core"}, "money": 20000, "high": 1}],
    "rollup": {"rag": {"dimensions": {"overdue_share": {"amber": "5%", "red": "15%"}}}},
    "guards": {"max_changes": "100%", "max_new_per_standard": 1000, "min_items": "0%", "max_mails": 10000},
    "waivers": "waivers.yaml",
}
_PLACES: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "export": ({"by": "field", "field": "programme"}, {"by": "field", "field": "project"}),
    "jira": ({"by": "project_category"}, {"by": "project"}),
    "redmine": ({"by": "project", "depth": 1}, {"by": "project", "depth": 2}),
}


def write_folder(
    folder: Path, name: str, tracker: Mapping[str, Any], *, accounts: Mapping[str, str], waived: Sequence[str]
) -> Path:
    """The folder is there, with a pmo.yaml of one tracker called `name`. `accounts`: person → account there.

    `waived`: keys of items that may be overdue.
    """
    folder.mkdir(parents=True)
    family = {"jira-cloud": "jira", "jira-dc": "jira"}.get(tracker["kind"], tracker["kind"])
    programme, project = _PLACES[family]
    homes = [
        {"level": level, "tracker": name, "issue_type": type_}
        for level, type_ in (("portfolio", "Portfolio brief"), ("programme", "Programme brief"), ("project", "Charter"))
    ]
    settings = {
        **_COMMON,
        "trackers": {name: tracker},
        "structure": {
            "portfolio": {"name": PORTFOLIO},
            "programme": [{"tracker": name, **programme}],
            "project": [{"tracker": name, **project}],
            "homes": homes,
        },
        **({"people": {person: {name: accounts[person]} for person in PEOPLE}} if accounts else {}),
    }
    (folder / "pmo.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "own.yaml").write_text(_OWN, encoding="utf-8")
    waivers = [
        {"standard": "HYG-09", "scope": {"item": key}, "until": "2026-12-01", "reason": "Agreed.", "approver": "eva"}
        for key in waived
    ]
    (folder / "waivers.yaml").write_text(yaml.safe_dump({"waivers": waivers}), encoding="utf-8")
    return folder


def mapped(extra: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """The part of a tracker's entry that says which field and which word is what."""
    kinds: dict[str, list[str]] = {}
    for type_, kind in KIND.items():
        if kind != "task":
            kinds.setdefault(kind, []).append(type_)
    return {
        "fields": {column: name for column, (name, _) in {**FIELDS, **extra}.items()},
        "kinds": kinds,
        "dropped": ["Rejected"],
        "phases": {"doing": ["In Progress", "Resolved", "On hold"], "hold": ["On hold"]},
        "values": {column: dict(words) for column, words in WORDS.items()},
    }


def words_of(column: str) -> Sequence[str]:
    """The words that the trackers offer for a column; none where it is not chosen from a list."""
    return tuple(WORDS.get(column, ()))


def word(column: str, value: object) -> object:
    """A value of the vocabulary as the trackers say it."""
    for said, meant in WORDS.get(column, {}).items():
        if meant == value:
            return said
    return value
