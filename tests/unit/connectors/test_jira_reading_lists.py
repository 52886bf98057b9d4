from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.jira.dialect import Query
from pmo_sync.connectors.jira.shape import Row
from pmo_sync.connectors.jira_cloud import Cloud
from pmo_sync.connectors.jira_dc import DataCenter
from pmo_sync.connectors.paging import Reading
from pmo_sync.connectors.transport import DeniedError
from pmo_sync.errors import UsageError
from tests.unit.connectors.jira_answers import Asked, Line, Told, transport_to

QUERY = Query("project = 1", ("summary",), ("pmo-sync.pmo",))


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": str(number), "key": f"A-{number}", "fields": {"summary": "x", **fields}}


def keep(rows: Sequence[Row]) -> Sequence[int]:
    return [int(row.id) for row in rows]


def nothing(_done: int, _total: int | None) -> None: ...


def cloud(answer: Callable[[Asked], Told]) -> tuple[Reading[Any], Line]:
    transport, line = transport_to(answer)
    return Cloud().search(transport, QUERY, keep, nothing), line


class Tokens:
    """A Cloud whose search gives `pages`, whose sweep gives `ids`, and which reads `by_id`."""

    def __init__(self, pages: list[dict[str, Any]], ids: list[int], by_id: list[int] | None = None) -> None:
        self.pages, self.ids, self.by_id = pages, ids, by_id or []
        self.bulk: list[list[str]] = []

    def __call__(self, asked: Asked) -> Told:
        if asked.path.endswith("/issue/bulkfetch"):
            self.bulk.append(asked.body["issueIdsOrKeys"])
            return Told({"issues": [row(one) for one in self.by_id], "issueErrors": []})
        if asked.body["fields"] == ["id"]:
            return Told({"issues": [{"id": str(one)} for one in self.ids], "isLast": True})
        token = asked.body.get("nextPageToken")
        at = 0 if token is None else next(n for n, page in enumerate(self.pages) if page.get("nextPageToken") == token)
        return Told(self.pages[at + 1] if token else self.pages[0])


def test_cloud_sends_no_unset_member_and_repeats_the_whole_body() -> None:
    site = Tokens([{"issues": [row(1)], "nextPageToken": "a"}, {"issues": [row(2)], "isLast": True}], [1, 2])
    reading, line = cloud(site)
    assert sorted(reading.rows) == [1, 2]
    assert reading.problem is None
    first, second = line.asked[0].body, line.asked[1].body
    expected = {
        "jql": "project = 1 ORDER BY id ASC",
        "fields": ["summary"],
        "maxResults": 100,
        "properties": ["pmo-sync.pmo"],
    }
    assert first == expected
    assert second == {**expected, "nextPageToken": "a"}
    assert {one.method for one in line.asked} == {"POST"}


def test_cloud_goes_on_after_an_empty_page_with_a_token() -> None:
    pages: list[dict[str, Any]] = [{"issues": [], "nextPageToken": "a"}, {"issues": [row(7)], "nextPageToken": None}]
    reading, _ = cloud(Tokens(pages, [7]))
    assert list(reading.rows) == [7]
    assert reading.problem is None


def test_cloud_a_repeated_token_is_a_problem_not_a_loop() -> None:
    reading, line = cloud(lambda _: Told({"issues": [row(1)], "nextPageToken": "a"}))
    assert reading.problem is not None
    assert "back to an earlier one" in reading.problem
    assert len(line.asked) == 2


def test_cloud_an_endless_row_of_pages_with_nothing_new_ends() -> None:
    asked: list[int] = []

    def answer(_: Asked) -> Told:
        asked.append(1)
        return Told({"issues": [], "nextPageToken": f"t{len(asked)}", "isLast": False})

    reading, _ = cloud(answer)
    assert reading.problem == "Jira gave 100 pages of the search in a row with nothing new in them"
    assert len(asked) == 100


def test_cloud_restarts_once_when_a_token_has_expired() -> None:
    failed: list[str] = []

    def answer(asked: Asked) -> Told:
        if asked.body["fields"] == ["id"]:
            return Told({"issues": [{"id": "1"}, {"id": "2"}], "isLast": True})
        if "nextPageToken" not in asked.body:
            return Told({"issues": [row(1)], "nextPageToken": "a"})
        if not failed:
            failed.append("a")
            return Told({"errorMessages": ["The token is not valid"]}, 400)
        return Told({"issues": [row(2)], "isLast": True})

    reading, line = cloud(answer)
    assert sorted(reading.rows) == [1, 2]
    assert reading.problem is None
    assert sum("nextPageToken" not in one.body for one in line.asked) == 3  # begun twice, and the sweep


def test_cloud_gives_up_when_the_token_is_always_expired() -> None:
    reading, _ = cloud(
        lambda asked: (
            Told({"errorMessages": ["no"]}, 400)
            if "nextPageToken" in asked.body
            else Told({"issues": [row(1)], "nextPageToken": "a"})
        )
    )
    assert reading.problem == "Jira twice forgot the page it was at"


def test_cloud_reads_by_id_what_only_the_sweep_shows() -> None:
    site = Tokens([{"issues": [row(1)], "isLast": True}], [1, 2, 3], by_id=[2])
    reading, _ = cloud(site)
    assert sorted(reading.rows) == [1, 2]  # 3 is gone by now
    assert site.bulk == [["2", "3"]]
    assert reading.problem is None


def test_cloud_drops_what_the_sweep_lacks_and_nobody_sees() -> None:
    reading, _ = cloud(Tokens([{"issues": [row(1), row(2)], "isLast": True}], [1], by_id=[]))
    assert sorted(reading.rows) == [1]


def test_cloud_bulkfetch_that_cannot_tell_of_one_is_a_problem() -> None:
    def answer(asked: Asked) -> Told:
        if asked.path.endswith("bulkfetch"):
            return Told({"issues": [], "issueErrors": [{"id": "2", "errorMessage": "try later"}]})
        ids = asked.body["fields"] == ["id"]
        return Told({"issues": [{"id": "2"}] if ids else [], "isLast": True})

    reading, _ = cloud(answer)
    assert reading.problem == "1 issues could not be read by id: try later"


@pytest.mark.parametrize("member", [{"warnings": [{"message": "half"}]}, {"warningMessages": ["half"]}])
def test_a_warning_in_a_search_is_a_problem(member: dict[str, Any]) -> None:
    reading, _ = cloud(lambda _: Told({"issues": [row(1)], "isLast": True, **member}))
    assert reading.problem == "Jira answers the query only in part: half"


def test_an_answer_without_issues_is_no_answer() -> None:
    reading, line = cloud(lambda _: Told({"isLast": True}))
    assert reading.problem is not None
    assert "cannot be read" in reading.problem
    assert len(line.asked) == 4


def test_cloud_without_valid_token_is_denied_not_empty() -> None:
    with pytest.raises(DeniedError):
        cloud(lambda _: Told({}, 401))


def test_cloud_checks_the_jql_of_a_person_before() -> None:
    transport, line = transport_to(lambda _: Told({"queries": [{"query": "x", "errors": ["Field 'x' is unknown"]}]}))
    with pytest.raises(UsageError, match=r"trackers\.j\.scope: Jira refuses the JQL: Field 'x' is unknown"):
        Cloud().check(transport, "j", "x = 1")
    assert line.asked[0].path == "/rest/api/3/jql/parse"
    assert line.asked[0].params == {"validation": "strict"}
    assert transport.writes == 0


def test_cloud_bounds_a_query_for_everything() -> None:
    queries = Cloud().bounded([str(number) for number in range(150)])
    assert [len(covered or ()) for _, covered in queries] == [100, 50]
    assert queries[1][0].startswith("project in (100, 101, ")


class Offsets:
    """A Data Center with these issues, whose pages hold `cap` at most; `days` are their days of creation."""

    def __init__(self, ids: list[int], cap: int = 1000, days: dict[int, str] | None = None) -> None:
        self.ids, self.cap, self.days = ids, cap, days or {}

    def __call__(self, asked: Asked) -> Told:
        ids = [one for one in self.ids if self.matches(one, asked.body["jql"])]
        start, size = asked.body["startAt"], min(asked.body["maxResults"], self.cap)
        page = ids[start : start + size]
        body = {"issues": [row(one) for one in page], "total": len(ids), "startAt": start, "maxResults": size}
        return Told(body)

    def matches(self, number: int, jql: str) -> bool:
        day = self.days.get(number, "2020-01-01")
        low = jql.partition('created >= "')[2][:10]
        high = jql.partition('created < "')[2][:10]
        return (not low or day >= low) and (not high or day < high)


def offsets(site: Callable[[Asked], Told]) -> tuple[Reading[Any], Line]:
    transport, line = transport_to(site)
    return DataCenter().search(transport, QUERY, keep, nothing), line


@pytest.mark.parametrize("cap", [2, 3, 50, 1000])
def test_data_center_follows_the_page_that_comes_not_the_one_it_asked_for(cap: int) -> None:
    reading, _ = offsets(Offsets(list(range(1, 101)), cap))
    assert sorted(reading.rows) == list(range(1, 101))
    assert reading.problem is None


def test_data_center_notices_a_row_that_moved_between_two_pages() -> None:
    site = Offsets(list(range(1, 101)), 10)
    calls: list[int] = []

    def answer(asked: Asked) -> Told:
        calls.append(1)
        if len(calls) == 5:  # one leaves before, one comes after: the total does not tell
            site.ids = [*range(2, 101), 500]
        return site(asked)

    reading, _ = offsets(answer)
    assert sorted(reading.rows) == [*range(2, 101), 500]
    assert reading.problem is None


def test_data_center_is_read_whole_where_it_sorts_by_key() -> None:
    """To JQL `id` may be another word for the key: then issues come project by project, moved ones out of turn."""
    ids = [*range(1, 400, 3), *range(2, 400, 3), 7_000, *range(3, 400, 3)]
    reading, line = offsets(Offsets(ids, 50))
    assert sorted(reading.rows) == sorted(ids)
    assert reading.problem is None
    assert len(line.asked) == 9


def test_data_center_settles_one_by_one_what_leaves_and_comes_while_it_reads() -> None:
    """Where work is closed all day long no list stands still; a sweep of ids is quick enough to be whole."""
    site = Offsets(list(range(1, 301)), 50)

    def answer(asked: Asked) -> Told:
        if "/issue/" in asked.path:
            number = int(asked.path.rpartition("/")[2])
            return Told(row(number)) if number in site.ids else Told({"errorMessages": ["gone"]}, 404)
        if asked.body["fields"] != ["id"]:
            site.ids = [*site.ids[1:], site.ids[-1] + 1]
        return site(asked)

    reading, line = offsets(answer)
    assert reading.problem is None
    assert sorted(reading.rows) == site.ids
    assert 1000 in {one.body["maxResults"] for one in line.asked if one.body and one.body["fields"] == ["id"]}


def test_data_center_that_hides_one_is_never_whole() -> None:
    def answer(asked: Asked) -> Told:
        told = Offsets(list(range(1, 100)), 20)(asked)
        return Told({**told.body, "total": 100})

    reading, _ = offsets(answer)
    assert reading.problem is not None


def test_data_center_divides_by_moment_what_one_search_cannot_give() -> None:
    ids = list(range(1, 12_001))
    days = {number: f"20{10 + number % 14}-0{1 + number % 9}-1{number % 10}" for number in ids}
    reading, line = offsets(Offsets(ids, 1000, days))
    assert sorted(reading.rows) == ids
    assert reading.problem is None
    assert max(one.body["startAt"] for one in line.asked) < 9_900


def test_data_center_says_that_a_minute_is_too_full() -> None:
    reading, _ = offsets(Offsets(list(range(1, 10_002))))
    assert reading.problem == "10001 issues were created in one minute, more than one search can give"


def test_the_result_window_is_said_in_words_and_not_asked_for_again() -> None:
    page = b"<error>Search limit exceeded: the query asked for 10,100 results which exceeded 10,000</error>"
    reading, line = offsets(lambda _: Told(page, 500, {"Content-Type": "application/xml"}))
    assert reading.problem == "jira.example.net finds more for POST /rest/api/2/search than its search can give"
    assert len(line.asked) == 1


def test_data_center_gives_the_refusal_of_a_jql_to_its_caller() -> None:
    with pytest.raises(RequestError) as caught:
        offsets(lambda _: Told({"errorMessages": ["The value 'X' does not exist"], "errors": {}}, 400))
    assert caught.value.errors == ("The value 'X' does not exist",)


def test_data_center_reads_by_id_and_leaves_out_what_is_gone() -> None:
    transport, line = transport_to(lambda a: Told(row(7)) if a.path.endswith("/7") else Told({}, 404))
    found = DataCenter().by_id(transport, ["7", "8"], ("summary", "labels"), ("pmo-sync.pmo",))
    assert list(found) == ["7"]
    assert line.asked[0].params == {"fields": "summary,labels", "properties": "pmo-sync.pmo"}


def test_cloud_matches_by_id_whatever_the_key() -> None:
    moved = {"id": "7", "key": "NEW-1", "fields": {}}
    transport, _ = transport_to(lambda _: Told({"issues": [moved, row(99)]}))
    found = Cloud().by_id(transport, ["7"], ("summary",), ())
    assert {number: issue.key for number, issue in found.items()} == {"7": "NEW-1"}


def test_permissions_of_both() -> None:
    grants = {
        "globalPermissions": [],
        "projectPermissions": [{"permission": "ADMINISTER_PROJECTS", "projects": [1], "issues": []}],
    }
    transport, line = transport_to(lambda _: Told(grants))
    names = ("ADMINISTER", "ADMINISTER_PROJECTS")
    expected = {"ADMINISTER": frozenset(), "ADMINISTER_PROJECTS": frozenset({"1"})}
    assert Cloud().permissions(transport, ["1", "2"], names) == expected
    assert line.asked[0].body == {
        "globalPermissions": ["ADMINISTER"],
        "projectPermissions": [{"permissions": ["ADMINISTER_PROJECTS"], "projects": [1, 2]}],
    }

    def mine(asked: Asked) -> Told:
        held = asked.params.get("projectId") == "1"
        return Told({"permissions": {"ADMINISTER_PROJECTS": {"havePermission": held}, "ADMINISTER": {}}})

    transport, _ = transport_to(mine)
    assert DataCenter().permissions(transport, ["1", "2"], names) == expected


def test_a_question_by_post_counts_as_a_request_and_not_as_a_write() -> None:
    _, line = cloud(Tokens([{"issues": [], "isLast": True}], []))
    assert len(line.asked) == 2
    transport, _ = transport_to(Tokens([{"issues": [], "isLast": True}], []))
    Cloud().search(transport, QUERY, keep, nothing)
    assert (transport.requests, transport.writes) == (2, 0)
