from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from pmo_sync.connectors.jira import relations
from pmo_sync.connectors.jira.adf import document
from pmo_sync.connectors.jira.cells import account, day, texts
from pmo_sync.connectors.jira.columns import asked_fields, sources
from pmo_sync.connectors.jira.fields import missing
from pmo_sync.connectors.jira.wire import LinkKind, RawIssue, Slim
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.connectors.options import JiraCloudOptions
from pmo_sync.model import frames
from pmo_sync.model.words import LinkType
from tests.unit.connectors.jira_rows import ANN, STATUS, catalogue, issue, rows


def first(*raw: dict[str, Any], **options: Any) -> dict[str, Any]:
    return rows(*raw, **options).items.row(0, named=True)


def test_native_columns() -> None:
    item = first(
        issue(
            10,
            assignee={**ANN, "active": False},
            reporter=ANN,
            duedate="2026-12-01",
            labels=["b", "a"],
            components=[{"name": "UI"}],
            fixVersions=[{"name": "1.0"}],
            timeoriginalestimate=5400,
            timeestimate=None,
            timespent=1800,
            priority={"name": "High"},
            resolution=None,
        )
    )
    assert item["id"] == "10"
    assert item["key"] == "A-10"
    assert item["title"] == "A title"
    assert item["project_id"] == "1"
    assert item["updated"] == datetime(2026, 11, 21, 17, 6, 32, tzinfo=UTC)
    assert (item["owner"], item["owner_active"], item["reporter"]) == ("a:1", False, "a:1")
    assert item["due"] == date(2026, 12, 1)
    assert item["labels"] == ["b", "a"]
    assert (item["components"], item["fix_versions"]) == (["UI"], ["1.0"])
    assert (item["estimate_hours"], item["remaining_hours"], item["spent_hours"]) == (1.5, None, 0.5)
    assert (item["priority"], item["resolution"], item["phase"]) == ("High", None, "doing")


def test_data_center_names_people_by_their_key() -> None:
    assert first(issue(1, assignee=ANN), dialect=DataCenter())["owner"] == "JIRAUSER1"


def test_fields_of_plugins_are_found_in_every_language() -> None:
    sprint = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=2,state=FUTURE,name=Sprint 2, late,startDate=<null>]"
    )
    item = first(
        issue(1, customfield_1=8.0, customfield_2=[sprint, {"id": 3, "name": "Sprint 3"}], customfield_5="2026-10-01")
    )
    assert item["points"] == 8.0
    assert item["sprints"] == ["Sprint 2, late", "Sprint 3"]
    assert item["start"] == date(2026, 10, 1)


def test_a_field_that_pmo_yaml_names_goes_before_a_plugins() -> None:
    item = first(issue(1, customfield_1=8.0, customfield_7="13"), fields={"points": "customfield_7"})
    assert item["points"] == 13.0


def test_documents_become_text() -> None:
    words = [{"type": "text", "text": "Hello"}, {"type": "hardBreak"}, {"type": "text", "text": "you"}]
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": words}]}
    assert first(issue(1, description=document))["description"] == "Hello\nyou"


def test_of_a_document_its_words_are_kept_and_nothing_else() -> None:
    """Twenty thousand of them as they come are half a gigabyte."""
    slim = Slim()
    raw = msgspec.json.encode(document("one\n\ntwo"))
    found = slim.issue(RawIssue("1", "A-1", {"description": Raw(raw), "assignee": Raw(b'{"accountId":"a:1"}')}))
    assert found.fields == {"description": "one\n\ntwo", "assignee": {"accountId": "a:1"}}
    assert len(slim._known) == 1


def test_a_member_that_no_issue_shows_is_hidden_and_one_that_is_null_is_empty() -> None:
    other = {"id": "6", "name": "Bug"}
    found = rows(issue(1, duedate=None), issue(2), issue(3, issuetype=other))
    hidden = dict(found.scopes.select("issue_type", "hidden").iter_rows())
    assert "due" not in hidden["Task"]
    assert "due" in hidden["Bug"]
    assert {"labels", "points", "estimate_hours"} <= set(hidden["Task"])
    assert {"status", "issue_type", "updated"}.isdisjoint(hidden["Bug"])
    assert found.items.get_column("labels").to_list() == [None, None, None]


@pytest.mark.parametrize(
    ("category", "resolution", "options", "phase"),
    [
        ("new", None, {}, "todo"),
        ("indeterminate", None, {}, "doing"),
        ("done", "Done", {}, "done"),
        ("done", "Won't Do", {"dropped": ["Won't Do"]}, "dropped"),
        ("indeterminate", None, {"dropped": ["Odd"]}, "dropped"),
        ("indeterminate", None, {"phases": {"todo": ["Odd"]}}, "todo"),
        ("undefined", None, {}, None),
        ("undefined", None, {"phases": {"hold": ["Odd"]}}, "doing"),
    ],
)
def test_phase(category: str, resolution: str | None, options: dict[str, Any], phase: str | None) -> None:
    status = {"name": "Odd", "statusCategory": {"key": category}}
    item = first(issue(1, status=status, resolution=resolution and {"name": resolution}), **options)
    assert item["phase"] == phase


def test_parents() -> None:
    found = rows(
        issue(1),
        issue(2, parent={"id": "1", "key": "A-1"}),
        issue(3, parent={"id": "99", "key": "B-9"}),
        issue(4, customfield_3="A-1", customfield_4="A-2"),
        issue(5, customfield_3=None, customfield_4="A-2"),
        issue(6, customfield_3="A-6"),
        dialect=DataCenter(),
    ).items
    assert found.get_column("parent_id").to_list() == [None, "1", None, "1", "2", None]
    assert found.get_column("parent_known").to_list() == [False, True, True, True, True, False]


def test_cloud_takes_the_parent_alone() -> None:
    assert first(issue(2, customfield_3="A-1"), issue(1))["parent_known"] is False


def link(number: int, name: str, **end: str) -> dict[str, Any]:
    ends = {side: {"id": other, "key": "?"} for side, other in end.items()}
    return {"id": str(number), "type": {"name": name, "inward": "", "outward": ""}, **ends}


def test_a_link_that_is_told_of_by_one_end_or_by_both_in_any_order_has_the_same_ends() -> None:
    outward = issue(9, issuelinks=[link(7, "Blocks", outwardIssue="2")])
    found = rows(issue(2, issuelinks=[link(7, "Blocks", inwardIssue="9")]), outward).links
    assert found.select("source_id", "target_id").rows() == [("9", "2")]
    assert rows(issue(2), outward).links.select("source_id", "target_id").rows() == [("9", "2")]


def test_links_are_told_once_from_predecessor_to_successor() -> None:
    found = rows(
        issue(1, issuelinks=[link(7, "Blocks", outwardIssue="2"), link(8, "Relates", inwardIssue="99")]),
        issue(2, issuelinks=[link(7, "Blocks", inwardIssue="1")]),
    ).links.select(frames.RAW_LINKS.keys())
    assert found.rows() == [("1", "2", "FS", None), (None, "1", "relates", None)]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Blocks", LinkType.FS),
        ("Duplicate", LinkType.DUPLICATES),
        ("finish-start [GANTT]", LinkType.FS),
        ("Gantt Start to Start", LinkType.SS),
        ("Gantt End to End", LinkType.FF),
        ("Start-to-finish link", LinkType.SF),
        ("Dependency (SS)", LinkType.SS),
        ("Blockiert", LinkType.OTHER),
        ("Cloners", LinkType.OTHER),
        ("", LinkType.OTHER),
    ],
)
def test_what_a_link_means(name: str, meaning: LinkType) -> None:
    assert relations.meaning(LinkKind(name)) is meaning


WRITE: dict[str, Any] = {"write": {"labels": True, "fields": {"health": "PMO health"}}}


def test_marks_are_all_labels_and_the_fields_that_are_visible() -> None:
    found = rows(
        issue(1, labels=["pmo-x", "own"], customfield_6={"value": "Amber"}),
        issue(2, customfield_6=None),
        issue(3),
        **WRITE,
    )
    assert found.marks.drop("tracker", "target_kind").rows() == [
        ("1", "field", "PMO health", '"Amber"'),
        ("1", "label", "own", "true"),
        ("1", "label", "pmo-x", "true"),
        ("2", "field", "PMO health", None),
    ]


def test_a_note_says_what_we_wrote_unless_it_is_of_another_issue() -> None:
    note = {
        "v": 1,
        "id": "1",
        "labels": ["pmo-x"],
        "fields": {"PMO health": None},
        "link": {"title": "t", "summary": "s", "url": "u", "resolved": False},
    }
    found = rows(
        issue(1, properties={"pmo-sync.pmo": note, "other": 1}),
        issue(2, properties={"pmo-sync.pmo": note}),
        issue(3, properties={"pmo-sync.pmo": "odd"}),
    ).remembered  # fmt: skip
    assert found.drop("tracker", "target_kind", "value").rows() == [
        ("1", "field", "PMO health"),
        ("1", "label", "pmo-x"),
        ("1", "link", "pmo-sync:pmo:j:1"),
    ]


@pytest.mark.parametrize(
    "value", [b"[" * 5_000 + b"]" * 5_000, b'"\\ud800"', b'{"v": 1, "id": "1", "labels": ["\\ud800"]}']
)
def test_a_note_that_nobody_can_read_spoils_nothing_else(value: bytes) -> None:
    found = Slim().issue(RawIssue("1", "A-1", {"summary": Raw(b'"x"')}, {"pmo-sync.pmo": Raw(value)}))
    assert (found.fields, found.properties) == ({"summary": "x"}, {})


def test_people_are_matched_by_login_before_display_name() -> None:
    other = {"accountId": "a:2", "displayName": "ann", "active": True}
    assert rows(issue(1, assignee=ANN, reporter=other)).accounts.rows() == [("a:1", "ann")]


def test_a_display_name_of_two_people_is_told_of_both() -> None:
    one, two = ({"accountId": number, "displayName": "Ann"} for number in ("a:1", "a:2"))
    assert rows(issue(1, assignee=one, reporter=two)).accounts.rows() == [("a:1", "ann"), ("a:2", "ann")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, []),
        ("", []),
        ("x", ["x"]),
        (8.0, ["8"]),
        (True, ["true"]),
        ({"value": "A", "child": {"value": "B"}}, ["A - B"]),
        ([{"value": "A"}, {"name": "v1"}], ["A", "v1"]),
        ({"displayName": "Ann", "accountId": "1"}, ["Ann"]),
        ({"odd": {"deep": 1}}, ['{"odd":{"deep":1}}']),
        ([["x"]], ['["x"]']),
    ],
)
def test_texts_of_any_value(value: object, said: list[str]) -> None:
    assert texts(value) == said


def test_days_and_accounts_of_odd_values() -> None:
    assert day("2026-11-21T23:30:00.000+0530") == "2026-11-21"
    assert account(("accountId",))([{"accountId": "1"}, {"accountId": "2"}]) == "1"
    assert account(("accountId",))({"name": "x"}) is None


def test_fields_of_the_pmo() -> None:
    fields = {"sponsor": "customfield_9", "due": "zieltermin", "health": {"field": "PMO health", "type": "text"}}
    item = first(issue(1, customfield_9=ANN, customfield_5="2027-01-01", customfield_6={"value": "Red"}), fields=fields)
    assert (item["sponsor"], item["due"], item["fields.health"]) == ("a:1", date(2027, 1, 1), "Red")


def test_a_name_that_is_given_twice_asks_for_the_id() -> None:
    options = JiraCloudOptions.model_validate(
        {"kind": "jira-cloud", "url": "https://x.example", "fields": {"team": "Team"}, "write": {"flags": "PMO helth"}}
    )
    assert missing("j", options, catalogue()) == [
        (
            'trackers.j.fields.team: 2 fields are called "Team"; give the id of the one that is meant: '
            "customfield_7 or customfield_8"
        ),
        'trackers.j.write.flags: Jira has no field "PMO helth" that we can see; did you mean "PMO health"?',
    ]


def test_only_what_is_needed_is_asked_for() -> None:
    options = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": "https://x.example"})
    few = sources(options, catalogue(), Cloud(), frozenset({"due"})).values()
    base = ["duedate", "issuelinks", "issuetype", "parent", "project", "status", "summary", "updated"]
    assert asked_fields(options, catalogue(), Cloud(), few) == base
    assert asked_fields(options, catalogue(), DataCenter(), few) == sorted([*base, "customfield_3", "customfield_4"])


def test_hostile_text_stays_text() -> None:
    item = first(issue(1, summary="=HYPERLINK(1) \u202e", status={**STATUS, "name": "\x1b[31m"}))
    assert (item["title"], item["status"]) == ("=HYPERLINK(1) \u202e", "\x1b[31m")
