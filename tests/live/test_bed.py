"""The bed itself: what the other live tests take for granted."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.live.bed import expected, oracle
from tests.live.bed.redmine import KEYS, Bed

pytestmark = pytest.mark.live

WORLD = ("retail", "plant")


def test_the_seed_is_a_portfolio_of_at_least_30_projects_and_2000_issues(bed: Bed) -> None:
    tree = {name for root in WORLD for name in expected.subtree(bed, root)}
    assert len(tree) == 2 + 6 + 30 + 1  # the last is closed
    assert sum(row.project in tree for row in expected.rows(bed)) >= 2000


def test_planted_departures_are_few_and_of_every_kind(bed: Bed) -> None:
    wanted = expected.flagged(bed, expected.subtree(bed, "retail") | expected.subtree(bed, "plant"))
    kinds = Counter(flag for found in wanted.values() for flag in found)
    assert set(kinds) == {"no-owner", "dates-reversed", "overdue", "risk-no-response", "risk-not-scored"}
    assert 40 <= len(wanted) <= 70
    assert any(len(found) == 2 for found in wanted.values())


def test_planted_projects_have_each_colour(bed: Bed) -> None:
    rows = expected.rows(bed)
    projects = [name for root in WORLD for name in expected.subtree(bed, root) if name[-2:-1] == "-"]
    assert len(projects) == 30
    assert {expected.health([row for row in rows if row.project == name]) for name in projects} == {
        "Green",
        "Amber",
        "Red",
    }


@pytest.mark.parametrize(
    ("account", "issue", "project"), [("bot", 204, 204), ("editor", 204, 403), ("reader", 403, 403), ("left", 401, 401)]
)
def test_each_account_may_do_what_its_role_says(bed: Bed, account: str, issue: int, project: int) -> None:
    item = oracle.issue(bed, "Payments B task 2.0.0")
    flags = {"custom_fields": [{"id": oracle.field(bed, "PMO compliance"), "value": ["overdue"]}]}
    health = {"custom_fields": [{"id": oracle.field(bed, "PMO health"), "value": "Amber"}]}
    assert bed.rest("PUT", f"/issues/{item}.json", account=account, body={"issue": flags}).status == issue
    assert bed.rest("PUT", "/projects/payments-b.json", account=account, body={"project": health}).status == project
    written = oracle.ours(bed)
    assert (written.get(("issue", item, "PMO compliance")) == ("overdue",)) == (issue == 204)
    assert (written.get(("project", "payments-b", "PMO health")) == ("Amber",)) == (project == 204)


def test_a_save_of_one_field_leaves_what_people_own_alone(bed: Bed) -> None:
    before, entries = oracle.theirs(bed), oracle.journal_count(bed)
    leaves = [row.id for row in expected.rows(bed) if row.project == "core-c" and row.net and row.live]
    flags = {"custom_fields": [{"id": oracle.field(bed, "PMO compliance"), "value": ["overdue"]}]}
    mark = bed.mark()
    for leaf in leaves[::9]:
        assert bed.rest("PUT", f"/issues/{leaf}.json", account="bot", body={"issue": flags}).status == 204
    assert bed.writes_since(mark) == [f"PUT /issues/{leaf}.json" for leaf in leaves[::9]]
    assert oracle.journal_count(bed) == entries + len(leaves[::9])
    assert oracle.theirs(bed) == before


def test_a_restored_database_is_seen_by_the_running_server(bed: Bed) -> None:
    item = oracle.issue(bed, "Payments A task 2.0.0")
    pristine = bed.save(bed.folder / "pristine.sqlite")
    assert bed.rest("PUT", f"/issues/{item}.json", account="bot", body={"issue": {"subject": "Other"}}).status == 204
    assert "Other" in bed.rest("GET", f"/issues/{item}.json", account="bot").body
    bed.restore(pristine)
    assert "Payments A task 2.0.0" in bed.rest("GET", f"/issues/{item}.json", account="bot").body


@pytest.mark.parametrize(("moment", "kept"), [("before", 1), ("after", 2)])
def test_a_trap_kills_the_server_around_the_nth_write(bed: Bed, moment: str, kept: int) -> None:
    items = [oracle.issue(bed, f"Payments A task 2.0.{number}") for number in range(3)]
    flags = {"custom_fields": [{"id": oracle.field(bed, "PMO compliance"), "value": ["stale"]}]}
    bed.set_trap(2, moment)
    assert bed.rest("PUT", f"/issues/{items[0]}.json", account="bot", body={"issue": flags}).status == 204
    for item in items[1:]:
        with pytest.raises(OSError, match=r"closed|refused|reset"):
            bed.rest("PUT", f"/issues/{item}.json", account="bot", body={"issue": flags})
    bed.stop()
    bed.clear_trap()
    bed.start()
    assert sum(("issue", item, "PMO compliance") in oracle.ours(bed) for item in items) == kept


def test_keys_are_told_apart(bed: Bed) -> None:
    answers = {account: bed.rest("GET", "/users/current.json", account=account).status for account in KEYS}
    assert answers == {"admin": 200, "bot": 200, "reader": 200, "editor": 200, "left": 401}


@pytest.mark.parametrize(
    "body",
    [
        {"subject": "Renamed"},
        {"due_date": "2027-01-04"},
        {"notes": "A remark of the bot's"},
        {"custom_fields": [{"id": "RAG", "value": "Red"}]},
    ],
    ids=["attribute", "date", "note", "another field"],
)
def test_the_oracle_sees_whatever_a_bot_must_not_do(bed: Bed, body: dict[str, object]) -> None:
    item = next(row.id for row in expected.rows(bed) if row.project == "core-c" and row.net and "RAG" not in row.fields)
    if "custom_fields" in body:
        body = {"custom_fields": [{"id": oracle.field(bed, "RAG"), "value": "Red"}]}
    theirs, history = oracle.theirs(bed), oracle.journals(bed)
    assert bed.rest("PUT", f"/issues/{item}.json", account="bot", body={"issue": body}).status == 204
    assert oracle.theirs(bed) != theirs or "notes" in body
    assert [entry[1:3] for entry in oracle.journals(bed)[len(history) :]] != []
    assert all(entry[2] not in oracle.OUR_FIELDS for entry in oracle.journals(bed))
