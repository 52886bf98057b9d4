"""Issues are read into columns batch by batch; how they are cut and in which order they come must not show."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.gathered import Shelves
from pmo_sync.connectors.redmine.read import Read
from pmo_sync.connectors.redmine.rows import Rows, to_rows
from pmo_sync.connectors.redmine.wire import ISSUES, Issue
from pmo_sync.connectors.whereabouts import Whereabouts
from pmo_sync.model.vocabulary import VOCABULARY

OPTIONS = RedmineOptions.model_validate(
    {
        "kind": "redmine",
        "url": "https://r.example.net",
        "fields": {
            "budget": "Money",
            "priority": "Urgency",
            "reported_rag": "4",
            "own": {"field": "Many", "type": "texts"},
        },
        "values": {"decision": {"from": "status", "Agreed": "approved"}, "reported_rag": {"Gelb": "amber"}},
        "write": {"flags": "Flags", "fields": {"health": "Money"}},
        "phases": {"doing": ["Agreed"]},
    }
)
WANTED = frozenset(VOCABULARY) | {"fields.own"}
WORDS = st.sampled_from(["", "12.5", "nan", "Gelb", "Red", "Ümlaut \r\n two", "a, b"])
FIELDS = {1: "Money", 2: "Money", 3: "Many", 4: "Colour", 5: "Flags", 6: "Urgency", 7: "Else"}
"""Two fields have the same name: the first one counts wherever it is shown anywhere."""


@st.composite
def custom_fields(draw: st.DrawFn) -> list[dict[str, Any]]:
    shown = draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True, max_size=4))
    return [
        {"id": one, "name": FIELDS[one]}
        | ({"multiple": True, "value": draw(st.lists(WORDS, max_size=2))} if one in (3, 5) else {"value": draw(WORDS)})
        for one in shown
    ]


@st.composite
def issues(draw: st.DrawFn, number: int) -> Issue:
    people = st.none() | st.integers(20, 22).map(lambda one: {"id": one, "name": f"Person {one}"})
    relation = {
        "id": draw(st.integers(1, 5)),
        "issue_id": number,
        "issue_to_id": draw(st.integers(1, 30)),
        "relation_type": draw(st.sampled_from(["precedes", "follows", "relates", "copied_to"])),
    }
    project, tracker = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    found = {
        "id": number,
        "project": {"id": project, "name": f"Project {project}"},
        "tracker": {"id": tracker, "name": f"Tracker {tracker}"},
        "status": {
            "id": 1,
            "name": draw(st.sampled_from(["New", "Agreed"])),
            "is_closed": draw(st.booleans() | st.none()),
        },
        "author": draw(people),
        "assigned_to": draw(people),
        "parent": draw(st.none() | st.integers(1, 30).map(lambda one: {"id": one})),
        "subject": draw(WORDS),
        "due_date": draw(st.sampled_from([None, "2026-12-11", "soon"])),
        "done_ratio": draw(st.integers(0, 100)),
        "estimated_hours": draw(st.none() | st.just(8.0)),
        "custom_fields": draw(custom_fields()),
        "relations": [relation] if draw(st.booleans()) else [],
        "created_on": "2026-08-23T08:22:31Z",
        "updated_on": "2026-09-15T09:36:11Z",
    } | ({"spent_hours": 2.5} if draw(st.booleans()) else {})
    (issue,) = ISSUES.decode(msgspec.json.encode({"issues": [found], "total_count": 1})).issues
    return issue


@st.composite
def readings(draw: st.DrawFn) -> list[Issue]:
    """What came, row by row: issues in any order, some of them twice, the later as the former or changed since."""
    numbers = draw(st.lists(st.integers(1, 30), max_size=12))
    return [draw(issues(number)) for number in numbers]


def rows(came: list[Issue], size: int, page: int) -> Rows:
    shelves, places = Shelves(OPTIONS, WANTED, size), Whereabouts()
    for start in range(0, len(came), page):
        part = came[start : start + page]
        places.update(zip((one.id for one in part), shelves.put(part), strict=True))
    return to_rows(Read(shelves.taken(places.places), {}), "plant", "https://r.example.net", OPTIONS, WANTED)


def same(left: Rows, right: Rows) -> None:
    for name in ("items", "scopes", "projects", "links", "marks"):
        assert_frame_equal(getattr(left, name), getattr(right, name))
    assert left.columns == right.columns
    assert left.unmapped == right.unmapped


@settings(max_examples=15, deadline=None)
@given(came=readings(), size=st.sampled_from([1, 3]), page=st.integers(1, 4))
def test_how_issues_are_cut_into_batches_does_not_show(came: list[Issue], size: int, page: int) -> None:
    last = {one.id: one for one in came}
    whole = rows([last[number] for number in sorted(last)], 1_000, 1_000)
    same(rows(came, size, page), whole)


def plain(number: int, **more: Any) -> Issue:
    stub = {"id": 1, "name": "One"}
    found = {"id": number, "project": stub, "tracker": stub, "status": stub, "updated_on": "2026-09-15T09:36:11Z"}
    (issue,) = ISSUES.decode(msgspec.json.encode({"issues": [found | more], "total_count": 1})).issues
    return issue


def test_a_field_that_is_renamed_meanwhile_is_read_whole() -> None:
    before, other = {"id": 1, "name": "Money", "value": "5"}, {"id": 9, "name": "Other", "value": ""}
    came = [plain(1, custom_fields=[before]), plain(2, custom_fields=[before | {"name": "Budget"}, other])]
    assert rows(came, 1, 1).items["budget"].to_list() == [5.0, 5.0]


def test_a_lost_word_of_a_row_that_came_again_is_not_counted() -> None:
    def lost(*words: str) -> list[tuple[str, int]]:
        came = [plain(1, custom_fields=[{"id": 4, "name": "Colour", "value": word}]) for word in words]
        return [(word, count) for column, word, count in rows(came, 1, 1).unmapped if column == "reported_rag"]

    assert lost("Mauve", "Red") == []
    assert lost("Red", "Mauve") == [("Mauve", 1)]


def test_a_number_that_no_column_can_hold_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        plain(2**32)
