from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from polars.testing import assert_frame_equal

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira import batch, reading
from pmo_sync.connectors.jira.cells import text
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.folded import Folded
from pmo_sync.connectors.jira.hierarchy import parents
from pmo_sync.connectors.jira.lexicon import ABSENT, Lexicon
from pmo_sync.connectors.jira.read import Read
from pmo_sync.connectors.jira.rows import Rows, to_rows
from pmo_sync.connectors.jira.shape import Shape
from pmo_sync.connectors.jira.wire import RawIssue, User
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.connectors.options import JiraCloudOptions
from tests.unit.connectors.jira_answers import transport_to
from tests.unit.connectors.jira_rows import ANN, CUSTOM, EVERYTHING, catalogue, issue, site

OPTIONS: dict[str, Any] = {
    "kind": "jira-cloud",
    "url": "https://jira.example.net",
    "fields": {"health": {"field": "PMO health", "type": "float"}, "sponsor": "customfield_9"},
    "dropped": ["Won't Do"],
    "write": {"labels": True, "fields": {"health": "PMO health"}},
}
FRAMES = ("items", "scopes", "projects", "links", "marks", "remembered", "accounts")


def read_and_rows(
    raw: list[dict[str, Any]], dialect: Dialect, size: int, most: int = batch.MOST_CODES
) -> tuple[Read, Rows]:
    """A whole reading of these issues, so many of which are folded at a time."""
    transport, _ = transport_to(site(raw))
    options = JiraCloudOptions.model_validate(OPTIONS)
    client = Client("j", options, transport, dialect, User(), "pmo", "https://jira.example.net", catalogue())
    wanted = EVERYTHING | {"fields.health"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "Folded", partial(Folded, size=size))
        patch.setattr(batch, "MOST_CODES", most)
        read = reading.read(client, Needs(wanted, people=frozenset({"ann", "nobody"})), lambda _: None)
    return read, to_rows(read, client, wanted)


@st.composite
def issues(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Issues in any order, of which some show fewer fields than others, and some odd things."""
    numbers = draw(st.lists(st.integers(1, 40), unique=True, max_size=12))
    odd = st.sampled_from([None, "", "x", " 7 ", 8.5, True, [], ["a", "b"], {"value": "3"}, {"id": "9", "name": "Odd"}])
    optional: dict[str, st.SearchStrategy[Any]] = {
        "summary": st.sampled_from(["one", "one\r\ntwo", {"odd": 1}]),
        "status": st.sampled_from(
            [None, {"name": "Done", "statusCategory": {"key": "done"}}, {"name": "?", "statusCategory": {"key": "-"}}]
        ),
        "issuetype": st.sampled_from([{"id": "5", "name": "Task"}, {"id": "6", "name": "Bug"}, None]),
        "project": st.sampled_from([{"id": "1", "key": "A"}, {"id": "2", "key": "B", "name": "Beta"}]),
        "parent": st.sampled_from([{"id": "1"}, {"id": "39"}, {"id": "007"}, None, "odd"]),
        "labels": odd,
        "assignee": st.sampled_from([ANN, None, {"accountId": "a:2", "displayName": "ann"}]),
        "resolution": st.sampled_from([None, {"name": "Won't Do"}]),
        "issuelinks": st.sampled_from(
            [[], [{"id": "7", "type": {"name": "Blocks"}, "outwardIssue": {"id": "2", "key": "A-2"}}]]
        ),
        **dict.fromkeys(CUSTOM, odd),
    }
    found = []
    for number in numbers:
        fields = draw(st.fixed_dictionaries({}, optional=optional))
        note = {"v": 1, "id": str(number), "labels": ["pmo-x"]}
        one = issue(number, **fields, properties=draw(st.sampled_from([{}, {"pmo-sync.pmo": note}])))
        for name in draw(st.sets(st.sampled_from(["summary", "duedate", "updated", "issuelinks", "status"]))):
            one["fields"].pop(name, None)
        found.append(one)
    return found


@settings(max_examples=40, deadline=None)
@given(issues(), st.sampled_from([Cloud(), DataCenter()]))
def test_it_does_not_show_how_many_issues_were_folded_at_a_time(raw: list[dict[str, Any]], dialect: Dialect) -> None:
    _, whole = read_and_rows(raw, dialect, 1_000)
    for size, most in ((1, batch.MOST_CODES), (3, 0), (3, 3)):
        _, parts = read_and_rows(raw, dialect, size, most)
        for name in FRAMES:
            assert_frame_equal(getattr(parts, name), getattr(whole, name))
        assert (parts.columns, parts.unmapped) == (whole.columns, whole.unmapped)


def test_words_that_nothing_maps_are_counted_over_all_batches() -> None:
    raw = [issue(number, customfield_6=f"word {number % 2}") for number in range(1, 8)]
    for size, most in ((2, 0), (2, 1_000), (1_000, 1_000)):
        _, found = read_and_rows(raw, Cloud(), size, most)
        assert found.unmapped == (("fields.health", "word 0", 3), ("fields.health", "word 1", 4))


def test_an_issue_that_came_twice_counts_as_it_came_last() -> None:
    raw = [issue(1, summary="before", customfield_6="odd"), issue(2), issue(1, summary="after")]
    read, found = read_and_rows(raw, Cloud(), 2)
    assert found.items.select("id", "title").rows() == [("1", "after"), ("2", "A title")]
    assert found.unmapped == ()
    assert read.problems == ()


@pytest.mark.parametrize("step", [2, 10])
def test_issues_that_came_twice_leave_gaps_in_no_column(step: int) -> None:
    numbers = range(1, 31)
    raw = [issue(number, summary=f"before {number}", customfield_6=number) for number in numbers]
    raw += [issue(number, summary=f"after {number}", customfield_6=0.5) for number in numbers[::step]]
    for size, most in ((4, 0), (1_000, 0), (1_000, 1_000)):
        _, found = read_and_rows(raw, Cloud(), size, most)
        again = set(numbers[::step])
        titles = [f"{'after' if number in again else 'before'} {number}" for number in numbers]
        assert found.items["title"].to_list() == titles
        assert found.items["fields.health"].to_list() == [0.5 if one in again else float(one) for one in numbers]


@pytest.mark.parametrize(
    ("said", "sponsor"),
    [("  ", None), ("\u00a0", None), ("", None), (" x ", " x ")],
)
def test_a_text_is_as_it_was_written_unless_it_is_blank(said: object, sponsor: str | None) -> None:
    _, found = read_and_rows([issue(1, customfield_9=said), issue(2, customfield_9="y")], Cloud(), 1_000)
    assert "sponsor" in found.items.columns
    assert found.items["sponsor"].to_list() == [sponsor, "y"]


DEEP = b"[" * 600 + b"]" * 600


@pytest.mark.parametrize(
    ("field", "bad"),
    [(name, bad) for name in ("summary", "labels", "issuelinks") for bad in (b'"\xff"', DEEP)]
    + [("issuelinks", b'[{"id": 7}]')],
)
def test_an_issue_that_cannot_be_read_is_left_out_and_told_of(field: str, bad: bytes) -> None:
    raw = [issue(number) for number in (1, 2, 3)]
    raw[1]["fields"][field] = Raw(bad)
    for size in (1, 1_000):
        read, found = read_and_rows(raw, Cloud(), size)
        assert found.items["id"].to_list() == ["1", "3"]
        assert read.problems == ("j: the issues could not be read whole: issue 2 cannot be read as Jira sends it",)
        assert found.scopes["complete"].to_list() == [False]


def test_an_issue_without_its_key_is_left_out_and_told_of() -> None:
    read, found = read_and_rows([issue(1), issue(2) | {"key": ""}], DataCenter(), 1_000)
    assert found.items["id"].to_list() == ["1"]
    assert read.problems == ("j: the issues could not be read whole: issue 2 came without its key",)


def test_a_value_is_read_once_however_many_issues_share_it() -> None:
    calls: list[object] = []

    def read(value: object) -> str | None:
        calls.append(value)
        return text(value)

    lexicon = Lexicon([read])
    assert lexicon.codes([b'"x"', b"", b'"y"', b'"x"']) == [1, ABSENT, 2, 1]
    assert lexicon.codes([b"null", b'"y"'], most=4) == [3, 2]
    assert lexicon.codes([b'"z"'], most=4) is None
    assert lexicon.cells == ([None, "x", "y", None],)
    assert calls == ["x", "y", None]


def test_bytes_that_no_json_holds_do_not_mix_up_fields() -> None:
    shape = Shape.of(["summary", "labels"])
    fields = {"summary": Raw(b'"a\0b"'), "labels": Raw(b"[]")}
    rows = [shape.row_of(RawIssue("1", "A-1", fields)), shape.row_of(RawIssue("2", "A-2", {"labels": Raw(b"null")}))]
    assert shape.columns(rows) == {"summary": [b'"a\0b"', b""], "labels": [b"[]", b"null"]}


def test_a_row_of_a_search_is_as_one_that_was_asked_for_by_id() -> None:
    sent = msgspec.json.encode(issue(1, properties={"pmo-sync.pmo": 1}) | {"self": "https://x"})
    shape = Shape.of(["summary", "duedate", "status"])
    by_search = msgspec.json.decode(sent, type=shape.row)
    by_id = shape.row_of(msgspec.json.decode(sent, type=RawIssue))
    assert shape.columns([by_search]) == shape.columns([by_id])
    assert dict(by_search.properties) == dict(by_id.properties) == {"pmo-sync.pmo": Raw(b"1")}


def test_a_parent_is_the_one_jira_calls_so_before_one_that_a_field_names() -> None:
    def texts(*values: str | None) -> pl.Series:
        return pl.Series(list(values), dtype=pl.String())

    found = parents(
        texts("1", "2", "3", "4", "10", "11", "12"),
        texts(*(f"A-{number}" for number in (1, 2, 3, 4, 10, 11, 12))),
        texts(None, "1", "99", None, "01", None, "12"),
        texts(None, "A-3", "A-1", "A-2", None, "A-11", "A-1"),
    )
    assert found.rows() == [
        (None, None, False),
        ("1", None, True),
        (None, "99", True),
        ("2", None, True),
        (None, "01", True),
        (None, None, False),
        (None, None, False),
    ]


def test_who_only_made_issues_is_known_by_name() -> None:
    changelog: dict[str, Any] = {"startAt": 0, "maxResults": 100, "total": 0, "histories": []}
    raw = [issue(1, creator=ANN) | {"changelog": changelog}]
    transport, _ = transport_to(site(raw))
    options = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": "https://jira.example.net"})
    client = Client("j", options, transport, DataCenter(), User(), "pmo", "https://jira.example.net", catalogue())
    needs = Needs(EVERYTHING, people=frozenset({"ann"}), history=frozenset({"last_human_change"}))
    found = reading.read(client, needs, lambda _: None)
    assert found.accounts.rows() == [("JIRAUSER1", "ann")]
