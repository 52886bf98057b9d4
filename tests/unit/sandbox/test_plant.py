"""Items in the vocabulary become a Jira: native where Jira has the field, else a custom field of the right type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.sandbox.plant import Item, plant
from pmo_sync.sandbox.planted_fields import FIELDS, NATIVE
from pmo_sync.sandbox.records import Flavour
from pmo_sync.sandbox.seed import Seed, SeedField, SeedIssue, SeedLink
from pmo_sync.settings.demo import demo_files

EPIC: Item = {"id": "1", "key": "PAY-1", "project": "Pay", "programme": "Payments", "kind": "summary", "phase": "doing"}
STORY: Item = {
    "id": "2",
    "key": "PAY-2",
    "project": "Pay",
    "programme": "Payments",
    "kind": "task",
    "issue_type": "Story",
    "title": "Token vault",
    "status": "In review",
    "phase": "doing",
    "parent": "1",
    "owner": "ann",
    "sponsor": "ben",
    "due": "2026-12-01",
    "start": "2026-11-16",
    "created": "2026-10-01T09:00:00Z",
    "last_human_change": "2026-11-02T09:00:00Z",
    "estimate_hours": 40,
    "remaining_hours": 0,
    "spent_hours": 1.5,
    "labels": ["vault"],
    "components": ["gateway"],
    "budget": 1000,
    "reported_rag": "amber",
    "date_is_contractual": True,
    "fields": {"reg_date": "2027-01-18", "note": "x", "rank": 3},
    "links": [{"type": "FS", "to": "1"}, {"type": "SS", "to": "1"}, {"type": "document", "to": "9"}],
}
EPIC_TYPE: Item = {**EPIC, "issue_type": "Epic"}


def issue(seed: Seed, key: str) -> SeedIssue:
    return next(one for one in seed.issues if one.key == key)


def fields(seed: Seed) -> Mapping[str, SeedField]:
    return {one.name: one for one in seed.fields}


def test_what_jira_has_by_itself_goes_there() -> None:
    story = issue(plant([EPIC_TYPE, STORY], Flavour.CLOUD), "PAY-2")
    assert (story.id, story.project, story.type, story.summary, story.status) == (
        2,
        "PAY",
        "Story",
        "Token vault",
        "In review",
    )
    assert (story.assignee, story.due, story.labels) == ("ann@bank.example", date(2026, 12, 1), ("vault",))
    assert (story.components, story.parent, story.epic) == (("gateway",), "PAY-1", None)
    assert (story.estimate_seconds, story.remaining_seconds, story.spent_seconds) == (144_000, 0, 5_400)
    assert story.created == datetime(2026, 10, 1, 9, tzinfo=UTC)
    assert story.updated == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_every_other_column_is_a_custom_field_of_its_type() -> None:
    seed = plant([EPIC_TYPE, STORY], Flavour.CLOUD)
    types = {name: one.type for name, one in fields(seed).items()}
    shown = issue(seed, "PAY-2").fields
    expected = {
        "Start date": ("date", date(2026, 11, 16)),
        "Sponsor": ("user", "ben@bank.example"),
        "Budget": ("number", 1000.0),
        "RAG": ("select", "Amber"),
        "Date is contractual": ("select", "Yes"),
        "reg_date": ("date", date(2027, 1, 18)),
        "note": ("text", "x"),
        "rank": ("number", 3.0),
    }
    assert {name: (types[name], shown[name]) for name in expected} == expected
    assert shown.keys() == expected.keys()


def test_a_project_takes_its_category_from_the_programme() -> None:
    (project,) = plant([EPIC_TYPE, STORY], Flavour.CLOUD).projects
    assert (project.key, project.name, project.category) == ("PAY", "Pay", "Payments")
    (nameless,) = plant(
        [{"id": "7", "key": "PMO-1", "programme": "Payments"}], Flavour.CLOUD, project_names={"PMO": "PMO office"}
    ).projects
    assert (nameless.name, nameless.category) == ("PMO office", None)


def test_on_data_center_an_epic_is_linked_and_what_is_above_is_a_parent() -> None:
    initiative: Item = {**EPIC, "id": "3", "key": "PAY-3", "issue_type": "Initiative"}
    seed = plant([initiative, {**EPIC_TYPE, "parent": "3"}, STORY], Flavour.DATA_CENTER)
    assert {one.name: one.level for one in seed.types} == {"Epic": 1, "Initiative": 2, "Story": 0}
    assert (issue(seed, "PAY-2").epic, issue(seed, "PAY-2").parent) == ("PAY-1", None)
    assert (issue(seed, "PAY-1").epic, issue(seed, "PAY-1").parent) == (None, "PAY-3")
    assert {one.type for one in seed.fields} >= {"epic_link", "parent_link"}


def test_links_lead_from_the_predecessor_and_one_that_leads_nowhere_is_left_out() -> None:
    seed = plant([EPIC_TYPE, STORY], Flavour.CLOUD)
    assert seed.links == [SeedLink("Blocks", "PAY-2", "PAY-1"), SeedLink("SS", "PAY-2", "PAY-1")]
    assert {"Blocks", "Relates", "Duplicate", "SS"} <= {one.name for one in seed.link_types}


def test_statuses_have_the_category_of_their_phase_and_dropped_work_a_resolution() -> None:
    dropped: Item = {**STORY, "id": "4", "key": "PAY-4", "status": "Won't do", "phase": "dropped"}
    seed = plant([EPIC_TYPE, STORY, dropped], Flavour.CLOUD)
    assert {one.name: one.category for one in seed.statuses} == {
        "In progress": "indeterminate",
        "In review": "indeterminate",
        "Won't do": "done",
    }
    assert [one.resolution for one in seed.issues] == [None, None, "Won't do"]


def test_an_owner_who_left_has_no_active_account_and_zones_differ() -> None:
    gone: Item = {**STORY, "id": "5", "key": "PAY-5", "owner": "otto", "owner_active": False}
    accounts = plant([EPIC_TYPE, STORY, gone], Flavour.CLOUD).accounts
    assert {one.account: one.active for one in accounts} == {"ann": True, "ben": True, "otto": False}
    assert len({one.zone for one in accounts}) == 3
    assert [one.login for one in plant([STORY], Flavour.DATA_CENTER).accounts] == ["ann", "ben"]


def test_a_column_is_hidden_where_no_item_of_the_project_and_kind_carries_it() -> None:
    risk: Item = {"id": "6", "key": "PAY-6", "project": "Pay", "kind": "risk", "issue_type": "Risk", "owner": None}
    known = fields(plant([EPIC_TYPE, STORY, risk], Flavour.CLOUD))
    assert known["Budget"].hidden_for == {("PAY", "Epic"), ("PAY", "Risk")}
    assert known["Due date"].id == "duedate"
    assert known["Due date"].hidden_for == {("PAY", "Epic"), ("PAY", "Risk")}
    assert known["Assignee"].hidden_for == {("PAY", "Epic")}
    assert known["Description"].hidden_for == {("PAY", "Epic"), ("PAY", "Story"), ("PAY", "Risk")}


@pytest.mark.parametrize("flavour", list(Flavour))
def test_the_same_items_give_the_same_seed(flavour: Flavour) -> None:
    items = [json.loads(line) for line in demo_files(date(2026, 11, 23))["items.jsonl"].splitlines()]
    assert plant(items, flavour) == plant(json.loads(json.dumps(items)), flavour)
    assert len(plant(items, flavour).issues) == len(items)


def test_every_name_of_a_field_is_used_once_and_every_column_is_of_the_vocabulary() -> None:
    names = [*FIELDS.values(), *(one.name for one in NATIVE.values())]
    assert len({name.casefold() for name in names}) == len(names)
    assert {*FIELDS, *NATIVE} <= VOCABULARY.keys()


def test_an_item_without_a_key_that_jira_could_give_has_one_made() -> None:
    odd: list[Item] = [{"id": "a-b"}, {"id": "x", "key": "pay 7", "parent": "a-b"}, {"id": "9", "key": "PAY-9"}]
    seed = plant(odd, Flavour.CLOUD)
    assert [(one.key, one.id, one.parent) for one in seed.issues] == [
        ("ITEM-1", None, None),
        ("ITEM-2", None, "ITEM-1"),
        ("PAY-9", 9, None),
    ]


@pytest.mark.parametrize("flavour", list(Flavour))
def test_labels_are_hidden_nowhere_as_jira_shows_them_on_every_issue(flavour: Flavour) -> None:
    seed = plant([EPIC, {**STORY, "project": "Other", "key": "OTH-2", "parent": None}], flavour)
    assert "Labels" not in fields(seed)
    assert "Components" in fields(seed)
