from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import polars as pl
import pytest

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.gathered import Shelves
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.rows import Rows, to_rows
from pmo_sync.connectors.redmine.wire import ISSUES, PROJECTS, TRACKERS
from pmo_sync.connectors.whereabouts import Whereabouts
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import VOCABULARY

EVERYTHING = frozenset(VOCABULARY)

ISSUE: dict[str, Any] = {
    "id": 7,
    "project": {"id": 1, "name": "Core"},
    "tracker": {"id": 4, "name": "Epic"},
    "status": {"id": 2, "name": "In Progress", "is_closed": False},
    "priority": {"id": 2, "name": "High"},
    "author": {"id": 22, "name": "Hana Person"},
    "assigned_to": {"id": 25, "name": "Ada Person"},
    "category": {"id": 2, "name": "Frontend"},
    "fixed_version": {"id": 1, "name": "1.0"},
    "subject": "=HYPERLINK(1) \u202e",
    "description": "Text",
    "start_date": "2026-08-28",
    "due_date": None,
    "done_ratio": 63,
    "estimated_hours": 12.5,
    "total_estimated_hours": 99.0,
    "spent_hours": 2.25,
    "custom_fields": [
        {"id": 1, "name": "RAG", "value": "Red"},
        {"id": 2, "name": "PMO compliance", "multiple": True, "value": ["overdue", "no-owner"]},
        {"id": 4, "name": "Budget", "value": "1234.50"},
        {"id": 6, "name": "Sponsor", "value": "20"},
    ],
    "created_on": "2026-08-23T08:22:31Z",
    "updated_on": "2026-09-15T09:36:11Z",
}


def issue(number: int, **more: Any) -> dict[str, Any]:
    return {**ISSUE, "id": number, **more}


def rows(
    *issues: dict[str, Any], projects: list[dict[str, Any]] | None = None, trackers: Any = (), **options: Any
) -> Rows:
    wire_issues = ISSUES.decode(msgspec.json.encode({"issues": issues, "total_count": len(issues)})).issues
    listed = projects or [{"id": 1, "name": "Core", "identifier": "core"}]
    wire_projects = PROJECTS.decode(msgspec.json.encode({"projects": listed, "total_count": 1})).projects
    wire_trackers = TRACKERS.decode(msgspec.json.encode({"trackers": list(trackers)})).trackers
    settings = RedmineOptions.model_validate({"kind": "redmine", "url": "https://r.example.net", **options})
    wanted = EVERYTHING | {f"fields.{name}" for name in options.get("fields", {})}
    shelves = Shelves(settings, wanted)
    places = Whereabouts(zip((one.id for one in wire_issues), shelves.put(wire_issues), strict=True))
    read = Read(
        shelves.taken(places.places),
        {one.id: one for one in wire_projects},
        {one.id: one for one in wire_trackers},
    )
    return to_rows(read, "plant", "https://r.example.net", settings, wanted)


def test_what_redmine_has_by_itself() -> None:
    (found,) = rows(ISSUE).items.to_dicts()
    assert found["id"] == "7"
    assert found["key"] == "#7"
    assert found["title"] == "=HYPERLINK(1) \u202e", "kept as it is; whoever shows it makes it harmless"
    assert found["project_id"] == "1"
    assert found["owner"] == "25"
    assert found["reporter"] == "22"
    assert found["start"] == date(2026, 8, 28)
    assert found["due"] is None
    assert found["percent_done"] == 0.63
    assert found["estimate_hours"] == 12.5
    assert found["spent_hours"] == 2.25
    assert found["components"] == ["Frontend"]
    assert found["fix_versions"] == ["1.0"]
    assert found["updated"] == datetime(2026, 9, 15, 9, 36, 11, tzinfo=UTC)
    assert "Ada Person" not in str(found), "persons are ids"


def test_the_frames_keep_their_schemas_when_there_is_nothing() -> None:
    nothing = rows(fields={"budget": "Budget"}, write={"flags": "PMO compliance"})
    for frame, schema in (
        (nothing.items, frames.PULLED),
        (nothing.scopes, frames.SCOPES),
        (nothing.projects, frames.PROJECTS),
        (nothing.links, frames.RAW_LINKS),
        (nothing.marks, frames.MARKS),
    ):
        frames.check(frame, schema, "empty")


def test_members_that_are_absent_are_empty() -> None:
    bare = {name: ISSUE[name] for name in ("id", "project", "tracker", "status", "updated_on")}
    (found,) = rows(bare).items.to_dicts()
    assert found["owner"] is None
    assert found["components"] == []
    assert found["title"] is None


def test_labels_and_owner_active_are_nowhere() -> None:
    found = rows(ISSUE)
    assert not {"labels", "owner_active", "resolution", "remaining_hours"} & set(found.columns)


def test_only_what_is_asked_for_is_kept() -> None:
    settings = RedmineOptions.model_validate({"kind": "redmine", "url": "https://r.example.net"})
    wanted = frozenset({"due"})
    shelves = Shelves(settings, wanted)
    places = shelves.put(ISSUES.decode(msgspec.json.encode({"issues": [ISSUE], "total_count": 1})).issues)
    found = to_rows(Read(shelves.taken(pl.Series(places)), {}), "plant", "https://r.example.net", settings, wanted)
    assert "description" not in found.items.columns
    assert "due" in found.columns
    assert {"updated", "kind", "phase", "on_hold"} <= set(found.columns)


@pytest.mark.parametrize("name", ["Budget", "4"])
def test_custom_fields_by_name_or_id(name: str) -> None:
    found = rows(ISSUE, fields={"budget": name, "own": {"field": "Budget", "type": "money"}}).items
    assert found["budget"].to_list() == [1234.5]
    assert found["fields.own"].to_list() == [1234.5]


def test_a_field_is_hidden_where_no_issue_of_project_and_tracker_shows_it() -> None:
    risk = {"tracker": {"id": 9, "name": "Risk"}, "custom_fields": []}
    empty = issue(9, custom_fields=[{"id": 4, "name": "Budget", "value": ""}])
    found = rows(ISSUE, issue(8, **risk), empty, fields={"budget": "Budget"})
    hidden = dict(found.scopes.select("issue_type", "hidden").iter_rows())
    assert "budget" in hidden["Risk"]
    assert "budget" not in hidden["Epic"]
    assert found.items["budget"].to_list() == [1234.5, None, None]


def test_a_standard_field_that_is_switched_off_is_hidden() -> None:
    trackers = [{"id": 4, "name": "Epic", "enabled_standard_fields": ["assigned_to_id", "done_ratio"]}]
    (hidden,) = rows(ISSUE, trackers=trackers).scopes["hidden"].to_list()
    assert {"start", "due", "estimate_hours", "components", "fix_versions", "description"} <= set(hidden)
    assert not {"owner", "percent_done", "priority", "created"} & set(hidden)


def test_spent_hours_that_we_may_not_see_are_hidden_not_zero() -> None:
    unseen = {name: value for name, value in ISSUE.items() if name != "spent_hours"}
    found = rows(unseen)
    assert found.items["spent_hours"].to_list() == [None]
    assert "spent_hours" in found.scopes["hidden"].to_list()[0]


def test_phases_and_holds() -> None:
    def with_status(number: int, name: str, is_closed: object) -> dict[str, Any]:
        return issue(number, status={"id": number, "name": name, "is_closed": is_closed})

    found = rows(
        with_status(1, "New", False),
        with_status(2, "In Progress", False),
        with_status(3, "On hold", False),
        with_status(4, "Closed", True),
        with_status(5, "Rejected", True),
        with_status(6, "Resolved", False),
        with_status(7, "Odd", None),
        dropped=["Rejected"],
        phases={"doing": ["In Progress"], "hold": ["On hold"], "done": ["Resolved"]},
    )
    assert found.items["phase"].to_list() == ["todo", "doing", "doing", "done", "dropped", "done", None]
    assert found.items["on_hold"].to_list() == [False, False, True, False, False, False, False]
    assert found.unmapped == (("phase", "Odd", 1),)


def test_kinds_and_parents() -> None:
    found = rows(
        issue(1),
        issue(2, parent={"id": 1}),
        issue(3, tracker={"id": 9, "name": "Risk"}),
        issue(4, parent={"id": 3}),
        issue(5, parent={"id": 99}),
        kinds={"risk": ["Risk"]},
    )
    assert found.items["kind"].to_list() == ["task", "task", "risk", "task", "task"]
    assert found.items["parent_id"].to_list() == [None, "1", None, "3", None]
    assert found.items["parent_known"].to_list() == [False, True, False, True, True]


def test_words_are_mapped_and_the_unknown_ones_counted() -> None:
    def rag(number: int, word: str) -> dict[str, Any]:
        return issue(number, custom_fields=[{"id": 1, "name": "RAG", "value": word}])

    found = rows(
        rag(1, "Gelb"),
        rag(2, "Red"),
        rag(3, "Amber/Green"),
        rag(4, "Mauve"),
        rag(5, "Mauve"),
        rag(6, ""),
        fields={"reported_rag": "RAG"},
        values={"reported_rag": {"Gelb": "amber"}},
    )
    assert found.items["reported_rag"].to_list() == ["amber", "red", "amber_green", None, None, None]
    assert found.unmapped == (("reported_rag", "Mauve", 2),)


def test_a_column_may_read_the_words_of_another() -> None:
    approved = issue(2, status={"id": 9, "name": "Approved", "is_closed": True})
    found = rows(ISSUE, approved, values={"decision": {"from": "status", "Approved": "approved"}})
    assert found.items["decision"].to_list() == ["approved", None]


def test_a_number_that_is_none_is_unknown_and_counted() -> None:
    values = ["12,5", "nan", "inf", "1e3", "7"]
    issues = [issue(n, custom_fields=[{"id": 4, "name": "Budget", "value": text}]) for n, text in enumerate(values)]
    found = rows(*issues, fields={"budget": "Budget"})
    assert found.items["budget"].to_list() == [None, None, None, 1000.0, 7.0]
    assert [word for _, word, _ in found.unmapped] == ["12,5", "inf", "nan"]


def test_numbers_in_place_of_texts_are_read_too() -> None:
    found = rows(issue(1, custom_fields=[{"id": 4, "name": "Budget", "value": 12.5}]), fields={"budget": "Budget"})
    assert found.items["budget"].to_list() == [12.5]


def test_relations_once_each_from_predecessor_to_successor() -> None:
    def relation(number: int, word: str, source: int, target: int, delay: int | None = None) -> dict[str, Any]:
        return {"id": number, "issue_id": source, "issue_to_id": target, "relation_type": word, "delay": delay}

    precedes, blocks = relation(1, "precedes", 1, 2, 3), relation(2, "blocks", 2, 999)
    found = rows(
        issue(1, relations=[precedes, relation(3, "follows", 1, 2, None), relation(5, "copied_to", 1, 2)]),
        issue(2, relations=[precedes, blocks, relation(4, "relates", 1, 2)]),
    ).links.select(frames.RAW_LINKS.keys())
    assert found.rows() == [
        ("1", "2", "FS", 3),
        ("2", None, "FS", None),
        ("2", "1", "FS", 0),
        ("1", "2", "relates", None),
        ("1", "2", "other", None),
    ]


def test_marks_stand_wherever_their_field_is_shown() -> None:
    other = issue(8, custom_fields=[{"id": 2, "name": "PMO compliance", "multiple": True, "value": []}])
    projects = [
        {"id": 1, "name": "Core", "custom_fields": [{"id": 9, "name": "PMO score", "value": "41.50"}]},
        {"id": 2, "name": "Other", "custom_fields": []},
    ]
    write = {"flags": "PMO compliance", "fields": {"health": "RAG", "progress": "PMO score"}}
    found = rows(ISSUE, other, projects=projects, write=write).marks
    assert found.select("target_kind", "target_id", "name", "value").rows() == [
        ("item", "7", "PMO compliance", '["no-owner","overdue"]'),
        ("item", "7", "RAG", '"Red"'),
        ("item", "8", "PMO compliance", None),
        ("project", "1", "PMO score", '"41.5"'),
    ]


def test_a_text_field_of_flags_is_read_as_a_list() -> None:
    text = issue(1, custom_fields=[{"id": 3, "name": "Findings", "value": "stale, no-owner"}])
    assert rows(text, write={"flags": "Findings"}).marks["value"].to_list() == ['["no-owner","stale"]']


def test_projects_with_their_own_fields() -> None:
    projects = [
        {"id": 1, "name": "Core", "identifier": "core", "custom_fields": [{"id": 9, "name": "Money", "value": "5"}]},
        {"id": 2, "name": "Old", "identifier": "old", "status": 5, "parent": {"id": 1}},
    ]
    found = rows(projects=projects, fields={"budget": "Money"}).projects
    assert found.select("id", "key", "parent_id", "closed", "budget", "hidden").rows() == [
        ("1", "core", None, False, 5.0, []),
        ("2", "old", "1", True, None, ["budget"]),
    ]
    assert found["url"].to_list()[0] == "https://r.example.net/projects/core"
