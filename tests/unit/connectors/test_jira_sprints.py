"""The field of sprints as Cloud and Data Center show it."""

from __future__ import annotations

from datetime import date

from pmo_sync.connectors.jira.sprints import sprints
from pmo_sync.model import frames

_HEAD = "com.atlassian.greenhopper.service.sprint.Sprint@1a2b3c"
CLOUD = {
    "id": 7,
    "name": "Sprint 7",
    "state": "active",
    "boardId": 1,
    "goal": "Pay by phone",
    "startDate": "2026-11-16T08:00:00.000Z",
}


def legacy(**members: str) -> str:
    usual = {"id": "7", "rapidViewId": "1", "state": "ACTIVE", "name": "Sprint 7", "startDate": "<null>"}
    return f"{_HEAD}[{','.join(f'{name}={value}' for name, value in {**usual, **members}.items())}]"


def test_objects_of_cloud() -> None:
    found = sprints([("10", [CLOUD, {"id": 8, "name": "Next", "state": "future"}]), ("11", [CLOUD])])
    frames.check(found, frames.RAW_SPRINTS, "sprints")
    assert found.rows() == [
        ("7", "10", "Sprint 7", "active", date(2026, 11, 16), "Pay by phone", True),
        ("7", "11", "Sprint 7", "active", date(2026, 11, 16), "Pay by phone", True),
        ("8", "10", "Next", "future", None, None, False),
    ]


def test_texts_of_data_center() -> None:
    text = legacy(
        startDate="2026-11-16T09:00:00.000+01:00", sequence="7", goal="Cards, limits=5 and more", synced="false"
    )
    assert sprints([("10", [text])]).rows() == [
        ("7", "10", "Sprint 7", "active", date(2026, 11, 16), "Cards, limits=5 and more", True)
    ]
    assert sprints([("10", legacy(goal=""))]).row(0)[5:] == (None, True)
    assert sprints([("10", legacy(name="a, b"))]).row(0)[2:] == ("a, b", "active", None, None, False)


def test_what_is_no_sprint_is_left_out() -> None:
    hostile: list[object] = [None, 3, "Sprint 7", f"{_HEAD}[", f"{_HEAD}[]", {"id": 7}, {"name": "x"}, [[CLOUD]], {}]
    assert sprints([("10", hostile), ("10", None), ("10", "x" * 100_000)]).is_empty()


def test_a_state_that_is_none_and_a_day_that_is_none_are_not_known() -> None:
    odd = CLOUD | {"state": "paused", "startDate": "soon"}
    assert sprints([("10", [odd])]).row(0)[3:5] == (None, None)


def test_the_last_that_was_told_counts() -> None:
    later = CLOUD | {"state": "closed"}
    assert sprints([("10", [CLOUD]), ("10", [later])])["state"].to_list() == ["closed"]
