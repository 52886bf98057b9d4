from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.connectors.export import ExportConnector
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.errors import PmoError
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from tests.unit.connectors import exports
from tests.unit.connectors.exports import pull
from tests.unit.connectors.jira_rows import CUSTOM, FIELDS, issue, rows

NAMES = {number: name for number, (name, *_) in CUSTOM.items()}
SCHEMA = {number: {"type": kind, "custom": plugin} for number, (_, kind, _, plugin) in CUSTOM.items()}
CLOUD_USER = {"accountId": "a:1", "displayName": "Ann", "active": True, "self": "https://x"}
SERVER_USER = {"key": "JIRAUSER1", "name": "ann", "displayName": "Ann", "active": False}
CATEGORY = {"id": "1", "key": "A", "name": "Alpha", "projectCategory": {"id": "9", "name": "Digital"}}


def answer(*issues: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"names": NAMES, "schema": SCHEMA, "issues": list(issues), **members}


def opened(folder: Path, content: Any, **options: Any) -> ExportConnector:
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    return exports.opened(folder / "search.json", text, **options)


def saved(folder: Path, content: Any, **options: Any) -> Snapshot:
    own = [f"fields.{name}" for name in options.get("fields", {})]
    return pull(opened(folder, content, **options), *own)


def some_issues(user: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    return [
        issue(
            1,
            assignee=user,
            duedate="2026-11-27",
            labels=["a", "b"],
            timeoriginalestimate=28_800,
            timespent=None,
            components=[{"id": "1", "name": "Core"}],
            priority={"id": "3", "name": "High"},
            resolution=None,
            customfield_1=5.0,
            customfield_2=[{"id": 2, "name": "S 1", "state": "future"}],
            customfield_6={"value": "Amber", "id": "7"},
            customfield_9=user,
            issuelinks=[{"id": "5", "type": blocks, "outwardIssue": {"id": "2", "key": "A-2"}}],
        ),
        issue(
            2,
            parent={"id": "1", "key": "A-1"},
            status={"name": "Fertig", "statusCategory": {"key": "done"}},
            labels=[],
            components=[],
            customfield_2=None,
            customfield_5="2026-11-16",
            description={"type": "doc", "version": 1, "content": []},
            issuelinks=[
                {"id": "5", "type": blocks, "inwardIssue": {"id": "1", "key": "A-1"}},
                {"id": "6", "type": blocks, "inwardIssue": {"id": "77", "key": "B-7"}},
            ],
        ),
        issue(3, issuetype={"id": "6", "name": "Risk"}, customfield_3="A-1", customfield_6=None),
    ]


@pytest.mark.parametrize(("dialect", "user"), [(Cloud(), CLOUD_USER), (DataCenter(), SERVER_USER)])
def test_a_saved_search_gives_what_the_connector_gives(tmp_path: Path, dialect: Dialect, user: dict[str, Any]) -> None:
    issues = some_issues(user)
    if isinstance(dialect, Cloud):
        issues[2]["fields"].pop("customfield_3")
    options: dict[str, Any] = {
        "fields": {"reported_rag": "PMO health", "sponsor": "Sponsor", "team7": {"field": "customfield_7"}},
        "kinds": {"risk": ["Risk"]},
    }
    issues[0]["fields"]["customfield_7"] = "Tokens"
    live = rows(*issues, dialect=dialect, **options)
    found = saved(tmp_path, answer(*issues), **options)
    there = set(found.items.columns)
    shared = [name for name in live.items.columns if name in there - {"scope", "project", "project_id", "url"}]
    assert live.items.select(shared).to_dicts() == found.items.select(shared).to_dicts()
    assert live.links.select(found.links.columns).equals(found.links)
    hidden = [
        {own_type: set(names) for own_type, names in scopes.select("issue_type", "hidden").iter_rows()}
        for scopes in (live.scopes, found.scopes)
    ]
    nowhere = (VOCABULARY.keys() & live.items.columns) - there - {"project_category"}
    assert {own_type: names & nowhere for own_type, names in hidden[0].items()} == dict.fromkeys(hidden[0], nowhere)
    assert {own_type: names - nowhere for own_type, names in hidden[0].items()} == hidden[1]
    assert found.items["project"].to_list() == ["Alpha"] * 3


def test_programme_and_project_by_default(tmp_path: Path) -> None:
    (found,) = saved(tmp_path, answer(issue(1, project=CATEGORY))).items.to_dicts()
    assert (found["project"], found["project_category"]) == ("Alpha", "Digital")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("listed", [True, False])
def test_one_answer_or_a_list_of_them_however_it_is_spread(tmp_path: Path, indent: int | None, listed: bool) -> None:
    pages: Any = [answer(issue(1), issue(2)), answer(issue(2), issue(3))] if listed else answer(*map(issue, (1, 2, 3)))
    snapshot = saved(tmp_path, "\ufeff" + json.dumps(pages, indent=indent))
    assert snapshot.items["key"].to_list() == ["A-1", "A-2", "A-3"]
    assert snapshot.manifest.complete


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"total": 3, "startAt": 0, "maxResults": 2}, "the search found 3 issues and the file holds 2"),
        ({"isLast": False, "nextPageToken": "t"}, "the search has more pages than the file holds"),
        ({"nextPageToken": "t"}, "the search has more pages than the file holds"),
        ({"warningMessages": ["no such value"]}, "Jira answered the search only in part: no such value"),
        ({"total": 2}, None),
        ({"isLast": True}, None),
    ],
)
def test_a_search_that_was_cut_off_is_incomplete(tmp_path: Path, members: dict[str, Any], said: str | None) -> None:
    snapshot = saved(tmp_path, answer(issue(1), issue(2), **members))
    assert [problem.startswith(said or "") for problem in snapshot.manifest.problems] == [True] * (said is not None)
    assert snapshot.manifest.complete is (said is None)
    assert snapshot.scopes["complete"].all() is (said is None)
    assert snapshot.projects["complete"].all() is (said is None)


def test_doctor_says_that_a_search_was_cut_off(tmp_path: Path) -> None:
    probes = opened(tmp_path, answer(issue(1), total=9)).probe()
    assert [probe.ok for probe in probes if probe.subject == "whole"] == [False]


def test_a_hidden_field_is_not_an_empty_one(tmp_path: Path) -> None:
    snapshot = saved(tmp_path, answer(issue(1, duedate=None), issue(2, issuetype={"id": "6", "name": "Bug"})))
    told = snapshot.items.join(snapshot.scopes, on="scope").select("key", "hidden").iter_rows()
    assert {key: "due" in names for key, names in told} == {"A-1": False, "A-2": True}


def test_without_names_fields_go_by_id(tmp_path: Path) -> None:
    bare = {"issues": [issue(1, customfield_1=8)]}
    assert saved(tmp_path, bare, fields={"points": "customfield_1"}).items["points"].to_list() == [8.0]
    with pytest.raises(ConfigurationError) as caught:
        saved(tmp_path, bare, fields={"points": "Story Points"})
    (problem,) = caught.value.problems
    assert problem.message == 'fields.points: no issue shows a field "Story Points"'
    assert problem.hint == "give its id, or save with expand=names"


def test_a_name_that_two_fields_have_needs_an_id(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        saved(tmp_path, answer(issue(1)), fields={"team": "Team"})
    assert caught.value.problems[0].hint == "give the id: customfield_7 or customfield_8"


@pytest.mark.parametrize(
    "content",
    [
        "[1]",
        "[",
        '{"issues": 5}',
        '{"issues": [{"id": "x"}]}',
        '{"issues": [{"id": "1", "fields": {}}]}',
        '{"issues": [{"id": "1", "key": "A-1", "fields": {"issuelinks": 5}}]}',
        '{\n "issues": [\n',
        "{\n}",
        "[" * 100_000,
        '{"issues": [{"id": "1", "key": "A-1", "fields": {"summary": ' + "[" * 100_000 + "}}]}",
        b'{"issues": [{"id": "1", "key": "\xff"}]}',
    ],
)
def test_what_is_no_answer_is_a_sentence(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        saved(tmp_path, content)
    assert caught.value.problems[0].source is not None


def test_the_line_of_a_mistake_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        saved(tmp_path, '{\n "issues": [\n  nonsense\n]}')
    source = caught.value.problems[0].source
    assert source is not None
    assert source.line == 3


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, *CUSTOM, "assignee", "labels", "duedate", "parent", "timespent", "sprint"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["id", "key", "name", "value", "type", "active"]), inner, max_size=3)
            ),
            max_leaves=4,
        ),
        max_size=6,
    )
)
def test_any_fields_are_a_snapshot_or_a_sentence(tmp_path: Path, fields: dict[str, Any]) -> None:
    content = {"issues": [{"id": "1", "key": "A-1", "fields": fields}], "names": NAMES, "schema": SCHEMA}
    found = []
    with suppress(PmoError):
        found.append(saved(tmp_path, content).items["id"].to_list())
    assert found in ([], [["1"]])
